"""Exact statistics of a frame's columns, in one pass."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date, time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from headgate.schema.statistics import ColumnStatistics, Scalar

if TYPE_CHECKING:
    import polars as pl

_LONGEST_TEXT = 1_000
_MOST_VALUES = 1_000
_GLIMPSE = 10_000


def statistics_of(frame: pl.DataFrame, listed: Collection[str] = ()) -> dict[str, ColumnStatistics]:
    """Nulls, NaN, lowest and highest value of every column, and all texts of those `listed`.

    Extremes are not known for nested, binary, decimal, duration and nanosecond columns, for texts
    of more than 1,000 characters, and for dates that Python has not: nothing is rounded.
    """
    import polars as pl

    wanted: list[pl.Expr] = []
    for n, (name, dtype) in enumerate(frame.schema.items()):
        cells = pl.col(name)
        wanted.append(cells.null_count().alias(f"{n} nulls"))
        if not _ordered(dtype):
            continue
        if dtype.is_float():
            wanted.append(cells.is_nan().sum().alias(f"{n} nans"))
        if isinstance(dtype, pl.Categorical | pl.Enum):
            cells = cells.cast(pl.String)
        wanted += [cells.min().alias(f"{n} low"), cells.max().alias(f"{n} high")]
    found = frame.select(wanted)
    return {
        name: replace(
            _column(found, n, frame.height, known=_ordered(dtype)),
            values=_values(frame.get_column(name)) if name in listed else None,
        )
        for n, (name, dtype) in enumerate(frame.schema.items())
    }


def _ordered(dtype: pl.DataType) -> bool:
    import polars as pl

    if isinstance(dtype, pl.Datetime):
        return dtype.time_unit != "ns"  # Python's datetime would cut it
    return dtype.is_integer() or dtype.is_float() or isinstance(
        dtype, pl.Boolean | pl.String | pl.Date | pl.Time | pl.Categorical | pl.Enum
    )  # fmt: skip


def _column(found: pl.DataFrame, n: int, rows: int, *, known: bool) -> ColumnStatistics:
    nulls = found.item(0, f"{n} nulls")
    nans = found.item(0, f"{n} nans") if f"{n} nans" in found.columns else 0
    if not known:
        return ColumnStatistics(nulls, nans, known=rows == nulls)
    try:
        low, high = (_scalar(found.item(0, f"{n} {end}")) for end in ("low", "high"))
    except (ValueError, OverflowError):
        return ColumnStatistics(nulls, nans, known=False)
    return ColumnStatistics(nulls, nans, low, high)


def _values(cells: pl.Series) -> tuple[str, ...] | None:
    """All different texts of a column; None where it holds others values, or more than 1,000."""
    import polars as pl

    if cells.dtype != pl.String or cells.head(_GLIMPSE).n_unique() > _MOST_VALUES:
        return None
    found = cells.unique().drop_nulls()
    return tuple(found.sort()) if found.len() <= _MOST_VALUES else None


def _scalar(value: Any) -> Scalar | None:
    """The value as JSON holds it. Raises ValueError where it cannot."""
    match value:
        case float() if math.isnan(value):
            return None  # all values are NaN
        case None | bool() | int() | float():
            return value
        case str() if len(value) <= _LONGEST_TEXT:
            return value
        case date() | time():
            return value.isoformat()
    raise ValueError(value)
