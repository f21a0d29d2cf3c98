"""Text to typed values. A cell that does not fit becomes null, and is never bent until it fits."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING

from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0*)?)?"
_OFFSET = "(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])"
_TIMESTAMP = f"^{_DATE}([T ]{_CLOCK}{_OFFSET}?)?$"
_PLAIN_INTEGER = "^-?(0|[1-9][0-9]*)$"
_PLAIN_NUMBER = r"^-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
# more digits than a double keeps: likely a name, which must not lose its end
_LONG_INTEGER = "^-?[0-9]{16,}$"
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
_HEAD = 200
_MANY = 10_000
_REPEATED = 10  # to find the different cells takes a fifth of what a pattern takes


def parse(cells: pl.Series, kind: LogicalType) -> pl.Series:
    """The cells as values of a type; null where a cell does not fit.

    - integer: digits with a sign, within 64 bits;
    - number: an integer, decimal or exponent, or NaN, inf and infinity as floats are written;
      a number too large for a double does not fit;
    - boolean: true, false (any case), 1, 0;
    - date: yyyy-mm-dd; time: hh:mm[:ss[.ffffff]];
    - timestamp: ISO 8601 to the microsecond, UTC where the cells carry offsets. Cells with and
      without an offset do not mix: those of the smaller group do not fit.
    """
    import polars as pl

    match kind:
        case LogicalType.STRING:
            return cells
        case LogicalType.INTEGER:
            return cells.cast(pl.Int64, strict=False)
        case LogicalType.NUMBER:
            return _numbers(cells)
        case LogicalType.BOOLEAN:
            return cells.str.to_lowercase().replace_strict(
                _TRUTH, default=None, return_dtype=pl.Boolean
            )
        case LogicalType.DATE:
            return _where(cells, f"^{_DATE}$").str.to_date("%Y-%m-%d", strict=False)
        case LogicalType.TIMESTAMP:
            return _timestamps(cells)
        case LogicalType.TIME:
            clock = _where(cells, f"^{_CLOCK}$")
            clock = pl.select(
                pl.when(clock.str.len_chars() == 5).then(clock + ":00").otherwise(clock)
            ).to_series()
            return clock.str.to_time("%H:%M:%S%.f", strict=False)
    raise ValueError(f"text cannot be parsed as {kind}")


def why_not(cell: str, kind: LogicalType) -> str:
    """Why a cell is no value of a type, in plain words."""
    if kind is LogicalType.INTEGER:
        whole = cell.lstrip("+-").isdigit() and cell.isascii()
        return "is outside the range of 64-bit integers" if whole else "is not an integer"
    if kind is LogicalType.NUMBER:
        digits = any(c.isdigit() for c in cell) and set(cell) <= set("0123456789+-.eE")
        if not (digits and _is_float(cell)):
            return "is not a number"
        infinite = math.isinf(float(cell))
        return "is too large for a number" if infinite else "has more digits than a number keeps"
    if kind is LogicalType.TIMESTAMP:
        return _why_no_timestamp(cell)
    return {
        LogicalType.BOOLEAN: "is not true, false, 1 or 0",
        LogicalType.DATE: "is not a date of the form yyyy-mm-dd",
        LogicalType.TIME: "is not a time of the form hh:mm:ss",
    }.get(kind, f"is not of the type {kind}")


def inferred(cells: pl.Series) -> pl.Series:
    """The cells as values of the narrowest type that all of them fit.

    The types are integer, number, boolean, date, timestamp and string. A column without values is
    a string, and so is one whose values would change on the way: a leading zero or plus, or an
    integer too long to be kept, makes it a string.
    """
    if cells.null_count() == cells.len():
        return cells
    head = cells.drop_nulls().head(_HEAD)
    for candidate in (
        LogicalType.INTEGER,
        LogicalType.NUMBER,
        LogicalType.BOOLEAN,
        LogicalType.DATE,
        LogicalType.TIMESTAMP,
    ):
        if _fitting(head, candidate) is not None:
            values = _fitting(cells, candidate)
            if values is not None:
                return values
    return cells


def _fitting(cells: pl.Series, kind: LogicalType) -> pl.Series | None:
    """The cells as values of a type; None where one of them does not fit."""
    match kind:
        case LogicalType.INTEGER if not cells.str.contains(_PLAIN_INTEGER).all():
            return None
        case LogicalType.NUMBER if (
            not cells.str.contains(_PLAIN_NUMBER).all() or cells.str.contains(_LONG_INTEGER).any()
        ):
            return None
        case LogicalType.BOOLEAN if cells.is_in(["0", "1"]).any():
            return None
    values = parse(cells, kind)
    return values if values.null_count() == cells.null_count() else None


def _numbers(cells: pl.Series) -> pl.Series:
    import polars as pl

    values = cells.cast(pl.Float64, strict=False)
    infinite = values.is_infinite().fill_null(value=False)
    if not infinite.any():
        return values
    written = cells.str.contains("(?i)inf")
    return pl.select(pl.when(infinite & ~written).then(None).otherwise(values)).to_series()


def _timestamps(cells: pl.Series) -> pl.Series:
    import polars as pl

    written = _where(cells, _TIMESTAMP)
    offset = written.str.contains(f":.*{_OFFSET}$").fill_null(value=False)
    aware = 2 * offset.sum() > written.len() - written.null_count()
    chosen = _only(written, offset if aware else ~offset).str.replace("T", " ", literal=True)
    zone = ""
    if aware:
        chosen, zone = chosen.str.replace("Z", "+00:00", literal=True), "%z"
    unit = pl.Datetime("us", "UTC") if aware else pl.Datetime("us")
    formats = [f"%Y-%m-%d %H:%M:%S%.f{zone}", f"%Y-%m-%d %H:%M{zone}"]
    result = chosen.str.to_datetime(formats[0], time_unit="us", strict=False).cast(unit)
    if result.null_count() > chosen.null_count():
        minutes = chosen.str.to_datetime(formats[1], time_unit="us", strict=False).cast(unit)
        result = pl.select(pl.coalesce(result, minutes)).to_series()
    if not aware and result.null_count() > chosen.null_count():
        days = chosen.str.to_date("%Y-%m-%d", strict=False).cast(unit)
        result = pl.select(pl.coalesce(result, days)).to_series()
    return result


def _where(cells: pl.Series, pattern: str) -> pl.Series:
    few = _different(cells)
    if _match(few, pattern).all(ignore_nulls=True):
        return cells
    return _only(cells, _match(cells, pattern))


def _match(cells: pl.Series, pattern: str) -> pl.Series:
    # Python has no year 0, so a cell that had one could not be shown to anybody
    return cells.str.contains(pattern) & ~cells.str.starts_with("0000")


def _different(cells: pl.Series) -> pl.Series:
    """Each different cell once, where the first ones say that these are few; or else all cells."""
    head = cells.head(_MANY)
    return cells.unique() if head.n_unique() * _REPEATED < head.len() else cells


def _only(cells: pl.Series, wanted: pl.Series) -> pl.Series:
    import polars as pl

    if wanted.all(ignore_nulls=True):
        return cells
    return pl.select(pl.when(wanted).then(cells)).to_series()


def _why_no_timestamp(cell: str) -> str:
    whole = re.fullmatch(_TIMESTAMP[1:-1], cell)
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        whole = None
    if whole is None:
        return "is not an ISO 8601 timestamp"
    return "differs from most of its column in having, or not having, an offset from UTC"


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
