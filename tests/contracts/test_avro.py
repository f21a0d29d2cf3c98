"""An Avro schema is read as a contract, strictly, with file and line."""

from __future__ import annotations

import copy
import json
import warnings
from typing import Any

import fastavro
import pytest
from avro.schema import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.contract import avro_contract, contract_of_avro
from headgate.contracts.avro.schema import read_schema, read_schemas
from headgate.errors import DeclarationError
from headgate.schema.types import LogicalType

TRIP = """{
  "type": "record", "name": "Trip", "namespace": "city.bikes", "doc": "A ride.",
  "compatibilityMode": "FORWARD",
  "fields": [
    {"name": "ride", "type": {"type": "string", "logicalType": "uuid"}, "doc": "Its id."},
    {"name": "started", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["day", "year"]}},
    {"name": "fare", "type": ["null",
      {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}], "default": null},
    {"name": "stops", "type": {"type": "array", "items": {
      "type": "record", "name": "Stop", "fields": [
        {"name": "at", "type": "Place", "aliases": ["where"]},
        {"name": "kind", "type": ["null", "Kind"]}
      ]}}},
    {"name": "tags", "type": {"type": "map", "values": ["null", "int"]}, "default": {}},
    {"name": "hash", "type": {"type": "fixed", "name": "Md5", "size": 16}},
    {"name": "odd", "type": ["int", "string", "null"]},
    {"name": "next", "type": ["null", "Trip"]},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "raw", "type": "bytes"}
  ]
}"""
PLACE = '{"type": "record", "name": "city.bikes.Place", "fields": [{"name": "x", "type": "float"}]}'


def test_a_schema_is_a_contract_in_the_words_of_odcs() -> None:
    schema = read_schemas({"schemas/trips.avsc": TRIP, "schemas/place.avsc": PLACE})
    found = avro_contract(schema["schemas/trips.avsc"], "trips")
    assert (found.dataset, found.where) == ("trips", "schemas/trips.avsc:1")
    assert found.declared["description"] == "A ride."
    kinds = {name: (one.type, one.required) for name, one in found.properties.items()}
    assert kinds == {
        "ride": (LogicalType.STRING, True),
        "started": (LogicalType.TIMESTAMP, True),
        "kind": (LogicalType.STRING, True),
        "fare": (LogicalType.NUMBER, False),
        "stops": (LogicalType.ARRAY, True),
        "tags": (LogicalType.OBJECT, True),
        "hash": (LogicalType.BINARY, True),
        "odd": (None, False),
        "next": (LogicalType.OBJECT, False),
        "day": (LogicalType.DATE, True),
        "raw": (LogicalType.BINARY, True),
    }
    assert found.properties["kind"].values == ("day", "year")
    written = {one["name"]: one for one in found.declared["properties"]}
    assert written["ride"] == {
        "name": "ride",
        "logicalType": "string",
        "logicalTypeOptions": {"format": "uuid"},
        "physicalType": "uuid",
        "required": True,
        "description": "Its id.",
    }
    physical = {name: one.get("physicalType") for name, one in written.items()}
    assert physical["fare"] == "decimal(10,2)"
    assert physical["started"] == "timestamp-micros"
    assert physical["odd"] == "union(int, string)"
    assert physical["hash"] == "fixed(16)"
    at, kind = written["stops"]["items"]["properties"]
    assert at["properties"][0]["physicalType"] == "float"
    assert (kind["enum"][1], kind.get("required")) == ({"value": "year"}, None)
    assert written["tags"]["map"]["value"]["physicalType"] == "int"
    assert "properties" not in written["next"]  # a trip in a trip is not told again
    assert found.properties["stops"].where == "schemas/trips.avsc:10"
    assert found.place(("schema", 0, "properties", 4, "items", "properties", 0)).endswith(":12")


def test_what_it_becomes_keeps_to_the_schema_of_the_standard() -> None:
    import open_data_contract_standard as package
    from jsonschema import Draft201909Validator

    file = (package.__path__[0]) + "/schema.json"
    with open(file, encoding="utf-8") as stream:  # noqa: PTH123 - a path of the package
        validator = Draft201909Validator(json.load(stream))
    whole = TRIP.replace('"Place"', PLACE)
    document = contract_of_avro(whole, "trips.avsc")
    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "kind": "Schema"})


FIELD = '{"type": "record", "name": "r", "fields": [\n{"name": "a",\n "type": %s}\n]}'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x.avsc:1: not valid JSON: Expecting value, column 1"),
        ('{"type": "record",\n}', "x.avsc:2: not valid JSON: Expecting '\"', column 1"),
        ('{"type": "int",\n"type": "int"}', "x.avsc:2: key 'type' stands twice"),
        ("[" * 500, "x.avsc:1: nested too deeply"),
        (FIELD % "NaN", "x.avsc: not valid JSON: NaN is no value in JSON"),
        (FIELD % '"strin"', "x.avsc:3: no type named 'strin'\n  did you mean 'string'?"),
        (FIELD % '"record"', "x.avsc:3: 'record' is no type by itself"),
        (FIELD % '{"type": "Strin"}', "x.avsc:3: no type named 'Strin'\n  did you mean 'string'?"),
        (FIELD % '{"type": ["int"]}', "x.avsc:3: expected a type's name, got a list"),
        (FIELD % "7", "x.avsc:3: 7 is no type"),
        (FIELD % '"int"},\n{"name": "a", "type": "int"', "x.avsc:4: two fields named 'a'\n  the other is at x.avsc:2"),
        (FIELD % '{"type": "fixed", "name": "r", "size": 2}', "x.avsc:3: type 'r' is defined twice"),
        (FIELD % '"e"},\n{"name": "b", "type": {"type": "enum", "name": "e", "symbols": ["A"]}', "x.avsc:3: type 'e' is used before it is defined"),
        (FIELD % '"int",\n "default": "x"', "x.avsc:4: default of field 'a': 'x' is no int"),
        (FIELD % '"int",\n "default": 2147483648', "x.avsc:4: default of field 'a': 2147483648 is no int"),
        (FIELD % '["null", "int"],\n "default": "x"', "x.avsc:4: default of field 'a': 'x' is no union(null, int)"),
        (FIELD % '{"type": "array", "items": "int"},\n "default": [1, true]', "x.avsc:4: default of field 'a': true is no int"),
        (FIELD % '{"type": "record", "name": "s", "fields": [{"name": "b", "type": "int"}]},\n "default": {}', "x.avsc:4: default of field 'a': field 'b' of s is missing"),
        (FIELD % '{"type": "enum", "name": "e", "symbols": ["A",\n "B-"]}', "x.avsc:4: 'B-' cannot be a symbol of an enum"),
        (FIELD % '{"type": "enum", "name": "e", "symbols": ["A", "A"]}', "x.avsc:3: symbol 'A' stands twice"),
        (FIELD % '{"type": "enum", "name": "e", "symbols": ["A"], "default": "B"}', "x.avsc:3: default 'B' is none of the symbols"),
        (FIELD % '["int", "int"]', "x.avsc:3: 'int' stands twice in a union"),
        (FIELD % '["int", ["null"]]', "x.avsc:3: a union in a union"),
        (FIELD % '{"type": "fixed", "name": "f", "size": -1}', "x.avsc:3: size is a number of bytes, not -1"),
        (FIELD % '{"type": "string", "logicalType": "date"}', "x.avsc:3: logical type 'date' is one of int, not of string"),
        (FIELD % '"int", "logicalType": "date"', "x.avsc:3: a logicalType beside the type of a field says nothing"),
        (FIELD % '{"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3}', "x.avsc:3: the scale of a decimal is from 0 to its precision, not 3"),
        (FIELD % '{"type": "bytes", "logicalType": "decimal"}', "x.avsc:3: the precision of a decimal is 1 or more, not nothing"),
        (FIELD % '{"type": "fixed", "name": "f", "size": 1, "logicalType": "decimal", "precision": 9}', "x.avsc:3: 1 bytes hold 2 digits, and precision is 9"),
        (FIELD % '{"type": "map"}', "x.avsc:3: key 'values' is missing"),
        ('{"type": "record",\n "name": "1a", "fields": []}', "x.avsc:2: '1a' is no name in Avro"),
        ('{"type": "record", "name": "r"}', "x.avsc:1: key 'fields' is missing"),
        ('"int"', "x.avsc:1: a contract is of a record, and this is int"),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(DeclarationError) as error:
        contract_of_avro(text, "x.avsc")
    assert str(error.value).startswith(told)


def test_records_in_records_are_told_up_to_a_limit() -> None:
    def fields(name: str) -> str:
        return ", ".join(f'{{"name": "f{n}", "type": "{name}"}}' for n in range(10))

    texts = {
        f"r{n}.avsc": f'{{"type": "record", "name": "r{n}", "fields": [{fields(f"r{n + 1}")}]}}'
        for n in range(6)
    } | {"r6.avsc": '{"type": "record", "name": "r6", "fields": []}'}
    schemas = read_schemas(texts)
    with pytest.raises(DeclarationError, match="more than 10,000 fields"):
        avro_contract(schemas["r0.avsc"], "r0")
    assert len(json.dumps(as_json(schemas["r0.avsc"]))) < 10_000


# ------------------------------------------------------------------ the other implementations

WHOLE = json.loads(TRIP.replace('"Place"', PLACE))
WORDS = st.sampled_from(
    ["int", "null", "record", "enum", "Kind", "Place", "a-b", "", "x", "date", "decimal", None, 3,
     -1, True, 1.5, [], {}, ["int"], ["null", "int"], {"type": "int"}, {"type": "array"}]
)  # fmt: skip


def _places(value: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [keys] if keys else []
    for key, each in inner if isinstance(value, dict | list) else ():
        found += _places(each, (*keys, key)) if isinstance(each, dict | list) else [(*keys, key)]
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_avro_or_fastavro_rejects_is_rejected(data: st.DataObject) -> None:
    mutated = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(0, 2))):
        *outer, last = data.draw(st.sampled_from(_places(mutated)))
        inside: Any = mutated
        for key in outer:
            inside = inside[key]
        if data.draw(st.booleans()):
            del inside[last]
        else:
            inside[last] = data.draw(WORDS)
    rejected = []
    for read in (lambda: parse(json.dumps(mutated)), lambda: fastavro.parse_schema(copy.deepcopy(mutated))):  # fmt: skip
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read()
        except Exception as error:  # noqa: BLE001 - they raise whatever comes
            rejected.append(repr(error))
    try:
        schema = read_schema(json.dumps(mutated), "x.avsc")
    except DeclarationError:
        return
    assert rejected == []
    assert read_schema(json.dumps(as_json(schema)), "y.avsc").names.keys() == schema.names.keys()
