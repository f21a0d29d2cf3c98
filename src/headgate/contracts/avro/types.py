"""The types of an Avro schema, as it is understood: named ones by their full names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
COMPLEX = ("record", "enum", "array", "map", "fixed")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

LOGICAL: Mapping[str, tuple[str, ...]] = {
    "decimal": ("bytes", "fixed"),
    "big-decimal": ("bytes",),
    "uuid": ("string", "fixed"),
    "date": ("int",),
    "time-millis": ("int",),
    "time-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "timestamp-nanos": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-nanos": ("long",),
    "duration": ("fixed",),
}
"""The logical types of the specification, and the types that they stand on."""


class Logical(Struct, frozen=True):
    """What the values of a type mean. Only decimals have a precision and a scale."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})" if self.precision else self.name


class Primitive(Struct, frozen=True):
    """A type without parts."""

    type: str
    logical: Logical | None = None


class Fixed(Struct, frozen=True):
    """A number of bytes."""

    name: str
    size: int
    logical: Logical | None = None
    aliases: tuple[str, ...] = ()


class Enum(Struct, frozen=True):
    """One of several words."""

    name: str
    symbols: tuple[str, ...]
    default: str | None = None
    doc: str | None = None
    aliases: tuple[str, ...] = ()


class Array(Struct, frozen=True):
    """Any number of values of one type."""

    items: Type


class Map(Struct, frozen=True):
    """Values of one type, by text."""

    values: Type


class Union(Struct, frozen=True):
    """A value of one of several types."""

    branches: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A type that is defined elsewhere: earlier in the file, around this, or in another file."""

    name: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record. `default` holds one value, or none where there is no default."""

    name: str
    type: Type
    where: str = field(default="", compare=False)
    doc: str | None = None
    default: tuple[Any, ...] = ()
    aliases: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside the specification's keys."""


@dataclass(frozen=True, slots=True)
class Record:
    """Named fields."""

    name: str
    fields: tuple[Field, ...]
    where: str = field(default="", compare=False)
    doc: str | None = None
    aliases: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


Named = Record | Enum | Fixed
Type = Primitive | Named | Array | Map | Union | Reference


def kind(type_: Type) -> str:
    """The word of the specification for a type; of a reference its name."""
    match type_:
        case Primitive(word) | Reference(word):
            return word
    return type(type_).__name__.lower()


def words(type_: Type) -> str:
    """A type as people write it.

    >>> words(Union((Primitive("null"), Primitive("bytes", Logical("decimal", 4, 2)))))
    'union(null, decimal(4,2))'
    """
    match type_:
        case Primitive(_, logical) | Fixed(_, _, logical) if logical:
            return str(logical)
        case Fixed(_, size):
            return f"fixed({size})"
        case Array(items):
            return f"array({words(items)})"
        case Map(values):
            return f"map({words(values)})"
        case Union(branches):
            return f"union({', '.join(map(words, branches))})"
        case Record(name) | Enum(name):
            return name
    return kind(type_)
