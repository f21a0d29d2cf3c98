"""Which form of the database this release of Headgate reads, and the scripts that lead to it.

Forward only. Each kind of database has a folder of numbered scripts; a number means the same tables
in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from headgate.errors import StateError

LATEST = 11
"""The number of the newest file in each folder of `migrations`."""


def scripts(dialect: Literal["sqlite", "postgres"], after: int) -> Iterator[str]:
    """The text of all migrations after that number, in order."""
    from importlib.resources import files

    folder = files("headgate.ledger") / "migrations" / dialect
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if after < int(file.name[:4]) <= LATEST:
            yield file.read_text(encoding="utf-8")


def known(number: int, where: str) -> int:
    """The number of a database, if this release reads it. Raises StateError for a newer one."""
    if number > LATEST:
        raise StateError(
            f"this state was written by a newer Headgate (schema {number}, this one knows "
            f"{LATEST})",
            where,
            "upgrade Headgate here: pip install --upgrade headgate",
        )
    return number
