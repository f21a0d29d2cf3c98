"""The Avro type of a column without parts, from its logical and its physical type.

The logical type says what it is, the physical one how wide: `integer` is a long unless it is `INT`
or `format: i32`, `timestamp` counts millionths unless it is `timestamp_ms`. A timestamp has no time
zone unless somebody says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from headgate.contracts.avro.types import LOGICAL, PRIMITIVES

_FAMILIES = {
    "boolean": r"bool(ean)?",
    "integer": r"u?(tiny|small|medium|big|huge)?int(eger)?\d*|long|u?int(8|16|32|64)",
    "number": r"(decimal|numeric|number|float\d*|double( precision)?|real)(\(.*\))?",
    "string": r"(var|n|nvar)?char(acter)?( varying)?(\(.*\))?|text|string|uuid",
    "date": r"date",
    "timestamp": r"(local-)?timestamp.*|datetime.*",
    "time": r"time.*",
    "binary": r"bytes|blob|bytea|(var)?binary(\(.*\))?",
}
_NARROW = re.compile(r"u?(tiny|small)int|int|integer|int4|int2|u?int8|u?int16|int32")
_DECIMAL = re.compile(r"(?:decimal|numeric|number)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")
_FIXED = re.compile(r"fixed\((\d+)\)")
_WIDE = {"u64": 20, "i128": 39, "u128": 39}
"""Whole numbers that no Avro integer holds, and how many digits they have."""


def scalar(declared: Mapping[str, Any]) -> Any:
    """The Avro type of a property, but for its name where it is a fixed one."""
    physical = str(declared.get("physicalType") or "").strip().lower()
    options = declared.get("logicalTypeOptions") or {}
    format_ = str(options.get("format", ""))
    family = _family(physical)
    if _is_beyond(physical) or "binary" in {family, format_}:
        return _as_named(physical, "bytes")  # ODCS calls them strings
    match declared.get("logicalType") or family:
        case "boolean":
            found: Any = "boolean"
        case "integer":
            found = _integer(physical, format_)
        case "number":
            found = _number(declared, physical, format_)
        case "date":
            found = _of_logical("date")
        case "time":
            found = _of_logical("time-millis" if _unit(physical) == "millis" else "time-micros")
        case "timestamp":
            found = _timestamp(physical, options.get("timezone"))
        case "string":
            found = _of_logical("uuid") if "uuid" in {physical, format_} else "string"
        case _:
            found = _as_named(physical, "string")
    return found


def _family(physical: str) -> str | None:
    """The logical type that the name of a physical one means, where no other is given."""
    found = (name for name, words in _FAMILIES.items() if re.fullmatch(words, physical))
    return next(found, None)


def _is_beyond(physical: str) -> bool:
    """Whether it is a type of Avro that ODCS has no logical type for."""
    return physical in {"duration", "big-decimal"} or bool(_FIXED.fullmatch(physical))


def _as_named(physical: str, otherwise: str) -> Any:
    """A type by the name that Avro gives it."""
    if physical == "duration":
        return {"type": "fixed", "size": 12, "logicalType": "duration"}
    if fixed := _FIXED.fullmatch(physical):
        return {"type": "fixed", "size": int(fixed[1])}
    if physical in LOGICAL:
        return _of_logical(physical)
    return physical if physical in PRIMITIVES else otherwise


def _of_logical(name: str) -> dict[str, str]:
    return {"type": LOGICAL[name][0], "logicalType": name}


def _integer(physical: str, format_: str) -> Any:
    if digits := _WIDE.get(format_):
        return _decimal(digits, 0)
    if format_ in {"i64", "u32"}:
        return "long"
    narrow = format_ or _NARROW.fullmatch(physical)
    return "int" if narrow else "long"


def _number(declared: Mapping[str, Any], physical: str, format_: str) -> Any:
    told = {one.get("property"): one.get("value") for one in declared.get("customProperties") or ()}
    precision, scale = told.get("precision"), told.get("scale", 0)
    if isinstance(precision, int) and isinstance(scale, int):
        return _decimal(precision, scale)
    if found := _DECIMAL.fullmatch(physical):
        if found[1]:
            return _decimal(int(found[1]), int(found[2] or 0))
        return _decimal(18, 3)  # what DuckDB takes a bare DECIMAL for
    if format_ == "f32" or (not format_ and physical in {"float", "real", "float4"}):
        return "float"
    return "double"


def _decimal(precision: int, scale: int) -> Any:
    if not 0 <= scale <= precision or not precision:
        return "double"  # no decimal of Avro has its point there
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def _timestamp(physical: str, timezone: Any) -> dict[str, str]:
    if physical in LOGICAL:
        return _of_logical(physical)
    zoned = re.search(r"tz|with (local )?time ?zone", physical) if timezone is None else timezone
    return _of_logical(f"{'timestamp' if zoned else 'local-timestamp'}-{_unit(physical)}")


def _unit(physical: str) -> str:
    if re.search(r"milli|_m?s\b|\(3\)", physical):
        return "millis"
    return "nanos" if re.search(r"nano|_ns\b|\(9\)", physical) else "micros"
