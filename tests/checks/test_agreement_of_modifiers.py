"""What NaN is, how many rows may break a rule, and groups: as reading every row in Python has it.

Statistics, one fused read, one question at a time, the samples and the quarantine are compared with
a naive oracle on random small tables.
"""

from __future__ import annotations

import itertools
import math
import operator
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.native import read_check
from headgate.checks.quarantine import failing_rows
from headgate.checks.verify import Verify, engine_for, table_for
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import unknown
from tests.checks.test_agreement import OneQuestionAtATime

Row = dict[str, Any]
Verdict = bool | None
"""Whether a row keeps a rule; None where it is not judged."""

NUMBERS = st.sampled_from([0.0, -0.0, 0.5, 1.0, -2.0, 3.5, math.nan, math.inf, -math.inf])
FINITE = st.sampled_from([0.0, -0.0, 0.5, 1.0, -2.0, 3.5, math.nan])
DECIMALS = st.sampled_from([Decimal(text) for text in ("0.10", "0.30", "-1.00", "2.50")])
GROUPS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "Int64": (pl.Int64, st.integers(0, 2)),
    "String": (pl.String, st.sampled_from(["a", "b", "é", ""])),
    "Date": (pl.Date, st.dates(date(2026, 1, 1), date(2026, 1, 3))),
    "Float64": (pl.Float64, st.sampled_from([0.0, -0.0, 1.5, math.nan])),
    "Boolean": (pl.Boolean, st.booleans()),
}
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MISSING: dict[str, Callable[[list[bool]], bool]] = {
    "either_value_is_missing": any,
    "both_values_are_missing": all,
    "neither": lambda _: False,
    "any_value_is_missing": any,
    "all_values_are_missing": all,
    "never": lambda _: False,
}
ENDS = st.sampled_from([-2, 0, 0.5, 1, 3.5])


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A word with its keywords, of those that rows can break."""
    low, high = sorted([draw(ENDS), draw(ENDS)])
    ignored = [
        name for name in MISSING if "values_are" in name or "either" in name or "neither" in name
    ]
    pair = {"left": "x", "right": "y", "ignore": draw(st.sampled_from(ignored[:3]))}
    words: list[dict[str, Any]] = [
        {"not_null": {"column": "x"}},
        {"null": {"column": "x"}},
        {"between": {"column": "x", "low": low, "high": high, "strict_low": draw(st.booleans())}},
        {"one_of": {"column": "x", "values": [low, high]}},
        {"none_of": {"column": "x", "values": [low, high]}},
        {"compare": {**pair, "operator": draw(st.sampled_from(sorted(SIGNS)))}},
        {
            "sums": {
                "whole": "x",
                "parts": ["y", "z"],
                "within": draw(st.sampled_from([0, 0.5, 2])),
                "ignore": draw(st.sampled_from(["any_value_is_missing", "never"])),
            }
        },
    ]
    body: dict[str, Any] = draw(st.sampled_from(words))
    return body


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def verdict(given_body: dict[str, Any], row: Row) -> Verdict:  # noqa: PLR0911 - one a word
    """Whether the row keeps the rule, read by hand."""
    [(word, body)] = given_body.items()
    nan = body.get("nan", "null")
    names = {"compare": ("x", "y"), "sums": ("x", "y", "z")}.get(word, ("x",))
    cells = [row[name] for name in names]
    if nan == "fail" and any(map(is_nan, cells)):
        return False
    gone = [cell is None or (is_nan(cell) and nan != "value") for cell in cells]
    x = cells[0]
    if word == "not_null":
        return not gone[0]
    if word == "null":
        return gone[0]
    if len(cells) == 1:
        if gone[0]:
            return None
        if word == "between":
            above = x > body["low"] if body["strict_low"] else x >= body["low"]
            return bool(above and x <= body["high"])
        return (x in body["values"]) is (word == "one_of")
    if MISSING[body["ignore"]](gone):
        return None
    if word == "compare":
        there = not any(gone)
        return SIGNS[body["operator"]](*cells) if there else body["operator"] == "!="
    return not any(gone) and bool(abs(cells[1] + cells[2] - x) <= body["within"])


# ------------------------------------------------------------------ tables


PLACE = itertools.count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("modified")


def written(folder: Path, rows: Sequence[Row], schema: dict[str, Any]) -> Table:
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    path = folder / f"{next(PLACE)}.parquet"
    wrote = EmbeddedEngine().write(frame, path)
    return Table("t", (path,), wrote.schema, wrote.rows, EmbeddedEngine().describe(frame))


@st.composite
def tables(
    draw: st.DrawFn, group: str, numbers: st.SearchStrategy[Any]
) -> tuple[list[Row], dict[str, Any]]:
    kind, keys = GROUPS[group]
    cells = st.none() | numbers
    row = st.fixed_dictionaries(
        {"x": cells, "y": cells, "z": cells, "g": st.none() | keys, "h": st.integers(0, 1)}
    )
    numbers_of = dict.fromkeys(("x", "y", "z"), pl.Float64)
    return draw(st.lists(row, max_size=9)), {**numbers_of, "g": kind, "h": pl.Int64}


def every_way(
    engine: EmbeddedEngine, table: Table, checks: list[Check], now: datetime | None = None
) -> list[Outcome]:
    """The outcomes, which are the same with statistics, without, in full, one question at a time."""
    proved = evaluate(engine, table, checks, now=now)
    scanned = evaluate(engine, unknown(table), checks, now=now)
    alone = evaluate(OneQuestionAtATime(), unknown(table), checks, now=now)
    thorough = engine_for(Verify.FULL, engine)
    full = evaluate(thorough, table_for(Verify.FULL, thorough, table), checks, now=now)
    for others in (scanned, alone, full):
        assert list(map(told, others)) == list(map(told, proved))
    assert [one.message for one in proved if one.status is Status.ERROR] == []
    return proved


def told(outcome: Outcome) -> tuple[Any, ...]:
    counts = outcome.elements, outcome.missing, outcome.unexpected
    return outcome.status, outcome.observed, *counts, outcome.message, outcome.details


def lines_of(engine: EmbeddedEngine, table: Table, outcome: Outcome) -> list[int]:
    """The places of the rows that the quarantine keeps for an outcome."""
    frame = pl.read_parquet(table.paths[0]).with_columns(
        _file=pl.lit("a.csv"), _line=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    kept = failing_rows(engine, table, [outcome], lambda: frame)
    [again] = evaluate(engine, table, [outcome.check], trace=lambda: frame)
    lines = [] if kept is None else list(kept["_line"])
    assert sorted(sample.line for sample in again.samples if sample.line is not None) == lines
    return lines


# ------------------------------------------------------------------ NaN, and how many rows


@pytest.mark.parametrize("nan", ["null", "value", "fail"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_nan_is_missing_a_value_or_what_breaks_every_rule(
    engine: EmbeddedEngine, folder: Path, nan: str, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables("Int64", NUMBERS))
    table = written(folder, rows, schema)
    drawn = data.draw(st.lists(bodies(), min_size=1, max_size=4))
    given_bodies = [{word: {**body, "nan": nan}} for one in drawn for word, body in one.items()]
    outcomes = every_way(engine, table, [read_check(one, "p.yml:1") for one in given_bodies])
    for body, outcome in zip(given_bodies, outcomes, strict=True):
        verdicts = [verdict(body, row) for row in rows]
        found = outcome.elements, outcome.missing, outcome.unexpected
        assert found == (len(rows), verdicts.count(None), verdicts.count(False))
        broken = [place for place, one in enumerate(verdicts) if one is False]
        assert lines_of(engine, table, outcome) == broken
    table.paths[0].unlink()


@pytest.mark.parametrize("columns", [["x"], ["x", "h"]], ids=["one", "two"])
@pytest.mark.parametrize("nan", ["null", "value", "fail"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nans_are_one_value_to_unique_or_break_it(
    engine: EmbeddedEngine, folder: Path, nan: str, columns: list[str], data: st.DataObject
) -> None:
    rows, schema = data.draw(tables("Int64", NUMBERS))
    table = written(folder, rows, schema)
    check = read_check({"unique": {"columns": columns, "nan": nan}}, "p.yml:1")
    [outcome] = every_way(engine, table, [check])
    keys = []
    for row in rows:
        held = "NaN" if nan == "value" else None
        keys.append(tuple(held if is_nan(row[name]) else row[name] for name in columns))
    apart = [nan == "fail" and is_nan(row["x"]) for row in rows]
    judged = [
        not aside and any(cell is not None for cell in key)
        for key, aside in zip(keys, apart, strict=True)
    ]
    count = Counter(key for key, one in zip(keys, judged, strict=True) if one)
    broken = [n for n, key in enumerate(keys) if apart[n] or (judged[n] and count[key] > 1)]
    left_out = len(rows) - sum(judged) - sum(apart)
    assert (outcome.missing, outcome.unexpected) == (left_out, len(broken))
    assert lines_of(engine, table, outcome) == broken
    table.paths[0].unlink()


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_nan_breaks_an_order_that_refuses_it(
    engine: EmbeddedEngine, folder: Path, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables("Int64", NUMBERS))
    table = written(folder, rows, schema)
    check = read_check({"increasing": {"column": "x", "nan": "fail"}}, "p.yml:1")
    [outcome] = every_way(engine, table, [check])
    broken, last = [], None
    for place, row in enumerate(rows):
        if is_nan(row["x"]) or (None not in (last, row["x"]) and row["x"] < last):
            broken.append(place)
        last = last if row["x"] is None or is_nan(row["x"]) else row["x"]
    assert outcome.unexpected == len(broken)
    assert lines_of(engine, table, outcome) == broken
    table.paths[0].unlink()


FIGURES = ["mean", "sum", "min", "max", "stdev", "median", "distinct"]


def figure(word: str, values: list[Any], nan: str) -> float | None:
    """The number of the values that are there, read by hand; NaN where they hold one and it counts."""
    there = [value for value in values if value is not None]
    present = [value for value in there if not is_nan(value)]
    if nan != "null" and len(there) > len(present):
        return len(set(present)) + 1.0 if (word, nan) == ("distinct", "value") else math.nan
    if word in {"distinct", "sum"}:
        return float(len(set(present)) if word == "distinct" else sum(present))
    if not present or (word == "stdev" and len(present) < 2):
        return None
    functions: dict[str, Any] = {
        "mean": statistics.fmean,
        "min": min,
        "max": max,
        "stdev": statistics.stdev,
        "median": statistics.median,
    }
    return float(functions[word](present))


def within(value: float | None, low: float, high: float) -> bool:
    return value is not None and not math.isnan(value) and low <= value <= high


@pytest.mark.parametrize("nan", ["null", "value", "fail"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_number_of_a_column_with_nan_is_nan_where_nan_counts(
    engine: EmbeddedEngine, folder: Path, nan: str, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables("Int64", FINITE))
    table = written(folder, rows, schema)
    given_bodies = [{word: {"column": "x", "low": -1, "high": 2, "nan": nan}} for word in FIGURES]
    outcomes = every_way(engine, table, [read_check(one, "p.yml:1") for one in given_bodies])
    for word, outcome in zip(FIGURES, outcomes, strict=True):
        value = figure(word, [row["x"] for row in rows], nan)
        assert outcome.passed is within(value, -1, 2), word
        if value is None or math.isnan(value):
            assert outcome.observed is None
        else:
            assert outcome.observed == pytest.approx(value)
    table.paths[0].unlink()


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_max_count_and_mostly_must_both_hold(
    engine: EmbeddedEngine, folder: Path, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables("Int64", NUMBERS))
    table = written(folder, rows, schema)
    [(word, body)] = data.draw(bodies()).items()
    most, mostly = data.draw(st.integers(0, 4)), data.draw(st.sampled_from([None, 0.5, 0.9, 1]))
    more = {"max_count": most} if mostly is None else {"max_count": most, "mostly": mostly}
    [outcome] = every_way(engine, table, [read_check({word: {**body, **more}}, "p.yml:1")])
    verdicts = [verdict({word: body}, row) for row in rows]
    judged, broken = len(rows) - verdicts.count(None), verdicts.count(False)
    enough = judged == 0 or (judged - broken) / judged >= (mostly or 0)
    assert outcome.passed is (broken <= most and enough)
    table.paths[0].unlink()


# ------------------------------------------------------------------ groups


def key_of(row: Row, by: list[str]) -> tuple[Any, ...]:
    """The group of a row: missing values are alike, and so are both zeros."""
    return tuple(None if is_nan(row[name]) else row[name] for name in by)


def grouped(rows: list[Row], by: list[str]) -> dict[tuple[Any, ...], list[tuple[int, Row]]]:
    found: dict[tuple[Any, ...], list[tuple[int, Row]]] = {}
    for place, row in enumerate(rows):
        found.setdefault(key_of(row, by), []).append((place, row))
    return found


def named(outcome: Outcome) -> list[tuple[Any, ...]]:
    worst = outcome.details["worst"]
    assert isinstance(worst, list)
    return [tuple(one["group"].values()) for one in worst]


def as_told(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(str(one) if isinstance(one, date) else one for one in key)


@pytest.mark.parametrize("group", sorted(GROUPS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_group_keeps_a_rule_on_its_own(
    engine: EmbeddedEngine, folder: Path, group: str, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables(group, NUMBERS))
    table = written(folder, rows, schema)
    by = data.draw(st.sampled_from([["g"], ["g", "h"]]))
    [(word, body)] = data.draw(bodies()).items()
    nan = data.draw(st.sampled_from(["null", "value", "fail"]))
    mostly = data.draw(st.sampled_from([1, 0.5]))
    body = {**body, "nan": nan, "mostly": mostly}
    [outcome] = every_way(engine, table, [read_check({word: {**body, "by": by}}, "p.yml:1")])
    failing, broken = [], []
    for key, members in grouped(rows, by).items():
        verdicts = {place: verdict({word: body}, row) for place, row in members}
        wrong = [place for place, one in verdicts.items() if one is False]
        judged = sum(one is not None for one in verdicts.values())
        if judged and (judged - len(wrong)) / judged < mostly:
            failing.append((len(wrong), key))
            broken.extend(wrong)
    every = [verdict({word: body}, row) for row in rows]
    found = outcome.elements, outcome.missing, outcome.unexpected
    assert found == (len(rows), every.count(None), every.count(False))
    assert outcome.passed is not bool(failing)
    assert (outcome.observed, outcome.details["groups"]) == (len(failing), len(grouped(rows, by)))
    assert {as_told(key) for _, key in failing} == set(named(outcome))
    if failing:
        counts = {as_told(key): count for count, key in failing}
        assert [counts[key] for key in named(outcome)] == sorted(counts.values(), reverse=True)
    assert lines_of(engine, table, outcome) == sorted(broken)
    table.paths[0].unlink()


@pytest.mark.parametrize("word", [*FIGURES, "rows"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_group_has_its_own_number(
    engine: EmbeddedEngine, folder: Path, word: str, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables(data.draw(st.sampled_from(sorted(GROUPS))), FINITE))
    table = written(folder, rows, schema)
    by = data.draw(st.sampled_from([["g"], ["h", "g"]]))
    nan = data.draw(st.sampled_from(["null", "value", "fail"]))
    low, high = data.draw(st.sampled_from([(-1, 2), (0.3, 1.7), (1, 1)]))
    body: dict[str, Any] = {"low": low, "high": high, "by": by}
    if word != "rows":
        body |= {"column": "x", "nan": nan}
    [outcome] = every_way(engine, table, [read_check({word: body}, "p.yml:1")])
    values = {
        key: float(len(members))
        if word == "rows"
        else figure(word, [r["x"] for _, r in members], nan)
        for key, members in grouped(rows, by).items()
    }
    failing = {as_told(key) for key, value in values.items() if not within(value, low, high)}
    assert set(named(outcome)) == failing
    assert (outcome.observed, outcome.passed) == (len(failing), not failing)
    assert outcome.elements is None
    table.paths[0].unlink()


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(*[st.none() | DECIMALS] * 3), max_size=9), within_=st.integers(0, 3))
def test_sums_of_decimals_are_those_of_python(
    engine: EmbeddedEngine, folder: Path, rows: list[tuple[Any, ...]], within_: int
) -> None:
    kind = pl.Decimal(9, 2)
    named_rows = [dict(zip("xyz", row, strict=True)) for row in rows]
    table = written(folder, named_rows, dict.fromkeys("xyz", kind))
    body = {"whole": "x", "parts": ["y", "z"], "within": within_ / 10}
    [outcome] = every_way(engine, table, [read_check({"sums": body}, "p.yml:1")])
    full = [row for row in rows if None not in row]
    far = [row for row in full if abs(row[1] + row[2] - row[0]) > Decimal(within_) / 10]
    assert (outcome.missing, outcome.unexpected) == (len(rows) - len(full), len(far))
    table.paths[0].unlink()
