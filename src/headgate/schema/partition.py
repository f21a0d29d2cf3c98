"""How the rows of a table are divided into parts: by the value of a column, or its month or year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

_PERIOD = re.compile(r"(month|year)\((.+)\)")


class Partition(Struct, frozen=True):
    """A column that says which part a row is in: by its value, or the month or year of it."""

    column: str
    period: Literal["month", "year"] | None = None

    def __str__(self) -> str:
        return f"{self.period}({self.column})" if self.period else self.column

    @property
    def label(self) -> str:
        """What its folders are called: `Date`, `Date_month`."""
        return f"{self.column}_{self.period}" if self.period else self.column


def partitions(written: Iterable[str]) -> tuple[Partition, ...]:
    """What `partition_by` says. Raises ValueError for an empty entry, and for one that repeats.

    >>> partitions(["Store", "month(Date)"])
    (Partition(column='Store', period=None), Partition(column='Date', period='month'))
    """
    found = tuple(_partition(entry.strip()) for entry in written)
    labels = [each.label for each in found]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise ValueError(f"partition_by names {twice[0]!r} more than once")
    return found


def _partition(entry: str) -> Partition:
    if not entry:
        raise ValueError("partition_by names a column, month(column) or year(column)")
    period = _PERIOD.fullmatch(entry)
    if period is None:
        return Partition(entry)
    return Partition(period[2].strip(), "month" if period[1] == "month" else "year")
