"""However an outcome is reached, it is the one that reading every row in plain Python gives.

Statistics, one fused read, one question at a time, and the quarantine are compared with a naive
oracle on random small tables with nulls, NaN, infinities, text, dates, decimals and booleans.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks import questions
from headgate.checks.check import Check, Range, Share, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import (
    Aggregate,
    Between,
    Completeness,
    Failing,
    Function,
    Ignore,
    Length,
    Matches,
    Metric,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rule,
    Unique,
)
from headgate.checks.quarantine import failing_rows
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame
from headgate.schema.table import Table
from tests.checks.conftest import counts, unknown

Rows = list[tuple[Any, Any]]

# ------------------------------------------------------------------ random tables and rules

INTEGERS = st.integers(-4, 4) | st.sampled_from([2**53, 2**53 + 1, -(2**62)])
FLOATS = st.sampled_from([0.0, -0.0, 0.1, 0.5, 1.0, -2.0, 3.5, math.nan, math.inf, -math.inf])
TEXTS = st.sampled_from(["", "a", "b", "ab", "B", "é", "日本", "a\nb", "0", "10", "'", '"'])
DATES = st.dates(date(2013, 1, 1), date(2013, 1, 5)) | st.just(date(1969, 12, 31))
DECIMALS = st.sampled_from([Decimal(text) for text in ("0.10", "0.30", "-1.00", "2.50", "3.00")])
BOOLEANS = st.booleans()

KINDS = {
    "Int64": INTEGERS,
    "Float64": FLOATS,
    "String": TEXTS,
    "Date": DATES,
    "Decimal": DECIMALS,
    "Boolean": BOOLEANS,
}


def bounds(kind: str) -> st.SearchStrategy[Any]:
    """Values as a declaration may hold them beside a column of that kind."""
    match kind:
        case "String":
            return TEXTS
        case "Date":
            return DATES.map(date.isoformat)
        case "Boolean":
            return st.booleans() | st.sampled_from([0, 1, 2])
        case _:
            numbers = INTEGERS | FLOATS.filter(lambda value: not math.isnan(value))
            return numbers | st.sampled_from([0.3, 2.5])


@st.composite
def rules(draw: st.DrawFn, kind: str) -> Rule:
    some = st.none() | bounds(kind)
    several = st.lists(bounds(kind), max_size=4).map(tuple)
    if kind == "String":  # more than are looked for one by one
        several |= several.map(lambda some: (*some, *map(str, range(100, 130))))
    flags = st.booleans()
    choices: list[st.SearchStrategy[Rule]] = [
        st.just(NotNull("x")),
        st.just(Null("x")),
        st.builds(Between, st.just("x"), some, some, flags, flags),
        st.builds(OneOf, st.just("x"), several),
        st.builds(NoneOf, st.just("x"), several),
        st.just(Unique(("x",))),
        st.builds(Unique, st.just(("x", "y")), st.sampled_from(Ignore)),
    ]
    if kind == "String":
        patterns = st.sampled_from(["a", "^a$", "^$", ".", "[é日]", "b|0", "(?i)b"])
        sizes = st.none() | st.sampled_from([-1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 1e300, -math.inf])
        choices += [
            st.builds(Matches, st.just("x"), patterns),
            st.builds(NotMatches, st.just("x"), patterns),
            st.builds(Length, st.just("x"), sizes, sizes, flags, flags),
        ]
    return draw(st.one_of(choices))


@dataclass(frozen=True)
class Case:
    kind: str
    rows: Rows
    checks: list[Check]


@st.composite
def cases(draw: st.DrawFn, kind: str) -> Case:
    cells = st.none() | KINDS[kind]
    seconds = st.none() | st.integers(0, 1)
    rows = draw(st.lists(st.tuples(cells, seconds), max_size=9))
    drawn = draw(st.lists(rules(kind), min_size=3, max_size=9))
    shares = st.sampled_from([1.0, 0.9, 0.5, 0.0])
    return Case(kind, rows, [Check("", Failing(rule), Share(draw(shares))) for rule in drawn])


# ------------------------------------------------------------------ the naive oracle


def gone(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def like(value: Any, kind: str) -> Any:
    """A declared value among those of the column."""
    if kind == "Date":
        return date.fromisoformat(value)
    if kind == "Decimal" and isinstance(value, float) and math.isfinite(value):
        return Decimal(str(value))
    return value


def outside(value: Any, low: Any, high: Any, strict_low: bool, strict_high: bool) -> bool:
    below = low is not None and (value <= low if strict_low else value < low)
    above = high is not None and (value >= high if strict_high else value > high)
    return below or above


def breaks(rule: Rule, value: Any, kind: str) -> bool:
    import re

    match rule:
        case Between():
            low, high = (None if end is None else like(end, kind) for end in (rule.low, rule.high))
            return outside(value, low, high, rule.strict_low, rule.strict_high)
        case OneOf(_, values):
            return value not in [like(one, kind) for one in values]
        case NoneOf(_, values):
            return value in [like(one, kind) for one in values]
        case Matches(_, pattern):
            return re.search(pattern, value) is None
        case NotMatches(_, pattern):
            return re.search(pattern, value) is not None
        case Length():
            return outside(len(value), rule.low, rule.high, rule.strict_low, rule.strict_high)
    raise AssertionError(rule)


def judged_by_hand(rule: Rule, rows: Rows, kind: str) -> tuple[int, list[int]]:
    """How many rows the rule leaves out, and the places of those that break it."""
    match rule:
        case NotNull():
            return 0, [place for place, (x, _) in enumerate(rows) if gone(x)]
        case Null():
            return 0, [place for place, (x, _) in enumerate(rows) if not gone(x)]
        case Unique(columns, ignore):
            return twins(rows, len(columns), ignore)
    present = [(place, x) for place, (x, _) in enumerate(rows) if not gone(x)]
    left_out = len(rows) - len(present)
    return left_out, [place for place, x in present if breaks(rule, x, kind)]


def twins(rows: Rows, size: int, ignore: Ignore) -> tuple[int, list[int]]:
    keys = [tuple(None if gone(cell) else cell for cell in row[:size]) for row in rows]
    ignored: Callable[[Sequence[Any]], bool] = {
        Ignore.ALL_MISSING: lambda key: all(cell is None for cell in key),
        Ignore.ANY_MISSING: lambda key: any(cell is None for cell in key),
        Ignore.NEVER: lambda _: False,
    }[ignore]
    judged = [(place, key) for place, key in enumerate(keys) if not ignored(key)]
    count = Counter(key for _, key in judged)
    return len(rows) - len(judged), [place for place, key in judged if count[key] > 1]


# ------------------------------------------------------------------ the promise


class OneQuestionAtATime(EmbeddedEngine):
    """The engine, without its ability to answer several questions in one statement."""

    def measure(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Any],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> list[tuple[Any, ...]]:
        if " UNION ALL " in statement:
            raise RuntimeError("one at a time")
        return super().measure(table, statement, parameters, beside)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


PLACE = itertools.count()


def written(folder: Path, case: Case) -> Table:
    import polars as pl

    kind = pl.Decimal(9, 2) if case.kind == "Decimal" else getattr(pl, case.kind)
    frame = pl.DataFrame(case.rows, schema={"x": kind, "y": pl.Int64}, orient="row")
    path = folder / f"{next(PLACE)}.parquet"
    wrote = EmbeddedEngine().write(frame, path)
    return Table("t", (path,), wrote.schema, wrote.rows, EmbeddedEngine().describe(frame))


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_way_to_an_outcome_agrees_with_reading_by_hand(
    engine: EmbeddedEngine, folder: Path, kind: str, data: st.DataObject
) -> None:
    case = data.draw(cases(kind))
    table = written(folder, case)
    expected = []
    for check in case.checks:
        assert isinstance(check.metric, Failing)
        assert isinstance(check.bound, Share)
        missing, broken = judged_by_hand(check.metric.rule, case.rows, case.kind)
        judged = len(case.rows) - missing
        kept = judged == 0 or (judged - len(broken)) / judged >= check.bound.at_least
        status = Status.PASSED if kept else Status.FAILED
        expected.append((status, len(case.rows), missing, len(broken)))
    proved = evaluate(engine, table, case.checks)
    scanned = evaluate(engine, unknown(table), case.checks)
    alone = evaluate(OneQuestionAtATime(), unknown(table), case.checks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "WIDE", 1_000_000)  # as of a table with very many columns
        summed = evaluate(engine, unknown(table), case.checks)
    assert [outcome.message for outcome in proved if outcome.status is Status.ERROR] == []
    assert [counts(outcome) for outcome in proved] == expected
    assert [counts(outcome) for outcome in scanned] == expected
    assert [counts(outcome) for outcome in alone] == expected
    assert [counts(outcome) for outcome in summed] == expected
    table.paths[0].unlink()


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_quarantine_holds_exactly_the_rows_that_broke_a_failed_rule(
    engine: EmbeddedEngine, folder: Path, kind: str, data: st.DataObject
) -> None:
    import polars as pl

    case = data.draw(cases(kind))
    table = written(folder, case)
    outcomes = evaluate(engine, table, case.checks)
    frame = pl.read_parquet(table.paths[0]).with_columns(
        _file=pl.lit("a.csv"), _line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
    )
    expected: dict[int, set[str]] = {}
    for outcome in outcomes:
        if outcome.status is Status.FAILED:
            assert isinstance(outcome.check.metric, Failing)
            _, broken = judged_by_hand(outcome.check.metric.rule, case.rows, case.kind)
            for place in broken:
                expected.setdefault(place + 2, set()).add(outcome.check.id)
    kept = failing_rows(engine, table, outcomes, lambda: frame)
    found = {} if kept is None else dict(zip(kept["_line"], kept["_check"], strict=True))
    assert {line: set(ids.split(",")) for line, ids in found.items()} == expected
    table.paths[0].unlink()


# ------------------------------------------------------------------ aggregates


def by_hand(function: Function, values: list[Any]) -> float | None:
    if function is Function.DISTINCT:
        return float(len(set(values)))
    if function is Function.SUM:
        return float(sum(values))
    if function is Function.UNIQUE:
        return len(set(values)) / len(values) if values else 0.0
    if not values or (function is Function.STDEV and len(values) < 2):
        return None
    numbers: dict[Function, Callable[[list[Any]], Any]] = {
        Function.MIN: min,
        Function.MAX: max,
        Function.MEAN: statistics.mean,
        Function.MEDIAN: statistics.median,
        Function.STDEV: statistics.stdev,
    }
    return float(numbers[function](values))


@pytest.mark.parametrize("kind", ["Int64", "Float64", "Decimal", "Boolean"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_aggregate_agrees_with_python(
    engine: EmbeddedEngine, folder: Path, kind: str, data: st.DataObject
) -> None:
    small = {**KINDS, "Int64": st.integers(-9, 9), "Float64": FLOATS.filter(_tame)}
    cells = data.draw(st.lists(st.none() | small[kind], max_size=7))
    table = written(folder, Case(kind, [(cell, None) for cell in cells], []))
    present = [cell for cell in cells if not gone(cell)]
    metrics: list[Metric] = [Aggregate(function, "x") for function in Function]
    checks = [Check("", metric, Range()) for metric in [*metrics, Completeness(("x",))]]
    expected = [
        (len(present) / len(cells) if cells else 0.0)
        if function is Function.FILLED
        else by_hand(function, present)
        for function in Function
    ]
    expected.append(len(present) / len(cells) if cells else 1.0)
    for known in (table, unknown(table)):
        for outcome, number in zip(evaluate(engine, known, checks), expected, strict=True):
            if number is None:
                assert (outcome.status, outcome.observed) == (Status.FAILED, None)
            else:
                assert outcome.passed, outcome.message
                assert outcome.observed == pytest.approx(float(number), abs=1e-9)
    table.paths[0].unlink()


def _tame(value: float) -> bool:
    return not math.isinf(value)
