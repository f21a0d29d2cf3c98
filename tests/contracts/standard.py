"""The standard's own JSON Schema, as the judge of contracts that are made, and one that says much."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import open_data_contract_standard


@cache
def _validator() -> Any:
    folder = Path(open_data_contract_standard.__file__).parent
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft201909Validator(schema)


def faults(document: Any) -> list[str]:
    """What the standard's schema says against a document."""
    return [f"{one.json_path}: {one.message[:200]}" for one in _validator().iter_errors(document)]


def contract(*tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A contract about tables."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "x", "version": "1.0.0"}
    return {**head, "name": "shop", **more, "schema": list(tables)}


EVERY_TYPE: dict[str, Any] = {
    "name": "things",
    "properties": [
        {
            "name": "text",
            "logicalType": "string",
            "logicalTypeOptions": {"minLength": 1, "maxLength": 5, "pattern": "^[a-z]+$"},
            "required": True,
        },
        {"name": "day", "logicalType": "date"},
        {"name": "at", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
        {"name": "local", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": False}},
        {"name": "hour", "logicalType": "time"},
        {"name": "share", "logicalType": "number", "logicalTypeOptions": {"exclusiveMaximum": 1}},
        {
            "name": "count",
            "logicalType": "integer",
            "logicalTypeOptions": {"minimum": -0.5, "maximum": 9.5, "format": "i64"},
        },
        {
            "name": "place",
            "logicalType": "object",
            "properties": [
                {"name": "lat", "logicalType": "number", "required": True},
                {"name": "the name", "logicalType": "string"},
            ],
        },
        {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}},
        {"name": "is it?", "logicalType": "boolean"},
        {
            "name": "sizes",
            "logicalType": "map",
            "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}},
        },
        {"name": "near", "logicalType": "vector", "logicalTypeOptions": {"dimensions": 3}},
        {"name": "kind", "logicalType": "string", "enum": [{"value": "a"}, {"value": "b"}]},
    ],
}
"""A table with a column of each of the eleven logical types, and what they can be held to."""
