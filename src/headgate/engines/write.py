"""The one writer of tables: a frame as a Parquet file, with its statistics.

Equal rows give equal bytes, whatever the frame's chunks: every row group is put together anew.
That also keeps memory low, since no second copy of the whole frame is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.engines.engine import Written
from headgate.engines.statistics import statistics_of
from headgate.engines.types import schema_of
from headgate.errors import StepError, StoreError

if TYPE_CHECKING:
    import polars as pl

_ROW_GROUP = 122_880


def write(frame: pl.DataFrame, path: Path, *, sort_by: Sequence[str] = ()) -> Written:
    """Writes a frame, sorted where keys are given, and flushes it to the disk.

    Raises StoreError, and leaves no file, where that fails; StepError where the frame has a
    column that no table file can hold, or lacks a key.
    """
    if not frame.width:
        raise StepError("the result has no columns", hint="give at least one")
    frame = _plain(frame)
    if missing := [key for key in sort_by if key not in frame.columns]:
        raise StepError(
            f"the key column {missing[0]!r} is not in the result",
            hint=f"its columns are: {', '.join(frame.columns)}",
        )
    try:
        schema = schema_of(frame)
    except TypeError as error:
        raise StepError(str(error), hint="give the column a type of its own") from error
    try:
        _write(frame, path, _order(frame, sort_by))
        _flush(path)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) or type(error).__module__.startswith("polars"):
            what = f"the table cannot be written: {_words(error)}"
            raise StoreError(what, str(path), "check the free space and the permissions") from error
        raise
    return Written(frame.height, schema, statistics_of(frame))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without types that readers of the file would see as another."""
    import polars as pl

    replaced: dict[Any, type[pl.DataType]] = {}
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.Null):
            replaced[name] = pl.String
        elif isinstance(dtype, pl.Float16):
            replaced[name] = pl.Float32
    return frame.cast(replaced) if replaced else frame


def _order(frame: pl.DataFrame, keys: Sequence[str]) -> pl.Series | None:
    """The rows in the order of their keys; None where they are in order already."""
    import polars as pl

    if not keys or frame.height < 2:
        return None
    order = frame.select(
        pl.arg_sort_by(keys, nulls_last=False, maintain_order=True).alias("order")
    ).to_series()
    in_order = (order == pl.int_range(frame.height, eager=True)).all()
    return None if in_order else order


def _write(frame: pl.DataFrame, path: Path, order: pl.Series | None) -> None:
    from polars.io.plugins import register_io_source

    def groups(*_: Any) -> Iterator[pl.DataFrame]:
        for start in range(0, frame.height, _ROW_GROUP):
            if order is None:
                yield frame.slice(start, _ROW_GROUP).rechunk()
            else:
                yield frame[order.slice(start, _ROW_GROUP)].rechunk()

    source = register_io_source(groups, schema=frame.schema)
    source.sink_parquet(
        path,
        compression="zstd",
        statistics=True,
        row_group_size=_ROW_GROUP,
        maintain_order=True,
    )


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0]
