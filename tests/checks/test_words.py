"""Checks are told in the words people use."""

from __future__ import annotations

import pytest

from headgate.checks.check import Bound, Check, Match, Names, Range, Share
from headgate.checks.metric import (
    Age,
    Aggregate,
    Between,
    ColumnNames,
    ColumnType,
    Completeness,
    Failing,
    Function,
    Length,
    Matches,
    Metric,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rows,
    RowsBeside,
    Unique,
)
from headgate.checks.phrases import ends, listed, number, percent
from headgate.checks.words import in_words


@pytest.mark.parametrize(
    ("metric", "bound", "words"),
    [
        (Failing(Between("Sales", 0, 50_000)), Share(), "Sales between 0 and 50,000"),
        (Failing(Between("Year", 2013, 2015)), Share(), "Year between 2013 and 2015"),
        (Failing(Between("Sales", 0)), Share(), "Sales at least 0"),
        (Failing(Between("x", 0, 1, strict_low=True)), Share(), "x above 0 and at most 1"),
        (Failing(Between("x", None, 9, strict_high=True)), Share(), "x below 9"),
        (
            Failing(Between("Date", "2013-01-01", "2015-12-31")),
            Share(),
            "Date between 2013-01-01 and 2015-12-31",
        ),
        (Failing(NotNull("Store")), Share(), "Store not null"),
        (Failing(NotNull("Store")), Share(0.95), "Store not null, for at least 95 % of rows"),
        (Failing(Null("x")), Share(), "x null"),
        (
            Failing(OneOf("StateHoliday", ("0", "a", "b", "c"))),
            Share(),
            "StateHoliday one of 0, a, b, c",
        ),
        (Failing(OneOf("x", (True, 0.5))), Share(), "x one of true, 0.5"),
        (Failing(NoneOf("x", (10_000,))), Share(), "x none of 10000"),
        (Failing(Unique(("Store", "Date"))), Share(), "unique (Store, Date)"),
        (Failing(Matches("x", "^a")), Share(), "x matches ^a"),
        (Failing(NotMatches("x", "^a")), Share(), "x does not match ^a"),
        (Failing(Length("x", 3, 3)), Share(), "length of x exactly 3"),
        (Rows(), Range(100_000, 2_000_000), "rows between 100,000 and 2,000,000"),
        (Rows(), Range(7, 7), "rows exactly 7"),
        (RowsBeside("clean"), Range(0, 0), "as many rows as clean"),
        (RowsBeside("clean"), Range(0), "rows more than clean at least 0"),
        (ColumnNames(), Names(("Open",), Match.CONTAINS), "column Open exists"),
        (ColumnNames(), Names(("a", "b"), Match.CONTAINS), "columns a, b exist"),
        (ColumnNames(), Names(("a", "b")), "columns a, b, in this order"),
        (ColumnNames(), Names(("a", "b"), Match.SAME), "columns a, b, in any order"),
        (ColumnType("x"), Names(("int64", "BIGINT")), "x of type int64 or BIGINT"),
        (Aggregate(Function.MEAN, "Sales"), Range(0, 9), "mean of Sales between 0 and 9"),
        (Aggregate(Function.DISTINCT, "x"), Range(3), "distinct values of x at least 3"),
        (Completeness(), Range(0.99), "filled cells at least 99 %"),
        (Completeness(("a", "b")), Share(0.5), "filled cells of a, b at least 50 %"),
        (Age(), Range(None, 4), "age of the newest delivery at most 4 hours"),
        (Age("Date"), Range(None, 48), "age of the newest Date at most 48 hours"),
    ],
)
def test_a_check_reads_as_a_phrase(metric: Metric, bound: Bound, words: str) -> None:
    assert in_words(Check("", metric, bound)) == words


def test_a_long_list_is_cut() -> None:
    assert listed([str(n) for n in range(1000)]).endswith("10, 11 and 988 more")
    assert listed([]) == "(nothing)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 %"),
        (100.0, "100 %"),
        (50.0, "50 %"),
        (5.898, "5.9 %"),
        (0.0036, "0.0036 %"),
        (99.9999, "99.9999 %"),
        (1e-7, "0.0000001 %"),
    ],
)
def test_what_is_not_nothing_is_never_written_as_nothing(value: float, text: str) -> None:
    assert percent(value) == text


def test_numbers_of_any_size_have_words() -> None:
    assert number(10**400).startswith("10,000,")
    assert number(float("-inf")) == "-inf"
    assert number(1e300) == "1e+300"
    assert number(12345.5) == "12,345.5"
    assert ends(None, None, strict_low=False, strict_high=False) == ""
