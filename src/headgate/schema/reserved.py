"""Names that no column of a table may have, because rows that are kept need them."""

from __future__ import annotations

from collections.abc import Iterable

MARKS = ("_check", "_reason", "_file", "_line")
"""The columns of a kept row that say why it is kept and where it came from."""

WORKING = ("__place", "__broke", "__row", "__copy", "__copies")
"""Columns that rows have while it is found out which of them are kept."""


def reserved(names: Iterable[str]) -> str | None:
    """The first of the names that no column may have.

    >>> reserved(["a", "_line"])
    '_line'
    """
    return next((name for name in names if name in MARKS or name.lower() in WORKING), None)
