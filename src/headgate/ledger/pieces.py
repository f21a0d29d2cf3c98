"""Many rows in few statements: what one statement takes, whatever the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

AT_ONCE = 500
"""Parameters of one statement; SQLite allowed no more than 999 for long."""


def pieces(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The marks of rows, as `values` takes them, with their parameters, so many at a time.

    >>> list(pieces([("a", 1), ("b", 2)]))
    [('(?, ?), (?, ?)', ['a', 1, 'b', 2])]
    """
    if not rows:
        return
    width = len(rows[0])
    row, step = f"({', '.join('?' * width)})", max(AT_ONCE // width, 1)
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        yield ", ".join([row] * len(some)), [value for each in some for value in each]
