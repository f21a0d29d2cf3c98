"""That what a contract nests is of the standard's shape, before somebody walks through it.

The columns themselves were validated when the contract was read; what is within them was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.contracts.contract import Contract
from headgate.errors import DeclarationError
from headgate.pipelines.problems import shown

_SHAPES: Mapping[str, tuple[type, str]] = {
    "description": (str, "text"),
    "logicalType": (str, "text"),
    "physicalType": (str, "text"),
    "logicalTypeOptions": (dict, "a mapping"),
    "properties": (list, "a list"),
    "items": (dict, "a mapping"),
    "map": (dict, "a mapping"),
    "enum": (list, "a list"),
    "customProperties": (list, "a list"),
}


def require_well_formed(contract: Contract) -> None:
    """Raises DeclarationError, with the column's line, where a nested part is of another shape."""
    _require_parts(contract.declared, contract.where, "")
    for one in contract.properties.values():
        _require(one.declared, one.where, one.name)


def _require(declared: Any, where: str, path: str) -> None:
    if not isinstance(declared, Mapping):
        raise DeclarationError(f"{path}: expected a mapping, got {shown(declared)}", where)
    _require_parts(declared, where, path)
    for inner in declared.get("properties") or ():
        name = inner.get("name") if isinstance(inner, Mapping) else None
        if not isinstance(name, str) or not name:
            what = f"{path}.properties: expected mappings with a name, got {shown(inner)}"
            raise DeclarationError(what, where)
        _require(inner, where, f"{path}.{name}")
    if declared.get("items"):
        _require(declared["items"], where, f"{path}.items")
    for key, inner in (declared.get("map") or {}).items():
        _require(inner, where, f"{path}.{key}")


def _require_parts(declared: Mapping[str, Any], where: str, path: str) -> None:
    for key, (kind, words) in _SHAPES.items():
        value = declared.get(key)
        if value is not None and not isinstance(value, kind):
            at = f"{path}.{key}" if path else key
            raise DeclarationError(f"{at}: expected {words}, got {shown(value)}", where)
    for one in declared.get("enum") or ():
        if isinstance(one, Mapping) and "value" not in one:
            raise DeclarationError(f"{path}.enum: key 'value' is missing", where)
    for one in declared.get("customProperties") or ():
        if not isinstance(one, Mapping):
            what = f"{path}.customProperties: expected mappings, got {shown(one)}"
            raise DeclarationError(what.removeprefix("."), where)
        if one.get("property") == "avroName" and not isinstance(one.get("value"), str):
            raise DeclarationError(f"avroName is text, got {shown(one.get('value'))}", where)
