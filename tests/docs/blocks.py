"""The code blocks of a page, done in order as a reader would, and what they are said to print.

`sh` and `python` blocks are run, and a `text` block is what the block before it prints. There, a
line `...` stands for any lines, and `...` alone in a line for anything; run ids, times, ages and
sizes on disk may differ. A page says where it starts: `<!-- starts: shop -->`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
START = re.compile(r"<!-- starts: (.+?) -->")
MASKS = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00)?( UTC)?"), "TIME"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{8}([0-9a-f]{4})?\b"), "ID"),
    (re.compile(r"\b[\d,.]+ (bytes|kB|MB)"), "SIZE"),
    (re.compile(r"\b[\d,.]+ (ms|s|min)\b"), "SECONDS"),
    (re.compile(r"\b\d+ (second|minute|hour|day)s?\b"), "AGE"),
    (re.compile(r" +"), " "),  # a table is as wide as its ages
)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block and the line of its page on which it starts."""

    kind: str
    body: str
    line: int


def blocks(page: str) -> list[Block]:
    """The code blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in BLOCK.finditer(text)
    ]


def start(page: str) -> str | None:
    """Where the page says that its reader is."""
    found = START.search((ROOT / page).read_text(encoding="utf-8"))
    return found[1] if found else None


def run(block: Block, home: Path, path: Sequence[Path] = ()) -> str:
    """What a block prints. The folder it ends in is where the next one starts, within `home`."""
    at = home / ".at"
    begin = Path(at.read_text().strip()) if at.exists() else home
    words = [sys.executable, "-c", block.body]
    if block.kind == "sh":
        words = ["bash", "-euo", "pipefail", "-c", f'{block.body}\npwd > "$AT"']
    folders = [Path(sys.executable).parent, *path]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HEADGATE_", "PYTEST_"))}
    done = subprocess.run(
        words,
        cwd=begin,
        env={
            **kept,
            **IDENTITY,
            "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
            "AT": str(at),
            "HEADGATE_USER": "ann",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"line {block.line}: {block.body}\n{done.stdout}"
    return done.stdout


IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.org"))
}


def rewrite(page: str, block: Block, said: str) -> None:
    """Puts what a block printed into the page, in place of what was promised."""
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    old, new = (f"```{block.kind}\n{body.strip()}\n```" for body in (block.body, said))
    path.write_text(text.replace(old, new), encoding="utf-8")


def masked(text: str) -> list[str]:
    """The lines of a text without what differs from run to run."""
    for found, word in MASKS:
        text = found.sub(word, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def agrees(promised: str, said: str) -> bool:
    """Whether a block printed what is promised, from its first line to its last."""
    pattern = "".join(_line(line) for line in masked(promised))
    printed = "".join(f"{line}\n" for line in masked(said))
    return re.fullmatch(pattern, printed) is not None


def _line(line: str) -> str:
    if line == "...":
        return r"(?:.*\n)*?"
    parts = re.split(r"(?:^|(?<= ))\.\.\.(?=[ /]|$)", line)
    return ".*".join(re.escape(part) for part in parts) + r"\n"
