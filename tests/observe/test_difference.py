"""What became of the rows of a table is what comparing them one by one in Python finds."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import UsageError
from headgate.observe.difference import difference
from headgate.schema.table import Table

Row = tuple[Any, ...]
CELLS = st.tuples(
    st.none() | st.sampled_from([0.0, 1.5, math.nan, math.inf]),
    st.none() | st.sampled_from(["", "a", "é"]),
)
KEYED = st.dictionaries(st.none() | st.integers(0, 6), CELLS, max_size=6)


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def table(engine: EmbeddedEngine, path: Path, rows: list[Row]) -> Table:
    import polars as pl

    schema = {"k": pl.Int64, "x": pl.Float64, "odd name": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    written = engine.write(frame, path)
    paths = (path,) if rows else ()  # a version all of whose parts are shared has no file to read
    return Table("t", paths, written.schema, written.rows)


def plain(row: Row) -> Row:
    """The row with NaN as a word, so that it equals itself."""
    return tuple("NaN" if isinstance(v, float) and math.isnan(v) else v for v in row)


@settings(max_examples=30, deadline=None)
@given(before=KEYED, after=KEYED)
def test_rows_are_told_by_their_key(
    engine: EmbeddedEngine, folder: Path, before: dict[Any, Row], after: dict[Any, Row]
) -> None:
    old = table(engine, folder / "old.parquet", [(key, *row) for key, row in before.items()])
    new = table(engine, folder / "new.parquet", [(key, *row) for key, row in after.items()])

    found = difference(engine, old, new, ["k"])

    both = [key for key in before if key in after]
    changed = [key for key in both if plain(before[key]) != plain(after[key])]
    counts = (found.added, found.removed, found.changed)
    assert counts == (len(after) - len(both), len(before) - len(both), len(changed))
    assert {row["k"] for row in found.added_rows} == after.keys() - before.keys()
    assert {row["k"] for row in found.removed_rows} == before.keys() - after.keys()
    cells = {(cell.key["k"], cell.column) for cell in found.changed_cells}
    names = ("x", "odd name")
    assert cells == {
        (key, name)
        for key in changed
        for n, name in enumerate(names)
        if plain(before[key])[n] != plain(after[key])[n]
    }
    for name in names:
        assert found.columns.get(name, 0) == sum(column == name for _, column in cells)


@settings(max_examples=30, deadline=None)
@given(before=st.lists(CELLS, max_size=6), after=st.lists(CELLS, max_size=6))
def test_without_a_key_equal_rows_are_paired_once_each(
    engine: EmbeddedEngine, folder: Path, before: list[Row], after: list[Row]
) -> None:
    old = table(engine, folder / "old.parquet", [(1, *row) for row in before])
    new = table(engine, folder / "new.parquet", [(1, *row) for row in after])

    found = difference(engine, old, new, [])

    was, now = Counter(map(plain, before)), Counter(map(plain, after))
    assert (found.added, found.removed) == ((now - was).total(), (was - now).total())
    assert len(found.added_rows) == found.added


def test_columns_that_came_and_went_are_told_and_the_others_compared(
    engine: EmbeddedEngine, folder: Path
) -> None:
    import polars as pl

    def of(frame: pl.DataFrame, name: str) -> Table:
        written = engine.write(frame, folder / name)
        return Table("t", (folder / name,), written.schema, written.rows)

    old = of(pl.DataFrame({"k": [1, 2], "gone": [1, 2], "n": [1, 2], "same": ["a", "b"]}), "a")
    new = of(pl.DataFrame({"k": [1, 2], "n": [1.0, 2.5], "same": ["a", "b"], "new": [0, 0]}), "b")

    found = difference(engine, old, new, ["k"])

    assert [column.name for column in found.schema.added] == ["new"]
    assert [column.name for column in found.schema.removed] == ["gone"]
    assert [(one.name, two.physical) for one, two in found.schema.retyped] == [("n", "DOUBLE")]
    assert (found.added, found.removed) == (0, 0)
    assert found.columns["same"] == 0


def test_a_table_with_one_column_beside_its_key_is_compared(
    engine: EmbeddedEngine, folder: Path
) -> None:
    import polars as pl

    def of(prices: list[float], name: str) -> Table:
        written = engine.write(pl.DataFrame({"id": [1, 2], "price": prices}), folder / name)
        return Table("t", (folder / name,), written.schema, written.rows)

    found = difference(engine, of([9.0, 5.0], "e"), of([9.0, 6.0], "f"), ["id"])

    assert (found.added, found.removed, found.changed) == (0, 0, 1)
    [cell] = found.changed_cells
    assert (cell.key, cell.column, cell.before, cell.after) == ({"id": 2}, "price", 5.0, 6.0)


def test_columns_that_name_no_row_are_refused(engine: EmbeddedEngine, folder: Path) -> None:
    twice = table(engine, folder / "c.parquet", [(1, 0.0, "a"), (1, 1.0, "b")])
    with pytest.raises(UsageError, match="two rows agree in k"):
        difference(engine, twice, twice, ["k"])
    with pytest.raises(UsageError, match="no column 'K'"):
        difference(engine, twice, twice, ["K"])
