"""Suggestions tried on data they were not made from: months held back, clean and made dirty.

What is asserted leaves room below what was measured: of the tables the rules were written with, no
clean month closes a gate and nineteen of twenty dirty ones are seen; weather shows what one month
cannot know, as its seasons come later.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.observe.held import DATA, LEARNED_WITH, SOURCES, Found, judge


@cache
def found(name: str) -> Found:
    if not (DATA / name.split(maxsplit=1)[0]).is_dir():
        pytest.skip(f"no real data in {DATA / name.split(maxsplit=1)[0]}")
    return judge(SOURCES[name]())


def share(name: str) -> float:
    """Of the dirty months, how many were seen by a check that their clean form keeps."""
    return sum(found(name).caught.values()) / sum(found(name).tried.values())


@pytest.mark.parametrize("name", LEARNED_WITH)
def test_clean_months_close_no_gate(name: str) -> None:
    assert found(name).closed == 0, found(name).false


@pytest.mark.parametrize(
    ("name", "at_most"), [("nycflights13", 0.06), ("rossmann", 0.0), ("citibike_jc", 0.1)]
)
def test_few_checks_warn_of_clean_months(name: str, at_most: float) -> None:
    one = found(name)
    assert sum(one.false.values()) / (one.checks * one.clean) <= at_most, one.false


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("nycflights13", 0.88),
        ("rossmann", 0.95),
        ("citibike_jc", 0.65),
        ("citibike_jc since 2021-02", 0.75),
        ("nycflights13 weather", 0.85),
    ],
)
def test_most_dirt_is_seen(name: str, at_least: float) -> None:
    assert share(name) >= at_least, found(name).missed


@pytest.mark.parametrize("name", LEARNED_WITH)
def test_lost_values_and_new_codes_are_always_seen(name: str) -> None:
    one = found(name)
    for kind in ("nulls", "new category", "wrong dates"):
        assert one.caught[kind] == one.tried[kind], one.missed


def test_one_month_does_not_know_the_seasons() -> None:
    """A suite from January closes the gate on most later months: the reason to read it first."""
    one = found("nycflights13 weather")
    assert one.closed >= 3
    assert any("temp" in name for name in one.false)
