"""Rules of texts, several columns and whole columns, with conditions on rows, agree with Python.

As for the simple rules: statistics, one fused read, one question at a time, and the quarantine
are compared with a naive oracle on random small tables.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks import questions
from headgate.checks.check import Check, Share, Status
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
from headgate.checks.metric import Failing, Ignore, Rule, Seen, Unique, columns_of
from headgate.checks.pairs import Alike, Different, Equal, Greater, PairOneOf, PairRule, SumOf
from headgate.checks.quarantine import failing_rows
from headgate.checks.relative import NotOutlier, Ordered, Spread, ZScore
from headgate.checks.texts import (
    JsonText,
    Like,
    MatchesNone,
    MatchesSome,
    NotLike,
    Of,
    Strptime,
)
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import counts, unknown
from tests.checks.test_agreement import OneQuestionAtATime, gone, like

Row = dict[str, Any]

NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "Int64": st.integers(-4, 4),
    "Float64": st.sampled_from([0.0, -0.0, 0.1, 0.5, 1.0, -2.0, 3.5, math.nan, math.inf]),
    "Decimal": st.sampled_from([Decimal(t) for t in ("0.10", "0.30", "-1.00", "2.50", "3.00")]),
}
TEXTS = ["", "a", "ab", "B", "é", "a\nb", "1", "{}", "[1,", "2020-01-05", "2020-13-01", "a%", "_"]
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "String": st.sampled_from(TEXTS),
    "Date": st.dates(date(2013, 1, 1), date(2013, 1, 4)),
}
KINDS = {**NUMBERS, **OTHERS}


def declared(kind: str) -> st.SearchStrategy[Any]:
    """Values as a suite may hold them beside a column of that kind."""
    match kind:
        case "Date":
            return OTHERS[kind].map(date.isoformat)
        case "Decimal":
            return st.sampled_from([0.1, 0.3, -1, 2.5, 3])
        case "Float64":
            return NUMBERS[kind].filter(lambda value: not math.isnan(value))
        case _:
            return KINDS[kind]


@st.composite
def rules(draw: st.DrawFn, kind: str) -> Rule:
    both = st.just(("x", "y"))
    ignore = st.sampled_from(Ignore)
    flag = st.booleans()
    pairs = st.lists(st.tuples(*[st.none() | declared(kind)] * 2), min_size=1, max_size=4)
    choices: list[st.SearchStrategy[Rule]] = [
        st.builds(Equal, both, ignore),
        st.builds(Greater, both, flag, ignore),
        st.builds(PairOneOf, both, pairs.map(tuple), ignore),
        st.builds(Alike, st.just(("x", "y", "z")), ignore),
        st.builds(Different, st.just(("x", "y", "z")), ignore),
        st.builds(Ordered, st.just("x"), flag, flag),
        st.builds(Unique, both, ignore),
    ]
    if kind in NUMBERS:
        far = st.sampled_from([0.37, 0.77, 1.13])
        choices += [
            st.builds(SumOf, both, st.sampled_from([0, 1, 0.5, 3.5]), ignore),
            st.builds(ZScore, st.just("x"), far, flag),
            st.builds(NotOutlier, st.just("x"), st.sampled_from(Spread), far),
        ]
    if kind == "String":
        patterns = st.sampled_from([("^a",), ("a", "b$"), (".", "[é1]")])
        likes = st.sampled_from([("a%",), ("_", "%b"), ("%",), ("",)])
        choices += [
            st.builds(MatchesSome, st.just("x"), patterns, st.sampled_from(Of)),
            st.builds(MatchesNone, st.just("x"), patterns),
            st.builds(Like, st.just("x"), likes, st.sampled_from(Of)),
            st.builds(Like, st.just("x"), st.just(("a!%", "!_")), st.just(Of.ANY), st.just("!")),
            st.builds(NotLike, st.just("x"), likes),
            st.builds(Strptime, st.just("x"), st.just("%Y-%m-%d")),
            st.builds(JsonText, st.just("x")),
        ]
    return draw(st.one_of(choices))


def conditions(kind: str) -> st.SearchStrategy[RowCondition]:
    column = st.sampled_from(["x", "y"])
    several = st.lists(declared(kind), min_size=1, max_size=3).map(tuple)
    simple: st.SearchStrategy[RowCondition] = st.one_of(
        st.builds(Compare, column, st.sampled_from(Operator), declared(kind)),
        st.builds(Among, column, several),
        st.builds(NotAmong, column, several),
        st.builds(Missing, column),
        st.builds(Present, column),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.builds(All, st.lists(inner, min_size=1, max_size=2).map(tuple)),
            st.builds(AnyOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
            st.builds(Not, inner),
        ),
        max_leaves=3,
    )


@dataclass(frozen=True)
class Case:
    kind: str
    rows: list[Row]
    checks: list[Check]


@st.composite
def cases(draw: st.DrawFn, kind: str) -> Case:
    cells = st.none() | KINDS[kind]
    made = st.fixed_dictionaries(dict.fromkeys("xyz", cells))
    rows = draw(st.lists(made, max_size=8))
    share = st.sampled_from([1.0, 0.5])
    checks = []
    for _ in range(draw(st.integers(2, 6))):
        rule, bound = Failing(draw(rules(kind))), Share(draw(share))
        only = draw(st.none() | conditions(kind))
        checks.append(Check("", Seen(rule, View(only)) if only else rule, bound))
    return Case(kind, rows, checks)


# ------------------------------------------------------------------ the naive oracle


def holds(condition: RowCondition, row: Row, kind: str) -> bool:  # noqa: PLR0911 - one a kind
    match condition:
        case All(conditions):
            return all(holds(one, row, kind) for one in conditions)
        case AnyOf(conditions):
            return any(holds(one, row, kind) for one in conditions)
        case Not(inner):
            return not holds(inner, row, kind)
    value = row[condition.column]
    match condition:
        case Missing():
            return gone(value)
        case Present():
            return not gone(value)
        case Among(_, values):
            return not gone(value) and value in [like(one, kind) for one in values]
        case NotAmong(_, values):
            return gone(value) or value not in [like(one, kind) for one in values]
        case Compare(_, operator, other):
            if gone(value):
                return operator is Operator.UNEQUAL
            signs: dict[Operator, Callable[[Any, Any], bool]] = {
                Operator.EQUAL: lambda a, b: a == b,
                Operator.UNEQUAL: lambda a, b: a != b,
                Operator.BELOW: lambda a, b: a < b,
                Operator.AT_MOST: lambda a, b: a <= b,
                Operator.ABOVE: lambda a, b: a > b,
                Operator.AT_LEAST: lambda a, b: a >= b,
            }
            return signs[operator](value, like(other, kind))


def by_hand(rule: Rule, rows: Sequence[Row], kind: str) -> tuple[int, list[int]]:
    """How many of the rows the rule leaves out, and the places of those that break it."""
    names = columns_of(rule)
    missing = [[gone(row[name]) for name in names] for row in rows]
    judged = list(range(len(rows)))
    ignore = rule.ignore if isinstance(rule, PairRule | Unique) else Ignore.ANY_MISSING
    if ignore is Ignore.ALL_MISSING:
        judged = [place for place in judged if not all(missing[place])]
    elif ignore is Ignore.ANY_MISSING:
        judged = [place for place in judged if not any(missing[place])]
    values = [[None if gone(rows[p][name]) else rows[p][name] for name in names] for p in judged]
    breaks = several(rule, values, kind) if len(names) > 1 else single(rule, [v[0] for v in values])
    return len(rows) - len(judged), [p for p, broke in zip(judged, breaks, strict=True) if broke]


def several(rule: Rule, values: list[list[Any]], kind: str) -> list[bool]:
    count = Counter(map(tuple, values))
    return [_several(rule, one, kind, count[tuple(one)]) for one in values]


def _several(rule: Rule, values: list[Any], kind: str, twins: int) -> bool:
    there = None not in values
    match rule:
        case Equal():
            return not (there and values[0] == values[1])
        case Greater(_, or_equal):
            return not (there and (values[0] > values[1] or (or_equal and values[0] == values[1])))
        case PairOneOf(_, pairs):
            wanted = [[None if v is None else like(v, kind) for v in pair] for pair in pairs]
            return values not in wanted
        case SumOf(_, total):
            return not (there and sum(values) == like(total, kind))
        case Alike():
            return any(one != values[0] for one in values)
        case Different():
            return any(one == other for one, other in combinations(values, 2))
        case Unique():
            return twins > 1
    raise AssertionError(rule)


def single(rule: Rule, values: list[Any]) -> list[bool]:
    match rule:
        case Ordered(_, descending, strictly):
            late = [False] * len(values)
            for place, (first, second) in enumerate(pairwise(values), 1):
                wrong = second > first if descending else second < first
                late[place] = wrong or (strictly and first == second)
            return late
        case ZScore() | NotOutlier():
            return far(rule, [float(value) for value in values])
    return [unlike(rule, value) for value in values]


def far(rule: ZScore | NotOutlier, values: list[float]) -> list[bool]:
    if isinstance(rule, NotOutlier) and rule.spread is Spread.IQR:
        if not values:
            return []
        low, high = quantile(values, 0.25), quantile(values, 0.75)
        if not (math.isfinite(low) and math.isfinite(high)):
            return [math.isinf(value) for value in values]
        reach = rule.multiplier * (high - low)
        return [
            math.isinf(value) or value < low - reach or value > high + reach for value in values
        ]
    if len(values) < 2 or not all(map(math.isfinite, values)):
        below = isinstance(rule, ZScore) and not rule.double_sided
        return [math.isinf(value) and (value > 0 or not below) for value in values]
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    if not deviation:
        return [False] * len(values)
    if isinstance(rule, NotOutlier):
        return [abs(value - mean) >= rule.multiplier * deviation for value in values]
    scores = [(value - mean) / deviation for value in values]
    return [(abs(one) if rule.double_sided else one) >= rule.threshold for one in scores]


def quantile(values: list[float], share: float) -> float:
    ranked, place = sorted(values), share * (len(values) - 1)
    low, high = ranked[math.floor(place)], ranked[math.ceil(place)]
    return low if low == high else low + (high - low) * (place - math.floor(place))


def unlike(rule: Rule, text: str) -> bool:
    match rule:
        case MatchesSome(_, patterns, of):
            found = [re.search(pattern, text) is not None for pattern in patterns]
            return not (any(found) if of is Of.ANY else all(found))
        case MatchesNone(_, patterns):
            return any(re.search(pattern, text) for pattern in patterns)
        case Like(_, patterns, of, escape):
            found = [is_like(text, pattern, escape) for pattern in patterns]
            return not (any(found) if of is Of.ANY else all(found))
        case NotLike(_, patterns, escape):
            return any(is_like(text, pattern, escape) for pattern in patterns)
        case Strptime(_, form):
            return not reads(lambda: datetime.strptime(text, form))  # noqa: DTZ007
        case JsonText():
            return not reads(lambda: json.loads(text))
    raise AssertionError(rule)


def is_like(text: str, pattern: str, escape: str | None) -> bool:
    parts, marks = [], iter(pattern)
    for mark in marks:
        if mark == escape:
            parts.append(re.escape(next(marks)))
        else:
            parts.append({"%": ".*", "_": "."}.get(mark, re.escape(mark)))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except ValueError:
        return False
    return True


# ------------------------------------------------------------------ the promise


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("families")


def written(folder: Path, case: Case) -> Table:
    import polars as pl

    kind = pl.Decimal(9, 2) if case.kind == "Decimal" else getattr(pl, case.kind)
    frame = pl.DataFrame(case.rows, schema=dict.fromkeys("xyz", kind), orient="row")
    path = folder / "data.parquet"
    path.unlink(missing_ok=True)
    wrote = EmbeddedEngine().write(frame, path)
    return Table("t", (path,), wrote.schema, wrote.rows, EmbeddedEngine().describe(frame))


def expected(check: Check, case: Case) -> tuple[tuple[Any, ...], list[int]]:
    """The outcome's status and counts, and the places in the table of the rows that broke it."""
    metric = check.metric
    only = metric.view.only if isinstance(metric, Seen) else None
    failing = metric.metric if isinstance(metric, Seen) else metric
    assert isinstance(failing, Failing)
    assert isinstance(check.bound, Share)
    places = [
        place for place, row in enumerate(case.rows) if only is None or holds(only, row, case.kind)
    ]
    left_out, broke = by_hand(failing.rule, [case.rows[place] for place in places], case.kind)
    judged = len(places) - left_out
    kept = judged == 0 or (judged - len(broke)) / judged >= check.bound.at_least
    status = Status.PASSED if kept else Status.FAILED
    return (status, len(places), left_out, len(broke)), [places[one] for one in broke]


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_way_to_an_outcome_agrees_with_reading_by_hand(
    engine: EmbeddedEngine, folder: Path, kind: str, data: st.DataObject
) -> None:
    import polars as pl

    case = data.draw(cases(kind))
    table = written(folder, case)
    wanted = [expected(check, case) for check in case.checks]
    proved = evaluate(engine, table, case.checks)
    ways = {
        "proved": proved,
        "scanned": evaluate(engine, unknown(table), case.checks),
        "alone": evaluate(OneQuestionAtATime(), unknown(table), case.checks),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "WIDE", 1_000_000)  # as of a table with very many columns
        ways["summed"] = evaluate(engine, unknown(table), case.checks)
    assert [outcome.message for outcome in proved if outcome.status is Status.ERROR] == []
    for way, outcomes in ways.items():
        assert [counts(outcome) for outcome in outcomes] == [one for one, _ in wanted], way
    broke: dict[int, set[str]] = {}
    for outcome, (_, places) in zip(proved, wanted, strict=True):
        assert len(outcome.samples) == (len(places) if outcome.status is Status.FAILED else 0)
        for place in places if outcome.status is Status.FAILED else ():
            broke.setdefault(place, set()).add(outcome.check.id)
    frame = pl.read_parquet(table.paths[0]).with_columns(
        _file=pl.lit("a.csv"), _line=pl.int_range(pl.len(), dtype=pl.Int64)
    )
    kept = failing_rows(engine, table, proved, lambda: frame)
    found = {} if kept is None else dict(zip(kept["_line"], kept["_check"], strict=True))
    assert {line: set(ids.split(",")) for line, ids in found.items()} == broke
