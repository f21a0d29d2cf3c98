"""The logical type of an Avro type. An unknown one says nothing, as the specification asks.

One of the specification's that is wrong is an error: ignored, it would make a date a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headgate.contracts.avro.types import LOGICAL, Logical
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import shown

Place = Callable[[Keys], str]

_SIZES = {"duration": 12, "uuid": 16}


def read_logical(given: Mapping[str, Any], keys: Keys, place: Place) -> Logical | None:
    """The logical type that a mapping asks for.

    Raises DeclarationError where it cannot stand on the mapping's type.
    """
    name = given.get("logicalType")
    if "logicalType" in given and not isinstance(name, str):
        what = f"logicalType is a name, not {shown(name)}"
        raise DeclarationError(what, place((*keys, "logicalType")))
    if name is None or name not in LOGICAL:
        return None
    at = place((*keys, "logicalType"))
    word = given["type"]
    if word not in LOGICAL[name]:
        what = f"logical type {name!r} is one of {' or '.join(LOGICAL[name])}, not of {word}"
        raise DeclarationError(what, at)
    size = _SIZES.get(name)
    if size and word == "fixed" and given["size"] != size:
        raise DeclarationError(f"logical type {name!r} has {size} bytes, not {given['size']}", at)
    return _decimal(given, keys, place) if name == "decimal" else Logical(name)


def _decimal(given: Mapping[str, Any], keys: Keys, place: Place) -> Logical:
    precision: Any = given.get("precision")
    scale: Any = given.get("scale", 0)
    if not _is_count(precision) or precision < 1:
        what = f"the precision of a decimal is 1 or more, not {shown(precision)}"
        raise DeclarationError(what, place((*keys, "precision")))
    if not _is_count(scale) or not 0 <= scale <= precision:
        what = f"the scale of a decimal is from 0 to its precision, not {shown(scale)}"
        raise DeclarationError(what, place((*keys, "scale")))
    if given["type"] == "fixed" and precision > (most := _digits(given["size"])):
        what = f"{given['size']} bytes hold {most} digits, and precision is {precision}"
        raise DeclarationError(what, place((*keys, "precision")))
    return Logical("decimal", precision, scale)


def _is_count(given: Any) -> bool:
    return isinstance(given, int) and not isinstance(given, bool)


def _digits(size: int) -> int:
    """How many decimal digits always fit in bytes with a sign."""
    return len(str(2 ** (8 * min(size, 1000) - 1) - 1)) - 1 if size else 0
