"""Where a project is. Asked by every command, so nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path

from headgate.errors import DeclarationError

FILE = "headgate.yml"


def find_root(start: Path) -> Path:
    """The nearest folder with a `headgate.yml`, from a folder upward.

    Raises DeclarationError where there is none.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    hint = "headgate init makes a project here, headgate init --example rossmann one that runs"
    raise DeclarationError(f"no {FILE} in {here} or above it", None, hint)
