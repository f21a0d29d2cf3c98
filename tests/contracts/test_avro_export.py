"""A contract is written as an Avro schema, and what Avro can say comes back from it."""

from __future__ import annotations

import copy
import datetime as dt
import io
import json
import warnings
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from avro.schema import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.contract import avro_contract, contract_of_avro
from headgate.contracts.avro.export import avro_of
from headgate.contracts.avro.schema import read_schema
from headgate.contracts.contract import Contract
from headgate.contracts.reading import contracts_of
from headgate.errors import DeclarationError
from headgate.project.contracts import contracts_in
from headgate.project.yaml import Document

HEAD = {"kind": "DataContract", "apiVersion": "v3.2.0", "id": "trips", "version": "1.0.0"}


def contract(*properties: dict[str, Any], name: str = "trips") -> Contract:
    document = {**HEAD, "schema": [{"name": name, "properties": list(properties)}]}
    return contracts_of(document, lambda _: "contracts/x.yaml:1")[0]


def exported(given: dict[str, Any]) -> Any:
    """The type of the one field, where it is required."""
    return avro_of(contract({"name": "a", "required": True, **given}))["fields"][0]["type"]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ({"logicalType": "boolean"}, "boolean"),
        ({"logicalType": "integer"}, "long"),
        ({"logicalType": "integer", "physicalType": "INT"}, "int"),
        ({"logicalType": "integer", "logicalTypeOptions": {"format": "i32"}}, "int"),
        ({"logicalType": "integer", "logicalTypeOptions": {"format": "u64"}}, {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 0}),
        ({"logicalType": "number"}, "double"),
        ({"logicalType": "number", "physicalType": "REAL"}, "float"),
        ({"logicalType": "number", "physicalType": "DECIMAL(10, 2)"}, {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}),
        ({"logicalType": "number", "customProperties": [{"property": "precision", "value": 9}]}, {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 0}),
        ({"logicalType": "string", "physicalType": "VARCHAR(9)"}, "string"),
        ({"logicalType": "string", "logicalTypeOptions": {"format": "uuid"}}, {"type": "string", "logicalType": "uuid"}),
        ({"logicalType": "string", "enum": [{"value": "a"}, {"value": "b"}]}, {"type": "enum", "name": "trips_a", "symbols": ["a", "b"]}),
        ({"logicalType": "string", "enum": [{"value": "a-b"}]}, "string"),
        ({"logicalType": "string", "physicalType": "BLOB"}, "bytes"),
        ({"logicalType": "date"}, {"type": "int", "logicalType": "date"}),
        ({"logicalType": "time"}, {"type": "long", "logicalType": "time-micros"}),
        ({"logicalType": "timestamp"}, {"type": "long", "logicalType": "local-timestamp-micros"}),
        ({"logicalType": "timestamp", "physicalType": "TIMESTAMPTZ"}, {"type": "long", "logicalType": "timestamp-micros"}),
        ({"logicalType": "timestamp", "physicalType": "TIMESTAMP WITH TIME ZONE"}, {"type": "long", "logicalType": "timestamp-micros"}),
        ({"logicalType": "timestamp", "physicalType": "timestamp_ms", "logicalTypeOptions": {"timezone": True}}, {"type": "long", "logicalType": "timestamp-millis"}),
        ({"logicalType": "timestamp", "physicalType": "TIMESTAMP_NS"}, {"type": "long", "logicalType": "local-timestamp-nanos"}),
        ({"logicalType": "array", "items": {"logicalType": "integer"}}, {"type": "array", "items": ["null", "long"]}),
        ({"logicalType": "vector"}, {"type": "array", "items": "float"}),
        ({"logicalType": "map", "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "date", "required": True}}}, {"type": "map", "values": {"type": "int", "logicalType": "date"}}),
        ({"physicalType": "BIGINT"}, "long"),
        ({"physicalType": "fixed(4)"}, {"type": "fixed", "size": 4, "name": "trips_a"}),
        ({}, "string"),
    ],
)  # fmt: skip
def test_a_type_is_written_as_the_one_of_avro(declared: dict[str, Any], written: Any) -> None:
    assert exported(declared) == written


def test_what_is_not_required_may_be_null_and_a_key_may_not() -> None:
    found = avro_of(
        contract(
            {"name": "ride id", "logicalType": "string", "primaryKey": True},
            {"name": "ride_id", "logicalType": "string", "description": "once more"},
            {"name": "n", "quality": [{"metric": "nullValues", "mustBe": 0}]},
            name="2 trips",
        )
    )
    assert found == {
        "type": "record",
        "name": "_2_trips",
        "fields": [
            {"name": "ride_id", "type": "string", "odcsName": "ride id"},
            {"name": "ride_id_", "type": ["null", "string"], "default": None, "doc": "once more", "odcsName": "ride_id"},
            {"name": "n", "type": "string"},
        ],
    }  # fmt: skip


# ------------------------------------------------------------------ there and back

Kinds = st.SearchStrategy[dict[str, Any]]
NAMES = st.sampled_from(["a", "b", "c", "ride id", "größe", "type", "2nd"])
SCALARS: Kinds = st.sampled_from(
    [
        {"logicalType": "boolean", "physicalType": "boolean"},
        {"logicalType": "integer", "physicalType": "int"},
        {"logicalType": "integer", "physicalType": "long"},
        {"logicalType": "number", "physicalType": "float"},
        {"logicalType": "number", "physicalType": "double"},
        {"logicalType": "number", "physicalType": "decimal(10,2)"},
        {"logicalType": "string", "physicalType": "string"},
        {"logicalType": "string", "physicalType": "uuid"},
        {"logicalType": "string", "physicalType": "enum", "enum": [{"value": "A"}, {"value": "B"}]},
        {"logicalType": "string", "physicalType": "bytes"},
        {"logicalType": "string", "physicalType": "fixed(3)"},
        {"logicalType": "string", "physicalType": "duration"},
        {"logicalType": "date", "physicalType": "date"},
        {"logicalType": "time", "physicalType": "time-millis"},
        {"logicalType": "timestamp", "physicalType": "timestamp-nanos"},
        {"logicalType": "timestamp", "physicalType": "local-timestamp-millis"},
    ]
)


def _needed(kinds: Kinds) -> Kinds:
    return st.one_of(kinds, kinds.map(lambda one: one | {"required": True}))


def _properties(kinds: Kinds) -> st.SearchStrategy[list[Any]]:
    named = st.builds(lambda name, one: {"name": name} | one, NAMES, kinds)
    return st.lists(named, min_size=1, max_size=4, unique_by=lambda one: one["name"])


def _around(inner: Kinds) -> Kinds:
    arrays: Kinds = inner.map(lambda one: {"logicalType": "array", "items": one})
    key = {"logicalType": "string"}
    maps: Kinds = inner.map(lambda one: {"logicalType": "map", "map": {"key": key, "value": one}})
    objects: Kinds = _properties(inner).map(lambda some: {"logicalType": "object", "properties": some})  # fmt: skip
    return _needed(st.one_of(arrays, maps, objects))


KINDS: Kinds = st.recursive(_needed(SCALARS), _around, max_leaves=5)
KEPT = ("name", "logicalType", "physicalType", "required", "enum", "description")


def kept(declared: dict[str, Any]) -> dict[str, Any]:
    """What Avro can say of a property."""
    found = {key: declared[key] for key in KEPT if key in declared}
    if "properties" in declared:
        found["properties"] = [kept(one) for one in declared["properties"]]
    if "items" in declared:
        found["items"] = kept(declared["items"])
    return found | ({"values": kept(declared["map"]["value"])} if "map" in declared else {})


@settings(max_examples=50, deadline=None)
@given(_properties(KINDS))
def test_what_avro_can_say_comes_back_and_others_can_read_it(properties: list[Any]) -> None:
    written = avro_of(contract(*properties))
    text = json.dumps(written)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parse(text)
    fastavro.parse_schema(json.loads(text))
    document = contract_of_avro(text, "trips.avsc")
    back = document["schema"][0]["properties"]
    assert [kept(one) for one in back] == [kept(one) for one in properties]
    again = avro_of(avro_contract(read_schema(text, "trips.avsc"), "trips"))
    assert again == written


AVSC = """{"type": "record", "name": "Node", "namespace": "a.b", "doc": "A node.",
  "aliases": ["a.b.Knot"], "fields": [
    {"name": "id", "type": "int", "default": 7, "aliases": ["key"]},
    {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["X", "Y"], "default": "Y"}},
    {"name": "other", "type": ["Kind", "null"], "default": "X"},
    {"name": "next", "type": ["null", "Node"], "default": null},
    {"name": "odd", "type": ["null", "int", {"type": "array", "items": "Kind"}], "default": null}
]}"""


def test_names_defaults_aliases_and_recursion_come_back() -> None:
    schema = read_schema(AVSC, "node.avsc")
    written = avro_of(avro_contract(schema, "nodes"))
    back = read_schema(json.dumps(written), "node.avsc")
    assert as_json(back) == as_json(schema)
    assert avro_of(avro_contract(back, "nodes")) == written
    assert [field["name"] for field in written["fields"]] == ["id", "kind", "other", "next", "odd"]
    assert written["fields"][2] == {"name": "other", "type": ["a.b.Kind", "null"], "default": "X"}
    assert written["fields"][3]["type"] == ["null", "a.b.Node"]


def test_rows_written_under_it_read_back_equal() -> None:
    schema = fastavro.parse_schema(
        avro_of(
            contract(
                {"name": "id", "logicalType": "integer", "primaryKey": True},
                {"name": "fare", "logicalType": "number", "physicalType": "decimal(10,2)"},
                {"name": "day", "logicalType": "date", "required": True},
                {"name": "at", "logicalType": "timestamp"},
                {"name": "kind", "logicalType": "string", "enum": [{"value": "day"}]},
                {"name": "tags", "logicalType": "array", "items": {"logicalType": "string"}},
                {"name": "from", "logicalType": "object", "properties": [{"name": "x", "logicalType": "number"}]},
            )
        )
    )  # fmt: skip
    day, at = dt.date(2021, 1, 31), dt.datetime(2021, 1, 31, 12, 0, 0, 5)  # noqa: DTZ001 - it has none
    rows = [
        {"id": 1, "fare": Decimal("2.50"), "day": day, "at": at, "kind": "day", "tags": ["a", None], "from": {"x": 0.5}},
        {"id": 2, "fare": None, "day": day, "at": None, "kind": None, "tags": None, "from": None},
    ]  # fmt: skip
    file = io.BytesIO()
    fastavro.writer(file, schema, rows)
    file.seek(0)
    assert list(fastavro.reader(file)) == rows


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"properties": [{"name": 7}]}, "a.properties: expected mappings with a name, got a mapping"),
        ({"logicalType": "array", "items": {"items": "x"}}, "a.items.items: expected a mapping, got 'x'"),
        ({"map": {"value": [1]}}, "a.value: expected a mapping, got a list"),
        ({"physicalType": 3}, "a.physicalType: expected text, got 3"),
        ({"physicalType": "fixed(2)", "customProperties": [{"property": "avroName", "value": "1 b"}]}, "it cannot be written as an Avro schema: '1 b' is no name in Avro"),
        ({"customProperties": [{"property": "avroDefault", "value": 7}], "required": True}, "it cannot be written as an Avro schema: default of field 'a': 7 is no string"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_written_is_told_where(
    declared: dict[str, Any], told: str
) -> None:
    with pytest.raises(DeclarationError) as error:
        avro_of(contract({"name": "a", **declared}))
    assert (error.value.what, error.value.where) == (told, "contracts/x.yaml:1")


ODD = st.sampled_from(
    [None, 3, -1.5, True, "", "a b", "fixed(2)", "decimal(3,9)", [], {}, [3], {"a": 1},
     [{"property": "avroType", "value": 3}], [{"property": "avroAliases", "value": "x"}]]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(_properties(KINDS), st.data())
def test_whatever_stands_in_a_contract_gives_a_schema_or_an_error(
    properties: list[Any], data: st.DataObject
) -> None:
    broken = copy.deepcopy(properties)
    inside: Any = broken
    while isinstance(inside, dict | list) and inside:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.integers(0, 2)) == 0:
            inside[key] = copy.deepcopy(data.draw(ODD))
            break
        inside = inside[key]
    document = {**HEAD, "schema": [{"name": "trips", "properties": broken}]}
    try:
        (given_contract,) = contracts_in(Document(document, "contracts/x.yaml"))
    except DeclarationError:
        return
    try:
        read_schema(json.dumps(avro_of(given_contract)), "x.avsc")
    except DeclarationError as error:
        assert error.where  # noqa: PT017 - either a schema, or an error with its place
