"""The parts a run works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from headgate.engines.engine import Engine
from headgate.ledger import clock
from headgate.ledger.ledger import Ledger
from headgate.store.objects import Objects


class Code(Struct, frozen=True):
    """The state of the project's code: its Git commit, and whether it has changes beside it."""

    commit: str | None = None
    dirty: bool = False


class Committed(Struct, frozen=True):
    """What came of committing files: the commit and its files, and what could not be committed."""

    commit: str = ""
    files: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""


Commit = Callable[[Path, Sequence[str], Callable[[Sequence[str]], str]], Committed | None]
"""Commits files of the project, with the message for those that differ."""


class Tools(Struct, frozen=True):
    """A project's opened parts. `code` is asked only when something is to be computed."""

    root: Path
    ledger: Ledger
    engine: Engine
    objects: Objects
    user: str
    dvc: bool = True
    """Whether `.dvc` files are written beside linked outputs."""
    commit: Commit | None = None
    """Commits `.dvc` files to Git, where the project wants that."""
    code: Callable[[], Code] = Code
    now: Callable[[], datetime] = clock.now
    stopping: Callable[[], bool] = bool
    """Whether the process was told to stop: a run then ends before its next step."""

    def check_stop(self) -> None:
        """Raises KeyboardInterrupt where the process was told to stop."""
        if self.stopping():
            raise KeyboardInterrupt
