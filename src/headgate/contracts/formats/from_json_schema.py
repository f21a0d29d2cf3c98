"""A contract of a JSON Schema, of draft 4 to 2020-12: its root, or each of its definitions.

Keywords that the standard has no word for are told, with the place where they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.contracts.formats.document import Imported, draft, legal_name
from headgate.errors import DeclarationError

FORMATS = {"date": "date", "date-time": "timestamp", "time": "time"}
NAIVE = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$"
"""How a time stamp without a zone is written, for which JSON Schema has no format."""

OPTIONS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
"""The keywords of each type that the standard calls the same."""
SAID = {
    "$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "$ref", "title", "description",
    "type", "enum", "const", "properties", "required", "items", "examples", "deprecated", "nullable",
    "additionalProperties", "id",
}  # fmt: skip
"""The keywords that are read for every type."""
_DEEPEST = 30


def contract_of_json_schema(given: Mapping[str, Any], name: str, where: str) -> Imported:
    """The contract of the objects that a JSON Schema is about.

    Raises DeclarationError where it is about no object, or refers to what is not in the file.
    """
    reader = _Reader(given, where)
    root = reader.resolved(given, "#", ())
    if root.get("type") == "array" and isinstance(root.get("items"), Mapping):
        root = reader.resolved(root["items"], "#/items", ())
    if isinstance(root.get("properties"), Mapping):
        tables = [reader.table(root, name, "#")]
    else:
        tables = reader.defined()
    if not tables:
        hint = "a table is an object with 'properties'"
        raise DeclarationError("the schema is about no object", f"{where}:1", hint)
    called = tables[0]["name"] if len(tables) == 1 else name
    described = given.get("description") if len(tables) > 1 else None
    purpose = {"purpose": described} if isinstance(described, str) else None
    return draft(called, tables, reader.notes, description=purpose)


class _Reader:
    """Turns schemas into columns, and keeps what they say beyond the standard's words."""

    def __init__(self, root: Mapping[str, Any], where: str) -> None:
        self.root, self.where = root, where
        self.notes: list[str] = []

    def defined(self) -> list[dict[str, Any]]:
        """The objects among the definitions, where the root is none."""
        found = []
        for word in ("$defs", "definitions"):
            listed = self.root.get(word)
            for key, one in listed.items() if isinstance(listed, Mapping) else ():
                if isinstance(one, Mapping) and isinstance(one.get("properties"), Mapping):
                    found.append(self.table(one, legal_name(key), f"#/{word}/{key}"))
        return found

    def table(self, given: Mapping[str, Any], name: str, at: str) -> dict[str, Any]:
        self._tell_unsaid(given, "object", at)
        if given.get("additionalProperties") is False:
            self.notes.append(f"{at}: that no other column may be there is not said in a contract")
        return {
            "name": name,
            "businessName": _text(given, "title"),
            "description": _text(given, "description"),
            "properties": self._columns(given, at, ()),
        }

    def _columns(
        self, given: Mapping[str, Any], at: str, via: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        inside, listed = given.get("properties"), given.get("required")
        required = set(map(str, listed)) if isinstance(listed, list) else set()
        if not isinstance(inside, Mapping):
            return []
        for name in sorted(required - set(inside)):
            self.notes.append(f"{at}: {name!r} is required, and not described")
        return [
            {"name": name, **self._column(one, f"{at}/properties/{name}", via, name in required)}
            for name, one in inside.items()
        ]

    def _column(self, given: Any, at: str, via: tuple[str, ...], required: bool) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            # true and {} allow anything
            if given is False:
                self.notes.append(f"{at}: that it may never be there is not said in a contract")
            return {"required": required or None}
        seen = via + ((str(given["$ref"]),) if "$ref" in given else ())
        one, nullable = self._without_null(self.resolved(given, at, via), at)
        kind = self._type(one, at)
        self._tell_unsaid(one, kind, at)
        said: dict[str, Any] = {
            "businessName": _text(one, "title"),
            "description": _text(one, "description"),
            "deprecated": True if one.get("deprecated") is True else None,
            "examples": one.get("examples") if isinstance(one.get("examples"), list) else None,
            "required": True if required and not nullable else None,
        }
        if required and nullable:
            self.notes.append(f"{at}: it has to be there and may be null: it is not required")
        values = [one["const"]] if "const" in one else one.get("enum")
        if isinstance(values, list) and values:
            said["enum"] = self._enum(values, at)
        if kind:
            said |= self._typed(one, kind, at, seen)
        return said

    def _typed(
        self, one: Mapping[str, Any], kind: str, at: str, via: tuple[str, ...]
    ) -> dict[str, Any]:
        told = {key: one[key] for key in OPTIONS.get(kind, ()) if key in one}
        told = self._plain_bounds(told, one)
        logical = kind
        if kind == "string" and (found := FORMATS.get(str(told.get("format")))):
            logical = found
            dropped = [key for key in told if key != "format"]
            self.notes += [
                f"{at}: {key} of a {logical} is not said in a contract" for key in dropped
            ]
            told = {"timezone": True} if logical == "timestamp" else {}
        elif kind == "string" and told.get("pattern") == NAIVE:
            logical, told = "timestamp", {"timezone": False}
        found_map = one.get("additionalProperties")
        inside: dict[str, Any] = {}
        if kind == "object" and isinstance(found_map, Mapping) and not one.get("properties"):
            value = self._column(found_map, f"{at}/additionalProperties", via, required=False)
            inside = {"map": {"key": {"logicalType": "string"}, "value": value}}
            logical, told = "map", {}
        elif kind == "object":
            inside = {"properties": self._columns(one, at, via)}
        elif kind == "array":
            inside = {"items": self._items(one, at, via)}
        return {"logicalType": logical, "logicalTypeOptions": told, **inside}

    def _items(
        self, one: Mapping[str, Any], at: str, via: tuple[str, ...]
    ) -> dict[str, Any] | None:
        items = one.get("items")
        if isinstance(items, list):
            self.notes.append(f"{at}: items of different types by place are not said in a contract")
            return None
        return self._column(items, f"{at}/items", via, required=False) if items else None

    def _plain_bounds(self, told: dict[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
        """The bounds as numbers: draft 4 says `exclusiveMinimum: true` beside `minimum`."""
        for word, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if one.get(word) is True and plain in told:
                told[word] = told.pop(plain)
            elif isinstance(told.get(word), bool):
                told.pop(word)
        return told

    def _without_null(self, one: Mapping[str, Any], at: str) -> tuple[Mapping[str, Any], bool]:
        """The schema of the values that are there, and whether one may be null."""
        if one.get("nullable") is True:
            return one, True
        for word in ("anyOf", "oneOf"):
            listed = one.get(word)
            if not isinstance(listed, list):
                continue
            others = [each for each in listed if each != {"type": "null"}]
            if len(others) == 1 and len(listed) > 1 and isinstance(others[0], Mapping):
                rest = {key: value for key, value in one.items() if key != word}
                return {**self.resolved(others[0], f"{at}/{word}", ()), **rest}, True
        kind, values = one.get("type"), one.get("enum")
        may = (isinstance(kind, list) and "null" in kind) or (
            kind is None and isinstance(values, list) and None in values
        )
        return one, may

    def _type(self, one: Mapping[str, Any], at: str) -> str:
        """The one type of the values; empty where there are several, or none is said."""
        kind = one.get("type")
        listed = [each for each in (kind if isinstance(kind, list) else [kind]) if each != "null"]
        if listed in (["integer", "number"], ["number", "integer"]):
            listed = ["number"]
        if len(listed) == 1 and str(listed[0]) in {*OPTIONS, "boolean"}:
            return str(listed[0])
        if len(listed) > 1:
            self.notes.append(f"{at}: one of several types is not said in a contract")
        if listed in ([], [None]):
            return self._implied(one)
        return ""

    def _implied(self, one: Mapping[str, Any]) -> str:
        if isinstance(one.get("properties"), Mapping):
            return "object"
        values = [one["const"]] if "const" in one else one.get("enum")
        if isinstance(values, list) and (there := [each for each in values if each is not None]):
            kinds = {type(each) for each in there}
            names = {str: "string", bool: "boolean", int: "integer", float: "number"}
            return names.get(kinds.pop(), "") if len(kinds) == 1 else ""
        return ""

    def _enum(self, values: list[Any], at: str) -> list[dict[str, Any]]:
        plain = [one for one in values if not isinstance(one, Mapping | list) and one is not None]
        if any(isinstance(one, Mapping | list) for one in values):
            self.notes.append(f"{at}: values of enum that are no plain values are left out")
        # true is no 1, although Python takes it for one
        apart = {(isinstance(one, bool), one): one for one in plain}
        return [{"value": one} for one in apart.values()]

    def _tell_unsaid(self, one: Mapping[str, Any], kind: str, at: str) -> None:
        known = SAID | set(OPTIONS.get(kind, ()))
        for key in one:
            if key not in known:
                self.notes.append(f"{at}: {key} is not said in a contract")

    def resolved(
        self, given: Mapping[str, Any], at: str, via: tuple[str, ...]
    ) -> Mapping[str, Any]:
        """The schema itself, or the one that its `$ref` names, with what stands beside that."""
        for _ in range(_DEEPEST):
            reference = given.get("$ref")
            if reference is None:
                return given
            if reference in via or len(via) > _DEEPEST:
                what = f"{reference} describes itself, which no contract can"
                raise DeclarationError(what, f"{self.where}{at}", "take the circle out")
            rest = {key: value for key, value in given.items() if key != "$ref"}
            given = {**self._found(str(reference), at), **rest}
        what = f"{given.get('$ref')} leads in a circle"
        raise DeclarationError(what, f"{self.where}{at}", "take the circle out")

    def _found(self, reference: str, at: str) -> Mapping[str, Any]:
        from urllib.parse import unquote

        found: Any = self.root
        if not reference.startswith("#"):
            what = f"$ref {reference!r} leads out of the file"
            raise DeclarationError(what, f"{self.where}{at}", "put what it names into $defs")
        for part in unquote(reference).removeprefix("#").split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping):
            what = f"$ref {reference!r} names nothing in the file"
            raise DeclarationError(what, f"{self.where}{at}", "look at its $defs")
        return found


def _text(given: Mapping[str, Any], key: str) -> str | None:
    found = given.get(key)
    return found if isinstance(found, str) and found else None
