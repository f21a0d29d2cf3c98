"""A contract as it is written, without what is not of the kind that the standard says.

What compares two contracts reads raw documents. Their lint says what is wrong with them; here a
value of another kind is no promise, and is left out rather than misread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Entry(Struct, frozen=True):
    """A mapping: the kinds of the keys that are read, and the key without which it says nothing."""

    kinds: dict[str, Any] = {}
    needs: str | None = None


class Several(Struct, frozen=True):
    """A list of which each is of one kind."""

    kind: Any


_CUSTOM = Several(Entry({"property": str}, "property"))
_RULE = Several(Entry({"id": str, "name": str, "metric": str, "rule": str, "type": str}))
_SHARED: dict[str, Any] = {
    "id": str,
    "name": str,
    "physicalName": str,
    "physicalType": str,
    "deprecated": bool,
    "tags": Several(str),
    "customProperties": _CUSTOM,
    "quality": _RULE,
    "relationships": Several(Entry()),
}
_PROPERTY = Entry(
    {
        **_SHARED,
        "logicalType": str,
        "logicalTypeOptions": Entry(),
        "required": bool,
        "unique": bool,
        "primaryKey": bool,
        "primaryKeyPosition": int,
        "classification": str,
        "enum": Several(object),
    }
)
_NAMED = Several(Entry(_PROPERTY.kinds, "name"))
_PROPERTY.kinds.update(
    {"properties": _NAMED, "items": _PROPERTY, "map": Entry({"key": _PROPERTY, "value": _PROPERTY})}
)
DOCUMENT = Entry(
    {
        "status": str,
        "schema": Several(Entry({**_SHARED, "properties": _NAMED}, "name")),
        "slaProperties": Several(Entry({"property": str, "element": str, "unit": str}, "property")),
        "servers": Several(Entry({"server": str}, "server")),
    }
)
"""The keys of a contract that are read here. Others stay as they are."""


def well_formed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what is of another kind than the standard's.

    >>> well_formed({"status": 3, "schema": [{"name": "rides", "tags": "core"}, "x"]})
    {'schema': [{'name': 'rides'}]}
    """
    found = _kept(document, DOCUMENT)
    return found if isinstance(found, dict) else {}


def _kept(value: Any, kind: Any) -> Any:
    """The value as far as it is of a kind; None where it is not at all."""
    match kind:
        case Entry(kinds=kinds, needs=needs):
            if not isinstance(value, Mapping):
                return None
            pairs = {
                k: _kept(v, kinds.get(k, object)) for k, v in value.items() if isinstance(k, str)
            }
            kept = {key: inner for key, inner in pairs.items() if inner is not None}
            return None if needs and not kept.get(needs) else kept
        case Several(kind=inner):
            if not isinstance(value, list):
                return None
            return [one for one in (_kept(each, inner) for each in value) if one is not None]
    if kind is int and isinstance(value, bool):
        return None
    return value if isinstance(value, kind) else None
