"""Whether a default is a value of its type, in the JSON that the specification gives values."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from headgate.contracts.avro.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Named,
    Primitive,
    Record,
    Reference,
    Type,
    Union,
    words,
)
from headgate.pipelines.problems import shown

_BITS = {"int": 31, "long": 63}


def mismatch(type_: Type, value: Any, names: Mapping[str, Named]) -> str | None:
    """Why a value is none of the type, in plain words; None where it is one."""
    match type_:
        case Reference(name):
            return mismatch(names[name], value, names)
        case Union(branches):
            # since 1.12 any branch may be the default's, not the first one alone
            fits = any(mismatch(branch, value, names) is None for branch in branches)
        case Array(items) if isinstance(value, list):
            return _first(mismatch(items, each, names) for each in value)
        case Map(values) if isinstance(value, dict):
            return _first(mismatch(values, each, names) for each in value.values())
        case Record() if isinstance(value, dict):
            return _record(type_, value, names)
        case Enum(_, symbols):
            fits = value in symbols
        case Fixed(_, size):
            fits = _is_bytes(value) and len(value) == size
        case Primitive(word):
            fits = _is_primitive(word, value)
        case _:
            fits = False
    return None if fits else f"{shown(value)} is no {words(type_)}"


def _record(record: Record, value: dict[str, Any], names: Mapping[str, Named]) -> str | None:
    for each in record.fields:
        if each.name in value:
            if wrong := mismatch(each.type, value[each.name], names):
                return f"{each.name}: {wrong}"
        elif not each.default:
            return f"field {each.name!r} of {record.name} is missing"
    return None


def _first(wrong: Any) -> str | None:
    return next((each for each in wrong if each), None)


def _is_primitive(word: str, value: Any) -> bool:
    match word:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "int" | "long":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return whole and -(2 ** _BITS[word]) <= value < 2 ** _BITS[word]
        case "float" | "double":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and isfinite(value)  # 1e400 is infinite for most readers of JSON
        case "bytes":
            return _is_bytes(value)
    return isinstance(value, str)


def _is_bytes(value: Any) -> bool:
    """Whether it is text whose signs are bytes: U+0000 to U+00FF."""
    return isinstance(value, str) and all(ord(sign) < 256 for sign in value)
