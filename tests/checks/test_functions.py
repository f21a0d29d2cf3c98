"""A function of the project says which rows are right, or gives a number."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import polars as pl  # noqa: TID253
import pytest

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.native import read_check
from headgate.checks.quarantine import failing_rows
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable

PLACE = "pipelines/shop.yml:9"


@pytest.fixture
def table(make: MakeTable) -> Table:
    return make(pl.DataFrame({"x": [1, 2, None, 4, 50], "day": [5, 4, 3, 2, 1]}))


def python(run: object, **keywords: Any) -> Check:
    return read_check({"python": {"run": run, **keywords}}, PLACE)


def judged(table: Table, *checks: Check) -> list[Outcome]:
    return evaluate(EmbeddedEngine(), table, checks)


def small(frame: pl.DataFrame) -> pl.Series:
    return frame["x"] < 10


def counts(outcome: Outcome) -> tuple[int | None, int | None, int | None]:
    assert outcome.status is not Status.ERROR, outcome.message
    return outcome.elements, outcome.missing, outcome.unexpected


def lazy(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.select(pl.col("x") < 10)


def plain(frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    return frame.select(anything=pl.col("x") < 10)


def listed(frame: pl.DataFrame) -> list[bool | None]:
    return [None if one is None else one < 10 for one in frame["x"]]


def of_numpy(frame: pl.DataFrame) -> Any:
    return frame["x"].fill_null(0).to_numpy() < 10


def of_pandas(frame: Any) -> Any:
    return frame["x"].map(lambda one: None if math.isnan(one) else one < 10)


of_pandas.__annotations__["frame"] = "pandas.DataFrame"


def of_duckdb(frame: Any) -> Any:
    return frame.select("x < 10")


of_duckdb.__annotations__["frame"] = "duckdb.DuckDBPyRelation"


@pytest.mark.parametrize("run", [small, lazy, plain, listed, of_numpy, of_pandas, of_duckdb])
def test_a_row_of_which_it_says_false_breaks_it(table: Table, run: Callable[..., Any]) -> None:
    [outcome] = judged(table, python(run))
    assert counts(outcome) == (5, 0 if run is of_numpy else 1, 1)
    assert [dict(sample.values)["x"] for sample in outcome.samples] == [50]
    share = "20 %" if run is of_numpy else "25 %"
    assert outcome.message.endswith(f"rows breaks it ({share})")


def test_modifiers_narrow_and_soften_it(table: Table) -> None:
    some, most = python(small, where="day < 3"), python(small, mostly=0.7)
    first, second = judged(table, some, most)
    assert counts(first) == (2, 0, 1)
    assert (second.passed, second.check.description) == (
        True,
        "small says so, for at least 70 % of rows",
    )


def test_rows_are_kept_with_their_lines_whatever_order_they_came_in(table: Table) -> None:
    def trace() -> Frame:
        frame = pl.read_parquet(table.paths[0]).sort("day")
        return frame.with_columns(_file=pl.lit("a.csv"), _line=pl.int_range(2, 7))

    checks = [python(small), python(lazy, where="day < 3")]
    outcomes = evaluate(EmbeddedEngine(), table, checks, trace=trace)
    assert [sample.line for sample in outcomes[0].samples] == [2]
    rows = failing_rows(EmbeddedEngine(), table, outcomes, trace)
    assert rows is not None
    assert rows.select("x", "_reason", "_line").rows() == [
        (50, "small says so; lazy says so, where day < 3", 2)
    ]


def test_it_is_called_once_for_all_that_ask(table: Table) -> None:
    seen = []

    def counted(frame: pl.DataFrame) -> pl.Series:
        seen.append(frame.height)
        return frame["x"] < 10

    judged(table, python(counted), python(counted, mostly=0.5), python(counted, where="day = 1"))
    assert seen == [5]


def test_a_number_is_held_against_its_ends(table: Table) -> None:
    def total(frame: pl.LazyFrame) -> Any:
        return frame.collect()["x"].sum()

    kept, broken = judged(table, python(total, low=57, high=57), python(total, high=50))
    assert (kept.passed, kept.observed) == (True, 57)
    assert (broken.status, broken.message) == (Status.FAILED, "the number of total is 57")


def line_of(function: Callable[..., Any], further: int) -> int:
    return function.__code__.co_firstlineno + further


def fails(frame: pl.DataFrame) -> pl.Series:
    raise ValueError(f"nobody knows of {frame.height} rows")


def leaves(frame: pl.DataFrame) -> pl.Series:
    sys.exit(frame.width)


@pytest.mark.parametrize(
    ("run", "keywords", "said"),
    [
        (fails, {}, f"test_functions.py:{line_of(fails, 1)}: ValueError: nobody knows of 5 rows"),
        (leaves, {}, f"test_functions.py:{line_of(leaves, 1)}: SystemExit: 2"),
        (lambda frame: frame.collect()["x"].head(2) < 9, {}, "it gives 2 values for 5 rows"),
        (lambda frame: frame.collect()["x"], {}, "it gives values of Int64"),
        (lambda frame: frame, {}, "it gives 2 columns; give one"),
        (lambda frame: 3, {}, "it gives a number; say low or high"),  # noqa: ARG005
        (lambda frame: None, {}, "gave nothing (None)"),  # noqa: ARG005
        (lambda frame: True, {}, "gave bool (True)"),  # noqa: ARG005
        (small, {"low": 1}, "it gives no number; give one number, or leave out low"),
        (lambda one, two: one, {}, "takes 2 arguments; a check's function takes one"),  # noqa: ARG005
        ("checks/rules.py:plausible", {}, "is not known outside its project"),
    ],
)
def test_what_it_cannot_say_is_an_error_with_its_line(
    table: Table, run: object, keywords: dict[str, Any], said: str
) -> None:
    [outcome, other] = judged(table, python(run, **keywords), read_check({"exists": "x"}, PLACE))
    assert outcome.status is Status.ERROR
    assert said in outcome.message
    assert callable(run) is ("test_functions.py:" in outcome.message)
    assert other.passed


def test_what_it_prints_is_no_result(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    def loud(frame: pl.DataFrame) -> pl.Series:
        print("looking at", frame.height)
        return frame["x"] < 100

    assert judged(table, python(loud))[0].passed
    assert capsys.readouterr() == ("", "looking at 5\n")


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"run": 3}, "run is a function"),
        ({"run": "a.py:f", "low": "x"}, "low is a number"),
        ({"run": "a.py:f", "low": 3, "high": 2}, "high is not less than low"),
        ({"run": "a.py:f", "low": 3, "mostly": 0.5}, "mostly is for functions that judge rows"),
        ({"run": "a.py:f", "low": 3, "where": "x = 1"}, "where is for functions that judge rows"),
        ({"rnu": "a.py:f"}, "did you mean 'run'"),
    ],
)
def test_a_slip_is_told_with_its_place(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as told:
        read_check({"python": keywords}, PLACE)
    assert said in str(told.value)
    assert str(told.value).startswith(PLACE)
