"""Avro schemas in `schemas/` are contracts of datasets, and must agree with those in `contracts/`."""

from __future__ import annotations

import pytest

from headgate.errors import DeclarationError
from headgate.project.contracts import read_contracts
from headgate.schema.types import LogicalType
from tests.project.conftest import Write

TRIPS = """
{"type": "record", "name": "Trip", "doc": "A ride.", "fields": [
  {"name": "ride", "type": "string"},
  {"name": "fare", "type": ["null", "double"], "default": null},
  {"name": "from", "type": "shared.Place"}
]}
"""
PLACE = """
{"type": "record", "name": "Place", "namespace": "shared", "dataset": "places", "fields": [
  {"name": "x", "type": "int"}
]}
"""
ODCS = """
kind: DataContract
apiVersion: v3.1.0
id: trips
version: 1.0.0
status: active
schema:
  - name: trips
    properties:
      - {name: ride, logicalType: string, primaryKey: true}
      - {name: fare, logicalType: number}
      - name: from
        logicalType: object
        required: true
        properties:
          - {name: x, logicalType: integer, required: true}
"""
FILES = {"schemas/trips.avsc": TRIPS, "schemas/place.avsc": PLACE, "schemas/notes.txt": "{"}


def test_a_schema_is_of_the_dataset_that_it_names_or_that_its_file_is_called_after(
    write: Write,
) -> None:
    found = read_contracts(write(FILES))
    assert {name: one.where for name, one in found.items()} == {
        "places": "schemas/place.avsc:1",
        "trips": "schemas/trips.avsc:1",
    }
    assert found["trips"].properties["fare"].type == LogicalType.NUMBER
    assert found["trips"].properties["fare"].where == "schemas/trips.avsc:3"
    inside = found["trips"].declared["properties"][2]["properties"]
    assert inside[0]["name"] == "x"


def test_two_schemas_of_one_dataset_are_refused(write: Write) -> None:
    with pytest.raises(DeclarationError, match=r"trips\.avsc:1: two Avro schemas of 'trips'"):
        read_contracts(write({**FILES, "schemas/place.avsc": PLACE.replace("places", "trips")}))


def test_a_contract_that_agrees_says_more(write: Write) -> None:
    found = read_contracts(write({**FILES, "contracts/trips.yaml": ODCS}))["trips"]
    assert (found.where, found.key) == ("contracts/trips.yaml:7", ("ride",))


def test_a_contract_without_columns_has_those_of_the_schema(write: Write) -> None:
    text = ODCS.partition("    properties")[0] + "slaProperties: [{property: latency, value: 1}]\n"
    found = read_contracts(write({**FILES, "contracts/trips.yaml": text}))["trips"]
    assert list(found.properties) == ["ride", "fare", "from"]
    assert found.document["slaProperties"]


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("logicalType: number", "logicalType: integer", "contracts/trips.yaml:10: 'fare' is integer in the contract and number in the Avro schema\n  the Avro schema is at schemas/trips.avsc:3"),
        ("logicalType: number", "required: true", "contracts/trips.yaml:10: 'fare' is required in the contract and may be null in the Avro schema\n  the Avro schema is at schemas/trips.avsc:3"),
        (", primaryKey: true", "", "contracts/trips.yaml:9: 'ride' may be null in the contract and is required in the Avro schema\n  the Avro schema is at schemas/trips.avsc:2"),
        ("logicalType: integer, required", "logicalType: string, required", "contracts/trips.yaml:15: 'from.x' is string in the contract and integer in the Avro schema\n  the Avro schema is at schemas/place.avsc:2"),
        ("{name: fare", "{name: tip", "contracts/trips.yaml:10: 'tip' is not in the Avro schema\n  the Avro schema is at schemas/trips.avsc:1"),
        ("      - {name: fare, logicalType: number}\n", "", "contracts/trips.yaml:7: 'fare' of the Avro schema is not in the contract\n  the Avro schema is at schemas/trips.avsc:3"),
    ],
)  # fmt: skip
def test_a_contract_that_does_not_agree_is_an_error_with_both_places(
    write: Write, written: str, instead: str, told: str
) -> None:
    with pytest.raises(DeclarationError) as error:
        read_contracts(write({**FILES, "contracts/trips.yaml": ODCS.replace(written, instead)}))
    assert str(error.value) == told
