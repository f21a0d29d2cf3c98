"""The tutorial, done as it is written: its commands run, and print what it says they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pattern(line: str) -> re.Pattern[str]:
    """The line, where `...` that stands alone or ends it is anything."""
    parts = re.split(r"(?<= )\.\.\.(?= |$)", line.strip())
    return re.compile(".*".join(re.escape(part) for part in parts))


def said_by(script: str, home: Path) -> str:
    """What a block prints. The folder it ends in is where the next one starts."""
    at = home / "at"
    start = Path(at.read_text().strip()) if at.exists() else home
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'{script}\npwd > "$AT"'],
        cwd=start,
        env={**os.environ, "PATH": path, "AT": str(at)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text()
    said, compared = "", 0
    for kind, body in BLOCK.findall(text):
        if kind == "sh":
            said = said_by(body, tmp_path)
            continue
        for line in body.splitlines():
            assert pattern(line).search(said), f"the tutorial promises {line!r}, but:\n{said}"
            compared += 1
    assert compared > 10


def test_a_promise_that_is_not_kept_is_seen() -> None:
    assert pattern("✓ shop prod@1 published in ...").search("✓ shop prod@1 published in 0.4 s")
    assert not pattern("✓ shop prod@2 published in ...").search("✓ shop prod@1 published in 0.4 s")
    assert not pattern("Step 1: Validating raw data...").search("Step 1: Validating raw data!!!")
