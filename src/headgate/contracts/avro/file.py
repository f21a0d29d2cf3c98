"""One Avro schema file, read and validated as the specification, 1.12, says.

Where implementations differ the stricter one is followed: what `avro` or `fastavro` rejects is an
error here, with its line. Defaults are judged when the types of other files are known.
"""

from __future__ import annotations

from typing import Any, TypeVar

from headgate.contracts.avro.json_lines import JsonDocument
from headgate.contracts.avro.logical import read_logical
from headgate.contracts.avro.types import (
    COMPLEX,
    NAME,
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Named,
    Primitive,
    Record,
    Reference,
    Type,
    Union,
    kind,
)
from headgate.errors import DeclarationError, UnknownNameError
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import shown

AnyNamed = TypeVar("AnyNamed", Record, Enum, Fixed)

_FIELD = {"name", "type", "doc", "default", "order", "aliases"}
_RECORD = {"type", "name", "namespace", "doc", "aliases", "fields"}


class AvroFile:
    """One file: the types that it defines, and those that it wants of others."""

    def __init__(self, document: JsonDocument) -> None:
        self.document = document
        self.defined: dict[str, Named] = {}
        self.begun: dict[str, str] = {}
        self.foreign: list[Reference] = []
        self.defaults: list[tuple[Field, Keys]] = []
        self.type = self.read(document.data, (), "")
        for reference in self.foreign:
            if reference.name in self.begun:
                what = f"type {reference.name!r} is used before it is defined"
                hint = f"define it here, and name it at {self.begun[reference.name]}"
                raise DeclarationError(what, reference.where, hint)

    def error(self, what: str, keys: Keys, hint: str | None = None) -> DeclarationError:
        return DeclarationError(what, self.document.place(keys), hint)

    # -------------------------------------------------------------- types

    def read(self, given: Any, keys: Keys, space: str) -> Type:
        """The type at a place; `space` is the namespace around it."""
        match given:
            case str():
                return self._named(given, keys, space)
            case list():
                return self._union(given, keys, space)
            case dict() if "type" in given:
                return self._declared(given, keys, space)
            case dict():
                raise self.error("key 'type' is missing", keys)
        hint = "write a type's name, a mapping with type, or a list for a union"
        raise self.error(f"{shown(given)} is no type", keys, hint)

    def _named(self, word: str, keys: Keys, space: str) -> Type:
        if word in PRIMITIVES:
            return Primitive(word)
        if word in COMPLEX:
            what = f"{word!r} is no type by itself"
            raise self.error(what, keys, f'write {{"type": "{word}", ...}} in its place')
        name = word if "." in word or not space else f"{space}.{word}"
        reference = Reference(name, self.document.place(keys))
        if name not in self.begun:
            self.foreign.append(reference)
        return reference

    def _union(self, given: list[Any], keys: Keys, space: str) -> Union:
        branches: list[Type] = []
        seen: set[str] = set()
        for number, each in enumerate(given):
            at = (*keys, number)
            branch = self.read(each, at, space)
            if isinstance(branch, Union):
                raise self.error("a union in a union", at, "list all types in one")
            word = branch.name if isinstance(branch, Named) else kind(branch)
            if word in seen:
                raise self.error(f"{word!r} stands twice in a union", at)
            seen.add(word)
            branches.append(branch)
        if not branches:
            raise self.error("a union of no types", keys)
        return Union(tuple(branches))

    def _declared(self, given: dict[str, Any], keys: Keys, space: str) -> Type:
        word = given["type"]
        if not isinstance(word, str):
            what = f"expected a type's name, got {shown(word)}"
            raise self.error(what, (*keys, "type"), "a list or a mapping stands alone here")
        if word in PRIMITIVES:
            return Primitive(word, read_logical(given, keys, self.document.place))
        match word:
            case "record":
                return self._record(given, keys, space)
            case "enum":
                return self._enum(given, keys, space)
            case "fixed":
                return self._fixed(given, keys, space)
            case "array":
                return Array(self._inside("items", given, keys, space))
            case "map":
                return Map(self._inside("values", given, keys, space))
        hint = f'a type that is defined elsewhere is written alone: "{word}"'
        error = UnknownNameError.of("type", word, [*PRIMITIVES, *COMPLEX], None)
        advice = error.hint if (error.hint or "").startswith("did") else hint
        raise UnknownNameError(error.what, self.document.place((*keys, "type")), advice)

    def _inside(self, key: str, given: dict[str, Any], keys: Keys, space: str) -> Type:
        self._require(key, given, keys)
        return self.read(given[key], (*keys, key), space)

    # -------------------------------------------------------------- named types

    def _record(self, given: dict[str, Any], keys: Keys, space: str) -> Record:
        name = self._begin(given, keys, space)
        self._require("fields", given, keys)
        if not isinstance(given["fields"], list):
            raise self.error("fields: expected a list", (*keys, "fields"))
        fields: dict[str, Field] = {}
        for number, each in enumerate(given["fields"]):
            at = (*keys, "fields", number)
            found = self._field(each, at, name.rpartition(".")[0])
            if other := fields.get(found.name):
                what = f"two fields named {found.name!r}"
                raise self.error(what, at, f"the other is at {other.where}")
            fields[found.name] = found
        where, doc = self.document.place(keys), self._doc(given, keys)
        aliases = self._aliases(given, keys, name.rpartition(".")[0])
        attributes = {key: given[key] for key in given if key not in _RECORD}
        record = Record(name, tuple(fields.values()), where, doc, aliases, attributes)
        return self._end(record)

    def _field(self, given: Any, keys: Keys, space: str) -> Field:
        if not isinstance(given, dict):
            raise self.error("a field is a mapping with name and type", keys)
        name = self._name(given, keys)
        self._require("type", given, keys)
        if given.get("order", "ascending") not in ("ascending", "descending", "ignore"):
            what = f"order is ascending, descending or ignore, not {shown(given['order'])}"
            raise self.error(what, (*keys, "order"))
        if "logicalType" in given:
            what = "a logicalType beside the type of a field says nothing"
            hint = 'write "type": {"type": ..., "logicalType": ...}'
            raise self.error(what, (*keys, "logicalType"), hint)
        type_ = self.read(given["type"], (*keys, "type"), space)
        default = (given["default"],) if "default" in given else ()
        attributes = {key: given[key] for key in given if key not in _FIELD}
        aliases = self._aliases(given, keys, "")
        where, doc = self.document.place(keys), self._doc(given, keys)
        found = Field(name, type_, where, doc, default, aliases, attributes)
        if default:
            self.defaults.append((found, keys))
        return found

    def _enum(self, given: dict[str, Any], keys: Keys, space: str) -> Enum:
        name = self._begin(given, keys, space)
        self._require("symbols", given, keys)
        symbols, at = given["symbols"], (*keys, "symbols")
        if not isinstance(symbols, list) or not symbols:
            raise self.error("symbols: expected a list of words", at)
        for number, symbol in enumerate(symbols):
            if not isinstance(symbol, str) or not NAME.fullmatch(symbol):
                what = f"{shown(symbol)} cannot be a symbol of an enum"
                hint = "letters, digits and _, not starting with a digit; other words are strings"
                raise self.error(what, (*at, number), hint)
            if symbol in symbols[:number]:
                raise self.error(f"symbol {symbol!r} stands twice", (*at, number))
        default = given.get("default")
        if "default" in given and default not in symbols:
            what = f"default {shown(default)} is none of the symbols"
            raise self.error(what, (*keys, "default"))
        aliases = self._aliases(given, keys, name.rpartition(".")[0])
        return self._end(Enum(name, tuple(symbols), default, self._doc(given, keys), aliases))

    def _fixed(self, given: dict[str, Any], keys: Keys, space: str) -> Fixed:
        name = self._begin(given, keys, space)
        self._require("size", given, keys)
        size = given["size"]
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise self.error(f"size is a number of bytes, not {shown(size)}", (*keys, "size"))
        self._doc(given, keys)
        aliases = self._aliases(given, keys, name.rpartition(".")[0])
        logical = read_logical(given, keys, self.document.place)
        return self._end(Fixed(name, size, logical, aliases))

    # -------------------------------------------------------------- names

    def _begin(self, given: dict[str, Any], keys: Keys, space: str) -> str:
        """The full name of a type that is defined here."""
        self._require("name", given, keys)
        written, asked = given["name"], given.get("namespace", space)
        if not isinstance(asked, str):
            raise self.error("namespace is text", (*keys, "namespace"))
        for text, key in ((written, "name"), (asked, "namespace")):
            parts = text.split(".") if isinstance(text, str) else [""]
            if (text or key == "name") and not all(map(NAME.fullmatch, parts)):
                raise self._no_name(text, (*keys, key))
        name: str = written if "." in written or not asked else f"{asked}.{written}"
        if name.rpartition(".")[2] in PRIMITIVES:
            raise self.error(f"{written!r} is the name of a primitive type", (*keys, "name"))
        if other := self.begun.get(name):
            what = f"type {name!r} is defined twice"
            raise self.error(what, (*keys, "name"), f"first at {other}; name it after that")
        self.begun[name] = self.document.place(keys)
        return name

    def _end(self, named: AnyNamed) -> AnyNamed:
        self.defined[named.name] = named
        return named

    def _name(self, given: dict[str, Any], keys: Keys) -> str:
        self._require("name", given, keys)
        name = given["name"]
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise self._no_name(name, (*keys, "name"))
        return name

    def _no_name(self, given: Any, keys: Keys) -> DeclarationError:
        hint = "letters, digits and _, not starting with a digit"
        return self.error(f"{shown(given)} is no name in Avro", keys, hint)

    def _aliases(self, given: dict[str, Any], keys: Keys, space: str) -> tuple[str, ...]:
        found = given.get("aliases", [])
        if not isinstance(found, list):
            raise self.error("aliases: expected a list of names", (*keys, "aliases"))
        for number, each in enumerate(found):
            parts = each.split(".") if isinstance(each, str) else [""]
            if not all(map(NAME.fullmatch, parts)):
                raise self._no_name(each, (*keys, "aliases", number))
        return tuple(each if "." in each or not space else f"{space}.{each}" for each in found)

    def _doc(self, given: dict[str, Any], keys: Keys) -> str | None:
        doc = given.get("doc")
        if doc is not None and not isinstance(doc, str):
            raise self.error(f"doc is text, not {shown(doc)}", (*keys, "doc"))
        return doc

    def _require(self, key: str, given: dict[str, Any], keys: Keys) -> None:
        if key not in given:
            raise self.error(f"key {key!r} is missing", keys)
