"""What is known of a column's values without reading them again.

Statistics are exact and are taken when a part is written. A check that they prove costs no read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

from msgspec import Struct

Scalar = bool | int | float | str
"""A value as JSON can hold it; dates and timestamps are ISO 8601 text."""


class ColumnStatistics(Struct, frozen=True):
    """Counts and extremes of one column in one part.

    `low` and `high` are the extremes among values that are neither null nor NaN, None when
    there is no such value or the type has no order that JSON can hold (`known` is then False).
    `values` are all different texts of the column, where somebody asked for them and they are few;
    they are not kept with a part.
    """

    nulls: int
    nans: int = 0
    low: Scalar | None = None
    high: Scalar | None = None
    known: bool = True
    values: tuple[str, ...] | None = None

    def as_json(self) -> list[object]:
        return [self.nulls, self.nans, _out(self.low), _out(self.high), self.known]

    @classmethod
    def from_json(cls, row: list[object]) -> ColumnStatistics:
        nulls, nans, low, high, known = row
        assert isinstance(nulls, int)
        assert isinstance(nans, int)
        return cls(nulls, nans, _in(low), _in(high), bool(known))

    def merge(self, other: ColumnStatistics) -> ColumnStatistics:
        """The statistics of both parts together."""
        lows = [s.low for s in (self, other) if s.low is not None]
        highs = [s.high for s in (self, other) if s.high is not None]
        return ColumnStatistics(
            self.nulls + other.nulls,
            self.nans + other.nans,
            min(lows, default=None),
            max(highs, default=None),
            self.known and other.known,
        )


class Encoded(Mapping[str, ColumnStatistics]):
    """The statistics of a part as JSON, read when they are first asked for.

    A version of a thousand parts is looked at far more often than the values of each of them.
    """

    __slots__ = ("_columns", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._columns: dict[str, ColumnStatistics] | None = None

    def __getitem__(self, name: str) -> ColumnStatistics:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())

    def _read(self) -> dict[str, ColumnStatistics]:
        if self._columns is None:
            rows = json.loads(self._text)
            self._columns = {name: ColumnStatistics.from_json(row) for name, row in rows.items()}
        return self._columns


def encoded(statistics: Mapping[str, ColumnStatistics]) -> str:
    """Statistics as the JSON that `Encoded` reads."""
    return json.dumps({name: column.as_json() for name, column in statistics.items()})


def together(
    several: Iterable[Mapping[str, ColumnStatistics]],
) -> dict[str, ColumnStatistics]:
    """The statistics of several parts together; empty where nothing is known of one of them."""
    known = list(several)
    if not known or not all(known):
        return {}
    return {
        name: reduce(ColumnStatistics.merge, (part[name] for part in known)) for name in known[0]
    }


def _out(value: Scalar | None) -> object:
    # JSON has no infinity; the marker is a one-element list, which no real value is
    return [str(value)] if isinstance(value, float) and math.isinf(value) else value


def _in(value: object) -> Scalar | None:
    if isinstance(value, list):
        return float(value[0])
    assert value is None or isinstance(value, bool | int | float | str)
    return value
