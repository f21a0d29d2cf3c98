"""A column's distribution is measured against a table, a release, or what is written."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.checks import measures
from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.native import read_check
from headgate.checks.released import SERVED
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable

PLACE = "pipelines/shop.yml:9"
ALL = ["psi", "js", "ks", "wasserstein", "chi2"]


def distribution(measure: str = "psi", at_most: float = 0.2, **keywords: Any) -> Check:
    given = {"column": "x", "measure": measure, "at_most": at_most, "against": "then", **keywords}
    return read_check({"distribution": given}, PLACE)


def judged(table: Table, then: Table | None, check: Check) -> Outcome:
    beside = {} if then is None else {"then": then, SERVED: then, "prod@12": then}
    [outcome] = evaluate(EmbeddedEngine(), table, [check], beside=beside)
    return outcome


def one(make: MakeTable, values: list[Any]) -> Table:
    return make(pl.DataFrame({"x": values}))


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    "values",
    [
        list(range(100)),
        [n / 7 for n in range(100)],
        [date(2020, 1, 1) + timedelta(days=n) for n in range(50)],
        [datetime(2020, 1, 1, n % 24, tzinfo=UTC) for n in range(50)],
        [True, False, True],
        [1, 1, 1],
    ],
    ids=["whole", "fraction", "date", "time", "boolean", "constant"],
)
def test_equal_columns_lie_no_way_apart(make: MakeTable, values: list[Any], measure: str) -> None:
    table = one(make, [*values, None])
    outcome = judged(table, table, distribution(measure, 0))
    assert (outcome.status, outcome.observed) == (Status.PASSED, 0), outcome.message


@pytest.mark.parametrize(("measure", "most"), [("js", 1), ("chi2", 1), ("ks", 1)])
def test_columns_that_share_nothing_are_as_far_as_can_be(
    make: MakeTable, measure: str, most: float
) -> None:
    now, then = one(make, list(range(100, 140))), one(make, [0, 1] * 9)
    outcome = judged(now, then, distribution(measure))
    if measure == "ks":
        assert outcome.observed == most
    now, then = one(make, ["c", "d"]), one(make, ["a", "b", "a"])
    if measure != "ks":
        assert judged(now, then, distribution(measure)).observed == pytest.approx(most)


def test_a_shift_is_told_with_the_shares_behind_it(make: MakeTable) -> None:
    then, now = one(make, list(range(1000))), one(make, list(range(500, 1500)))
    outcome = judged(now, then, distribution())
    assert outcome.status is Status.FAILED
    assert outcome.check.description == "psi of x against then at most 0.2"
    assert outcome.message.startswith("psi of x against then is ")
    assert outcome.details["bins"][0] == "to 99"  # type: ignore[index]
    assert outcome.details["reference_shares"] == [0.1] * 10
    assert outcome.details["shares"] == [0.0] * 5 + [0.1] * 4 + [0.6]


def test_new_and_rare_texts_are_one_bin(make: MakeTable) -> None:
    common = [f"v{n:02}" for n in range(20) for _ in range(9)]
    then = one(make, [*common, *[f"rare{n}" for n in range(10)], None])
    now = one(make, [*common, *[f"new{n}" for n in range(10)]])
    outcome = judged(now, then, distribution("chi2", 0))
    assert outcome.observed == 0
    assert outcome.details["bins"][-1] == "others"  # type: ignore[index]
    assert len(outcome.details["bins"]) == 21  # type: ignore[arg-type]


def test_a_value_that_most_rows_have_does_not_hide_the_others(make: MakeTable) -> None:
    then = one(make, [0] * 5 + [1] * 95)
    assert judged(one(make, [0] * 50 + [1] * 50), then, distribution("js")).observed != 0
    zeros = one(make, [0] * 95 + [1] * 5)
    assert judged(one(make, [0] * 50 + [1] * 50), zeros, distribution("js")).observed != 0


def test_missing_values_are_left_out(make: MakeTable) -> None:
    then = one(make, [1.0, 2.0, 3.0])
    now = one(make, [1.0, 2.0, 3.0, math.nan, None, None])
    for measure in ALL:
        assert judged(now, then, distribution(measure, 0)).passed


def test_a_condition_is_about_both_sides(make: MakeTable) -> None:
    then = make(pl.DataFrame({"x": [1, 2, 50], "open": [1, 1, 0]}))
    now = make(pl.DataFrame({"x": [1, 2, 70, 80], "open": [1, 1, 0, 0]}))
    check = distribution("ks", 0, where="open = 1")
    outcome = judged(now, then, check)
    assert (outcome.observed, outcome.passed) == (0, True)
    assert outcome.details == {"rows": 2, "reference_rows": 2}


def test_the_first_version_has_nothing_to_be_compared_with(make: MakeTable) -> None:
    now = one(make, [1, 2])
    outcome = judged(now, None, distribution(against="release"))
    assert (outcome.passed, outcome.observed) == (True, None)
    assert outcome.message == "there is no release before to compare with"
    other = make(pl.DataFrame({"y": [1]}))
    assert judged(now, other, distribution(against="release")).message == (
        "the release before has no column 'x'"
    )
    empty = one(make, [None, None])
    assert judged(
        now, make(pl.DataFrame({"x": []}, schema={"x": pl.Int64})), distribution(against="release")
    ).passed
    assert judged(now, empty, distribution(against="prod@12")).status is Status.ERROR


@pytest.mark.parametrize(
    ("values", "then", "keywords", "said"),
    [
        ([1], ["a"], {}, "x is an integer and was a string in then"),
        ([1], ["a"], {"against": "release"}, "was a string in the release before"),
        (["a"], ["a"], {"measure": "ks"}, "x is a string, and ks needs numbers"),
        ([[1]], [[1]], {}, "x is an array, which is not compared"),
        ([1], [1], {"column": "y"}, "no column 'y'"),
        ([1], [1], {"against": "prod@13"}, "no release 'prod@13'"),
        ([1], [1], {"against": {"values": ["a"], "weights": [1]}}, "x is an integer"),
        (["a"], ["a"], {"against": {"edges": [0, 1], "weights": [1]}}, "only numbers have edges"),
    ],
)
def test_what_cannot_be_compared_is_an_error(
    make: MakeTable, values: list[Any], then: list[Any], keywords: dict[str, Any], said: str
) -> None:
    outcome = judged(one(make, values), one(make, then), distribution(**keywords))
    assert outcome.status is Status.ERROR
    assert said in outcome.message


@pytest.mark.parametrize(
    ("values", "keywords", "said"),
    [
        (["a"], {"measure": "ks"}, "x is a string, and ks needs numbers"),
        (["a"], {"measure": "wasserstein"}, "x is a string, and wasserstein needs numbers"),
        ([[1]], {}, "x is an array, which is not compared"),
        ([1], {"column": "y"}, "no column 'y'"),
    ],
)
def test_what_does_not_fit_is_an_error_before_there_is_anything_to_compare_with(
    make: MakeTable, values: list[Any], keywords: dict[str, Any], said: str
) -> None:
    outcome = judged(one(make, values), None, distribution(against="release", **keywords))
    assert outcome.status is Status.ERROR
    assert said in outcome.message


def test_a_column_without_a_value_has_no_distribution(make: MakeTable) -> None:
    nothing = make(pl.DataFrame({"x": [None, None]}, schema={"x": pl.Int64}))
    for measure in ALL:
        outcome = judged(nothing, one(make, [1]), distribution(measure))
        assert (outcome.status, outcome.observed) == (Status.FAILED, None)


def test_a_written_histogram_is_a_reference(make: MakeTable) -> None:
    now = one(make, [1, 1, 2, 9])
    values = {"values": [1, 2], "weights": [3, 1]}
    outcome = judged(now, None, distribution("js", 1, against=values))
    assert outcome.observed == pytest.approx(measures.jensen_shannon([2, 1, 1], [3, 1, 0]))
    assert outcome.details["bins"] == ["1", "2", "others"]
    ks = judged(now, None, distribution("ks", 1, against=values))
    assert ks.observed == pytest.approx(0.25)
    edges = {"edges": [0, 2, 4], "weights": [0.5, 0.5]}
    binned = judged(now, None, distribution("psi", 1, against=edges))
    assert binned.details["shares"] == [0.0, 0.5, 0.25, 0.25]
    expected = measures.psi([2, 1, 1], [2, 2, 0], drawn=False)
    assert binned.observed == pytest.approx(expected)


NUMBERS = st.lists(st.one_of(st.none(), st.integers(-9, 9)), min_size=1, max_size=40).filter(
    lambda values: any(value is not None for value in values)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(now=NUMBERS, then=NUMBERS)
def test_measures_are_those_that_python_finds(
    make: MakeTable, now: list[int | None], then: list[int | None]
) -> None:
    tables = one(make, now), one(make, then)
    ours, theirs = ([one for one in side if one is not None] for side in (now, then))
    edges = [-math.inf, *_edges(theirs), math.inf]
    binned = [
        [sum(low < one <= high for one in side) for low, high in pairwise(edges)]
        for side in (ours, theirs)
    ]
    expected = {
        "psi": measures.psi(*binned),
        "js": measures.jensen_shannon(*binned),
        "chi2": measures.phi(*binned),
        "ks": measures.kolmogorov_smirnov(Counter(ours), Counter(theirs)),
        "wasserstein": measures.wasserstein(Counter(ours), Counter(theirs)),
    }
    checks = [distribution(measure, 9) for measure in ALL]
    found = evaluate(EmbeddedEngine(), tables[0], checks, beside={"then": tables[1]})
    for measure, outcome in zip(ALL, found, strict=True):
        assert float(outcome.observed or 0) == pytest.approx(expected[measure])


def _edges(values: list[int]) -> list[int]:
    """The deciles below the greatest value; where one is that value, the one before it too."""
    ranked = sorted(values)
    deciles = [ranked[math.ceil(n * len(ranked) / 10) - 1] for n in range(1, 10)]
    inner = {one for one in deciles if one < ranked[-1]}
    if ranked[-1] in deciles:
        inner |= {max((one for one in ranked if one < ranked[-1]), default=ranked[-1])}
    return sorted(one for one in inner if one < ranked[-1])


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"measure": "kl"}, "measure is one of psi, js, ks, wasserstein, chi2"),
        ({"at_most": None}, "at_most is a number, and it is missing"),
        ({"against": None}, "against is text, and it is missing"),
        ({"at_most": -1}, "at_most is a number from 0 on"),
        ({"against": 3}, "against is text"),
        ({"against": "prod@x"}, "such as prod@12"),
        ({"against": {"values": ["a"]}}, "against: weights is a list of numbers"),
        ({"against": {"values": ["a"], "weights": [0]}}, "a number above 0"),
        ({"against": {"values": ["a", "a"], "weights": [1, 1]}}, "different values"),
        ({"against": {"edges": [1, 0], "weights": [1]}}, "rising numbers"),
        ({"against": {"edges": [0, 1], "weights": [1], "x": 1}}, "no keyword 'x'"),
        ({"measure": "ks", "against": {"edges": [0, 1], "weights": [1]}}, "psi, js or chi2"),
        ({"mostly": 0.5}, "no keyword 'mostly'"),
    ],
)
def test_a_slip_is_told_with_its_place(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as told:
        distribution(**keywords)
    assert said in str(told.value)
    assert str(told.value).startswith(PLACE)
