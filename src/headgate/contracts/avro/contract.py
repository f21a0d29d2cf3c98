"""An Avro schema as a contract: what it says, in the keys of the Open Data Contract Standard.

| Avro | ODCS |
|---|---|
| a union with null | not `required`; all else is |
| doc, enum, record, array, map | `description`, `enum`, `properties`, `items`, `map` |
| the type, with its logical type | `physicalType`: `long`, `decimal(10,2)`, `timestamp-micros` |
| defaults, aliases, namespaces | `customProperties`: `avroDefault`, `avroAliases`, `avroName` |
| bytes, fixed | `string` of `format: binary`, as the standard has no type for them |
| a union of several types | `object`; the union stands in `avroType` |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.schema import Schema, read_schema
from headgate.contracts.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Logical,
    Map,
    Primitive,
    Record,
    Reference,
    Type,
    Union,
    words,
)
from headgate.contracts.contract import Contract, Property
from headgate.contracts.reading import contracts_of
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path as Keys
from headgate.schema.types import LogicalType

NULL = Primitive("null")
MODE = "compatibilityMode"
MOST = 10_000
"""Properties of a contract: a record in fields of a record in fields is told each time."""

_LOGICAL = {
    "boolean": "boolean",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "string": "string",
    "decimal": "number",
    "uuid": "string",
    "date": "date",
}
_BEYOND = ("bytes", "fixed", "duration", "big-decimal", "union", "null")
_BINARY = {"logicalType": "string", "logicalTypeOptions": {"format": "binary"}}
_FORMATS = {"int": "i32", "long": "i64", "float": "f32", "double": "f64", "uuid": "uuid"}


def contract_of_avro(text: str, where: str) -> dict[str, Any]:
    """The ODCS document that says what an Avro schema says.

    The dataset is named as the schema's record. Raises DeclarationError, with file and line, for
    a schema that is not valid, and for one that is no record.
    """
    schema = read_schema(text, where)
    return _Document(schema, _record(schema).name.rpartition(".")[2]).document


def avro_contract(schema: Schema, dataset: str) -> Contract:
    """The contract of a dataset that an Avro schema is, with the lines of its file."""
    made = _Document(schema, dataset)
    found = contracts_of(made.document, made.place)[0]
    properties = {name: _typed(one) for name, one in found.properties.items()}
    return replace(found, where=_record(schema).where, properties=properties)


def has_odcs_type(declared: Mapping[str, Any]) -> bool:
    """Whether the logical type of a property says what it is; for some in Avro there is none."""
    return not str(declared.get("physicalType", "")).startswith(_BEYOND)


def _typed(one: Property) -> Property:
    if has_odcs_type(one.declared):
        return one
    is_binary = one.declared["physicalType"].startswith(("bytes", "fixed"))
    return replace(one, type=LogicalType.BINARY if is_binary else None)


def _record(schema: Schema) -> Record:
    if not isinstance(schema.type, Record):
        what = f"a contract is of a record, and this is {words(schema.type)}"
        raise DeclarationError(what, f"{schema.where}:1", 'begin with {"type": "record", ...}')
    return schema.type


class _Document:
    """The document while it is made, and the line that each part of it comes from."""

    def __init__(self, schema: Schema, dataset: str) -> None:
        record = _record(schema)
        self.schema = schema
        self.lines: dict[Keys, str] = {(): record.where}
        table: dict[str, Any] = {"name": dataset, "logicalType": "object"}
        table |= {"description": record.doc} if record.doc else {}
        table["properties"] = self._fields(record, ("schema", 0, "properties"), (record.name,))
        custom = {"avroName": record.name, "avroAliases": list(record.aliases)}
        custom |= {MODE: record.attributes[MODE]} if MODE in record.attributes else {}
        self.document = {
            "kind": "DataContract",
            "apiVersion": "v3.2.0",
            "id": record.name,
            "version": "1.0.0",
            "status": "active",
            "schema": [table | _custom(custom)],
        }

    def place(self, keys: Keys) -> str:
        """The file and line of the field that a key of the document comes from."""
        while keys not in self.lines:
            keys = keys[:-1]
        return self.lines[keys]

    def _fields(self, record: Record, keys: Keys, around: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            self._field(field, (*keys, number), around)
            for number, field in enumerate(record.fields)
        ]

    def _field(self, field: Field, keys: Keys, around: tuple[str, ...]) -> dict[str, Any]:
        self.lines[keys] = field.where
        if len(self.lines) > MOST:
            raise DeclarationError(f"more than {MOST:,} fields, one in the other", field.where)
        name = field.attributes.get("odcsName", field.name)
        found = {"name": name if isinstance(name, str) and name else field.name}
        found |= self._type(field.type, keys, around)
        found |= {"description": field.doc} if field.doc else {}
        custom = {"avroAliases": list(field.aliases)}
        custom |= {"avroDefault": field.default[0]} if _says_more(field) else {}
        return _with_custom(found, custom)

    def _type(self, type_: Type, keys: Keys, around: tuple[str, ...]) -> dict[str, Any]:
        """The keys of a property that say its type, and whether it is required."""
        given = type_.branches if isinstance(type_, Union) else (type_,)
        some = tuple(branch for branch in given if branch != NULL)
        needed = {"required": True} if len(some) == len(given) else {}
        if len(some) == 1:
            return self._one(some[0], keys, around) | needed
        if not some:
            return {"logicalType": "object", "physicalType": "null"}
        whole = as_json(Schema(Union(some), self.schema.names))
        found = {"logicalType": "object", "physicalType": words(Union(some))}
        return found | needed | _custom({"avroType": whole})

    def _one(self, type_: Type, keys: Keys, around: tuple[str, ...]) -> dict[str, Any]:
        match type_:
            case Reference(name):
                return self._one(self.schema.names[name], keys, around)
            case Primitive(word, None):
                return _plain(word, word)
            case Primitive(_, Logical() as logical) | Fixed(_, _, Logical() as logical):
                return _meaning(logical)
            case Fixed(name):
                return _BINARY | {"physicalType": words(type_)} | _custom({"avroName": name})
            case Enum():
                return _enum(type_)
            case Array(items):
                inside = self._type(items, (*keys, "items"), around)
                return {"logicalType": "array", "items": inside}
            case Map(values):
                value = self._type(values, (*keys, "map", "value"), around)
                key = {"logicalType": "string", "required": True}
                return {"logicalType": "map", "map": {"key": key, "value": value}}
            case Record(name):
                return self._nested(type_, keys, around)
        raise AssertionError(type_)

    def _nested(self, record: Record, keys: Keys, around: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {"logicalType": "object"}
        if record.name in around:  # a record in itself: its fields are told once
            return found | {"physicalType": record.name} | _custom({"avroName": record.name})
        found |= {"description": record.doc} if record.doc else {}
        inside = self._fields(record, (*keys, "properties"), (*around, record.name))
        return found | {"properties": inside} | _custom({"avroName": record.name})


def _says_more(field: Field) -> bool:
    """Whether a default is another than the null that whatever may be missing has."""
    return bool(field.default) and field.default[0] is not None


def _plain(word: str, name: str) -> dict[str, Any]:
    if name not in _LOGICAL:
        return _BINARY | {"physicalType": word}
    found: dict[str, Any] = {"logicalType": _LOGICAL[name]}
    found |= {"logicalTypeOptions": {"format": _FORMATS[name]}} if name in _FORMATS else {}
    return found | {"physicalType": word}


def _meaning(logical: Logical) -> dict[str, Any]:
    """The keys of a logical type. A timestamp has a time zone, a local one has none."""
    name = logical.name
    if "timestamp" in name:
        options = {"timezone": not name.startswith("local-")}
        return {
            "logicalType": "timestamp",
            "logicalTypeOptions": options,
            "physicalType": name,
        }
    if name.startswith("time-"):
        return {"logicalType": "time", "physicalType": name}
    return _plain(str(logical), name)


def _enum(enum: Enum) -> dict[str, Any]:
    found: dict[str, Any] = {"logicalType": "string", "physicalType": "enum"}
    found |= {"description": enum.doc} if enum.doc else {}
    custom = {"avroName": enum.name, "avroEnumDefault": enum.default}
    return found | {"enum": [{"value": symbol} for symbol in enum.symbols]} | _custom(custom)


def _custom(given: Mapping[str, Any]) -> dict[str, Any]:
    """`customProperties` of what is given; nothing where there is nothing to say."""
    told = [
        {"property": key, "value": value}
        for key, value in given.items()
        if value is not None and value != []
    ]
    return {"customProperties": told} if told else {}


def _with_custom(found: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    told = [*found.get("customProperties", []), *_custom(given).get("customProperties", [])]
    return found | ({"customProperties": told} if told else {})
