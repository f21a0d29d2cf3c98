"""A server that speaks S3, in a process of its own, with a bucket for each test."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "not-to-be-told-anybody",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # one attempt: a server that is gone stays gone
    "AWS_MAX_ATTEMPTS": "1",
}


@dataclass(frozen=True)
class Server:
    """The address of a server, and what its clients have in their environment."""

    endpoint: str
    process: subprocess.Popen[bytes]
    environ: dict[str, str] = field(default_factory=dict)

    def bucket(self) -> str:
        """A new bucket, as a URL."""
        name = f"b{secrets.token_hex(6)}"
        asked = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")  # noqa: S310 - our own address
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            assert answer.status == 200
        return f"s3://{name}"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving() -> Iterator[Server]:
    """A server until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": ""},
    )
    endpoint = f"http://127.0.0.1:{port}"
    server = Server(endpoint, process, {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint})
    try:
        _wait_for(endpoint)
        yield server
    finally:
        server.stop()


def _wait_for(endpoint: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(endpoint):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(endpoint)
