"""Which contracts were accepted before, so that a run need not judge them again.

Judging imports what a run with nothing to do has no other use for. What is remembered is the text
of a contract, together with the code that judged it: either may not change.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from headgate import contracts

FOLDER = Path(".headgate", "contracts")


def was_accepted(root: Path, text: str) -> bool:
    """Whether lint has found no error in a contract of that text."""
    return (root / FOLDER / _key(text)).exists()


def remember(root: Path, text: str) -> None:
    """Remembers that lint has found no error in it, where the project has a place for that."""
    if not (root / FOLDER.parent).is_dir():
        return
    with suppress(OSError):  # a project that may only be read is judged each time
        (root / FOLDER).mkdir(exist_ok=True)
        (root / FOLDER / _key(text)).touch()


def _key(text: str) -> str:
    return sha256(f"{_judges()}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _judges() -> str:
    """The code and the schemas that judge contracts, by when each file was written."""
    folder = Path(contracts.__file__).parent
    inner = [each for each in folder.iterdir() if each.is_dir() and each.name[0] != "_"]
    rooms = (folder, *inner, folder.parent / "checks")
    files = [entry for room in rooms for entry in os.scandir(room) if entry.is_file()]
    return repr(sorted((entry.path, entry.stat().st_mtime_ns) for entry in files))
