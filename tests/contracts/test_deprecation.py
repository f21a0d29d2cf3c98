"""What is to go is announced, stays until its day, and then breaks only who is still there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from headgate.contracts.changes.change import Bump, Impact, Perspective
from headgate.contracts.changes.comparison import Side, compared
from headgate.contracts.changes.consumer import Reader
from headgate.pipelines.consumer import Reads
from tests.contracts.change_cases import X, table

DAY = "2026-06-30"
BEFORE, ON, AFTER = date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)
MARKED = {**X, "deprecated": True}
DATED = {**MARKED, "customProperties": [{"property": "removalDate", "value": DAY}]}
UNTIL = {**X, "customProperties": [{"property": "endOfLife", "value": f"{DAY}T00:00:00Z"}]}
BAD = {**X, "customProperties": [{"property": "removalDate", "value": "summer"}]}
GONE = {**table([]), "version": "2.0.0"}
NO_DATASET = {"version": "2.0.0", "schema": []}


def level(name: str, **keys: Any) -> dict[str, Any]:
    return {"slaProperties": [{"property": name, "value": DAY, **keys}]}


@pytest.mark.parametrize(
    ("old", "today", "found"),
    [
        (table([X]), AFTER, ["removed-without-deprecation error"]),
        (table([MARKED]), AFTER, ["removed-without-date warning"]),
        (table([DATED]), BEFORE, ["removed-too-early error"]),
        (table([DATED]), ON, ["removed-too-early error"]),
        (table([DATED]), AFTER, []),
        (table([UNTIL]), BEFORE, ["removed-too-early error"]),
        (table([UNTIL]), AFTER, []),
        (table([BAD]), AFTER, ["removal-date-unreadable error"]),
        (table([X], **level("endOfLife")), BEFORE, ["removed-too-early error"]),
        (table([X], **level("endOfSupport")), AFTER, []),
        (table([X], **level("EndOfLife", element="t.x")), AFTER, []),
        (table([X], **level("endOfLife", element="t.y")), AFTER, ["removed-without-deprecation error"]),
        (table([X], {"deprecated": True}), AFTER, ["removed-without-date warning"]),
        (table([X], status="deprecated"), AFTER, ["removed-without-date warning"]),
        (table([X], status="draft"), BEFORE, []),
        ({**table([X]), "version": "0.9.0"}, BEFORE, []),
    ],
)  # fmt: skip
def test_a_removal_is_held_to_what_was_announced(
    old: dict[str, Any], today: date, found: list[str]
) -> None:
    removals = compared(side(old), side(GONE), [], today).findings
    assert [f"{each.rule} {each.severity}" for each in removals] == found
    if "removed-too-early error" in found:
        assert DAY in removals[0].what


@pytest.mark.parametrize(
    ("old", "today", "found"),
    [
        (table([DATED]), AFTER, ["removed-without-deprecation"]),
        (table([X], {"deprecated": True}), AFTER, ["removed-without-date"]),
        (table([X], {"customProperties": DATED["customProperties"]}), BEFORE, ["removed-too-early"]),
        (table([X], **level("endOfLife")), BEFORE, ["removed-too-early"]),
        (table([X], **level("endOfLife")), AFTER, []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("new", [NO_DATASET, {}], ids=["dataset", "contract"])
def test_a_dataset_is_held_to_what_was_announced_of_it(
    old: dict[str, Any], today: date, found: list[str], new: dict[str, Any]
) -> None:
    assert [each.rule for each in compared(side(old), side(new), [], today).findings] == found


def side(document: dict[str, Any]) -> Side:
    return Side(document, lambda _: "contracts/t.yaml:1")


def test_what_goes_after_its_day_breaks_only_who_still_reads_it() -> None:
    nobody = compared(side(table([DATED])), side(GONE), [], AFTER)
    assert not nobody.breaks(Perspective.CONSUMER)
    assert nobody.changes[0].consumer is Impact.COMPATIBLE
    assert nobody.changes[0].announced == date(2026, 6, 30)
    assert nobody.demanded is Bump.MAJOR

    report = Reader("report", "finance", "dashboard", {"t": Reads(columns=["x"])}, str)
    somebody = compared(side(table([DATED])), side(GONE), [report], AFTER)
    assert somebody.breaks(Perspective.CONSUMER)
    assert somebody.hit == ((report,),)
    assert somebody.severity(somebody.changes[0], (report,)) == "error"


def test_a_column_within_a_column_has_its_own_day() -> None:
    old = table([{"name": "o", "items": {"properties": [DATED, {"name": "k"}]}}])
    new = {**table([{"name": "o", "items": {"properties": [{"name": "k"}]}}]), "version": "2.0.0"}
    assert [each.rule for each in compared(side(old), side(new), [], BEFORE).findings] == [
        "removed-too-early"
    ]
    assert compared(side(old), side(new), [], AFTER).findings == ()
