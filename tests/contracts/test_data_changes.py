"""Data is compared with its contract: what is gone, new, of another type, null, or out of bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.contracts.changes.data import data_changes
from headgate.contracts.contract import Contract
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
                "loosens rides.bike is not in the data (is it 'wheel' now?)",
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
