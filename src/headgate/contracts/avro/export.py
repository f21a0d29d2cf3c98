"""A contract as an Avro schema. What is not required may be null, and is null where it is missing.

What Avro cannot say is left out: keys, references, bounds, patterns, rules of quality. A name that
Avro does not take is changed, and stands as it was in `odcsName`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from headgate.contracts.avro.scalars import scalar
from headgate.contracts.avro.schema import read_schema
from headgate.contracts.avro.types import NAME
from headgate.contracts.contract import Contract
from headgate.contracts.nested import require_well_formed
from headgate.errors import DeclarationError

Declared = Mapping[str, Any]


def avro_of(contract: Contract) -> dict[str, Any]:
    """The Avro schema of a contract, ready for `json.dumps`.

    Raises DeclarationError for nested parts that are not of the standard's shape, and for custom
    properties (`avroName`, `avroDefault`, ...) that make no valid schema.
    """
    require_well_formed(contract)
    found = _Export(contract).schema()
    try:
        read_schema(json.dumps(found), contract.where)
    except DeclarationError as error:
        what = f"it cannot be written as an Avro schema: {error.what}"
        raise DeclarationError(what, contract.where, "see its customProperties avro...") from None
    return found


def legal_name(name: str) -> str:
    """The name, as Avro takes it.

    >>> legal_name("ride id"), legal_name("2nd"), legal_name("fare")
    ('ride_id', '_2nd', 'fare')
    """
    found = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return found if NAME.fullmatch(found) else f"_{found}"


def custom(declared: Declared, name: str) -> Any:
    """The value of a custom property; None where it is not there."""
    told = declared.get("customProperties")
    found = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    return next((one.get("value") for one in found if one.get("property") == name), None)


class _Export:
    """The schema while it is made, and the named types that stand in it so far."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.name: str = custom(contract.declared, "avroName") or legal_name(contract.dataset)
        self.space = self.name.rpartition(".")[0]
        self.known: dict[str, Any] = {self.name: None}

    def schema(self) -> dict[str, Any]:
        declared = self.contract.declared
        found: dict[str, Any] = {"type": "record", "name": self.name}
        found |= {"doc": declared["description"]} if declared.get("description") else {}
        found |= _aliases(declared)
        required = {name for name, one in self.contract.properties.items() if one.required}
        properties = [
            {**one, "required": one["name"] in required} for one in declared.get("properties") or ()
        ]
        return found | {"fields": self._fields(properties, self.name)}

    def _fields(self, properties: list[Any], around: str) -> list[dict[str, Any]]:
        taken: dict[str, str] = {}
        for one in properties:
            name = legal_name(one["name"])
            while name in taken:
                name += "_"
            taken[name] = one["name"]
        return [self._field(name, one, around) for name, one in zip(taken, properties, strict=True)]

    def _field(self, name: str, declared: Declared, around: str) -> dict[str, Any]:
        kind = self._kind(declared, f"{around}_{name}")
        default = custom(declared, "avroDefault")
        found: dict[str, Any] = {"name": name, "type": kind}
        if not _required(declared):
            branches = kind if isinstance(kind, list) else [kind] if kind != "null" else []
            # the default is one of the first branch, for readers of before Avro 1.12
            found["type"] = [*branches, "null"] if default is not None else ["null", *branches]
            found["default"] = default
        elif default is not None:
            found["default"] = default
        found |= {"doc": declared["description"]} if declared.get("description") else {}
        found |= {"odcsName": declared["name"]} if declared["name"] != name else {}
        return found | _aliases(declared)

    def _kind(self, declared: Declared, name: str) -> Any:
        """The type of a property, whether it may be null or not. `name` is for one that needs it."""
        if whole := custom(declared, "avroType"):
            return self._known_once(whole)
        match declared.get("logicalType"):
            case "array":
                return {"type": "array", "items": self._element(declared.get("items"), name)}
            case "vector":
                return {"type": "array", "items": "float"}
            case "map":
                value = (declared.get("map") or {}).get("value")
                return {"type": "map", "values": self._element(value, name)}
            case "object":
                return self._record(declared, name)
        return self._scalar(declared, name)

    def _element(self, declared: Declared | None, name: str) -> Any:
        """The type of what stands in an array or a map; text where nothing is said of it."""
        kind = self._kind(declared, name) if declared else "string"
        if declared is None or _required(declared) or kind == "null":
            return kind
        return ["null", *(kind if isinstance(kind, list) else [kind])]

    def _record(self, declared: Declared, name: str) -> Any:
        properties = declared.get("properties")
        asked = custom(declared, "avroName")
        if properties is None:
            return asked if asked in self.known else {"type": "map", "values": "string"}
        full = self._free(asked or name)
        self.known[full] = None
        found = {"type": "record", "name": full, "fields": self._fields(properties, full)}
        return self._named(asked or full, full, found)

    def _scalar(self, declared: Declared, name: str) -> Any:
        asked = custom(declared, "avroName")
        values = [one["value"] if isinstance(one, Mapping) else one for one in declared.get("enum") or ()]  # fmt: skip
        text = declared.get("logicalType") in {None, "string"}
        if values and text and _are_symbols(values):
            full = self._free(asked or name)
            found = {"type": "enum", "name": full, "symbols": values}
            default = custom(declared, "avroEnumDefault")
            found |= {"default": default} if default in values else {}
            return self._named(asked or full, full, found)
        found = scalar(declared)
        if isinstance(found, dict) and found["type"] == "fixed":
            full = self._free(asked or name)
            return self._named(asked or full, full, {**found, "name": full})
        return found

    # -------------------------------------------------------------- names

    def _free(self, name: str) -> str:
        """The full name, with an underscore more for each time that it is taken."""
        full = name if "." in name or not self.space else f"{self.space}.{name}"
        while full in self.known:
            full += "_"
        return full

    def _named(self, asked: str, full: str, found: dict[str, Any]) -> Any:
        """A named type, or the name alone where the same type was defined before."""
        before = self.known.get(asked)
        if before is not None and before == {**found, "name": asked}:
            self.known.pop(full, None)
            return asked
        self.known[full] = found
        return found

    def _known_once(self, whole: Any) -> Any:
        """The type, with the names of what was defined before in place of a second definition."""
        match whole:
            case list():
                return [self._known_once(each) for each in whole]
            case {"name": str(name), "type": "record" | "enum" | "fixed"} if name in self.known:
                return name
            case {"type": "record", "name": str(name), "fields": list(fields)}:
                self.known[name] = whole
                inside = [{**each, "type": self._known_once(each["type"])} for each in fields]
                return {**whole, "fields": inside}
            case {"type": "array", "items": inner}:
                return {**whole, "items": self._known_once(inner)}
            case {"type": "map", "values": inner}:
                return {**whole, "values": self._known_once(inner)}
            case {"name": str(name)}:
                self.known[name] = whole
        return whole


def _required(declared: Declared) -> bool:
    return bool(declared.get("required") or declared.get("primaryKey"))


def _aliases(declared: Declared) -> dict[str, Any]:
    aliases = custom(declared, "avroAliases")
    return {"aliases": aliases} if aliases else {}


def _are_symbols(values: list[Any]) -> bool:
    words = [value for value in values if isinstance(value, str) and NAME.fullmatch(value)]
    return len(words) == len(values) == len(set(words))
