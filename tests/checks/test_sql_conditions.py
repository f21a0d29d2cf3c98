"""`where` says in SQL which rows are meant, and means what a database would."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.conditions import (
    All,
    Any,
    Compare,
    Missing,
    NotAmong,
    Operator,
    Present,
    RowCondition,
    held,
)
from headgate.checks.native import read_check
from headgate.checks.sql_conditions import of_sql
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.types import LogicalType
from tests.checks.conftest import MakeTable, judged

SCHEMA = Schema(tuple(Column(name, LogicalType.INTEGER, "BIGINT") for name in ("a", "b c")))
VALUES = [None, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("not a = 0", All((Compare("a", Operator.UNEQUAL, 0), Present("a")))),
        ("NOT a < 1", Compare("a", Operator.AT_LEAST, 1)),
        ("not not a = 0", Compare("a", Operator.EQUAL, 0)),
        ("not (a != 0)", Compare("a", Operator.EQUAL, 0)),
        ("not (a in (0))", All((NotAmong("a", (0,)), Present("a")))),
        ("not a is null", Present("a")),
        ("not a is not null", Missing("a")),
        ("a is null and not b = 1", All((Missing("a"), of_sql("b != 1")))),
        ("not (a < 1 or b < 1)", All((of_sql("a >= 1"), of_sql("b >= 1")))),
        ("not (a < 1 and b < 1)", Any((of_sql("a >= 1"), of_sql("b >= 1")))),
        ("a between -1 and 2", All((of_sql("a >= -1"), of_sql("a <= 2")))),
        ("a not between 1 and 2", Any((of_sql("a < 1"), of_sql("a > 2")))),
        ('"b c" = 1', Compare("b c", Operator.EQUAL, 1)),
        ("`b c` = 1", Compare("b c", Operator.EQUAL, 1)),
        ("comment = 1", Compare("comment", Operator.EQUAL, 1)),
        ("a = 'it''s'", Compare("a", Operator.EQUAL, "it's")),
    ],
)
def test_a_condition_in_sql_is_understood(text: str, condition: RowCondition) -> None:
    assert of_sql(text) == condition


@pytest.mark.parametrize("text", ['a = "DE"', "a = b", "a in (1, b)", "a between b and 2"])
def test_a_name_where_a_value_belongs_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(DeclarationError, match="which is a name too") as refused:
        read_check({"not_null": {"column": "x", "where": text}}, "shop.yml:7")
    assert "single quotes" in str(refused.value.hint)
    assert "compare" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["", "a", "not a", "a like 'x'", "a + 1 = 2", "a = null", "1; a"])
def test_what_is_not_understood_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        of_sql(text)
    assert "between" in str(refused.value.hint)


numbers = st.integers(0, 3)
names = st.sampled_from(["a", '"b c"'])
leaves = st.one_of(
    st.builds("{} {} {}".format, names, st.sampled_from(["=", "!=", "<>", "<", "<=", ">", ">="]), numbers),
    st.builds("{} {} ({}, {})".format, names, st.sampled_from(["in", "not in"]), numbers, numbers),
    st.builds(
        "{} {} {} and {}".format, names, st.sampled_from(["between", "not between"]), numbers,
        numbers,
    ),
    st.builds("{} is {}".format, names, st.sampled_from(["null", "not null"])),
)  # fmt: skip
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("not {}".format, inner),
        st.builds("not ({})".format, inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=6,
)


@given(conditions)
@settings(max_examples=100, deadline=None)
def test_a_condition_means_the_rows_that_a_database_would_choose(text: str) -> None:
    import duckdb
    import polars as pl

    data = pl.DataFrame([(a, b) for a in VALUES for b in VALUES], ["a", "b c"], orient="row")
    ours = held(of_sql(text), SCHEMA)
    with duckdb.connect() as connection:
        connection.register("data", data)
        theirs = connection.execute(f"SELECT * FROM data WHERE {text}").fetchall()  # noqa: S608
        query = f"SELECT * FROM data WHERE {ours.sql}"  # noqa: S608
        assert connection.execute(query, ours.parameters).fetchall() == theirs


def test_a_missing_value_meets_neither_a_condition_nor_its_negation(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"gender": [0, 1, None], "x": [None, None, None]}))
    for where, rows in (("gender = 0", 1), ("not gender = 0", 1), ("gender is null", 1)):
        check = read_check({"not_null": {"column": "x", "where": where}}, "shop.yml:7")
        assert judged(engine, table, check).elements == rows
