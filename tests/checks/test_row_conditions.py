"""Conditions on rows are understood exactly, or refused with their place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.checks.check import Check, Range, Share, Status
from headgate.checks.conditions import (
    All,
    Among,
    Compare,
    Missing,
    Not,
    NotAmong,
    Operator,
    Present,
    RowCondition,
    View,
)
from headgate.checks.conditions import Any as AnyOf
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import (
    Aggregate,
    Between,
    Failing,
    Function,
    NotNull,
    Rows,
    RowsBeside,
    Seen,
    columns_of,
    tables_of,
)
from headgate.checks.quarantine import failing_rows
from headgate.checks.row_conditions import of_text
from headgate.checks.suite import read_suite
from headgate.checks.words import in_words
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable, judged

OPEN = Compare("Open", Operator.EQUAL, 1)
SOLD = Compare("Sales", Operator.ABOVE, 0)
NOT_EASTER = Compare("Holiday", Operator.UNEQUAL, "b")


@pytest.mark.parametrize(
    ("text", "parser", "condition"),
    [
        ("Open == 1", "pandas", OPEN),
        ("`Open`==1", "pandas", OPEN),
        ("1 == Open", "pandas", OPEN),
        ("0 < Sales", "pandas", SOLD),
        ("Open == 1 and Sales > 0", "pandas", All((OPEN, SOLD))),
        ("Open == 1 & Sales > 0", "pandas", All((OPEN, SOLD))),
        ("(Open == 1) | Sales > 0", "pandas", AnyOf((OPEN, SOLD))),
        ("~(Open == 1)", "pandas", Not(OPEN)),
        ("not Open == 1", "pandas", Not(OPEN)),
        ("Holiday != 'b'", "pandas", NOT_EASTER),
        ("0 < Sales <= 9", "pandas", All((SOLD, Compare("Sales", Operator.AT_MOST, 9)))),
        ("Open in [0, 1]", "pandas", Among("Open", (0, 1))),
        ("Open not in (0, 1)", "pandas", NotAmong("Open", (0, 1))),
        ("Open == [0, 1]", "pandas", Among("Open", (0, 1))),
        ("Sales >= -1.5", "pandas", Compare("Sales", Operator.AT_LEAST, -1.5)),
        ("Open == True", "pandas", Compare("Open", Operator.EQUAL, True)),
        ("Sales.isnull()", "pandas", Missing("Sales")),
        ("`a b`.notna()", "pandas", Present("a b")),
        ("`a b` == 'it`s & so | on'", "pandas", Compare("a b", Operator.EQUAL, "it`s & so | on")),
        ('col("Open") == 1', "great_expectations", OPEN),
        ('col("Sales") > 0', "great_expectations__experimental__", SOLD),
        ('col("Sales").notnull()', "great_expectations", Present("Sales")),
        ('col("Holiday") != "b"', "great_expectations", All((NOT_EASTER, Present("Holiday")))),
        (
            "col(\"Date\") >= date('2015-07-31')",
            "great_expectations",
            Compare("Date", Operator.AT_LEAST, "2015-07-31"),
        ),
        ("Open = 1", "spark", OPEN),
        ("Open == 1 AND (Sales > 0)", "spark", All((OPEN, SOLD))),
        ("Holiday <> 'b'", "spark", All((NOT_EASTER, Present("Holiday")))),
        ("Sales IS NOT NULL or Open is null", "spark", AnyOf((Present("Sales"), Missing("Open")))),
        ("Open IN (0, 1)", "spark", Among("Open", (0, 1))),
        ("Open NOT IN (0)", "spark", All((NotAmong("Open", (0,)), Present("Open")))),
        ("`a b` < -1.5", "spark", Compare("a b", Operator.BELOW, -1.5)),
        ('Holiday = "b"', "spark", Compare("Holiday", Operator.EQUAL, "b")),
        ("NOT (Open == 1)", "spark", All((Compare("Open", Operator.UNEQUAL, 1), Present("Open")))),
    ],
)
def test_a_condition_of_0_18_is_understood(text: str, parser: str, condition: RowCondition) -> None:
    assert of_text(text, parser) == condition


def comparison(column: str, operator: str, value: Any) -> dict[str, Any]:
    named = {"name": column}
    return {"type": "comparison", "column": named, "operator": operator, "parameter": value}


def nullity(column: str, is_null: bool) -> dict[str, Any]:
    return {"type": "nullity", "column": {"name": column}, "is_null": is_null}


def read(condition: Any, parser: str | None = None, **keywords: Any) -> Check:
    kwargs = {"column": "Sales", "row_condition": condition, **keywords}
    if parser:
        kwargs["condition_parser"] = parser
    listed = {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs}
    [check] = read_suite(json.dumps({"expectations": [listed]}), "sales.json")
    return check


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        (comparison("Open", "==", 1), OPEN),
        (comparison("Open", "IN", [0, 1]), Among("Open", (0, 1))),
        (comparison("Open", "NOT_IN", [0]), NotAmong("Open", (0,))),
        (nullity("Sales", is_null=True), Missing("Sales")),
        (nullity("Sales", is_null=False), Present("Sales")),
        (
            {
                "type": "and",
                "conditions": [comparison("Open", "==", 1), nullity("x", is_null=True)],
            },
            All((OPEN, Missing("x"))),
        ),
        ({"type": "or", "conditions": [comparison("Open", "==", 1)]}, AnyOf((OPEN,))),
    ],
)
def test_a_condition_of_1_x_is_understood(given: Any, condition: RowCondition) -> None:
    check = read(given)
    assert check.metric == Seen(Failing(NotNull("Sales")), View(condition))
    assert check.bound == Share()


def test_text_is_passed_through_to_its_parser() -> None:
    given = {"type": "pass_through", "pass_through_filter": "Open == 1"}
    assert read(given, "pandas").metric == read("Open == 1", "pandas").metric
    with pytest.raises(DeclarationError, match="condition_parser is missing"):
        read(given)


@pytest.mark.parametrize(
    ("given", "parser"),
    [
        ("Open == 1", None),
        ("Open =", "pandas"),
        ("Open == Sales", "pandas"),
        ("Open + 1 == 2", "pandas"),
        ("Open == @limit", "pandas"),
        ("Date.dt.year == 2015", "pandas"),
        ("Open", "pandas"),
        ("Open == None", "pandas"),
        ("__import__('os').system('true')", "pandas"),
        ("Open in Sales", "pandas"),
        ('col("Open") == 1 and col("Sales") > 0', "great_expectations"),
        ("Open == 1", "great_expectations"),
        ("Open == Sales", "spark"),
        ("Open LIKE 'a%'", "spark"),
        ("a.Open == 1", "spark"),
        ("1; DROP TABLE data", "spark"),
        (comparison("Open", "~", 1), None),
        (comparison("Open", "==", None), None),
        (comparison("Open", "==", [1]), None),
        (comparison("Open", "IN", 1), None),
        ({"type": "and", "conditions": []}, None),
        ({"type": "xor", "conditions": [nullity("x", is_null=True)]}, None),
        ({**nullity("x", is_null=True), "more": 1}, None),
        ({"type": "nullity", "column": "x", "is_null": True}, None),
        (3, None),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(given: Any, parser: str | None) -> None:
    with pytest.raises(DeclarationError) as refused:
        read(given, parser)
    assert refused.value.where == "sales.json:1"
    assert "row_condition" in refused.value.what


def test_a_condition_nested_too_deeply_is_refused() -> None:
    nested: dict[str, Any] = nullity("x", is_null=True)
    for _ in range(100):
        nested = {"type": "and", "conditions": [nested]}
    with pytest.raises(DeclarationError, match="not understood"):
        read(nested)


def test_expectations_about_columns_have_no_rows_to_choose() -> None:
    kwargs = {"column_set": ["a"], "row_condition": "a == 1", "condition_parser": "pandas"}
    listed = {"type": "expect_table_columns_to_match_set", "kwargs": kwargs}
    with pytest.raises(DeclarationError, match="row_condition is for expectations about rows"):
        read_suite(json.dumps({"expectations": [listed]}), "sales.json")


@given(st.text(max_size=40), st.sampled_from(["pandas", "spark", "great_expectations"]))
def test_any_text_is_a_condition_or_a_clear_error(text: str, parser: str) -> None:
    try:
        of_text(text, parser)
    except DeclarationError as error:
        assert error.hint  # noqa: PT017 - it may be raised, or not


# ------------------------------------------------------------------ judged


@pytest.fixture
def shops(make: MakeTable) -> Table:
    import polars as pl

    return make(
        pl.DataFrame(
            {
                "Open": [1, 1, 0, None, 1],
                "Sales": [5, -1, -9, -9, None],
                "Day": ["2020-01-01", "2020-01-03", "2020-01-02", None, "2020-01-04"],
            }
        )
    )


def where(metric: Any, condition: RowCondition | None, bound: Any = None, **more: Any) -> Check:
    return Check("", Seen(metric, View(condition, **more)), bound or Share())


def test_only_the_rows_that_meet_the_condition_count(engine: EmbeddedEngine, shops: Table) -> None:
    outcome = judged(engine, shops, where(Failing(Between("Sales", 0)), OPEN))
    assert (outcome.elements, outcome.missing, outcome.unexpected) == (3, 1, 1)
    assert [dict(one.values)["Sales"] for one in outcome.samples] == [-1]
    assert outcome.check.description == "Sales at least 0, where Open = 1"
    rows = judged(engine, shops, where(Rows(), OPEN, Range(3, 3)))
    assert rows.passed
    mean = judged(engine, shops, where(Aggregate(Function.MEAN, "Sales"), OPEN, Range(2, 2)))
    assert mean.passed


def test_a_condition_is_part_of_what_a_check_is() -> None:
    whole = Check("", Failing(NotNull("Sales")), Share())
    some = where(whole.metric, OPEN)
    assert some.id != whole.id
    assert some.id != where(whole.metric, SOLD).id
    assert some.id == where(whole.metric, OPEN).id
    assert (columns_of(some.metric), tables_of(some.metric)) == (("Sales",), ())
    assert tables_of(Seen(RowsBeside("other"), View(OPEN))) == ("other",)


def test_no_row_that_meets_the_condition_is_a_pass_that_says_so(
    engine: EmbeddedEngine, shops: Table
) -> None:
    nobody = Compare("Open", Operator.ABOVE, 7)
    outcome = judged(engine, shops, where(Failing(Between("Sales", 0)), nobody))
    assert (outcome.status, outcome.elements) == (Status.PASSED, 0)
    assert outcome.unexpected_percent is None


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (Compare("Opn", Operator.EQUAL, 1), "no column 'Opn'; did you mean 'Open'?"),
        (Compare("Open", Operator.EQUAL, "1"), "Open is an integer, which '1' cannot be compared"),
        (Among("Open", ("1",)), "Open is an integer, which '1' cannot be compared"),
    ],
)
def test_a_condition_that_does_not_fit_is_an_error(
    engine: EmbeddedEngine, shops: Table, condition: RowCondition, message: str
) -> None:
    outcome = judged(engine, shops, where(Failing(NotNull("Sales")), condition))
    assert outcome.status is Status.ERROR
    assert message in outcome.message


def test_a_number_beside_text_is_told_that_the_column_may_be_numbers_read_as_text(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"delay": ["-3", "NA", "12"]}))
    outcome = judged(engine, table, Check("", Failing(Between("delay", -60)), Share()))
    assert outcome.status is Status.ERROR
    assert "delay was read as text: if it holds numbers, name the texts" in outcome.message
    assert "`nulls`" in outcome.message
    assert outcome.message.endswith("if it is text, write -60 in quotes")


def test_the_quarantine_keeps_rows_of_a_condition_in_their_place(
    engine: EmbeddedEngine, shops: Table
) -> None:
    outcomes = evaluate(engine, shops, [where(Failing(Between("Sales", 0)), OPEN)])
    rows = failing_rows(engine, shops, outcomes)
    assert rows is not None
    assert rows.select("Open", "Sales").rows() == [(1, -1)]
    assert rows["_reason"].to_list() == ["Sales at least 0, where Open = 1"]


# ------------------------------------------------------------------ text read as timestamps


def parsed(kind: str, **kwargs: Any) -> Check:
    listed = {
        "expectation_type": f"expect_{kind}",
        "kwargs": {"column": "Day", "parse_strings_as_datetimes": True, **kwargs},
    }
    [check] = read_suite(json.dumps({"expectations": [listed]}), "sales.json")
    return check


def test_text_is_read_as_timestamps_where_a_suite_of_0_18_asks(
    engine: EmbeddedEngine, shops: Table
) -> None:
    between = parsed("column_values_to_be_between", min_value="2020-01-01 00:00:00")
    assert isinstance(between.metric, Seen)
    assert judged(engine, shops, between).passed
    assert in_words(between).endswith(", with Day read as timestamps")
    late = parsed("column_values_to_be_between", max_value="2020-01-03T12:00:00")
    outcome = judged(engine, shops, late)
    assert (outcome.unexpected, outcome.missing) == (1, 1)
    assert judged(engine, shops, parsed("column_max_to_be_between", max_value="2020-01-04")).passed
    assert judged(engine, shops, parsed("column_values_to_be_increasing")).unexpected == 1
    known = parsed("column_values_to_be_in_set", value_set=["2020-01-01T00:00:00", "2020-01-02"])
    assert judged(engine, shops, known).unexpected == 2


def test_text_that_is_no_timestamp_is_an_error(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"Day": ["2020-01-01", "soon"]}))
    outcome = judged(engine, table, parsed("column_values_to_be_between", min_value="2020-01-01"))
    assert outcome.status is Status.ERROR
    assert "soon" in outcome.message


def test_a_column_that_is_a_date_already_stays_one(engine: EmbeddedEngine, make: MakeTable) -> None:
    from datetime import date

    import polars as pl

    table = make(pl.DataFrame({"Day": [date(2020, 1, 1)]}))
    check = parsed("column_values_to_be_between", min_value="2020-01-01", max_value="2020-01-01")
    outcome = judged(engine, table, check)
    assert outcome.passed
