"""Every expectation is judged, or is a clear error, whatever the table looks like."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from headgate.checks.check import Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.expectations import EXPECTATIONS, Level
from headgate.checks.native import read_check
from headgate.checks.suite import read_suite
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import CountingEngine, MakeTable, unknown

if TYPE_CHECKING:
    import polars as pl

NAMES = ['a "b" c', "it's", "select", "a.b", "é ü", "data", "rows", "?", "v", "m", "i", "__before"]
NEEDS_ONE = {name for name, one in EXPECTATIONS.items() if "column" in one.example}
NEEDS_MORE = {
    name for name, one in EXPECTATIONS.items() if {"column_A", "column_list"} & set(one.example)
}
COUNTING = {
    "expect_column_to_exist",
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_null",
    "expect_column_values_to_be_unique",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_proportion_of_non_null_values_to_be_between",
}
"""Expectations about one column that values without an order or a text can be judged by."""


def about(kind: str, first: str, second: str, **more: Any) -> dict[str, Any]:
    """The example of an expectation, about these columns."""
    kwargs = dict(EXPECTATIONS[kind].example) | more
    for name, column in (("column", first), ("column_A", first), ("column_B", second)):
        if name in kwargs:
            kwargs[name] = column
    if "column_list" in kwargs:
        kwargs["column_list"] = [first, second]
    return {"type": kind, "kwargs": kwargs}


def judged(engine: EmbeddedEngine, table: Table, listed: list[dict[str, Any]]) -> list[Outcome]:
    """The outcomes, which are the same with statistics and without."""
    checks = read_suite(json.dumps({"expectations": listed}), "suite.json")
    beside = {"train_clean": table, "stores": table}
    proved = evaluate(engine, table, checks, beside=beside)
    scanned = evaluate(engine, unknown(table), checks, beside=beside)
    for one, other in zip(proved, scanned, strict=True):
        assert one.status is other.status, (one, other)
        assert one.unexpected == other.unexpected, (one, other)
    return proved


@pytest.mark.parametrize("name", [*NAMES, "__order", "place", "before", "question", "x_1"])
def test_what_is_found_in_a_column_does_not_hang_on_the_name_of_another(
    engine: EmbeddedEngine, make: MakeTable, name: str
) -> None:
    import polars as pl

    listed = [about(kind, "x", "x") for kind in sorted(NEEDS_ONE)]
    found = []
    for other in (name, "plain"):
        table = make(pl.DataFrame({other: [5, 1, 9, 2], "x": [1, 2, 3, None]}))
        found.append([(one.status, one.unexpected) for one in judged(engine, table, listed)])
    assert found[0] == found[1]


@pytest.mark.parametrize("name", NAMES)
def test_columns_may_have_any_name(engine: EmbeddedEngine, make: MakeTable, name: str) -> None:
    import polars as pl

    numbers = make(pl.DataFrame({name: [1, 2, 2, None], "other": [1, 3, 2, 4]}))
    texts = make(pl.DataFrame({name: ["a", "2020-01-01", None], "other": ["b", "{}", "c"]}))
    listed = [about(kind, name, "other") for kind in sorted(NEEDS_ONE | NEEDS_MORE)]
    both = zip(judged(engine, numbers, listed), judged(engine, texts, listed), strict=True)
    for outcome, other in both:
        assert {outcome.status, other.status} != {Status.ERROR}, (outcome.message, other.message)
        for one in (outcome, other):
            assert "Error" not in one.message, one  # DuckDB's own errors have the word


def test_columns_of_lists_records_and_bytes_are_counted_or_a_clear_error(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    values: dict[str, list[Any]] = {
        "list": [[1], [2], None],
        "record": [{"a": 1}, {"a": 2}, None],
        "bytes": [b"a", b"b", None],
    }
    table = make(pl.DataFrame(values))
    for column in values:
        kinds = sorted(NEEDS_ONE)
        outcomes = judged(engine, table, [about(kind, column, column) for kind in kinds])
        for kind, outcome in zip(kinds, outcomes, strict=True):
            assert (outcome.status is not Status.ERROR) == (kind in COUNTING), outcome
            if outcome.status is Status.ERROR:
                assert outcome.message.startswith(f"{column} is a"), outcome.message


@pytest.mark.parametrize(
    "frame",
    [
        {"a": [], "b": []},
        {"a": [None, None], "b": [None, None]},
        {"a": [math.nan, None], "b": [None, math.nan]},
        {"a": [math.inf, -math.inf], "b": [-0.0, 0.0]},
        {"a": [Decimal("1.50"), None], "b": [Decimal("0.50"), Decimal("9.99")]},
        {
            "a": [datetime(2020, 1, 1, tzinfo=UTC), None],
            "b": [datetime(2021, 1, 1, tzinfo=UTC)] * 2,
        },
        {"a": [True, False], "b": [True, None]},
    ],
    ids=["empty", "all null", "NaN", "infinite", "decimals", "zoned", "booleans"],
)
def test_odd_values_are_never_an_error_of_the_engine(
    engine: EmbeddedEngine, make: MakeTable, frame: dict[str, list[Any]]
) -> None:
    import polars as pl

    table = make(typed(pl.DataFrame(frame)))
    kinds = sorted(NEEDS_ONE | NEEDS_MORE)
    for outcome in judged(engine, table, [about(kind, "a", "b") for kind in kinds]):
        assert "Error" not in outcome.message, outcome


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of nothing have a type all the same."""
    import polars as pl

    return frame.cast({pl.Null: pl.Float64})


def test_a_table_of_two_thousand_columns_is_judged_in_one_read(make: MakeTable) -> None:
    import polars as pl

    names = [f"c{number}" for number in range(2000)]
    frame = pl.DataFrame({name: [number, None] for number, name in enumerate(names)})
    table = unknown(make(frame))
    listed = [
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": name, "min_value": 2},
        }
        for name in names
    ]
    every = {"column_list": names, "ignore_row_if": "never"}
    listed += [
        {"type": "expect_multicolumn_sum_to_equal", "kwargs": {**every, "sum_total": 1999000}},
        {"type": "expect_select_column_values_to_be_unique_within_record", "kwargs": every},
        {"type": "expect_multicolumn_values_to_be_equal", "kwargs": every},
        {"type": "expect_compound_columns_to_be_unique", "kwargs": every},
        {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 2000}},
    ]
    checks = read_suite(json.dumps({"expectations": listed}), "suite.json")
    counting = CountingEngine()
    outcomes = evaluate(counting, table, checks)
    assert [outcome.unexpected for outcome in outcomes] == [1, 1] + [0] * 1998 + [1, 1, 1, 0, None]
    assert [outcome.message for outcome in outcomes if outcome.status is Status.ERROR] == []
    # 4,000 counts in twenty reads, the key in one of its own, and one for each of the five that fail
    assert len(counting.statements) == 20 + 1 + 1 + 5


def test_what_needs_no_read_is_said_to_need_none(make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"a": [1], "b": [2]}))
    table.paths[0].unlink()
    kinds = [name for name, one in EXPECTATIONS.items() if one.level is Level.NOTHING]
    listed = [about(kind, "a", "b") for kind in kinds]
    for outcome in judged(EmbeddedEngine(), table, listed):
        assert outcome.status is not Status.ERROR, outcome.message


def test_times_of_day_are_compared_with_a_bound(make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"at": [time(9), time(10), time(23, 59), None], "day": [1, 1, 2, 2]}))
    early = read_check({"between": {"column": "at", "high": "10:00:00"}}, "p.yml:1")
    late = read_check({"max": {"column": "at", "high": "12:00:00", "by": "day"}}, "p.yml:1")
    [one, other] = evaluate(EmbeddedEngine(), table, [early, late])
    assert (one.missing, one.unexpected) == (1, 1)
    assert other.details["worst"] == [{"group": {"day": 2}, "observed": "23:59:00"}]


@pytest.mark.parametrize("key", ["key_0", "elements", "unexpected", "observed", "fails", 'a "b" c'])
@pytest.mark.parametrize("name", ["missing", "key_1", "groups", "__place", "?"])
def test_groups_are_found_whatever_the_columns_are_called(
    make: MakeTable, key: str, name: str
) -> None:
    import polars as pl

    table = make(pl.DataFrame({key: [1, 1, 2, None], name: [5, None, 7, None]}))
    given: list[dict[str, Any]] = [
        {"not_null": {"column": name, "by": key, "mostly": 0.5}},
        {"max": {"column": name, "high": 6, "by": [key]}},
    ]
    checks = [read_check(one, "p.yml:1") for one in given]
    [rule, number] = evaluate(EmbeddedEngine(), table, checks)
    assert [one.details["failing"] for one in (rule, number)] == [1, 2]
    assert [dict(sample.values) for sample in rule.samples] == [{key: None, name: None}]


def test_a_sum_of_decimals_is_held_against_the_number_that_was_written(make: MakeTable) -> None:
    import polars as pl

    cells = [Decimal("0.1"), Decimal("0.2"), Decimal("0.3"), None]
    table = make(
        pl.DataFrame(
            {"exact": cells, "rounded": [0.1, 0.2, 0.3, None]},
            schema_overrides={"exact": pl.Decimal(9, 2)},
        )
    )
    span = {"low": 0.6, "high": 0.6}
    words = [{"sum": {"column": name, **span}} for name in ("exact", "rounded")]
    exact, rounded = evaluate(EmbeddedEngine(), table, [read_check(one, "") for one in words])
    assert exact.status is Status.PASSED
    assert rounded.status is Status.FAILED
    assert rounded.message == "sum of rounded is 0.6, or in full 0.6000000000000001"


def test_infinite_values_are_not_said_to_be_no_values(make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": [1.0, math.inf, -math.inf], "none": [None, math.nan, None]}))
    words: list[dict[str, Any]] = [{"mean": {"column": name, "low": 0}} for name in ("x", "none")]
    found = evaluate(EmbeddedEngine(), table, [read_check(one, "") for one in words])
    assert [one.message for one in found] == [
        "mean of x is no number: there are infinite values",
        "mean of none is unknown: there is no value",
    ]
