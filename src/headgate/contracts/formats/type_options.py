"""Which options the values of a logical type may be given, and what each of them has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Any], bool]

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
WHOLE = frozenset(["i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128"])


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: Any) -> bool:
    """Whether it is a whole number that is not below 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


_NUMERIC: dict[str, Fits] = {
    **dict.fromkeys(BOUNDS, is_number),
    "multipleOf": lambda value: is_number(value) and value > 0,
}
_DATED: dict[str, Fits] = {**dict.fromkeys(BOUNDS, _is_text), "format": _is_text}
_TIMED: dict[str, Fits] = {**_DATED, "timezone": _is_flag, "defaultTimezone": _is_text}
_BY_TYPE: Mapping[str, Mapping[str, Fits]] = {
    "string": {
        "minLength": is_count,
        "maxLength": is_count,
        "pattern": _is_text,
        "format": _is_text,
    },
    "integer": {**_NUMERIC, "format": lambda value: value in WHOLE},
    "number": {**_NUMERIC, "format": lambda value: value in {"f32", "f64"}},
    "date": _DATED,
    "timestamp": _TIMED,
    "time": _TIMED,
    "array": {"minItems": is_count, "maxItems": is_count, "uniqueItems": _is_flag},
    "object": {"minProperties": is_count, "maxProperties": is_count},
}


def misfits(column: Mapping[str, Any]) -> list[str]:
    """The options of a column that its type cannot be given, or not with such a value."""
    known = _BY_TYPE.get(str(column.get("logicalType")))
    told = column.get("logicalTypeOptions", {})
    if known is None:
        return []
    return [key for key, value in told.items() if key not in known or not known[key](value)]
