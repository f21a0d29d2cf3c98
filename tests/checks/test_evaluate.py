"""Checks are judged exactly, as cheaply as possible, and never passed without being judged."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from headgate.checks.check import (
    Check,
    Match,
    Names,
    ProvedBy,
    Range,
    Status,
)
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import (
    AHEAD,
    Age,
    Aggregate,
    Between,
    ColumnNames,
    ColumnType,
    Completeness,
    Function,
    Ignore,
    Length,
    Matches,
    NoneOf,
    NotNull,
    OneOf,
    Rows,
    RowsBeside,
    Rule,
    Unique,
)
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import CountingEngine, MakeTable, judged, number, row, unknown

NOON = datetime(2015, 8, 1, 12, tzinfo=UTC)
DECADE = timedelta(days=3650)


# ------------------------------------------------------------------ reached cheaply


def test_what_the_statistics_prove_is_not_read(sales: Table) -> None:
    engine = CountingEngine()
    checks = [
        number(Rows(), Range(1, 10)),
        Check("", ColumnNames(), Names(sales.schema.names)),
        row(NotNull("Store")),
        row(Between("Date", "2015-07-28", "2015-07-31")),
        row(Between("Store", 1, 1200)),
        row(OneOf("Store", (1, 2, 3))),
        row(OneOf("Promo", (True, False))),
        row(NoneOf("Sales", (10_000, -99))),
        row(Between("StateHoliday", "0", "z")),
        number(Aggregate(Function.MAX, "Sales"), Range(8000, 9000)),
        number(Completeness(), Range(0.8)),
        number(Age("Date"), Range(None, 48)),
    ]
    outcomes = evaluate(engine, sales, checks, now=NOON)
    assert {outcome.proved_by for outcome in outcomes} == {ProvedBy.STATISTICS}
    assert [outcome.status for outcome in outcomes if not outcome.passed] == [Status.FAILED]
    # the only statement asks for the rows without a store, since that check failed
    assert len(engine.statements) == 1


def test_everything_else_is_one_read(sales: Table) -> None:
    engine = CountingEngine()
    checks = [
        row(OneOf("StateHoliday", ("0", "a", "x"))),
        row(Between("Price", 0, 1)),
        row(Matches("StateHoliday", "[0ax]")),
        row(Length("StateHoliday", 1, 1)),
        row(NoneOf("Price", (99,))),
    ]
    outcomes = evaluate(engine, sales, checks)
    assert [(o.status, o.proved_by) for o in outcomes] == [(Status.PASSED, ProvedBy.SCAN)] * 5
    assert len(engine.statements) == 1


def test_aggregates_share_one_select(sales: Table) -> None:
    engine = CountingEngine()
    checks = [number(Aggregate(function, "Sales")) for function in Function]
    assert all(outcome.passed for outcome in evaluate(engine, unknown(sales), checks))
    assert len(engine.statements) == 1


def test_an_empty_table_is_never_read(make: MakeTable) -> None:
    import polars as pl

    engine = CountingEngine()
    empty = unknown(make(pl.DataFrame(schema={"x": pl.Int64})))
    checks = [row(NotNull("x")), row(Unique(("x",))), row(OneOf("x", ())), number(Completeness())]
    assert all(outcome.passed for outcome in evaluate(engine, empty, checks))
    assert engine.statements == []


def test_a_proof_imports_neither_duckdb_nor_polars() -> None:
    program = """
import sys
from pathlib import Path
from headgate.checks.check import Check, Range, Share
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import Between, Failing, Rows
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

schema = Schema((Column("Sales", LogicalType.INTEGER, "BIGINT"),))
table = Table("t", (Path("none.parquet"),), schema, 9, {"Sales": ColumnStatistics(1, 0, 0, 50)})
checks = [Check("", Rows(), Range(1, 9)), Check("", Failing(Between("Sales", 0, 50)), Share())]
assert all(outcome.passed for outcome in evaluate(EmbeddedEngine(), table, checks))
print(sorted({"duckdb", "polars", "pyarrow", "numpy"} & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


# ------------------------------------------------------------------ judged exactly


@pytest.mark.parametrize(
    ("rule", "missing", "unexpected"),
    [
        (NotNull("Store"), 0, 1),
        (NotNull("Distance"), 0, 2),  # NaN is no value either
        (Between("Sales", 0, 50_000), 0, 1),
        (Between("Store", 1, 3), 1, 0),
        (Between("Store", 1, 3, strict_low=True, strict_high=True), 1, 2),
        (Between("Store", 1.5, 2.5), 1, 2),
        (Between("Distance", 0, 1e308), 2, 1),
        (Between("Date", "2015-07-29"), 0, 1),
        (Between("Date", "2015-07-28T00:00:01"), 0, 1),
        (Between("Promo", 1, 1), 1, 1),
        (Between("Price", 0.1, 0.3), 1, 0),
        (Between("Price", 0.1, 0.3, strict_low=True), 1, 1),
        (OneOf("Open", (0, 1)), 0, 1),
        (OneOf("Open", (0.0, 1.0, 5.5)), 0, 1),
        (OneOf("Open", ("0", "1")), 0, 4),  # as in Great Expectations: text is no number
        (OneOf("StateHoliday", ("0", "a", "b", "c", 0)), 0, 1),
        (OneOf("StateHoliday", ("a", 0)), 0, 1),  # a mixed set is compared as text
        (OneOf("Date", ("2015-07-28", "2015-07-29")), 0, 2),
        (OneOf("Price", (0.1, 0.2, 0.3)), 1, 0),
        (NoneOf("StateHoliday", ("x",)), 0, 1),
        (NoneOf("Distance", (1270.5,)), 2, 1),
        (Matches("StateHoliday", "^[0-9a-c]$"), 0, 1),
        (Matches("Open", "^[01]$"), 0, 1),
        (Matches("Date", "^2015-07-"), 0, 0),
        (Length("StateHoliday", 2), 0, 4),
        (Unique(("StateHoliday",)), 0, 2),
        (Unique(("Store", "Date")), 0, 0),
    ],
)
def test_a_rule_counts_the_rows_that_break_it(
    engine: EmbeddedEngine, sales: Table, rule: Rule, missing: int, unexpected: int
) -> None:
    outcome = judged(engine, sales, row(rule))
    assert (outcome.elements, outcome.missing, outcome.unexpected) == (4, missing, unexpected)
    assert outcome.passed == (unexpected == 0)


def test_mostly_lets_a_share_of_the_judged_rows_fail(engine: EmbeddedEngine, sales: Table) -> None:
    assert judged(engine, sales, row(Between("Sales", 0), 0.75)).passed
    failed = judged(engine, sales, row(Between("Sales", 0), 0.76))
    assert failed.message == "1 of 4 rows breaks it (25 %), at most 24 % may, such as -1"


def test_a_column_without_any_value_keeps_every_rule(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"text": [None, None], "number": [math.nan, None]}))
    for name in ("text", "number"):
        for rule in (Between(name, 0, 1), OneOf(name, (1,)), NoneOf(name, (1,)), Unique((name,))):
            outcome = judged(engine, table, row(rule))
            assert outcome.passed, (rule, outcome.message)
            assert outcome.unexpected_percent is None


def test_nan_and_null_are_the_same_missing_value_of_a_key(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": [math.nan, None, 1.0], "y": [1, 1, 1]}))
    assert judged(engine, table, row(Unique(("x", "y"), Ignore.NEVER))).unexpected == 2
    assert judged(engine, table, row(Unique(("x", "y"), Ignore.ANY_MISSING))).unexpected == 0


def test_a_single_precision_column_holds_its_own_tenth(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": [0.1, 0.2]}, schema={"x": pl.Float32}))
    assert judged(engine, table, row(Between("x", 0.1, 0.2))).passed
    assert judged(engine, table, row(OneOf("x", (0.1, 0.2)))).passed


def test_whole_numbers_are_compared_beyond_what_a_double_holds(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": [2**53 + 1]}))
    assert not judged(engine, table, row(Between("x", None, float(2**53)))).passed
    assert not judged(engine, table, row(OneOf("x", (2**53, 0.5)))).passed
    assert judged(engine, table, row(Between("x", -(10**400), 10**400))).passed


def test_moments_are_compared_at_utc(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    berlin = timezone(timedelta(hours=2))
    moment = datetime(2015, 7, 31, 1, tzinfo=berlin)  # 23:00 on the day before
    table = make(pl.DataFrame({"t": [moment]}, schema={"t": pl.Datetime("us", "Europe/Berlin")}))
    assert judged(
        engine, table, row(Between("t", "2015-07-30T23:00:00", "2015-07-30 23:00"))
    ).passed
    assert judged(engine, table, row(Between("t", "2015-07-31T01:00:00+02:00"))).passed
    assert not judged(engine, table, row(Between("t", "2015-07-31"))).passed
    newest = judged(engine, table, number(Aggregate(Function.MAX, "t"), Range("2015-07-30")))
    assert newest.observed == "2015-07-30T23:00:00+00:00"
    aged = judged(engine, table, number(Age("t"), Range(None, 37)), now=NOON)
    assert aged.observed == 37


@pytest.mark.parametrize(
    ("function", "column", "bound", "observed", "passed"),
    [
        (Function.MEAN, "Store", Range(2, 2), 2.0, True),
        (Function.SUM, "Sales", Range(None, 1), 19640, False),
        (Function.MIN, "Date", Range("2015-07-28", "2015-07-28"), "2015-07-28", True),
        (Function.MAX, "Date", Range(None, "2015-07-31", strict_high=True), "2015-07-31", False),
        (Function.MAX, "Distance", Range(None, 1e308), "inf", False),
        (Function.MIN, "Distance", Range(1270.5, None), 1270.5, True),
        (Function.MEDIAN, "Store", Range(2, None, strict_low=True), 2.0, False),
        (Function.STDEV, "Store", Range(1, 1), 1.0, True),
        (Function.DISTINCT, "StateHoliday", Range(3, 3), 3, True),
        (Function.MIN, "Price", Range(0.1, 0.1), 0.1, True),
        (Function.MEAN, "Promo", Range(0.6, 0.7), 2 / 3, True),
        (Function.MIN, "StateHoliday", Range("0", "0"), "0", True),
    ],
)
def test_an_aggregate_is_held_to_its_range(
    engine: EmbeddedEngine,
    sales: Table,
    function: Function,
    column: str,
    bound: Range,
    observed: object,
    passed: bool,
) -> None:
    outcome = judged(engine, sales, number(Aggregate(function, column), bound))
    assert outcome.observed == pytest.approx(observed)
    assert outcome.passed is passed


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (Names(("a", "b", "c")), ""),
        (Names(("c", "a", "b"), Match.SAME), ""),
        (Names(("b",), Match.CONTAINS), ""),
        (Names(("b", "a", "c")), "in another order: 'a' stands where 'b' was declared"),
        (Names(("a", "b")), "unexpected 'c'"),
        (Names(("a", "b", "c", "d"), Match.SAME), "missing 'd'"),
        (Names(("a", "B", "c")), "missing 'B'; unexpected 'b'"),
        (Names(("Open",), Match.CONTAINS), "missing 'Open'"),
    ],
)
def test_columns_that_differ_are_named(
    engine: EmbeddedEngine, make: MakeTable, names: Names, message: str
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"a": [1], "b": [1], "c": [1]}))
    outcome = judged(engine, table, Check("", ColumnNames(), names))
    assert outcome.message == message
    assert outcome.passed == (not message)
    assert str(outcome.observed).startswith("3 columns: a, b, c")


@pytest.mark.parametrize(
    ("column", "names", "passed"),
    [
        ("Store", ("int64",), True),
        ("Store", ("INTEGER",), True),
        ("Store", ("float64", "BIGINT"), True),
        ("Store", ("int32",), False),
        ("StateHoliday", ("object",), True),
        ("StateHoliday", ("VARCHAR(20)",), True),
        ("Distance", ("float",), True),
        ("Date", ("datetime64[ns]",), True),
        ("Date", ("date",), True),
        ("Price", ("decimal",), True),
        ("Price", ("float64",), False),
        ("Promo", ("bool",), True),
    ],
)
def test_a_type_goes_by_many_names(
    engine: EmbeddedEngine, sales: Table, column: str, names: tuple[str, ...], passed: bool
) -> None:
    check = Check("", ColumnType(column), Names(names, Match.CONTAINS))
    assert judged(engine, sales, check).passed is passed


def test_rows_are_compared_with_another_table(engine: EmbeddedEngine, sales: Table) -> None:
    check = number(RowsBeside("clean"), Range(0, 0))
    assert judged(engine, sales, check, beside={"clean": sales}).passed
    more = Table("clean", (), sales.schema, 1004)
    failed = judged(engine, sales, check, beside={"clean": more})
    assert failed.message == "1000 rows fewer than clean"


def test_completeness_is_the_share_of_filled_cells(engine: EmbeddedEngine, sales: Table) -> None:
    outcome = judged(engine, sales, number(Completeness(), Range(0.9)))
    assert (outcome.observed, outcome.passed) == (27 / 32, False)
    assert outcome.message == "84.4 % of cells are filled"
    assert judged(engine, sales, number(Completeness(("Date", "Sales")), Range(1.0))).passed


def test_age_is_counted_from_the_newest_value_or_delivery(
    engine: EmbeddedEngine, sales: Table
) -> None:
    by_date = judged(engine, sales, number(Age("Date"), Range(None, 24)), now=NOON)
    assert (by_date.observed, by_date.passed) == (36, False)
    ahead = judged(engine, sales, number(Age("Date"), Range(-AHEAD, 24)), now=NOON - DECADE)
    assert (ahead.passed, ahead.message) == (False, "the newest Date is 3,648 days ahead of now")
    delivered = datetime(2015, 8, 1, 9)  # noqa: DTZ001 - without a zone it is taken for UTC
    facts = {"now": NOON, "newest": delivered}
    by_delivery = judged(engine, sales, number(Age(), Range(None, 4)), **facts)
    assert (by_delivery.observed, by_delivery.passed) == (3, True)
