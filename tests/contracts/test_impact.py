"""A change hits who reads what went, and who relies on what is promised no longer; nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.contracts.changes.changes import changes
from headgate.contracts.changes.consumer import Reader, range_findings
from headgate.contracts.changes.impact import hits
from headgate.pipelines.consumer import Reads
from tests.contracts.change_cases import X, column, keyed, level, rule, table


def reader(name: str, dataset: str = "t", **keys: Any) -> Reader:
    return Reader(name, "team", "application", {dataset: Reads(**keys)}, str)


READERS = [
    reader("all"),
    reader("of_x", columns=["x"]),
    reader("of_y", columns=["y"]),
    reader("not_null", columns=["x"], needs={"x": ["not_null"]}),
    reader("unique", columns=["x", "y"], needs={"x": ["unique"]}),
    reader("elsewhere", "other"),
]


@pytest.mark.parametrize(
    ("old", "new", "hit"),
    [
        (table([X]), table([]), "all of_x not_null unique"),
        (column(required=True), column(), "all of_x not_null"),
        (column(unique=True), column(), "all of_x unique"),
        (rule(mustBe=0), column(), "all of_x not_null"),
        (rule(rule="uniqueCheck", metric=None), column(), "all of_x unique"),
        (rule(type="sql", metric=None, query="SELECT 1", mustBe=1), column(), "all of_x"),
        (column(enum=[1]), column(enum=[1, 2]), "all of_x"),
        (keyed("x"), keyed("x", "y"), "all of_x of_y unique"),
        (column(physicalName="a"), column(physicalName="b"), "all of_x not_null unique"),
        (
            level(property="latency", value=1, unit="h"),
            level(property="latency", value=2, unit="h"),
            "all of_x of_y not_null unique",
        ),
        (
            column(properties=[{"name": "in"}]),
            column(properties=[]),
            "all of_x not_null unique",
        ),
        (column(), column(required=True), ""),
        (column(), column(deprecated=True), ""),
        (column(description="a"), column(), ""),
        (table([]), {"version": "1.0.0", "schema": []}, "all of_x of_y not_null unique"),
    ],
)
def test_who_is_hit(old: dict[str, Any], new: dict[str, Any], hit: str) -> None:
    found: list[str] = []
    for change in changes(old, new):
        names = [one.name for one in hits(change, READERS, {"t"})]
        found += [name for name in names if name not in found]
    assert found == hit.split()


def test_who_cannot_read_the_new_version_is_told_at_that_line() -> None:
    first = reader("first", version=">=1,<2")
    slip = reader("slip", version="one")
    both = reader("both", version=">=1")
    found = range_findings([first, slip, both], ["t"], "2.0.0")
    assert [(each.rule, each.severity.value) for each in found] == [
        ("range-left", "error"),
        ("range-unreadable", "error"),
    ]
    assert found[0].where == str(("reads", "t", "version"))
    assert "first (team) reads t >=1,<2, and it is 2.0.0 now" in found[0].what
