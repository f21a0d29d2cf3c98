"""What a function reads and writes, held against what Polars makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl  # noqa: TID253
import pytest

from headgate.pipelines.columns import Column, Columns, Kind, Known, Reads, StepColumns
from headgate.pipelines.pipeline import Step
from headgate.pipelines.python_columns import function_columns
from headgate.pipelines.step import resolve

FRAMES = {
    "t": pl.DataFrame({"id": [1], "name": ["a"], "amt": [1.0], "day": ["2024-01-01"]}),
    "u": pl.DataFrame({"id": [1], "city": ["a"], "amt": [2.0]}),
}
KNOWN = {
    name: Columns(tuple(Column(column) for column in frame.columns), Known.EXACTLY)
    for name, frame in FRAMES.items()
}
HEAD = (
    'import polars as pl\n\nKEYS = ["id"]\nNAMES = {"id": "key"}\nTOP = pl.col("amt").max()\n\n\n'
)

PLAIN = [
    'return t.select("id", pl.col("amt") * 2)',
    'return t.select(["id", "name"])',
    'return t.select(KEYS).head(3)',
    'return t.select(pl.col("id", "amt").cast(pl.Float64), x=pl.col("name"))',
    'return t.select(top=TOP, all=pl.len())',
    'return t.with_columns(pl.col("amt").round(1), double=pl.col("amt") * 2)',
    'return t.with_columns(pl.col("name").str.to_uppercase().alias("NAME"))',
    'return t.with_columns(big=pl.when(pl.col("amt") > 1).then("id").otherwise(pl.lit(0)))',
    'return t.drop("name", "day").rename({"id": "key"})',
    "return t.rename(NAMES)",
    'return t.filter(pl.col("amt") > 0).sort("day").unique("id").drop_nulls(["name"])',
    'return t.filter(name="a").with_row_index()',
    'return t.group_by("name").agg(pl.col("amt").sum(), pl.len())',
    'return t.group_by(KEYS, maintain_order=True).agg(total=pl.sum("amt"))',
    'return t.join(u, on="id", how="left")',
    'return t.join(u, on="id", suffix="_u").drop("amt_u")',
    'return t.join(u, left_on="name", right_on="city")',
    'return t.join(u, on="id", how="semi")',
    'rest = u.select("id", "city")\n    return t.join(rest, on=KEYS).select("city", pl.col("amt").mean())',
    'value = pl.col("amt") - 1\n    return t.with_columns(value.alias("less"))',
    'return t.with_columns(n=pl.col("amt").sum().over("name", order_by="day"))',
    'return t.cast({"id": pl.Int8}).lazy().collect()',
]  # fmt: skip

VAGUE = [
    'return t.with_columns(helper(pl.col("amt")))',
    'return t.select(pl.col(f"{KEYS[0]}"))',
    'return t.with_columns(pl.all().cast(pl.String))',
    'return t.pipe(helper).select("id")',
    'return t.select("^a.*$")',
    'for _ in range(2):\n        t = t.head(1)\n    return t',
    'return pl.DataFrame({"x": t["id"]})',
    'return t.select(pl.col(name) for name in KEYS)',
    'return t.select(1 - pl.col("amt"))',
    'return t.join(u, on="id", how="full")',
]  # fmt: skip


def told(root: Path, body: str, known: dict[str, Columns] | None = None) -> StepColumns:
    """What is said of a function of that body."""
    file = root / "steps.py"
    file.write_text(f"{HEAD}def helper(x):\n    return x\n\n\ndef made(t, u):\n    {body}\n")
    code = resolve("made", Step(run="steps.py:made"), root, "p.yml", ["t", "u"])
    return function_columns(code, root, KNOWN if known is None else known)


def made(body: str) -> Callable[..., list[str] | None]:
    """The function itself, called; None where Polars refuses."""
    space: dict[str, Any] = {}
    exec(f"{HEAD}def helper(x):\n    return x\n\n\ndef made(t, u):\n    {body}\n", space)  # noqa: S102

    def call(**frames: pl.DataFrame) -> list[str] | None:
        try:
            result = space["made"](**frames)
        except (pl.exceptions.PolarsError, AttributeError):
            return None
        return list(result.collect_schema().names())

    return call


@pytest.mark.parametrize("body", PLAIN)
def test_a_plain_function_writes_and_reads_what_polars_says(tmp_path: Path, body: str) -> None:
    found, call = told(tmp_path, body), made(body)
    assert (list(found.writes.names), found.writes.known) == (call(**FRAMES), Known.EXACTLY)
    assert found.problems == ()
    for table, frame in FRAMES.items():
        assert found.reads[table].known is Known.EXACTLY
        for column in frame.columns:
            left = call(**{**FRAMES, table: frame.drop(column)})
            assert column not in found.reads[table].needed or left is None, (table, column)
            assert column in found.reads[table].names or left == call(**FRAMES), (table, column)


@pytest.mark.parametrize("body", VAGUE)
def test_what_a_function_hands_on_or_puts_together_is_not_guessed(
    tmp_path: Path, body: str
) -> None:
    found = told(tmp_path, body)
    there = made(body)(**FRAMES)
    assert there is not None
    assert found.writes.known is not Known.EXACTLY or list(found.writes.names) == there
    assert set(found.writes.names) <= set(there)
    assert found.problems == ()
    exact = {"how", "1 -"}  # plain enough to be read, though not to be named
    if not any(word in body for word in exact):
        assert found.reads["t"].known is not Known.EXACTLY


def test_texts_in_a_function_that_are_names_of_columns_are_read_at_least(tmp_path: Path) -> None:
    body = 'return helper(t.to_pandas()["amt"], u, KEYS)'
    assert told(tmp_path, body).reads == {
        "t": Reads(passed=frozenset({"amt", "id"}), known=Known.AT_LEAST),
        "u": Reads(passed=frozenset({"amt", "id"}), known=Known.AT_LEAST),
    }
    assert told(tmp_path, body, {}).reads["t"].known is Known.UNKNOWN


def test_a_column_that_a_frame_lacks_is_a_problem_with_its_line(tmp_path: Path) -> None:
    [problem] = told(tmp_path, 'return t.select("id",\n        pl.col("nmae"))').problems
    assert (problem.kind, problem.line, problem.hint) == (Kind.MISSING, 14, "did you mean 'name'?")
    assert told(tmp_path, 'return t.select("id", helper("nmae"))').problems == ()
