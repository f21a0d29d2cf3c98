"""What is proved from all different values of a column is what reading every row gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.check import Check, Share
from headgate.checks.evaluate import evaluate
from headgate.checks.known import listed_by, may_be_known
from headgate.checks.metric import Between, Failing, Matches, NoneOf, OneOf, Rule, Unique
from headgate.engines.embedded import EmbeddedEngine
from headgate.runs.validation import WrittenLater
from headgate.schema.table import Table
from tests.checks.conftest import CountingEngine, counts, unknown

TEXTS = st.sampled_from(["", "a", "b", "ab", "A", "é", "e\u0301", "日本", "0", "'", "a\nb", "a "])
SETS = st.lists(TEXTS | st.integers(0, 1), min_size=1, max_size=5).map(tuple)


def held(engine: EmbeddedEngine, cells: list[str | None], folder: Path) -> Table:
    """A table in memory of which the different values are known."""
    import polars as pl

    from headgate.engines.types import schema_of

    frame = pl.DataFrame({"x": cells}, {"x": pl.String})
    path = WrittenLater(engine, frame, folder / "rows")
    return Table("t", path, schema_of(frame), len(cells), engine.describe(frame, ["x"]))


@settings(max_examples=80, deadline=None)
@given(cells=st.lists(st.none() | TEXTS, max_size=8), values=SETS)
def test_values_that_are_listed_prove_what_a_read_finds(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str | None], values: tuple[str, ...]
) -> None:
    engine = EmbeddedEngine()
    table = held(engine, cells, tmp_path_factory.mktemp("listed"))
    checks = [
        Check("", Failing(OneOf("x", values)), Share()),
        Check("", Failing(NoneOf("x", values)), Share()),
    ]
    found = evaluate(engine, table, checks)
    assert list(map(counts, found)) == list(map(counts, evaluate(engine, unknown(table), checks)))


def test_nothing_is_written_or_asked_where_the_values_prove_the_check(tmp_path: Path) -> None:
    engine = CountingEngine()
    table = held(engine, ["a", None, "b", "a"], tmp_path)
    kept = Check("", Failing(OneOf("x", ("a", "b", "c"))), Share())
    [outcome] = evaluate(engine, table, [kept])
    assert outcome.passed
    assert (engine.statements, list(tmp_path.iterdir())) == ([], [])
    broken = Check("", Failing(OneOf("x", ("a", "c"))), Share())
    [outcome] = evaluate(engine, table, [broken])
    assert counts(outcome)[1:] == (4, 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_values_are_listed_only_where_they_are_few_texts() -> None:
    import polars as pl

    many = [str(number) for number in range(2_000)]
    late = ["a"] * 20_000 + many  # no glimpse of the first rows says so
    frame = pl.DataFrame({"few": ["b", "a", None, "b"] * 500, "many": many, "number": range(2_000)})
    found = EmbeddedEngine().describe(frame, ["few", "many", "number"])
    assert [found[name].values for name in frame.columns] == [("a", "b"), None, None]
    assert EmbeddedEngine().describe(frame)["few"].values is None
    assert EmbeddedEngine().describe(pl.DataFrame({"x": late}), ["x"])["x"].values is None


def test_a_check_says_whether_statistics_may_answer_it() -> None:
    rules: list[Rule] = [OneOf("x", ("a",)), NoneOf("y", ("b",)), Between("z", 0, 1)]
    checks = [Check("", Failing(rule), Share()) for rule in rules]
    assert listed_by(checks) == {"x", "y"}
    assert all(may_be_known(check.metric) for check in checks)
    assert not may_be_known(Failing(Matches("x", "a")))
    assert not may_be_known(Failing(Unique(("x",))))
