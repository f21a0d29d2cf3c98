"""A contract as a JSON Schema (2020-12) of its rows, each an object with a member for each column."""

from __future__ import annotations

import json
from typing import Any

from headgate.contracts.formats.elements import (
    Element,
    allowed,
    columns,
    described,
    is_required,
    item,
    options,
    sides,
    tables,
)
from headgate.contracts.formats.exported import Exported, unsaid
from headgate.contracts.formats.from_json_schema import NAIVE, OPTIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SAID = frozenset(
    ["required", "enum", "deprecated", "description", "businessName", "examples",
     *(f"options.{key}" for keys in OPTIONS.values() for key in keys),
     "options.timezone", "options.dimensions", "options.required"]
)  # fmt: skip
"""What JSON Schema has words for."""
_TYPES = {"date": "string", "timestamp": "string", "time": "string", "map": "object"}
_OF_TEXT = {"date": "date", "timestamp": "date-time", "time": "time"}
_WHOLE = {"i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64"}


def to_json_schema(document: Element) -> Exported:
    """The schema of one table, or one definition for each of several."""
    found = tables(document)
    schemas = {str(table["name"]): _table(table) for table in found}
    body: dict[str, Any] = {"$schema": DIALECT}
    if len(schemas) == 1:
        body |= next(iter(schemas.values()))
    else:
        body |= {"title": str(document.get("name") or "contract"), "$defs": schemas}
    text = json.dumps(body, indent=2, ensure_ascii=False, default=str) + "\n"
    return Exported(text, (*unsaid(document, SAID, "JSON Schema"), *_bounds(document)))


def _bounds(document: Element) -> list[str]:
    told = []
    for table in tables(document):
        for column in columns(table):
            dated = column.get("logicalType") in _OF_TEXT
            keys = [key for key in options(column) if key in OPTIONS["number"]] if dated else []
            name = f"{table['name']}.{column['name']}"
            told += [
                f"JSON Schema has no word for {key} of the date or time {name}" for key in keys
            ]
    return told


def _table(table: Element) -> dict[str, Any]:
    title = str(table.get("businessName") or table["name"])
    return _without_empty(
        {"title": title, "description": described(table), "type": "object", **_members(table)}
    )


def _members(element: Element) -> dict[str, Any]:
    found = columns(element)
    required = [str(one["name"]) for one in found if is_required(one)]
    listed = options(element).get("required")
    required += (
        [str(one) for one in listed if one not in required] if isinstance(listed, list) else []
    )
    body: dict[str, Any] = {"properties": {str(one["name"]): _column(one) for one in found}}
    return body | ({"required": required} if required else {})


def _column(column: Element) -> dict[str, Any]:
    body = _value(column)
    values = allowed(column)
    if values:
        body["enum"] = values
    if not is_required(column):
        _allow_null(body)
    if column.get("deprecated") is True:
        body["deprecated"] = True
    examples = column.get("examples")
    told = {
        "title": column.get("businessName"),
        "description": described(column),
        "examples": examples if isinstance(examples, list) else None,
    }
    return _without_empty(told) | body


def _allow_null(body: dict[str, Any]) -> None:
    if "type" in body:
        body["type"] = [body["type"], "null"]
    if "enum" in body and None not in body["enum"]:
        body["enum"] = [*body["enum"], None]


def _value(column: Element) -> dict[str, Any]:
    """What a value keeps to, where there is one."""
    kind, told = column.get("logicalType"), options(column)
    if not isinstance(kind, str):
        return {}
    body: dict[str, Any] = {"type": _TYPES.get(kind, kind)}
    if kind in _OF_TEXT:
        naive = kind == "timestamp" and told.get("timezone") is False
        return body | ({"pattern": NAIVE} if naive else {"format": _OF_TEXT[kind]})
    body |= {key: told[key] for key in OPTIONS.get(kind, ()) if key in told}
    if body.get("format") in _WHOLE:
        body.pop("format")
    match kind:
        case "object":
            body |= _members(column) if columns(column) else {}
        case "array" if item(column):
            body["items"] = _element(item(column))
        case "map":
            body["additionalProperties"] = _element(sides(column)[1])
        case "vector":
            size = told.get("dimensions")
            exact = {"minItems": size, "maxItems": size} if isinstance(size, int) else {}
            return {"type": "array", "items": {"type": "number"}, **exact}
    return body


def _element(column: Element) -> dict[str, Any]:
    """An element of an array or a map, which is null only where the contract says so."""
    may_be_null = column.get("required") is False
    return _column({**column, "required": not may_be_null})


def _without_empty(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in (None, "", [])}
