"""What is known of a column's values without reading them again.

Statistics are exact and are taken when a part is written. A check that they prove costs no read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Scalar = bool | int | float | str
"""A value as JSON can hold it; dates and timestamps are ISO 8601 text."""


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """Counts and extremes of one column in one part.

    `low` and `high` are the extremes among values that are neither null nor NaN, None when
    there is no such value or the type has no order that JSON can hold (`known` is then False).

    """

    nulls: int
    nans: int = 0
    low: Scalar | None = None
    high: Scalar | None = None
    known: bool = True

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


def _out(value: Scalar | None) -> object:
    # JSON has no infinity; the marker is a one-element list, which no real value is
    return [str(value)] if isinstance(value, float) and math.isinf(value) else value


def _in(value: object) -> Scalar | None:
    if isinstance(value, list):
        return float(value[0])
    assert value is None or isinstance(value, bool | int | float | str)
    return value
