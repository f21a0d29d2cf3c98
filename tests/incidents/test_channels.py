from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from msgspec.structs import replace

from headgate.errors import DeclarationError, UnknownNameError
from headgate.incidents.channels import (
    ConsoleChannel,
    NotDeliveredError,
    Selective,
    WebhookChannel,
    make,
)
from headgate.incidents.respond import Delivered, respond
from headgate.ledger.events import AlertRaised, RunFinished
from headgate.ledger.sqlite import open_ledger

ALERT = AlertRaised(
    run="7f3a91c2",
    at=datetime(2026, 11, 19, 9, 2, tzinfo=UTC),
    cause="gate_judged",
    severity="error",
    title="rossmann: gate train closed, 2 of 13 expectations failed",
    text="- Sales between 0 and 50,000: 3 of 1,017,209 rows",
    pipeline="rossmann",
    notify=("data_engineers", "marketing_team"),
)
SECRET = "T0PS3CR3T"  # noqa: S105


@dataclass
class Hook:
    """A real HTTP server on loopback that answers with the next of its `answers`, or 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    told = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.paths.append(self.path)
            told.headers.append(dict(self.headers.items()))
            told.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = told.answers.pop(0) if told.answers else 200
            self.send_response(answer)
            if answer == 302:
                self.send_header("Location", f"{told.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_console_says_what_happened_and_to_whom() -> None:
    stream = io.StringIO()
    ConsoleChannel(stream=stream).deliver(ALERT)
    assert stream.getvalue() == (
        "alert: error: rossmann: gate train closed, 2 of 13 expectations failed"
        " (for data_engineers, marketing_team)\n"
    )


def test_the_console_spells_out_control_characters() -> None:
    stream = io.StringIO()
    alert = AlertRaised(
        run="r", at=ALERT.at, cause="run_finished", severity="error", title="a\x1b[2Jb", text=""
    )
    ConsoleChannel(stream=stream).deliver(alert)
    assert stream.getvalue() == "alert: error: a\\x1b[2Jb\n"


def test_the_file_gets_one_json_line_for_each_alert(tmp_path: Path) -> None:
    channel = make("file", {"path": "alerts/log.jsonl"}, tmp_path)
    channel.deliver(ALERT)
    channel.deliver(ALERT)
    lines = (tmp_path / "alerts/log.jsonl").read_text().splitlines()
    assert len(lines) == 2
    told = json.loads(lines[0])
    assert told["schema"] == "headgate.alert/1"
    assert told["title"] == ALERT.title
    assert told["notify"] == ["data_engineers", "marketing_team"]


@pytest.mark.parametrize("path", ["../alerts.jsonl", "/etc/alerts", ".", "link/alerts.jsonl"])
def test_the_file_stays_inside_the_project(tmp_path: Path, path: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(DeclarationError, match="outside the project"):
        make("file", {"path": path}, root)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch(mode=0o400)
    with pytest.raises(NotDeliveredError, match="cannot be written: Permission denied"):
        make("file", {"path": "a.jsonl"}, tmp_path).deliver(ALERT)


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(NotDeliveredError, match="cannot be written: Is a directory"):
        make("file", {"path": "a.jsonl"}, tmp_path).deliver(ALERT)


def test_a_webhook_gets_the_alert_as_json(tmp_path: Path, hook: Hook) -> None:
    environ = {"HOOK": f"{hook.url}/{SECRET}\n"}
    channel = make("webhook", {"url": "${HOOK}"}, tmp_path, environ=environ)
    channel.deliver(ALERT)
    assert hook.paths == [f"/{SECRET}"]
    assert hook.bodies[0]["schema"] == "headgate.alert/1"
    assert hook.bodies[0]["text"] == ALERT.text
    assert channel.name == "webhook HOOK"


def test_a_part_of_the_address_may_come_from_the_environment(tmp_path: Path, hook: Hook) -> None:
    url = f"{hook.url}/services/${{TOKEN}}"
    channel = make("webhook", {"url": url}, tmp_path, environ={"TOKEN": SECRET})
    channel.deliver(ALERT)
    assert hook.paths == [f"/services/{SECRET}"]
    assert channel.name == "webhook 127.0.0.1"


@pytest.mark.parametrize("answer", [302, 400, 404, 500, 503])
def test_anything_but_success_is_a_failure_without_the_address(hook: Hook, answer: int) -> None:
    hook.answers = [answer]
    channel = WebhookChannel("${HOOK}", environ={"HOOK": f"{hook.url}/{SECRET}"})
    with pytest.raises(NotDeliveredError) as caught:
        channel.deliver(ALERT)
    assert str(caught.value) == f"answered HTTP {answer}"
    assert len(hook.bodies) == 1  # a redirect is not followed


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "the environment variable HOOK is not set"),
        (f"file:///{SECRET}", "its address is not http:// or https://"),
        (f"ftp://example.org/{SECRET}", "its address is not http:// or https://"),
        (f"http://127.0.0.1:1/{SECRET}", "cannot be reached: Connection refused"),
        (f"http://127.0.0.1:{SECRET}/", "not a valid address"),
        (f"http://127.0.0.1:1/a b{SECRET}", "not a valid address"),
        (f"http://user:{SECRET}@127.0.0.1:1/", "cannot be reached"),
        (f"http://[{SECRET}/", "not a valid address"),
        (f"http:///{SECRET}", "cannot be reached"),
    ],
)
def test_a_wrong_address_is_told_without_its_secret(address: str, said: str) -> None:
    channel = WebhookChannel("${HOOK}", environ={"HOOK": address, "NO_PROXY": "*"})
    with pytest.raises(NotDeliveredError) as caught:
        channel.deliver(ALERT)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value) + repr(channel) + channel.name
    assert caught.value.__cause__ is None


def test_an_alert_reaches_a_webhook_that_was_down(tmp_path: Path, hook: Hook) -> None:
    ledger = open_ledger(tmp_path / "state.db")
    ledger.append(
        RunFinished(run="r1", at=ALERT.at, pipeline="p", environment="prod", status="failed")
    )
    channel = make("webhook", {"url": "${HOOK}"}, tmp_path, environ={"HOOK": hook.url})
    hook.answers = [503, 500]
    assert respond(ledger, [channel], ALERT.at) == Delivered(1, 1)
    assert respond(ledger, [channel], ALERT.at) == Delivered(0, 1)
    assert respond(ledger, [channel], ALERT.at) == Delivered(0, 0)
    assert respond(ledger, [channel], ALERT.at) == Delivered(0, 0)
    ledger.close()
    assert [body["title"] for body in hook.bodies] == ["p: run failed in prod"] * 3


def test_headers_may_hold_secrets_too(tmp_path: Path, hook: Hook) -> None:
    options = {"url": hook.url, "headers": {"Authorization": "Bearer ${TOKEN}"}}
    make("webhook", options, tmp_path, environ={"TOKEN": SECRET}).deliver(ALERT)
    assert hook.headers[0]["Authorization"] == f"Bearer {SECRET}"
    for token, said in (("", "TOKEN is not set"), (f"{SECRET}\r\nX: y", "not a valid address")):
        broken = make("webhook", options, tmp_path, environ={"TOKEN": token})
        with pytest.raises(NotDeliveredError) as caught:
            broken.deliver(ALERT)
        assert said in str(caught.value)
        assert SECRET not in str(caught.value)


def test_a_channel_is_told_from_its_severity_on(tmp_path: Path) -> None:
    channel = make("console", {"min_severity": "error"}, tmp_path)
    assert isinstance(channel, Selective)
    assert channel.wants(ALERT)
    assert not channel.wants(replace(ALERT, severity="warn"))
    with pytest.raises(UnknownNameError, match="known: error, info, warn"):
        make("console", {"min_severity": "loud"}, tmp_path)


def test_a_server_that_never_answers_ends_at_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotDeliveredError, match="cannot be reached: no answer in time"):
            WebhookChannel(url, timeout_seconds=0.05).deliver(ALERT)


def test_an_address_that_is_not_of_the_web_is_refused_when_declared(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="http:// or https://"):
        make("webhook", {"url": "ftp://example.org/x"}, tmp_path)


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("webhok", {}, "did you mean 'webhook'"),
        ("file", {"pth": "a"}, "did you mean 'path'"),
        ("console", {"path": "a"}, "no option of the console channel named 'path'"),
    ],
)
def test_a_misspelt_channel_is_an_error_with_advice(
    tmp_path: Path, kind: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnknownNameError, match=said):
        make(kind, options, tmp_path)


@pytest.mark.parametrize(("kind", "needs"), [("file", "path"), ("webhook", "url")])
def test_a_channel_without_its_target_is_an_error(tmp_path: Path, kind: str, needs: str) -> None:
    with pytest.raises(DeclarationError, match=f"needs {needs}:"):
        make(kind, {}, tmp_path)


def test_other_packages_add_channels_by_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "pager-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: pager\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[headgate.channels]\npager = pager_channel:make\n")
    (tmp_path / "pager_channel.py").write_text(
        "class Pager:\n"
        "    name = 'pager'\n"
        "    def __init__(self, file): self.file = file\n"
        "    def deliver(self, alert): self.file.write_text(alert.title)\n"
        "def make(options, root): return Pager(root / options['file'])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    make("pager", {"file": "told.txt"}, tmp_path).deliver(ALERT)
    assert (tmp_path / "told.txt").read_text() == ALERT.title
