"""Data is compared with its contract: what is gone, new, of another type, null, or out of bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.contracts.changes.data import data_changes
from headgate.contracts.contract import Contract
from headgate.contracts.reading import contracts_of
from headgate.project.contracts import read_contracts
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.types import LogicalType

CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: rides
version: 1.0.0
schema:
  - name: rides
    properties:
      - {name: Start Time, logicalType: timestamp, required: true}
      - {name: bike, logicalType: integer, logicalTypeOptions: {minimum: 1, maximum: 9}}
      - {name: fare, logicalType: number}
      - {name: note, logicalType: string}
"""


@pytest.fixture
def rides(tmp_path: Path) -> Contract:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "rides.yaml").write_text(CONTRACT)
    return read_contracts(tmp_path)["rides"]


def schema(**columns: str) -> Schema:
    return Schema(
        tuple(Column(name.replace("__", " "), LogicalType(kind), "") for name, kind in columns.items())
    )  # fmt: skip


AS_PROMISED = {"Start__Time": "timestamp", "bike": "integer", "fare": "number", "note": "string"}


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (AS_PROMISED, []),
        ({**AS_PROMISED, "more": "date"}, ["tightens rides.more is in the data and not in the contract"]),
        ({**AS_PROMISED, "bike": "number"}, ["loosens rides.bike is number in the data, and integer in the contract"]),
        ({**AS_PROMISED, "fare": "integer"}, ["tightens rides.fare is integer in the data, and number in the contract"]),
        ({**AS_PROMISED, "fare": "string"}, ["both rides.fare is string in the data, and number in the contract"]),
        (
            {"start_time": "timestamp", "bike": "integer", "fare": "number", "note": "string"},
            [
                "loosens rides.Start Time is not in the data (is it 'start_time' now?)",
                "tightens rides.start_time is in the data and not in the contract",
            ],
        ),
        (
            {"Start__Time": "timestamp", "wheel": "integer", "fare": "number", "note": "string"},
            [
                "loosens rides.bike is not in the data",
                "tightens rides.wheel is in the data and not in the contract",
            ],
        ),
        (
            {"Start__Time": "timestamp", "fare": "number", "note": "string", "wheel": "date"},
            [
                "loosens rides.bike is not in the data",
                "tightens rides.wheel is in the data and not in the contract",
            ],
        ),
    ],
)  # fmt: skip
def test_columns_are_compared(rides: Contract, columns: dict[str, str], found: list[str]) -> None:
    changes = data_changes(rides, schema(**columns))
    assert [f"{change.direction} {change.what}" for change in changes] == found
    assert all(rides.place(c.keys).startswith("contracts/rides.yaml:") for c in changes)


@pytest.mark.parametrize(
    ("promised", "delivered", "guesses"),
    [
        ("colour", "color", ["color"]),
        ("customer_id", "custmer_id", ["custmer_id"]),
        ("Customer ID", "customer_id", ["customer_id"]),
        ("colour", "color colors", []),  # the one is nearly as near as the other
        ("colour colours", "color", []),
        ("start_time", "start_time_1 start_time_2", []),
        # the columns of citibike before and after February 2021
        (
            "start_station_latitude start_station_longitude end_station_latitude end_station_longitude",
            "start_lat start_lng end_lat end_lng",
            [],
        ),
        ("start_station_latitude", "start_station_longitude", []),
        ("end_station_name", "end_station_id", []),
    ],
)
def test_another_name_is_asked_about_only_where_it_is_near_and_the_only_one(
    promised: str, delivered: str, guesses: list[str]
) -> None:
    pairs = {"Customer ID": ["Customer ID"]}.get(promised, promised.split())
    contract = contract_with(pairs)
    found = data_changes(contract, schema(**dict.fromkeys(delivered.split(), "string")))
    asked = [one.what.partition("is it ")[2] for one in found if "is it " in one.what]
    assert asked == [f"{guess!r} now?)" for guess in guesses]


@pytest.mark.parametrize(
    ("kind", "promised", "held", "found"),
    [
        ("number", "DECIMAL(9,2)", "DECIMAL(9,2)", []),
        ("number", "numeric(9, 2)", "DECIMAL(11,4)", ["loosens"]),
        ("number", "DECIMAL(9,2)", "DECIMAL(7,2)", ["tightens"]),
        ("number", "DECIMAL(9,2)", "DECIMAL(9,4)", ["both"]),
        ("number", "DECIMAL(9,2)", "DOUBLE", []),  # as a file of text is read
        ("timestamp", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", []),
        ("timestamp", "TIMESTAMPTZ", "TIMESTAMP", ["both"]),
        ("timestamp", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", ["both"]),
        ("timestamp", "TIMESTAMP", "TIMESTAMP_NS", []),
    ],
)
def test_digits_and_time_zones_of_data_are_compared_with_the_physical_type(
    kind: str, promised: str, held: str, found: list[str]
) -> None:
    column = {"name": "x", "logicalType": kind, "physicalType": promised}
    stored = Schema((Column("x", LogicalType(kind), held),))

    def directions(**more: object) -> list[str]:
        document = {"schema": [{"name": "t", "properties": [column]}], **more}
        [contract] = contracts_of(document, lambda _: "contracts/t.yaml:1")
        return [str(change.direction) for change in data_changes(contract, stored)]

    assert directions() == found
    assert directions(servers=[{"server": "w", "type": "snowflake"}]) == []


def test_a_near_name_of_another_type_is_another_column() -> None:
    found = data_changes(contract_with(["colour"]), schema(color="integer"))
    assert [one.what for one in found] == [
        "t.colour is not in the data",
        "t.color is in the data and not in the contract",
    ]


def contract_with(columns: list[str]) -> Contract:
    """A contract of texts."""
    properties = [{"name": name, "logicalType": "string"} for name in columns]
    document = {"schema": [{"name": "t", "properties": properties}]}
    return contracts_of(document, lambda _: "contracts/t.yaml:1")[0]


def test_what_is_known_of_values_is_compared(rides: Contract) -> None:
    known = {
        "Start Time": ColumnStatistics(3, low="2021-01-01", high="2021-01-02"),
        "bike": ColumnStatistics(5, low=0, high=9),
        "fare": ColumnStatistics(7),
    }
    found = data_changes(rides, schema(**AS_PROMISED), known)
    assert [(change.path, change.what, rides.place(change.keys)) for change in found] == [
        (
            "rides.Start Time.required",
            "rides.Start Time is required, and null 3 times",
            "contracts/rides.yaml:9",
        ),
        (
            "rides.bike.logicalTypeOptions.minimum",
            "rides.bike has 0, and its minimum is 1",
            "contracts/rides.yaml:10",
        ),
    ]
