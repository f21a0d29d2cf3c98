"""What a forked process does: it stops at a border, meets a full disk, calls a command, or reads."""

from __future__ import annotations

import errno
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headgate.cli.main import main
from headgate.errors import HeadgateError, StateError
from headgate.reading import read
from headgate.store import releases
from headgate.workspace.workspace import opened


def command(*words: str) -> None:
    """A command, as from the command line. Where it ends well, what is to be done next is done."""
    try:
        main(list(words))
    except SystemExit as ended:
        if ended.code:
            raise


def stop_at(border: str) -> None:
    """Lets the process stop itself at a border, such as `before headgate.runs.execute:begin`.

    `module:name#3` means the third call. A function is met wherever it was imported.
    """
    moment, place = border.split()
    place, _, nth = place.partition("#")
    path, _, names = place.partition(":")
    *owners, name = names.split(".")
    where: Any = importlib.import_module(path)
    for owner in owners:
        where = getattr(where, owner)
    real, calls = getattr(where, name), 0

    def stopping(*args: Any, **keywords: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls != int(nth or 1):
            return real(*args, **keywords)
        if moment == "after":
            found = real(*args, **keywords)
            os.kill(os.getpid(), signal.SIGSTOP)
            return found
        os.kill(os.getpid(), signal.SIGSTOP)
        return real(*args, **keywords)

    for module in [where, *(m for n, m in sys.modules.items() if n.startswith("headgate."))]:
        if getattr(module, name, None) is real:
            setattr(module, name, stopping)


def full_after(calls: str) -> None:
    """The disk is full from the call on that writes, flushes, links or renames for that time."""
    left = int(calls)

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **keywords: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args, **keywords)

        return asked

    for name in ("fsync", "link", "mkdir", "rename", "replace"):
        setattr(os, name, failing(getattr(os, name)))
    for name in ("write_text", "write_bytes"):
        setattr(Path, name, failing(getattr(Path, name)))


def read_on(report: str, *environments: str) -> None:
    """Reads two datasets of one release over and over, until the file `report` is gone."""
    parent = os.getppid()
    with Path(report).open("a", buffering=1) as file:
        while os.getppid() == parent and Path(report).exists():
            file.writelines(json.dumps(_look(environment)) + "\n" for environment in environments)
            time.sleep(0.02)


def _look(environment: str) -> dict[str, object]:
    """What a reader of an environment gets at one moment."""
    try:
        with opened(Path(), environment) as workspace, workspace.tools.ledger.snapshot() as tx:
            release = releases.current(tx, environment)
        if release is None:
            return {"release": None}
        found = [
            read(dataset, at=release.number, environment=environment).collect()
            for dataset in ("clean", "totals")
        ]
    except StateError as error:
        return {"state": error.what}
    except HeadgateError as error:
        return {"error": str(error)}
    clean, totals = found
    means = (totals["amount"] / totals["days"]).to_list()
    return {
        "environment": environment,
        "release": release.number,
        "values": sorted({*clean["amount"].to_list(), *means}),
        "rows": [clean.height, int(totals["days"].sum()), totals.height],
    }
