"""Each different text of a column is judged once, and every row of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from headgate.checks import repeated
from headgate.checks.check import Check, Share
from headgate.checks.conditions import Compare, Operator, View
from headgate.checks.evaluate import evaluate
from headgate.checks.formats import Form, Formatted
from headgate.checks.metric import (
    Completeness,
    Failing,
    Length,
    Matches,
    Metric,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rule,
    Seen,
    Unique,
)
from tests.checks.conftest import CountingEngine, MakeTable, counts, number, unknown

if TYPE_CHECKING:
    import polars as pl

TEXTS = st.none() | st.sampled_from(["", "a", "b", "ab", "é", "日本", "0", "a@b.de", "'", "null"])
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 1)), min_size=1, max_size=12)
SETS = st.lists(TEXTS.filter(lambda text: text is not None), max_size=3).map(tuple)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    column = draw(st.sampled_from(["x", "The Y"]))
    sizes = st.none() | st.integers(0, 3)
    rule: Rule = draw(
        st.one_of(
            st.just(NotNull(column)),
            st.just(Null(column)),
            st.builds(OneOf, st.just(column), SETS),
            st.builds(NoneOf, st.just(column), SETS),
            st.builds(Length, st.just(column), sizes, sizes),
            st.builds(Matches, st.just(column), st.sampled_from(["a", "^.$", "^$"])),
            st.builds(NotMatches, st.just(column), st.sampled_from(["b", "[é日]"])),
            st.just(Formatted(column, Form.EMAIL)),
            st.just(Unique((column,))),
        )
    )
    return rule


def frame_of(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    import polars as pl

    types = {"x": pl.String(), "The Y": pl.String(), "n": pl.Int64()}
    return pl.DataFrame(rows, types, orient="row")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, listed=st.lists(rules(), min_size=6, max_size=12), only=st.booleans())
def test_grouping_texts_gives_what_judging_each_row_gives(
    make: MakeTable, rows: list[tuple[Any, ...]], listed: list[Rule], only: bool
) -> None:
    table = unknown(make(frame_of(rows)))
    view = View(Compare("n", Operator.EQUAL, 1))
    metrics: list[Metric] = [Failing(rule) for rule in listed]
    metrics = [Seen(one, view) if only else one for one in metrics]  # type: ignore[arg-type]
    checks = [Check("", metric, Share()) for metric in metrics]
    checks.append(number(Completeness(("x", "The Y"))))
    engine = CountingEngine()
    plainly = evaluate(engine, table, checks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeated, "ROWS", 0)
        patch.setattr(repeated, "AT_LEAST", 1)
        found = evaluate(engine, table, checks)
    assert list(map(counts, found)) == list(map(counts, plainly))
    assert [outcome.observed for outcome in found] == [outcome.observed for outcome in plainly]


def test_columns_whose_texts_repeat_are_grouped_in_one_statement(
    make: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    monkeypatch.setattr(repeated, "ROWS", 0)
    rows = 500
    frame = pl.DataFrame({
        "few": ["a", "b"] * (rows // 2),
        "late": ["a"] * (rows // 2) + [str(n) for n in range(rows // 2)],
        "many": [str(n) for n in range(rows)],
        "once": ["a"] * rows,
    })  # fmt: skip
    table = replace(make(frame), statistics={})
    rules: list[Rule] = [
        rule
        for name in ("few", "many", "late")
        for rule in (NotNull(name), Length(name, 1, 9), NoneOf(name, ("z",)), OneOf(name, ("a",)))
    ]
    rules.append(NotNull("once"))
    engine = CountingEngine()
    found = evaluate(engine, table, [Check("", Failing(rule), Share(0.0)) for rule in rules])
    assert [outcome.unexpected for outcome in found] == [
        0,
        0,
        0,
        250,
        0,
        0,
        0,
        rows,
        0,
        0,
        0,
        250,
        0,
    ]
    _glimpse, grouping, *others = engine.statements
    assert 'GROUPING SETS (("few"))' in grouping
    assert not any('"few"' in one for one in others if "LIMIT" not in one)  # which is for samples


def test_a_rule_that_does_not_fit_says_so_and_the_others_are_judged(
    make: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    monkeypatch.setattr(repeated, "ROWS", 0)
    table = replace(make(pl.DataFrame({"x": ["a", "b"] * 9})), statistics={})
    rules: list[Rule] = [NotNull("x"), Length("x", 1, 2), OneOf("x", ("a",)), Matches("x", "(")]
    found = evaluate(CountingEngine(), table, [Check("", Failing(r), Share()) for r in rules])
    assert [outcome.status.value for outcome in found] == ["passed", "passed", "failed", "error"]
    assert found[2].unexpected == 9
