"""A contract that is not as the standard has it is compared as far as it goes, and never ends in a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.changes.comparison import Side, compared
from headgate.contracts.changes.consumer import Reader
from headgate.pipelines.consumer import Reads

WHOLE: dict[str, Any] = {
    "version": "1.0.0",
    "status": "active",
    "tags": ["core"],
    "servers": [{"server": "s", "type": "local", "path": "x", "roles": []}],
    "slaProperties": [
        {"property": "latency", "value": 4, "unit": "h", "element": "t.x"},
        {"property": "endOfLife", "value": "2027-01-01"},
        {"property": "availability", "value": "99.9%"},
    ],
    "team": {"members": [{"username": "ada"}]},
    "customProperties": [{"property": "p", "value": 1}],
    "schema": [
        {
            "name": "t",
            "id": "t",
            "physicalName": "T",
            "deprecated": True,
            "relationships": [{"type": "foreignKey", "from": ["t.x"], "to": ["s.x"]}],
            "quality": [{"metric": "rowCount", "mustBeBetween": [1, 9]}],
            "properties": [
                {
                    "name": "x",
                    "id": "x",
                    "logicalType": "integer",
                    "physicalType": "decimal(4,2)",
                    "primaryKey": True,
                    "primaryKeyPosition": 1,
                    "required": True,
                    "unique": True,
                    "classification": "public",
                    "tags": ["pii"],
                    "enum": [{"value": 1, "label": "one"}, {"value": 2}],
                    "logicalTypeOptions": {
                        "minimum": 0,
                        "maximum": 3,
                        "multipleOf": 2,
                        "format": "i32",
                    },
                    "relationships": [{"to": "s.x"}],
                    "quality": [
                        {"id": "q", "metric": "nullValues", "mustBe": 0, "severity": "error"},
                        {"type": "sql", "query": "select 1", "mustBeLessThan": 5},
                    ],
                    "customProperties": [
                        {"property": "unit", "value": "km"},
                        {"property": "aliases", "value": ["old"]},
                        {"property": "removalDate", "value": "2026-01-01"},
                        {"property": "anonymizationStrategy", "value": "hmac"},
                    ],
                },
                {
                    "name": "o",
                    "logicalType": "array",
                    "items": {"logicalType": "object", "properties": [{"name": "k"}]},
                    "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "date"}},
                    "properties": [{"name": "k", "logicalType": "time"}],
                },
            ],
        }
    ],
}
ODD: st.SearchStrategy[Any] = st.sampled_from([None, True, 0, -1.5, "", "x", [], {}, [[]], [None], {"a": 1}, ["x", 3], {"name": "x"}])  # fmt: skip
READER = Reader("r", "o", "ml", {"t": Reads(columns=["x"], needs={"x": ["unique"]})}, str)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a document."""
    if at:
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, inner in inside:
        yield from paths(inner, (*at, key))


ALL = list(paths(WHOLE))


def changed(path: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    found = deepcopy(WHOLE)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return found


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(ALL), ODD, st.sampled_from(ALL), ODD)
def test_no_value_anywhere_is_a_crash(
    one: tuple[Any, ...], odd: Any, other: tuple[Any, ...], odder: Any
) -> None:
    for old, new in ((WHOLE, changed(one, odd)), (changed(one, odd), changed(other, odder))):
        sides = Side(old, str), Side(new, str)
        for before, after in (sides, sides[::-1]):
            found = compared(before, after, [READER], date(2026, 11, 20))
            assert all(change.sentence and change.as_json() for change in found.changes)
