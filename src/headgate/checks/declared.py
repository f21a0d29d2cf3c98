"""Declarations in Python, as a file would hold them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any


def as_written(value: Any) -> Any:
    """A value of Python as YAML would have it: lists, plain numbers, and times in ISO 8601.

    Whatever else it is stays as it is, and is refused where it means nothing.

    >>> as_written({"column": "day", "values": (date(2026, 3, 1), Decimal("0.5"))})
    {'column': 'day', 'values': ['2026-03-01', 0.5]}
    """
    match value:
        case Mapping():
            return {key: as_written(one) for key, one in value.items()}
        case list() | tuple() | range():
            return [as_written(one) for one in value]
        case set() | frozenset():
            return sorted((as_written(one) for one in value), key=repr)
        case date() | time():
            return value.isoformat()
        case Decimal() if value.is_finite():
            return int(value) if value == value.to_integral_value() else float(value)
    return value.item() if _is_of_numpy(value) else value


def _is_of_numpy(value: object) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "item") and not value.shape  # type: ignore[attr-defined]
