"""A repository whose past lies further back."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime, timedelta

from tests.projects.shop import Shop

TIMES = {
    "release": ("environment || number", "published"),
    "version": ("number", "created"),
    "run": ("id", "started"),
}


def age(shop: Shop, days: float) -> None:
    """Moves all that happened, and all objects, into the past."""
    with sqlite3.connect(shop.root / ".headgate" / "state.db") as state:
        for table, (key, column) in TIMES.items():
            for row, at in state.execute(f"select {key}, {column} from {table}").fetchall():  # noqa: S608
                then = datetime.fromisoformat(at) - timedelta(days=days)
                state.execute(
                    f"update {table} set {column} = ? where {key} = ?",  # noqa: S608
                    (then.isoformat(timespec="microseconds"), row),
                )
    state.close()
    for path in (shop.root / ".headgate" / "store" / "files").rglob("*"):
        if path.is_file():
            at_ = path.stat().st_mtime - days * 86_400
            os.utime(path, (at_, at_))
