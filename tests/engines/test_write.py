"""A table is written exactly, with exact statistics, and with equal bytes for equal rows."""
# ruff: noqa: TID253 - these tests make frames all over

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from headgate.engines.engine import Engine
from headgate.errors import StepError, StoreError
from headgate.schema.statistics import ColumnStatistics

Scratch = Callable[[], Path]

VALUES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "int": (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    "small": (pl.UInt8, st.integers(0, 255)),
    "float": (pl.Float64, st.floats()),
    "bool": (pl.Boolean, st.booleans()),
    "text": (pl.String, st.text(st.characters(exclude_categories=["Cs"]), max_size=6)),
    "date": (pl.Date, st.dates()),
    "at": (pl.Datetime("us"), st.datetimes()),
    "zoned": (pl.Datetime("us", "UTC"), st.datetimes().map(lambda at: at.replace(tzinfo=UTC))),
    "time": (pl.Time, st.times()),
    "kind": (pl.Enum(["x", "b", "c"]), st.sampled_from(["x", "b", "c"])),
    "bytes": (pl.Binary, st.binary(max_size=4)),
    "list": (pl.List(pl.Int64), st.lists(st.integers(0, 9), max_size=2)),
}
EXTREMES = {"int", "small", "float", "bool", "text", "date", "at", "zoned", "time", "kind"}


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, unique=True))
    rows = draw(st.integers(0, 12))
    cells = {n: st.lists(st.none() | VALUES[n][1], min_size=rows, max_size=rows) for n in names}
    return pl.DataFrame({n: pl.Series(n, draw(cells[n]), VALUES[n][0]) for n in names})


def statistics_by_hand(name: str, cells: list[Any]) -> ColumnStatistics:
    present = [cell for cell in cells if cell is not None]
    numbers = [c for c in present if not (isinstance(c, float) and math.isnan(c))]
    counts = len(cells) - len(present), len(present) - len(numbers)
    if name not in EXTREMES:
        return ColumnStatistics(*counts, known=not present)
    ends = [min(numbers), max(numbers)] if numbers else [None, None]
    low, high = (end.isoformat() if isinstance(end, date | time) else end for end in ends)
    return ColumnStatistics(*counts, low, high)


@settings(max_examples=80, deadline=None)
@given(frame=frames())
def test_what_is_written_is_read_back_and_described_exactly(
    engine: Engine, scratch: Scratch, frame: pl.DataFrame
) -> None:
    path = scratch()
    written = engine.write(frame, path)
    assert_frame_equal(pl.read_parquet(path, glob=False), frame, check_exact=True)
    assert written.rows == frame.height
    assert written.schema.names == tuple(frame.columns)
    assert engine.describe(frame) == {
        name: statistics_by_hand(name, frame.get_column(name).to_list()) for name in frame.columns
    }


@settings(max_examples=30, deadline=None)
@given(frame=frames(), cuts=st.lists(st.integers(0, 12), max_size=4), data=st.data())
def test_equal_rows_give_equal_bytes_however_they_lie_in_memory(
    engine: Engine, scratch: Scratch, frame: pl.DataFrame, cuts: list[int], data: st.DataObject
) -> None:
    edges = [0, *sorted(cuts), frame.height]
    pieces = [frame[low:high] for low, high in pairwise(edges) if high > low] or [frame]
    whole, cut = scratch(), scratch()
    engine.write(frame, whole)
    engine.write(pl.concat(pieces, rechunk=False).head(frame.height), cut)
    if sum(piece.height for piece in pieces) == frame.height:
        assert whole.read_bytes() == cut.read_bytes()

    key = data.draw(st.sampled_from([None, *(n for n in frame.columns if n != "list")]))
    if key is not None and frame.get_column(key).is_unique().all():
        order = data.draw(st.permutations(range(frame.height)))
        engine.write(frame, whole, sort_by=[key])
        engine.write(frame[list(order)], cut, sort_by=[key])
        assert whole.read_bytes() == cut.read_bytes()


def test_many_row_groups_have_the_same_bytes_each_time(engine: Engine, scratch: Scratch) -> None:
    frame = pl.select(n=pl.int_range(300_000)).with_columns(
        text=(pl.col("n") * 7919 % 1000).cast(pl.String), share=pl.col("n") / 7
    )
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    chunked = pl.concat([shuffled[:7], shuffled[7:170_000], shuffled[170_000:]], rechunk=False)
    files = [scratch() for _ in range(3)]
    for each, path in zip((frame, shuffled, chunked), files, strict=True):
        engine.write(each, path, sort_by=["n"])
    assert len({path.read_bytes() for path in files}) == 1
    assert_frame_equal(pl.read_parquet(files[2], glob=False), frame)


def test_rows_are_sorted_by_all_keys_with_nulls_first(engine: Engine, scratch: Scratch) -> None:
    frame = pl.DataFrame({"a": [2, 1, 1, None], "b": [1, 2, 1, 9]})
    path = scratch()
    engine.write(frame, path, sort_by=["a", "b"])
    assert pl.read_parquet(path, glob=False).rows() == [(None, 9), (1, 1), (1, 2), (2, 1)]


def test_the_physical_types_are_those_duckdb_reads(engine: Engine, scratch: Scratch) -> None:
    import duckdb

    frame = pl.DataFrame(
        {
            **{name: pl.Series([], dtype=dtype) for name, (dtype, _) in VALUES.items()},
            "float 32": pl.Series([], dtype=pl.Float32),
            "float 16": pl.Series([], dtype=pl.Float16),
            "decimal": pl.Series([], dtype=pl.Decimal(9, 2)),
            "nothing": pl.Series([], dtype=pl.Null),
            "ns": pl.Series([], dtype=pl.Datetime("ns")),
            "ms": pl.Series([], dtype=pl.Datetime("ms")),
            "span": pl.Series([], dtype=pl.Duration("us")),
            "both": pl.Series([], dtype=pl.Struct({"a": pl.Int32, "b": pl.List(pl.String)})),
        }
    )
    path = scratch()
    schema = engine.write(frame, path).schema
    told = duckdb.execute("describe select * from read_parquet([?])", [str(path)]).fetchall()
    ours = [(column.name, column.physical.replace('"', "")) for column in schema.columns]
    assert ours == [(name, kind.replace('"', "")) for name, kind, *_ in told]


@pytest.mark.parametrize(
    ("values", "known"),
    [
        (["x" * 1_000], True),
        (["x" * 1_001], False),
        ([Decimal("1.10")], False),
        ([datetime(2015, 7, 31, tzinfo=UTC)], True),
        ([float("inf"), float("-inf")], True),
        ([float("nan")], True),
        ([None], True),
    ],
)
def test_an_extreme_is_exact_or_not_known(
    engine: Engine,
    values: list[Any],
    known: bool,
) -> None:
    found = engine.describe(pl.DataFrame({"a": values}))["a"]
    assert found.known is known
    assert (found.low is not None) == (known and values[0] == values[0] and values[0] is not None)
    assert ColumnStatistics.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (pl.DataFrame(), "no columns"),
        (pl.DataFrame({"a": [object()]}), "Object"),
        (pl.DataFrame({"a": pl.Series([1], dtype=pl.Int128)}), "Int128"),
        (pl.DataFrame({"b": [1]}), "key column 'a' is not in the result"),
    ],
)
def test_what_no_table_holds_is_an_error_of_the_step(
    engine: Engine, scratch: Scratch, frame: pl.DataFrame, what: str
) -> None:
    path = scratch()
    with pytest.raises(StepError, match=what):
        engine.write(frame, path, sort_by=["a"])
    assert not path.exists()


def test_a_folder_that_is_not_there_is_an_error_of_the_store(
    engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        engine.write(pl.DataFrame({"a": [1]}), tmp_path / "missing" / "object")


FULL_DISK = """
import random, resource, signal, sys
from pathlib import Path
import polars as pl
from headgate.engines.find import find
from headgate.errors import StoreError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
frame = pl.DataFrame({"a": [random.random() for _ in range(200_000)]})
try:
    find().write(frame, Path(sys.argv[1]))
except StoreError as error:
    print(error)
"""


def test_a_write_that_fails_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "object"
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the table cannot be written" in done.stdout
    assert "File too large" in done.stdout
    assert list(tmp_path.iterdir()) == []
