"""An Avro schema as JSON that needs no other file: full names, each type defined where it is first used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.contracts.avro.schema import Schema
from headgate.contracts.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Logical,
    Map,
    Named,
    Primitive,
    Record,
    Reference,
    Type,
    Union,
    kind,
)


def as_json(schema: Schema) -> Any:
    """The schema as one JSON value; docs and what only people read is left out."""
    return _written(schema.type, schema.names, set())


def _written(type_: Type, names: Mapping[str, Named], seen: set[str]) -> Any:
    match type_:
        case Reference(name):
            return name if name in seen else _written(names[name], names, seen)
        case Primitive(word, None):
            return word
        case Primitive(word, logical):
            return {"type": word} | _logical(logical)
        case Array(items):
            return {"type": "array", "items": _written(items, names, seen)}
        case Map(values):
            return {"type": "map", "values": _written(values, names, seen)}
        case Union(branches):
            return [_written(branch, names, seen) for branch in branches]
    if type_.name in seen:
        return type_.name
    seen.add(type_.name)
    return dict(_parts(type_, names, seen))


def _parts(type_: Named, names: Mapping[str, Named], seen: set[str]) -> Iterator[tuple[str, Any]]:
    yield from (("type", kind(type_)), ("name", type_.name))
    if "." not in type_.name:
        yield "namespace", ""  # or it would be that of the record around it
    if type_.aliases:
        yield "aliases", list(type_.aliases)
    match type_:
        case Fixed(_, size, logical):
            yield "size", size
            yield from _logical(logical).items()
        case Enum(_, symbols, default):
            yield "symbols", list(symbols)
            yield from (("default", default),) if default is not None else ()
        case Record(_, fields):
            yield "fields", [_field(each, names, seen) for each in fields]


def _field(field_: Field, names: Mapping[str, Named], seen: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": field_.name, "type": _written(field_.type, names, seen)}
    found |= {"default": field_.default[0]} if field_.default else {}
    return found | ({"aliases": list(field_.aliases)} if field_.aliases else {})


def _logical(logical: Logical | None) -> dict[str, Any]:
    if logical is None:
        return {}
    found: dict[str, Any] = {"logicalType": logical.name}
    if logical.precision:
        found |= {"precision": logical.precision, "scale": logical.scale}
    return found
