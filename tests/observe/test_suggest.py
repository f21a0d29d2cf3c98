"""What a table speaks for is proposed, and what it does not speak for is not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headgate.checks.suite as suites
from headgate.observe.bounds import Ends, agreed, seen, widened
from headgate.observe.column import Shape
from headgate.observe.patterns import pattern
from headgate.observe.profile import MASK, profile
from headgate.observe.suggest import left_out, suggest
from headgate.observe.suggestion import Suggestion, as_suite
from tests.observe.held import ENGINE, failed, kept

DAYS = [date(2024, 1, 1) + timedelta(days=n // 10) for n in range(2000)]
RANDOM = Random(11)
KINDS = [RANDOM.choice("abc") for _ in range(2000)]


def suggested(columns: Mapping[str, Sequence[Any]]) -> list[Suggestion]:
    import polars as pl

    with kept(pl.DataFrame(dict(columns))) as table:
        return suggest(profile(ENGINE, table))


def of(found: Sequence[Suggestion], kind: str, column: str) -> dict[str, Any] | None:
    """The keywords of the first suggestion of a kind for a column."""
    name = f"expect_column_{kind}"
    mine = (one for one in found if one.type == name and one.kwargs.get("column") == column)
    return next((dict(one.kwargs) for one in mine), None)


def test_few_values_that_both_halves_have_are_a_set() -> None:
    found = suggested({"kind": KINDS})
    assert of(found, "values_to_be_in_set", "kind") == {
        "column": "kind",
        "value_set": ["a", "b", "c"],
    }


def test_values_that_come_and_go_are_no_set() -> None:
    assert of(suggested({"kind": sorted(KINDS)}), "values_to_be_in_set", "kind") is None


def test_numbers_that_a_stand_in_made_text_are_told_and_not_kept_as_text() -> None:
    import polars as pl

    numbers = [f"{n - 50}" for n in range(1000)]
    fractions = [f"{n / 7:.3f}" for n in range(1000)]
    codes = [f"{n:05}" for n in range(1000)]
    columns = {"delay": numbers, "ratio": fractions, "zip": codes}
    frame = pl.DataFrame({name: [*values, *["NA"] * 9] for name, values in columns.items()})
    with kept(frame) as table:
        seen = profile(ENGINE, table)
    found = suggest(seen)
    assert not [one for one in found if one.column in {"delay", "ratio"}]
    assert of(found, "values_to_be_of_type", "zip") == {"column": "zip", "type_": "string"}
    first, second = left_out(seen)
    assert first.startswith("delay is numbers read as text, because of 'NA' in 9 of the rows")
    assert "nulls" in first
    assert second.startswith("ratio is numbers")


def test_one_value_alone_is_no_rule() -> None:
    found = suggested({"year": [2024] * 2000, "land": ["DE"] * 2000})
    assert of(found, "values_to_be_in_set", "year") is None
    assert of(found, "values_to_be_in_set", "land") is None
    assert of(found, "values_to_be_between", "year") == {"column": "year", "min_value": 0}


def test_a_complete_column_is_not_null_and_a_rare_gap_is_allowed_for() -> None:
    gaps = [None if n % 50 == 0 else n for n in range(2000)]
    found = suggested({"full": list(range(2000)), "gaps": gaps})
    assert of(found, "values_to_not_be_null", "full") == {"column": "full"}
    told = of(found, "values_to_not_be_null", "gaps")
    assert told is not None
    assert 0.9 <= told["mostly"] < 0.98


def test_numbers_that_grow_have_no_upper_end() -> None:
    found = suggested({"level": [float(n) for n in range(2000)]})
    told = of(found, "values_to_be_between", "level")
    assert told == {"column": "level", "min_value": 0}


def test_a_key_is_told_from_values_that_differ_by_chance() -> None:
    random = Random(5)
    found = suggested(
        {
            "order_id": random.sample(range(10**9), 2000),
            "number": list(range(5, 2005)),
            "weight": [random.randrange(10**12) for _ in range(2000)],
        }
    )
    assert of(found, "values_to_be_unique", "order_id")  # by its name
    assert of(found, "values_to_be_unique", "number")  # by its range
    assert of(found, "values_to_be_unique", "weight") is None


def test_an_identifier_has_no_range_and_no_mean() -> None:
    random = Random(6)
    found = suggested({"bikeid": [random.randrange(100, 900) for _ in range(2000)]})
    assert of(found, "values_to_be_between", "bikeid") == {"column": "bikeid", "min_value": 0}
    assert of(found, "mean_to_be_between", "bikeid") is None


def test_nothing_shows_a_value_of_a_personal_column() -> None:
    random = Random(7)
    people = [f"p{random.randrange(300)}@example.org" for _ in range(2000)]
    phones = [f"+49 30 {random.randrange(10**6, 10**7)}" for _ in range(2000)]
    births = [date(1950, 1, 1) + timedelta(days=random.randrange(9000)) for _ in range(2000)]
    columns = {"contact": people, "calls": phones, "birth_date": births, "kind": KINDS}
    import polars as pl

    with kept(pl.DataFrame(columns)) as table:
        held = profile(ENGINE, table)
    assert [one.personal.kind if one.personal else None for one in held.columns] == [
        *("e-mail", "phone", "birth", None),
    ]
    said = json.dumps([held.as_json(), as_suite("people", suggest(held))], default=str)
    assert MASK in held.columns[0].top[0]
    for value in (*people, *phones, *map(str, births)):
        assert value not in said


def test_too_few_rows_speak_for_types_and_names_alone() -> None:
    kinds = {one.type for one in suggested({"a": [1, 2, 3], "b": ["x", "y", "z"]})}
    assert kinds == {
        "expect_table_columns_to_match_ordered_list",
        "expect_column_values_to_be_of_type",
    }


VALUES = st.one_of(
    st.lists(st.none() | st.integers(-1000, 10**12), min_size=40, max_size=80),
    st.lists(st.none() | st.floats(allow_nan=True), min_size=40, max_size=80),
    st.lists(st.none() | st.text(alphabet='aB9+-.\\"(é中', max_size=5), min_size=40, max_size=80),
    st.lists(st.dates(), min_size=40, max_size=80),
    st.lists(st.sampled_from(["a", "b"]), min_size=40, max_size=80),
)


@settings(max_examples=30, deadline=None)
@given(VALUES, st.integers(0, 1))
def test_a_table_keeps_what_was_suggested_for_it(values: list[Any], twice: int) -> None:
    """Whatever the values, the suite can be read, and the table itself passes it."""
    import polars as pl

    frame = pl.DataFrame({'the "column"': values * (twice + 1), "n": range(len(values) << twice)})
    with kept(frame) as table:
        found = suggest(profile(ENGINE, table))
    text = json.dumps(as_suite("suggested", found), allow_nan=False)
    checks = suites.read_suite(text, "suggested.json")
    assert len(checks) == len(found)
    assert failed(frame, checks) == {}


# ------------------------------------------------------------------ bounds and patterns


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=200))
def test_ends_hold_the_values_they_were_made_from(values: list[float]) -> None:
    ranked = sorted(values)
    ranks = {name: ranked[int(share * (len(ranked) - 1))] for name, share in
             (("p01", 0.01), ("p50", 0.5), ("p99", 0.99))}  # fmt: skip
    numbers = seen(len(values), min(values), max(values), ranks)
    assert numbers is not None
    ends = widened(numbers)
    assert ends.low is not None
    assert ends.high is not None
    assert ends.low <= min(values)
    assert ends.high >= max(values)
    assert agreed(ends, [numbers, numbers]) == ends


def test_ends_that_one_half_would_not_have_kept_are_dropped() -> None:
    ranks = {"p01": 1.0, "p50": 5.0, "p99": 9.0}
    low, high = seen(100, 0, 10, ranks), seen(100, 1000, 2000, dict.fromkeys(ranks, 1500.0))
    assert low is not None
    assert high is not None
    assert agreed(Ends(0.0, 3000.0), [low, high]) == Ends(0.0, None)


@pytest.mark.parametrize(
    ("shapes", "regex"),
    [
        ([Shape("AA-9999", 1.0)], "^[A-Z]{2}-[0-9]{4}$"),
        ([Shape("+99 (9)", 1.0)], r"^\+[0-9]{2} \([0-9]\)$"),
        ([Shape("A9", 0.6), Shape("A99", 0.4)], "^[A-Z]+[0-9]+$"),
        ([Shape("A+9+", 0.7, folded=True), Shape("9+", 0.3, folded=True)], "^(?:[A-Z]+[0-9]+|[0-9]+)$"),
        ([Shape("A9", 0.5), Shape("a-9", 0.3)], None),
        ([Shape("LLL", 1.0)], None),
        ([Shape("--", 1.0)], None),
    ],
)  # fmt: skip
def test_a_pattern_is_told_where_nearly_all_texts_keep_it(
    shapes: list[Shape], regex: str | None
) -> None:
    found = pattern(shapes)
    assert (found.regex if found else None) == regex
