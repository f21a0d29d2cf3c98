"""A table judged by its parts is judged as one read whole, whatever the parts and whatever changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from headgate.checks.check import Bound, Check, Members, Outcome, ProvedBy, Range, Ranges, Share
from headgate.checks.conditions import Compare, Operator, View
from headgate.checks.distributions import (
    Divergence,
    Histogram,
    MostCommon,
    Nearest,
    Quantiles,
    SetDifference,
    Side,
    Weights,
)
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
    NotNull,
    OneOf,
    Plain,
    Rule,
    Seen,
    Unique,
)
from headgate.checks.pairs import Equal, Greater
from headgate.checks.relative import Ordered, ZScore
from headgate.checks.texts import JsonText
from headgate.checks.verify import Verify, table_for
from headgate.engines.embedded import EmbeddedEngine
from headgate.ledger.ledger import Ledger
from headgate.ledger.sqlite import open_ledger
from headgate.schema.table import Table, TablePart
from headgate.store.objects import digest_of

Row = tuple[Any, ...]
COLUMNS = ("i", "x", "t", "d", "b", "k")

ROWS = st.tuples(
    st.none() | st.integers(-3, 3) | st.sampled_from([2**53, 2**53 + 1]),
    st.none() | st.sampled_from([0.0, -0.0, 0.1, 1.5, -2.0, math.nan, math.inf, -math.inf]),
    st.none() | st.sampled_from(["", "a", "b", "é", "[1]", "{", "10"]),
    st.none() | st.dates(date(2015, 1, 1), date(2015, 1, 4)),
    st.none() | st.booleans(),
    st.integers(0, 60),
)
TABLES = st.lists(st.lists(ROWS, max_size=8), min_size=2, max_size=5)


# ------------------------------------------------------------------ random checks


RULES: Sequence[Rule] = (
    NotNull("x"),
    Between("i", 0, 2),
    Between("d", "2015-01-02", "2015-01-03", strict_low=True),
    OneOf("t", ("a", "b")),
    OneOf("b", (1,)),
    Matches("t", "^[a-z]"),
    Length("t", 1, 1),
    JsonText("t"),
    Equal(("i", "x")),
    Greater(("x", "i"), ignore=Ignore.NEVER),
    Unique(("k",)),
    Unique(("i", "x"), Ignore.NEVER),
    Unique(("d", "k")),
    Unique(("t",), Ignore.ALL_MISSING),
    Ordered("k"),
    Ordered("x", descending=True),
    Ordered("d", strictly=True),
    ZScore("k", 1.0),
)
METRICS: Sequence[tuple[Plain, Bound]] = (
    *((Aggregate(function, "i"), Range(0, 1)) for function in Function),
    *((Aggregate(function, "k"), Range(0, 30)) for function in Function),
    *((Aggregate(function, "b"), Range(0, 1)) for function in (Function.MEAN, Function.DISTINCT)),
    (Aggregate(Function.MEDIAN, "x"), Range(0, 1)),
    (Aggregate(Function.DISTINCT, "x"), Range(0, 1)),
    (Aggregate(Function.UNIQUE, "t"), Range(0, 0.5)),
    (Aggregate(Function.MIN, "d"), Range("2015-01-02")),
    (Completeness(), Range(0.5)),
    (Completeness(("x", "t")), Range(0.9)),
    (Quantiles("k", (0.0, 0.25, 0.5, 1.0)), Ranges((Range(0, 9),) * 4)),
    (Quantiles("x", (0.3, 0.5), Nearest.LINEAR), Ranges((Range(0, 9),) * 2)),
    (Quantiles("d", (0.5,)), Ranges((Range("2015-01-02"),))),
    (MostCommon("t"), Members(("a",), ties=True)),
    (MostCommon("i"), Members((0,))),
    (SetDifference("t", ("a", "b")), Range(0, 0)),
    (SetDifference("d", ("2015-01-01",), Side.ABSENT), Range(0, 0)),
    (SetDifference("i", (0, 1, 2), Side.UNEXPECTED), Range(0, 1)),
    (Divergence("t", Weights(("a", "b"), (0.5, 0.5)), 0.1), Range(high=0.5)),
    (Divergence("k", Histogram((0, 10, 20, 61), (0.2, 0.2, 0.6))), Range(high=0.5)),
)
VIEWS = st.sampled_from(
    [
        None,
        View(Compare("k", Operator.BELOW, 30)),
        View(Compare("t", Operator.UNEQUAL, "a")),
        View(Compare("k", Operator.ABOVE, 100)),  # no row at all
    ]
)
PLAIN = st.sampled_from(
    [*((Failing(rule), Share(0.7)) for rule in RULES), *METRICS],
)
CHECKS = st.lists(st.tuples(PLAIN, VIEWS), min_size=1, max_size=6)


def as_check(plain: Plain, bound: Bound, view: View | None) -> Check:
    metric: Metric = plain if view is None else Seen(plain, view)
    return Check("", metric, bound)


# ------------------------------------------------------------------ tables of parts


@pytest.fixture(scope="module")
def exhaustive() -> EmbeddedEngine:
    found = EmbeddedEngine().exhaustive()
    assert isinstance(found, EmbeddedEngine)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


def part_of(engine: EmbeddedEngine, folder: Path, rows: Sequence[Row]) -> tuple[TablePart, Table]:
    import polars as pl

    types = (pl.Int64, pl.Float64, pl.String, pl.Date, pl.Boolean, pl.Int64)
    schema = dict(zip(COLUMNS, types, strict=True))
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    path = folder / "part.parquet"
    written = engine.write(frame, path)
    digest = digest_of(path)
    kept = path.rename(folder / f"{digest}.parquet")
    statistics = engine.describe(frame)
    return (
        TablePart(digest, kept, written.rows, statistics),
        Table("t", (kept,), written.schema, written.rows, statistics),
    )


def table_of(engine: EmbeddedEngine, folder: Path, parts: Sequence[Sequence[Row]]) -> Table:
    """The parts as one table, with the statistics of all of them."""
    made = [part_of(engine, folder, rows) for rows in parts]
    statistics = dict(made[0][0].statistics)
    for part, _ in made[1:]:
        statistics = {name: one.merge(part.statistics[name]) for name, one in statistics.items()}
    return Table(
        "t",
        tuple(part.path for part, _ in made),
        made[0][1].schema,
        sum(part.rows for part, _ in made),
        statistics,
        parts=tuple(part for part, _ in made),
    )


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes say the same; sums of fractions may differ in their last digits."""
    if isinstance(one.observed, float) and isinstance(other.observed, float):
        close = math.isclose(one.observed, other.observed, rel_tol=1e-9, abs_tol=1e-9)
    else:
        close = one.observed == other.observed
    counts = ("status", "elements", "missing", "unexpected")
    return close and all(getattr(one, name) == getattr(other, name) for name in counts)


# ------------------------------------------------------------------ promises


@settings(max_examples=50, deadline=None)
@given(parts=TABLES, added=st.lists(ROWS, max_size=6), drawn=CHECKS, again=st.integers(0, 4))
def test_judged_by_parts_as_when_read_whole(
    engine: EmbeddedEngine,
    exhaustive: EmbeddedEngine,
    folder: Path,
    parts: list[list[Row]],
    added: list[Row],
    drawn: list[tuple[tuple[Plain, Bound], View | None]],
    again: int,
) -> None:
    checks = [as_check(plain, bound, view) for (plain, bound), view in drawn]
    with closing_ledger(folder) as ledger:
        restated = [added if n == again % len(parts) else rows for n, rows in enumerate(parts)]
        for state in (parts, parts, [*parts, added], restated, parts[1:], [*parts, parts[0]]):
            table = table_of(engine, folder, state)
            whole = evaluate(engine, table, checks)
            honest = evaluate(exhaustive, table_for(Verify.FULL, exhaustive, table), checks)
            by_parts = evaluate(engine, table, checks, ledger=ledger)
            for one, other, third in zip(whole, by_parts, honest, strict=True):
                assert same(one, other), (one, other)
                assert same(one, third), (one, third)


def closing_ledger(folder: Path) -> Any:
    from contextlib import closing
    from tempfile import mkdtemp

    return closing(open_ledger(Path(mkdtemp(dir=folder), "state.db")))


@pytest.mark.parametrize(
    ("rule", "proved"),
    [
        (Between("i", 0, 2), ProvedBy.CACHE),
        (Unique(("d", "k")), ProvedBy.CACHE),
        (JsonText("t"), ProvedBy.CACHE),
        (Ordered("d"), ProvedBy.CACHE),
        (ZScore("k", 1.0), ProvedBy.SCAN),
    ],
)
def test_an_unchanged_part_is_not_read_again(
    engine: EmbeddedEngine, folder: Path, ledger: Ledger, rule: Rule, proved: ProvedBy
) -> None:
    days = [[(5, 1.0, "x", date(2015, 1, day), True, day)] for day in (1, 2, 3)]
    check = Check("", Failing(rule), Share())
    evaluate(engine, table_of(engine, folder, days[:2]), [check], ledger=ledger)

    later = table_of(engine, folder, days)
    if proved is ProvedBy.CACHE:  # the first two files are not even there
        gone = [replace(part, path=folder / "gone.parquet") for part in later.parts[:2]]
        paths = (gone[0].path, gone[1].path, later.paths[2])
        unread = replace(later, parts=(*gone, later.parts[2]), paths=paths)
    else:
        unread = later
    [outcome] = evaluate(engine, unread, [check], ledger=ledger)

    assert outcome.proved_by is proved
    assert same(outcome, evaluate(engine, later, [check])[0])


def test_a_twin_in_another_part_is_found_though_each_part_is_unique(
    engine: EmbeddedEngine, folder: Path, ledger: Ledger
) -> None:
    days = [[(1, 1.0, "x", date(2015, 1, day), True, key) for key in (1, 2)] for day in (1, 2)]
    check = Check("", Failing(Unique(("d", "k"))), Share())
    evaluate(engine, table_of(engine, folder, days), [check], ledger=ledger)
    late = [(9, 9.0, "y", date(2015, 1, 1), False, 2)]

    [outcome] = evaluate(engine, table_of(engine, folder, [*days, late]), [check], ledger=ledger)

    assert (outcome.unexpected, outcome.elements) == (2, 5)


def test_missing_keys_are_twins_though_the_ranges_of_their_parts_are_apart(
    engine: EmbeddedEngine, folder: Path, ledger: Ledger
) -> None:
    parts = [
        [(0, 1.0, "x", None, True, 1), (None, 7.0, "x", None, True, 2)],
        [(5, 2.0, "x", None, True, 3), (None, 7.0, "x", None, True, 4)],
    ]
    check = Check("", Failing(Unique(("i", "x"))), Share())
    [outcome] = evaluate(engine, table_of(engine, folder, parts), [check], ledger=ledger)
    assert outcome.unexpected == 2


def test_a_part_that_cannot_be_read_closes_the_gate(
    engine: EmbeddedEngine, folder: Path, ledger: Ledger
) -> None:
    table = table_of(
        engine, folder, [[(1, 1.0, "x", None, True, 1)], [(2, 1.0, "y", None, True, 2)]]
    )
    broken = replace(table.parts[1], path=folder / "gone.parquet", digest="0" * 32)
    table = replace(table, parts=(table.parts[0], broken), paths=(table.paths[0], broken.path))
    [outcome] = evaluate(
        engine, table, [Check("", Failing(Matches("t", "x")), Share())], ledger=ledger
    )
    assert outcome.closes_gate
    assert outcome.status == "error"


# ------------------------------------------------------------------ columns of very many values


@pytest.fixture(scope="module")
def wide(engine: EmbeddedEngine, folder: Path) -> tuple[Table, list[float]]:
    """Two parts of 80,000 different numbers each, and all of these in their order."""
    values = [[n * 1.001 - 20_000 + 100_000 * part for n in range(80_000)] for part in (0, 1)]
    rows = [[(None, value, None, None, None, 0) for value in some] for some in values]
    return table_of(engine, folder, rows), sorted(value for some in values for value in some)


def test_a_quantile_of_very_many_values_is_told_with_its_error(
    engine: EmbeddedEngine, wide: tuple[Table, list[float]], ledger: Ledger
) -> None:
    table, values = wide
    check = Check("", Quantiles("x", (0.1, 0.5, 0.9)), Ranges((Range(-1e9, 1e9),) * 3))
    [outcome] = evaluate(engine, table, [check], ledger=ledger)

    assert outcome.passed
    found, errors = outcome.details["values"], outcome.details["error"]
    assert isinstance(found, list)
    assert isinstance(errors, tuple)
    for share, value, error in zip((0.1, 0.5, 0.9), found, errors, strict=True):
        true = values[round(share * (len(values) - 1))]
        assert 0 < error <= 0.011 * abs(true)
        assert abs(value - true) <= error


def test_a_rough_quantile_never_decides_near_its_bound(
    engine: EmbeddedEngine, wide: tuple[Table, list[float]], ledger: Ledger
) -> None:
    table, values = wide
    true = (values[len(values) // 2 - 1] + values[len(values) // 2]) / 2
    just_met = Check("", Aggregate(Function.MEDIAN, "x"), Range(low=true))
    just_missed = Check("", Aggregate(Function.MEDIAN, "x"), Range(low=math.nextafter(true, 1e9)))
    met, missed = evaluate(engine, table, [just_met, just_missed], ledger=ledger)
    assert (met.passed, missed.passed) == (True, False)
    assert met.observed == pytest.approx(true, rel=1e-12)
    assert "error" not in met.details
