from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.cli.output import Output
from headgate.cli.progress import watching
from headgate.ledger.events import from_json
from tests.cli.story import GOOD, HELD

WATCH = """
import os, sys, time
from headgate.cli.output import Output
from headgate.cli.progress import watching
from tests.cli.story import GOOD, HELD
with watching(Output(os.environ)) as listen:
    for event in {"good": GOOD, "held": HELD}[sys.argv[1]]:
        listen(event)
        if event.kind == "stage_started" and event.number == 2:
            time.sleep(0.9)
assert "rich" in sys.modules
"""


def on_a_terminal(which: str, **environ: str) -> str:
    """What a run prints to a real terminal, standard error included."""
    root = Path(__file__).parents[2]
    mine = {name: value for name, value in os.environ.items() if name not in {"CI", "NO_COLOR"}}
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", WATCH, which],
        stdin=end,
        stdout=end,
        stderr=end,
        cwd=root,
        env={**mine, "TERM": "xterm-256color", "PYTHONPATH": str(root), **environ},
    ) as process:
        os.close(end)
        parts = []
        try:
            while part := os.read(terminal, 4096):
                parts.append(part)
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(terminal)
    assert process.returncode == 0, b"".join(parts).decode()
    return b"".join(parts).decode()


def bare(text: str) -> str:
    """The text without colours and cursor movements."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r", "")


def test_a_terminal_shows_the_same_lines_in_colour_with_times() -> None:
    text = on_a_terminal("good")
    lines = bare(text).splitlines()
    assert lines[0] == "rossmann · env prod · run 7f3a91c2"
    assert "✓ PASSED (13/13 expectations)  0.06 s" in lines
    assert "✓ rossmann prod@1 published in 1.4 s · 0 alerts" in lines
    assert "\x1b[1;32m✓\x1b[0m" in text
    assert "\x1b[2m  0.06 s\x1b[0m" in text
    assert text.endswith("headgate show 7f3a91c2\x1b[0m\r\n")


def test_a_stage_that_takes_long_is_seen_to_be_going_on_and_no_other() -> None:
    text = bare(on_a_terminal("good"))
    assert re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Processing raw data  0\.[5-9]", text)
    assert not re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Validating raw data", text)


def test_a_terminal_shows_why_a_gate_is_closed() -> None:
    text = on_a_terminal("held")
    assert "\x1b[31m\x1b[1merror\x1b[0m" in text
    assert "error: gate train closed, nothing was published" in bare(text)
    assert "\x1b[?25h" in text  # the cursor is back


def test_a_terminal_without_colours_has_none() -> None:
    assert not re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", on_a_terminal("good", NO_COLOR="1"))


def test_with_json_standard_output_is_for_machines_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with watching(Output({"HEADGATE_JSON": "1"})) as listen:
        for event in HELD:
            listen(event)
    told = capsys.readouterr()
    assert told.out == ""
    assert "error: gate train closed, nothing was published" in told.err


def test_with_json_events_each_line_of_standard_output_is_an_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with watching(Output({"HEADGATE_JSON": "events"})) as listen:
        for event in GOOD:
            listen(event)
    told = capsys.readouterr()
    assert [from_json(json.loads(line)).kind for line in told.out.splitlines()] == [
        event.kind for event in GOOD
    ]
    assert told.err == ""


def test_without_a_terminal_the_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(Output({})) as listen:
        for event in GOOD:
            listen(event)
    told = capsys.readouterr()
    assert told.out.startswith("=" * 60 + "\nStep 1: Validating raw data...\n")
    assert "\x1b" not in told.out
