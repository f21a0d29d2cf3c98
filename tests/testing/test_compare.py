"""Tables compared: what is equal, and how a difference reads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.testing import assert_frames_equal
from headgate.testing.compare import differences
from headgate.testing.equality import ANY
from headgate.testing.rows_apart import Comparison

CELLS = st.sampled_from([None, 1, 2])
ROWS = st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), max_size=4)
WANTED = st.lists(st.fixed_dictionaries({}, optional={"a": CELLS, "b": CELLS}), max_size=4)


def fits(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(other[name] == value for name, value in row.items())


def oracle(there: list[dict[str, Any]], wanted: list[dict[str, Any]], *, among: bool) -> bool:
    """Whether any order of the rows that are there is what is expected."""
    if len(there) < len(wanted) or (len(there) != len(wanted) and not among):
        return False
    chosen = permutations(there, len(wanted))
    return any(all(map(fits, wanted, some)) for some in chosen)


@settings(max_examples=200, deadline=None)
@given(ROWS, WANTED, st.booleans())
def test_rows_are_equal_where_some_order_of_them_is(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]], among: bool
) -> None:
    frame = pl.DataFrame(there, schema={"a": pl.Int64, "b": pl.Int64})
    found = differences(frame, wanted, Comparison(among=among), ["a", "b"])
    assert (found == []) == oracle(there, wanted, among=among)


@settings(max_examples=50, deadline=None)
@given(ROWS, ROWS)
def test_with_a_key_or_in_order_the_verdict_is_the_same(
    there: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> None:
    frame = pl.DataFrame(there, schema={"a": pl.Int64, "b": pl.Int64})
    alike = oracle(there, wanted, among=False)
    assert (differences(frame, wanted, Comparison(key=["a"]), ["a", "b"]) == []) == alike
    ordered = differences(frame, wanted, Comparison(ordered=True), ["a", "b"])
    assert (ordered == []) == (there == wanted)


@pytest.mark.parametrize(
    ("there", "wanted", "alike"),
    [
        (0.1 + 0.2, 0.3, True),
        (1e12 + 1, 1e12, True),
        (1.0001, 1.0, False),
        (float("nan"), float("nan"), True),
        (float("nan"), None, False),
        (float("inf"), float("inf"), True),
        (float("inf"), 1e308, False),
        (2.0, 2, True),
        (1, True, False),
        ("1", 1, False),
        (date(2026, 1, 1), "2026-01-01", True),
        (date(2026, 1, 1), "1. 1. 2026", False),
        (Decimal("1.10"), "1.1", True),
        ([1, None], [1, None], True),
        ({"x": 1.0}, {"x": 1.0 + 1e-12}, True),
    ],
)
def test_values_are_equal_as_people_mean_it(there: Any, wanted: Any, alike: bool) -> None:
    frame = pl.DataFrame({"x": [there]})
    assert (differences(frame, [{"x": wanted}], Comparison()) == []) == alike


def test_many_rows_that_are_nearly_the_same_are_equal_in_any_order() -> None:
    frame = pl.DataFrame({"n": range(3_000), "x": [n / 7 for n in range(3_000)]})
    moved = frame.with_columns(pl.col("x") + 1e-12).reverse()
    assert_frames_equal(moved, frame)
    same = pl.DataFrame({"n": [1] * 3_000})
    assert_frames_equal(same, same)


def shown(there: Any, wanted: Any, **how: Any) -> str:
    with pytest.raises(AssertionError) as error:
        assert_frames_equal(there, wanted, **how)
    return str(error.value)


def test_a_difference_is_a_small_table() -> None:
    there = pl.DataFrame({"day": [1, 2, 3], "sold": [5, 6, 9], "town": ["Ulm", "Jena", None]})
    wanted = [
        {"day": 1, "sold": 5, "town": "Ulm"},
        {"day": 2, "sold": 7, "town": "Jena"},
        {"day": 4, "sold": 1},
    ]
    assert shown(there, wanted, key="day") == (
        "3 rows are not as expected (3 expected, 3 given)\n"
        "     day  sold   town\n"
        "  ~  2    7 → 6  Jena\n"
        "  -  4    1      …\n"
        "  +  3    9      null"
    )
    assert "  ~  1 → 2" in shown(pl.DataFrame({"a": [2]}), [{"a": 1}], ordered=True)
    assert "'1' → 1" in shown(pl.DataFrame({"a": [1]}), [{"a": "1"}], ordered=True)


def test_of_a_wide_table_the_key_and_what_differs_are_shown() -> None:
    wide = pl.DataFrame({f"c{n}": [n, n + 1] for n in range(30)})
    text = shown(wide, wide.with_columns(c17=pl.lit(0)), key="c0")
    assert text.splitlines()[1:] == ["     c0  c17", "  ~  0   0 → 17", "  ~  1   0 → 18"]
    many = pl.DataFrame({"a": range(100)})
    assert shown(many, many + 100).splitlines()[-1] == "     and 190 more"


def test_columns_and_what_they_mean_are_compared_too() -> None:
    there = pl.DataFrame({"a": [1], "b": ["x"]})
    assert "columns that are not expected: b" in shown(there, there.select("a"))
    assert_frames_equal(there, there.select("a"), columns=["a"])
    assert "no column 'aa': did you mean 'a'?" in shown(there, [{"aa": 1, "b": "x"}])
    assert "a is integer, expected number" in shown(there, there.cast({"a": pl.Float64}))
    assert_frames_equal(there, there.cast({"a": pl.Int8}))
    assert ANY not in there.rows()[0]
