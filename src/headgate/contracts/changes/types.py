"""Whether a type holds the values of another: the promotions of Avro, for the types of contracts.

Avro reads int as long, float or double, long as float or double, and float as double. A type
that reads every value of the old one promises less: it loosens.
"""

from __future__ import annotations

import re
from math import inf

from msgspec import Struct

from headgate.contracts.changes.change import Direction, came_or_went, grown_or_shrunk


def logical_direction(old: str | None, new: str | None) -> Direction:
    """What a change of `logicalType` does to the promise."""
    match old, new:
        case "integer", "number":
            return Direction.LOOSENS
        case "number", "integer":
            return Direction.TIGHTENS
    return came_or_went(old, new, Direction.BOTH)


def physical_direction(old: str | None, new: str | None) -> Direction | None:
    """What a change of `physicalType`, or of a `format` like i32, does; None where it is one type."""
    if old is None or new is None:
        return came_or_went(old, new) if old != new else None
    if _plain(old) == _plain(new):
        return None
    before, after = _read(old), _read(new)
    if before is None or after is None:
        return Direction.UNDETERMINED
    if before == after:
        return None
    if before.family == after.family:
        return _within(before, after)
    match before.family, after.family:
        case ("whole", "float"):
            return Direction.LOOSENS
        case ("float", "whole"):
            return Direction.TIGHTENS
    return Direction.BOTH


def stored_direction(promised: str, stored: str) -> Direction | None:
    """What data of another precision, scale or time zone than its physical type does.

    None for other types: how wide a number is stored differs by what wrote the file.
    """
    before, after = _read(promised), _read(stored)
    if before is None or after is None or before == after:
        return None
    if before.family == after.family == "decimal":
        return _within(before, after)
    zones = {before.family, after.family} == {"timestamp", "timestamp with time zone"}
    return Direction.BOTH if zones else None


class _Physical(Struct, frozen=True):
    """A type as a family and the sizes that its values may have, each the larger the wider."""

    family: str
    sizes: tuple[float, ...] = ()


_WHOLE = {
    "tinyint": "i8", "smallint": "i16", "int2": "i16", "int16": "i16", "int": "i32",
    "integer": "i32", "int4": "i32", "int32": "i32", "bigint": "i64", "long": "i64", "int64": "i64",
    "hugeint": "i128", "int128": "i128", "utinyint": "u8", "uint8": "u8", "usmallint": "u16",
    "uint16": "u16", "uinteger": "u32", "uint32": "u32", "ubigint": "u64", "uint64": "u64",
    "uhugeint": "u128",
}  # fmt: skip
"""The formats of the standard that names of whole numbers stand for. int8 is one byte or eight."""
_FLOAT = {
    "f32": 24, "real": 24, "float4": 24, "float32": 24,
    "f64": 53, "double": 53, "double precision": 53, "float8": 53, "float64": 53,
}  # fmt: skip
"""Bits of the fraction. `float` is 24 bits in one database and 53 in another."""
_TEXT = frozenset(["varchar", "text", "string", "nvarchar", "character varying"])
_TIMES = {"timestamp_s": 0, "timestamp_ms": 3, "timestamp_us": 6, "timestamp_ns": 9}
_ZONED = {"timestamptz": 6, "timestamp with time zone": 6}
_ALONE = {
    "date": "date", "time": "time", "boolean": "boolean", "bool": "boolean", "uuid": "uuid",
    "json": "json", "blob": "bytes", "bytes": "bytes", "binary": "bytes", "bytea": "bytes",
}  # fmt: skip
_FORM = re.compile(r"([a-z_][a-z0-9_ ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")


def _plain(name: str) -> str:
    return re.sub(r"\s+", " ", name.strip().lower())


def _read(name: str) -> _Physical | None:
    """What a name stands for; None where nobody here knows."""
    text = _plain(name)
    if text.endswith("[]"):
        inner = _read(text[:-2])
        return inner and _Physical(f"{inner.family}[]", inner.sizes)
    form = _FORM.fullmatch(text)
    if form is None:
        return None
    return _of_word(form[1], form[2], form[3])


def _of_word(word: str, first: str | None, second: str | None) -> _Physical | None:
    """What a word with its numbers stands for."""
    if bits := re.fullmatch(r"([iu])(8|16|32|64|128)", _WHOLE.get(word, word)):
        size = int(bits[2])
        return _Physical("whole", (size - 1, size - 1) if bits[1] == "i" else (-1, size))
    if word in _FLOAT:
        return _Physical("float", (_FLOAT[word],))
    if word in {"decimal", "numeric"} and first:
        scale = int(second or 0)
        return _Physical("decimal", (int(first) - scale, scale))
    if word in _TEXT:
        return _Physical("text", (int(first) if first else inf,))
    if word == "timestamp" or word in _TIMES:
        return _Physical("timestamp", (int(first) if first else _TIMES.get(word, 6),))
    if word in _ZONED:
        return _Physical("timestamp with time zone", (int(first) if first else _ZONED[word],))
    return _Physical(_ALONE[word]) if word in _ALONE else None


def _within(before: _Physical, after: _Physical) -> Direction:
    pairs = list(zip(before.sizes, after.sizes, strict=True))
    grew = any(new > old for old, new in pairs)
    return grown_or_shrunk(grew, any(new < old for old, new in pairs))
