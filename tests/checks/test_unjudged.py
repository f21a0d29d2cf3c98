"""A check that cannot be judged is an error, alone, and is never passed."""

from __future__ import annotations

import math

import pytest

from headgate.checks.check import (
    Check,
    Names,
    Outcome,
    Range,
    Severity,
    Share,
    Status,
)
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import (
    Age,
    Aggregate,
    Between,
    Function,
    Matches,
    NoneOf,
    NotNull,
    OneOf,
    Readable,
    Rows,
    RowsBeside,
    Unique,
)
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable, judged, number, row


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (row(NotNull("Stor")), "no column 'Stor'; did you mean 'Store'?"),
        (row(Unique(("Store", "Dat"))), "no column 'Dat'; did you mean 'Date'?"),
        (number(Aggregate(Function.MEAN, "sales")), "no column 'sales'; did you mean 'Sales'?"),
        (row(Between("StateHoliday", 0, 1)), "StateHoliday is a string, which 0 cannot be"),
        (row(Between("Sales", "0", "9")), "Sales is an integer, which '0' cannot be compared with"),
        (row(Between("Date", "31.07.2015")), "write it in ISO 8601"),
        (row(Between("Date", 20150731)), "Date is a date, which 20150731 cannot be compared"),
        (row(NoneOf("StateHoliday", (0, 1))), "StateHoliday is a string, which 0 cannot be"),
        (row(Matches("Distance", "1")), "only text can be matched"),
        (row(Matches("StateHoliday", "(?=0)")), "uses lookahead, which is not supported"),
        (row(Matches("StateHoliday", "a{2000}")), "invalid repetition size"),
        (number(Aggregate(Function.MEAN, "StateHoliday")), "a mean needs numbers"),
        (number(Aggregate(Function.MIN, "Sales"), Range("a")), "which 'a' cannot be compared"),
        (number(Aggregate(Function.MEAN, "Sales"), Range("a")), "a number cannot be compared"),
        (number(RowsBeside("clean"), Range(0, 0)), "no dataset 'clean'"),
        (number(Age("Sales")), "only a date or timestamp has an age"),
        (number(Age()), "nobody knows when the newest delivery came"),
        (number(Readable(), Share()), "only a reader of files"),
        (Check("", Rows(), Names(("a",))), "cannot have the bound"),
    ],
)
def test_what_cannot_be_judged_is_an_error_and_closes_the_gate(
    engine: EmbeddedEngine, sales: Table, check: Check, message: str
) -> None:
    outcome = judged(engine, sales, check)
    assert outcome.status is Status.ERROR
    assert message in outcome.message
    assert Outcome(Check("", Rows(), Range(), Severity.INFO), outcome.status).closes_gate


def test_a_broken_check_does_not_touch_the_others(engine: EmbeddedEngine, sales: Table) -> None:
    checks = [
        row(Matches("StateHoliday", "a{2000}")),  # more than the engine counts
        row(OneOf("StateHoliday", ("0", "a", "x"))),
        row(Matches("StateHoliday", "[0ax]")),
        row(NotNull("no")),
        number(Aggregate(Function.MEAN, "Sales")),
    ]
    statuses = [outcome.status for outcome in evaluate(engine, sales, checks)]
    good, bad = Status.PASSED, Status.ERROR
    assert statuses == [bad, good, good, bad, good]


def test_a_table_whose_file_is_gone_passes_nothing_that_must_be_read(
    engine: EmbeddedEngine, sales: Table
) -> None:
    sales.paths[0].unlink()
    checks = [row(NotNull("Date")), row(Unique(("Date",))), number(Aggregate(Function.SUM, "Open"))]
    statuses = [outcome.status for outcome in evaluate(engine, sales, checks)]
    assert statuses == [Status.PASSED, Status.ERROR, Status.ERROR]


def test_an_aggregate_of_nothing_fails(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": [None, math.nan]}))
    for function in (Function.MEAN, Function.MIN, Function.MAX, Function.STDEV, Function.MEDIAN):
        outcome = judged(engine, table, number(Aggregate(function, "x")))
        assert (outcome.status, outcome.observed) == (Status.FAILED, None)


@pytest.mark.parametrize("name", ['a "b" c', "it's", "select", "a,b", "é ü", "data", "rows", "?"])
def test_columns_may_have_any_name(engine: EmbeddedEngine, make: MakeTable, name: str) -> None:
    import polars as pl

    table = make(pl.DataFrame({name: ["a'b", "x", "x"], "other": [1.5, 2.5, 3.5]}))
    for rule in (OneOf(name, ("a'b",)), Unique((name, "other")), Unique((name,))):
        assert judged(engine, table, row(rule)).status is not Status.ERROR
    assert judged(engine, table, row(OneOf(name, ("a'b", "x")))).passed


def test_columns_that_differ_only_in_case_are_not_taken_for_each_other(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"sales": [1], "Sales": [-1], "x": [1]}))
    outcome = judged(engine, table, row(Between("Sales", 0)))
    assert outcome.status is Status.ERROR
    assert outcome.message.startswith("columns 'Sales' and 'sales' differ only in case")
    assert judged(engine, table, row(Between("x", 0))).passed
