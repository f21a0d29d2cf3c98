"""When two values are the same, as people who write tests mean it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

TOLERANCE = 1e-9
"""How far floats may be apart, in parts of the larger one, or of 1 where both are smaller."""


class _Any:
    """What stands in a row expected where nothing is written: every value is as expected."""


ANY = _Any()


def equal(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two values are the same, floats within the tolerance. Missing equals missing."""
    if one is ANY:
        return True
    if one is None or other is None:
        return one is other
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        return _near(one, other, tolerance)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            equal(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            equal(one[key], other[key], tolerance) for key in one
        )
    return bool(one == other)


def _near(one: Any, other: Any, tolerance: float) -> bool:
    numbers = int | float | Decimal
    if not isinstance(one, numbers) or not isinstance(other, numbers):
        return False
    a, b = float(one), float(other)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)) < math.inf


def meant(value: Any, dtype: pl.DataType) -> Any:
    """A value as it is expected of a column of that type: text of a date as the date."""
    import polars as pl

    if not isinstance(value, str):
        return value
    try:
        match dtype:
            case pl.Date():
                return date.fromisoformat(value)
            case pl.Time():
                return time.fromisoformat(value)
            case pl.Datetime():
                found = datetime.fromisoformat(value)
                if dtype.time_zone and found.tzinfo is None:
                    from zoneinfo import ZoneInfo

                    return found.replace(tzinfo=ZoneInfo(dtype.time_zone))
                return found
            case pl.Decimal():
                return Decimal(value)
    except (ValueError, ArithmeticError):
        return value
    return value
