"""A check tried on past versions tells where it would have fired, and what it would have seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.check import Check, Range
from headgate.checks.metric import Age, Rows
from headgate.checks.native import read_check
from headgate.observe.backtest import Backtest, Label, Past, backtest
from tests.observe.held import ENGINE, kept

FIRST = datetime(2024, 1, 1, 12, tzinfo=UTC)


@contextmanager
def past(versions: Sequence[dict[str, list[Any]]]) -> Iterator[list[Past]]:
    """One release a day, given oldest first, and held newest first."""
    import polars as pl

    with ExitStack() as stack:
        found = []
        for number, columns in enumerate(versions, 1):
            table = stack.enter_context(kept(pl.DataFrame(columns)))
            at = FIRST + timedelta(days=number - 1)
            found.append(Past(Label(f"prod@{number}", f"v{number}", at), table))
        yield found[::-1]


def tried(versions: Sequence[dict[str, list[Any]]], *checks: dict[str, Any] | Check) -> Backtest:
    read = [each if isinstance(each, Check) else read_check(each, "here") for each in checks]
    with past(versions) as found:
        return backtest(ENGINE, found, read)


AMOUNTS = [{"amount": [1, 2, 3]}, {"amount": [1, -2, -3]}, {"amount": [4, 5, 6]}]


def test_a_check_tells_where_it_fired_and_what_it_saw() -> None:
    found = tried(AMOUNTS, {"between": {"column": "amount", "low": 0}}, {"not_null": "amount"})
    strict, kind = found.checks
    assert [each.label.release for each in strict.fired] == ["prod@2"]
    assert strict.fired[0].outcome.unexpected == 2
    assert (strict.passed, kind.passed, kind.fired) == (2, 3, ())
    assert [label.release for label in found.closed] == ["prod@2"]
    assert [label.release for label in found.versions] == ["prod@3", "prod@2", "prod@1"]


def test_a_number_is_told_as_it_was_then() -> None:
    [least] = tried(AMOUNTS, {"min": {"column": "amount", "low": 3}}).checks
    assert [(each.label.version, each.outcome.observed) for each in least.fired] == [
        ("v2", -3),
        ("v1", 1),
    ]


def test_a_warning_fires_and_closes_nothing() -> None:
    check = {"between": {"column": "amount", "low": 0, "severity": "warn"}}
    found = tried(AMOUNTS, check)
    assert (len(found.checks[0].fired), found.closed) == (1, ())


def test_what_cannot_be_judged_has_neither_passed_nor_fired_and_closes_the_gate() -> None:
    found = tried([{"old": [1]}, {"amount": [1]}], {"not_null": "amount"})
    [check] = found.checks
    assert (check.passed, check.fired) == (1, ())
    [missing] = check.unknown
    assert missing.label.release == "prod@1"
    assert "amount" in missing.outcome.message
    assert [label.release for label in found.closed] == ["prod@1"]


def test_ages_are_those_at_the_time_of_the_release() -> None:
    hours = [{"at": [FIRST]}, {"at": [FIRST]}, {"at": [FIRST + timedelta(days=2)]}]
    [fresh] = tried(hours, Check("freshness", Age("at"), Range(high=12))).checks
    assert [(each.label.release, each.outcome.observed) for each in fresh.fired] == [("prod@2", 24)]


def test_the_newest_delivery_is_that_of_the_release() -> None:
    check = Check("freshness", Age(), Range(high=12))
    with past(AMOUNTS[:1]) as [only]:
        told = Past(only.label, only.table, newest=FIRST - timedelta(hours=13))
        assert backtest(ENGINE, [told], [check]).checks[0].fired[0].outcome.observed == 13
        assert len(backtest(ENGINE, [only], [check]).checks[0].unknown) == 1


def test_other_tables_are_those_of_the_release() -> None:
    check = read_check({"rows_as": "other"}, "here")
    with past([{"a": [1, 2]}, {"a": [1]}]) as [newer, older]:
        both = [
            Past(newer.label, newer.table, {"other": newer.table}),
            Past(older.label, older.table, {"other": newer.table}),
        ]
        [compared] = backtest(ENGINE, both, [check]).checks
    assert [each.label.release for each in compared.fired] == ["prod@1"]
    assert compared.passed == 1


def test_without_a_past_nothing_is_said_of_a_check_but_its_name() -> None:
    found = backtest(ENGINE, [], [Check("rows", Rows(), Range(low=1))])
    assert (found.versions, found.closed, found.checks[0].found) == ((), (), ())
    assert found.checks[0].check.description


def test_machines_get_every_place_without_the_rows_behind_it() -> None:
    body = tried(AMOUNTS, {"between": {"column": "amount", "low": 0}}).as_json()
    [check] = body["checks"]
    assert (check["kind"], check["passed"], check["not_judged"]) == ("between", 2, [])
    [fired] = check["fired"]
    assert fired["published_at"] == "2024-01-02T12:00:00+00:00"
    assert (fired["release"], fired["elements"], fired["unexpected"]) == ("prod@2", 3, 2)
    assert "samples" not in fired
    assert [each["release"] for each in body["closed"]] == ["prod@2"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(-3, 3), min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_version_is_counted_once_and_as_it_is(amounts: list[list[int]]) -> None:
    check = {"between": {"column": "amount", "low": 0}}
    [one] = tried([{"amount": some} for some in amounts], check).checks
    assert one.passed + len(one.fired) + len(one.unknown) == len(amounts)
    broken = [f"v{n}" for n, some in enumerate(amounts, 1) if min(some) < 0]
    assert [each.label.version for each in one.fired] == broken[::-1]


@pytest.mark.parametrize("limit", [0.5, 1.0])
def test_mostly_holds_for_each_version_alone(limit: float) -> None:
    check = {"between": {"column": "amount", "low": -2, "mostly": limit}}
    assert len(tried(AMOUNTS, check).checks[0].fired) == (limit == 1.0)
