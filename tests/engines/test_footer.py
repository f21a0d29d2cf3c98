"""What the footer of a file proves of its columns, and what it does not."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.statistics import ColumnStatistics

if TYPE_CHECKING:
    import polars as pl

ENGINE = EmbeddedEngine()


def told(frame: pl.DataFrame, path: Path, **how: int) -> dict[str, ColumnStatistics]:
    """What is known of a file that Polars wrote."""
    frame.write_parquet(path, **how)  # type: ignore[arg-type]
    return dict(ENGINE.table("t", path).statistics)


whole = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=40)
days = st.lists(st.none() | st.dates(), max_size=40)


@settings(max_examples=50, deadline=None)
@given(values=whole, group=st.integers(1, 7))
def test_the_footer_tells_the_nulls_and_the_ends_of_integers(
    tmp_path_factory: pytest.TempPathFactory, values: list[int | None], group: int
) -> None:
    import polars as pl

    path = tmp_path_factory.mktemp("footer") / "a.parquet"
    found = told(pl.DataFrame({"x": values}, {"x": pl.Int64}), path, row_group_size=group)
    there = [value for value in values if value is not None]
    wanted = ColumnStatistics(
        values.count(None), 0, min(there, default=None), max(there, default=None)
    )
    assert found == ({"x": wanted} if values else {})


@settings(max_examples=50, deadline=None)
@given(values=days)
def test_the_footer_tells_the_nulls_and_the_ends_of_dates(
    tmp_path_factory: pytest.TempPathFactory, values: list[date | None]
) -> None:
    import polars as pl

    path = tmp_path_factory.mktemp("footer") / "a.parquet"
    found = told(pl.DataFrame({"x": values}, {"x": pl.Date}), path)
    there = [value.isoformat() for value in values if value is not None]
    wanted = ColumnStatistics(
        values.count(None), 0, min(there, default=None), max(there, default=None)
    )
    assert found == ({"x": wanted} if values else {})


def test_unsigned_integers_are_ordered_as_such(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame({"x": pl.Series([2**64 - 1, 3, None], dtype=pl.UInt64)})
    assert told(frame, tmp_path / "a.parquet") == {"x": ColumnStatistics(1, 0, 3, 2**64 - 1)}


def test_nothing_is_known_of_values_that_a_footer_may_leave_out_or_cut(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        {
            "f": [1.0, float("nan")],
            "t": [datetime(2020, 1, 1, tzinfo=UTC)] * 2,
            "b": [True] * 2,
        }
    )
    assert told(frame, tmp_path / "a.parquet") == {}


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.none() | st.sampled_from(["", "a", "é" * 99]), max_size=40))
def test_the_footer_tells_how_many_texts_are_missing_and_not_where_they_end(
    tmp_path_factory: pytest.TempPathFactory, values: list[str | None]
) -> None:
    import polars as pl

    path = tmp_path_factory.mktemp("footer") / "a.parquet"
    found = told(pl.DataFrame({"x": values}, {"x": pl.String}), path, row_group_size=3)
    wanted = ColumnStatistics(values.count(None), 0, known=False)
    assert found == ({"x": wanted} if values else {})


@pytest.mark.parametrize("how", ["written over", "replaced"])
def test_a_file_that_gives_way_to_one_of_the_same_size_and_time_is_read_anew(
    tmp_path: Path, how: str
) -> None:
    import polars as pl

    path, old = tmp_path / "a.parquet", 1_600_000_000
    found = []
    for value in (1, 2, 3):
        written = path if how == "written over" else tmp_path / "new"
        pl.DataFrame({"x": [value] * 9}).write_parquet(written)
        os.utime(written, (old, old))
        written.replace(path)
        table = ENGINE.table("t", path)
        [(least,)] = ENGINE.measure(table, "SELECT min(x) FROM data WHERE x < 4", ())
        found.append((path.stat().st_size, table.statistics["x"].low, least))
    assert found == [(found[0][0], value, value) for value in (1, 2, 3)]


def test_a_nested_column_of_the_same_path_is_not_mistaken_for_a_plain_one(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        {"a, b": [1, 2, 3], "a": [{"b": 50}] * 3, "c": [[1], [], [9]], "d": [1, 2, 2]}
    )
    assert told(frame, tmp_path / "a.parquet") == {"d": ColumnStatistics(0, 0, 1, 2)}


def test_nothing_is_known_of_a_file_without_statistics(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame({"x": [1, 2]})
    frame.write_parquet(tmp_path / "a.parquet", statistics=False)
    assert ENGINE.table("t", tmp_path / "a.parquet").statistics == {}
