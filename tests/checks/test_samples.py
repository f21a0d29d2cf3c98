"""What failed is explained: the rows, the lines they came from, and what is wrong with them."""

from __future__ import annotations

from headgate.checks.check import (
    Range,
    Status,
)
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import (
    Age,
    Aggregate,
    Between,
    Function,
    Length,
    NotNull,
    OneOf,
    Rows,
    Unique,
)
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame
from headgate.errors import SourceError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable, number, row


def test_a_failed_rule_shows_rows_with_their_lines(engine: EmbeddedEngine, sales: Table) -> None:
    import polars as pl

    calls = []

    def trace() -> Frame:
        calls.append(1)
        frame = pl.read_parquet(sales.paths[0])
        return frame.with_columns(_file=pl.lit("train.csv"), _line=pl.int_range(2, pl.len() + 2))

    checks = [row(Between("Sales", 0)), row(OneOf("Open", (0, 1))), row(NotNull("Date"))]
    first, second, third = evaluate(engine, sales, checks, trace=trace)
    assert (first.samples[0].file, first.samples[0].line) == ("train.csv", 4)
    assert first.samples[0].values[0] == ("Sales", -1)
    assert dict(second.samples[0].values)["Date"] == "2015-07-31"
    assert second.samples[0].line == 5
    assert third.samples == ()
    assert calls == [1]


def test_rows_are_traced_only_where_a_row_failed(engine: EmbeddedEngine, sales: Table) -> None:
    def trace() -> Frame:
        raise AssertionError("nothing failed that has rows")

    checks = [row(NotNull("Date")), number(Rows(), Range(9))]
    outcomes = evaluate(engine, sales, checks, trace=trace)
    assert [outcome.status for outcome in outcomes] == [Status.PASSED, Status.FAILED]


def test_rows_are_shown_without_lines_where_the_file_is_gone(
    engine: EmbeddedEngine, sales: Table
) -> None:
    def trace() -> Frame:
        raise SourceError("there is no such file", "train.csv")

    [outcome] = evaluate(engine, sales, [row(Between("Sales", 0))], trace=trace)
    assert [(sample.file, sample.values[0]) for sample in outcome.samples] == [
        (None, ("Sales", -1))
    ]


def test_at_most_twenty_rows_are_shown(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": range(1000), "y": [1] * 1000}))
    one, two = evaluate(engine, table, [row(Between("x", 5000)), row(Unique(("y",)))])
    assert (one.unexpected, len(one.samples), one.samples[19].values[0]) == (1000, 20, ("x", 19))
    assert (two.unexpected, len(two.samples)) == (1000, 20)


def test_twins_are_shown_side_by_side(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": ["b", "a", "c", "b", "a", None, None]}))
    [outcome] = evaluate(engine, table, [row(Unique(("x",)))])
    assert [dict(sample.values)["x"] for sample in outcome.samples] == ["a", "a", "b", "b"]
    assert outcome.message == "4 of 5 rows stand more than once (80 %), such as a, b"


def test_a_sample_shows_the_beginning_of_a_long_text(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"x": ["é" * 10_000_000]}))
    [outcome] = evaluate(engine, table, [row(Length("x", None, 9))])
    assert outcome.samples[0].values == (("x", "é" * 199 + "…"),)
    assert len(outcome.message) < 200


def test_samples_hold_what_json_holds(engine: EmbeddedEngine, sales: Table) -> None:
    import json

    [outcome] = evaluate(engine, sales, [row(NotNull("Distance"))])
    text = json.dumps(outcome.as_json(), allow_nan=False)
    assert '"NaN"' in text
    assert '"2015-07-29"' in text


def test_an_outcome_says_which_columns_it_is_about(engine: EmbeddedEngine, sales: Table) -> None:
    checks = [
        row(Unique(("Store", "Date"))),
        row(Between("Sales", 0)),
        number(Age("Date")),
        number(Aggregate(Function.MAX, "Open")),
        number(Rows()),
    ]
    columns = [outcome.as_json()["columns"] for outcome in evaluate(engine, sales, checks)]
    assert columns == [["Store", "Date"], ["Sales"], ["Date"], ["Open"], []]
