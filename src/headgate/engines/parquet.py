"""Parquet files that others wrote, and their columns as declared types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.engines.parts import Part, unchanging
from headgate.engines.text import parse
from headgate.engines.types import describe
from headgate.errors import SourceError
from headgate.schema.reserved import reserved
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import duckdb
    import polars as pl

Connect = Callable[[], "duckdb.DuckDBPyConnection"]


def read_parquet(connect: Connect, path: Path) -> Part:
    """All rows of a file; a row's line is its number, from 1. UUIDs and JSON are text.

    `connect` is asked for a DuckDB connection only where DuckDB is needed.

    Raises SourceError where the file is not Parquet or is damaged, or holds values of a type that
    no table file holds.
    """
    import polars as pl
    from polars.exceptions import PanicException, PolarsError

    with unchanging(path):
        try:
            frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
            frame = _with_texts(connect, frame, path)
        except PermissionError:
            raise
        except (PolarsError, OSError) as error:
            first = str(error).splitlines()[0]
            what = f"this is not a Parquet file, or it is damaged: {first}"
            raise SourceError(what, str(path), "deliver it again") from error
        except PanicException as error:  # as of an interval, which Polars has no type for
            what = f"a column is of a type that is not read here: {str(error)[-300:]}"
            raise SourceError(what, str(path), "deliver it as text or a number") from error
    _require_held(frame, path)
    if taken := reserved(frame.columns):
        what = f"the column name {taken!r} is reserved"
        raise SourceError(what, str(path), "rename the column")
    return Part(str(path), frame, pl.int_range(1, frame.height + 1, eager=True))


def _require_held(frame: pl.DataFrame, path: Path) -> None:
    """Raises SourceError for a column whose values no table file holds, such as a map."""
    for name, dtype in frame.schema.items():
        try:
            describe(dtype)
        except TypeError as error:
            what = f"column {name!r}: {error}"
            raise SourceError(what, str(path), "deliver a list of keys and values") from error


def _with_texts(connect: Connect, frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The frame with its UUIDs and JSON as text: Polars has no such types, and gives their bytes."""
    import polars as pl

    if pl.Binary not in frame.dtypes:
        return frame  # as nearly always, and DuckDB is not started for it
    statement = "DESCRIBE SELECT * FROM read_parquet(?)"
    told = connect().cursor().execute(statement, [str(path)]).fetchall()
    texts = []
    for (name, dtype), row in zip(frame.schema.items(), told, strict=True):
        if dtype == pl.Binary and row[1] == "UUID":
            texts.append(_uuid_as_text(name))
        elif dtype == pl.Binary and row[1] == "JSON":
            texts.append(pl.col(name).cast(pl.String))
    return frame.with_columns(texts)


def _uuid_as_text(name: str) -> pl.Expr:
    import polars as pl

    signs = pl.col(name).bin.encode("hex")
    groups = [signs.str.slice(start, size) for start, size in _UUID_GROUPS]
    return pl.concat_str(groups, separator="-").alias(name)


_UUID_GROUPS = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
"""Where the groups of a UUID's hexadecimal signs begin, and how long they are."""


def convert(cells: pl.Series, kind: LogicalType) -> pl.Series:
    """Typed cells as another type; null where a value would have to change.

    3.0 is the integer 3, 3.5 is none; a timestamp is a date at midnight only; any plain value
    has a text. Values that already have the type stay as they are.
    """
    import polars as pl

    held, _ = describe(cells.dtype)
    if held is LogicalType.STRING:  # text, a category, or a column without values
        return _none_of(cells, kind) if kind in _NESTED else parse(cells.cast(pl.String), kind)
    if kind is LogicalType.STRING:
        return _as_text(cells, held)
    if (held, kind) in _WIDENED:
        return (
            cells if isinstance(cells.dtype, pl.Decimal) else _exactly(cells, _WIDENED[held, kind])
        )
    return cells if held is kind else _none_of(cells, kind)


def _as_text(cells: pl.Series, held: LogicalType) -> pl.Series:
    import polars as pl

    match held:
        case LogicalType.DATE | LogicalType.TIMESTAMP | LogicalType.TIME:
            return cells.dt.to_string("iso")
        case LogicalType.INTEGER | LogicalType.NUMBER | LogicalType.BOOLEAN:
            return cells.cast(pl.String)
    return _none_of(cells, LogicalType.STRING)


_WIDENED = {
    (LogicalType.INTEGER, LogicalType.INTEGER): "Int64",
    (LogicalType.INTEGER, LogicalType.NUMBER): "Float64",
    (LogicalType.INTEGER, LogicalType.BOOLEAN): "Boolean",
    (LogicalType.NUMBER, LogicalType.NUMBER): "Float64",
    (LogicalType.NUMBER, LogicalType.INTEGER): "Int64",
    (LogicalType.BOOLEAN, LogicalType.INTEGER): "Int64",
    (LogicalType.DATE, LogicalType.TIMESTAMP): "Datetime",
    (LogicalType.TIMESTAMP, LogicalType.DATE): "Date",
}
_NESTED = {LogicalType.OBJECT, LogicalType.ARRAY, LogicalType.BINARY}


def _exactly(cells: pl.Series, name: str) -> pl.Series:
    """The cells as another type, where converting them back gives the same value."""
    import polars as pl

    converted = cells.cast(getattr(pl, name), strict=False)
    same = (converted.cast(cells.dtype, strict=False) == cells).fill_null(value=False)
    # 2**63 - 1 becomes 2.0**63, which is cut to 2**63 - 1 on the way back
    if cells.dtype.is_integer() and converted.dtype.is_float():
        same &= converted.abs() < 2.0**63
    return pl.select(pl.when(same).then(converted)).to_series()


def _none_of(cells: pl.Series, kind: LogicalType) -> pl.Series:
    import polars as pl

    empty = pl.repeat(None, cells.len(), dtype=pl.String, eager=True)
    return empty if kind in _NESTED else parse(empty, kind)
