"""A frame as parts: the rows of each value of its partition, under a path that says the value.

The paths are those of Hive, `Date=2013-01-01/part.parquet`, which every reader of folders knows.
The column itself stays in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from headgate.engines.types import describe
from headgate.engines.write import in_order
from headgate.errors import StepError
from headgate.schema.partition import Partition
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

MOST = 10_000
"""Parts of one version. Beyond, opening the files costs more than reading them."""

NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the folder of the rows without a value."""

FILE = "part.parquet"
_LONGEST_NAME = 255  # bytes, on all file systems in use
_TIMES = {LogicalType.DATE, LogicalType.TIMESTAMP}
_WHOLE = {
    LogicalType.STRING, LogicalType.INTEGER, LogicalType.BOOLEAN, LogicalType.TIME, *_TIMES,
}  # fmt: skip


def split(frame: pl.DataFrame, by: Sequence[Partition]) -> dict[str, Callable[[], pl.DataFrame]]:
    """The paths of the parts, sorted, each with what takes its rows out of the frame, in order.

    So not all of them need be in memory at once. A frame without rows is one part without a
    value. Raises StepError for a column that cannot divide the rows, or divides them too finely.
    """
    for partition in by:
        _check(frame, partition)
    if not frame.height:
        return {FILE: lambda: frame}
    names = [str(n) for n in range(len(by))]
    keys = frame.select(_key(frame, one).alias(name) for one, name in zip(by, names, strict=True))
    groups = keys.with_row_index("row").group_by(names).agg("row")
    if groups.height > MOST:
        raise StepError(
            f"partition_by: {', '.join(map(str, by))} makes {groups.height:,} parts, more than"
            f" {MOST:,}",
            hint="divide by something coarser, such as month(...) or year(...) of a date",
        )
    texts = groups.select(_text(keys, name, one) for name, one in zip(names, by, strict=True))
    found = {
        _path(by, values): partial(_taken, frame, rows)
        for values, rows in zip(texts.iter_rows(), groups.get_column("row"), strict=True)
    }
    return dict(sorted(found.items()))


def cut(frame: pl.DataFrame, rows: int, sort_by: Sequence[str]) -> list[Callable[[], pl.DataFrame]]:
    """What takes so many rows at a time out of the frame, in the order in which it is written.

    A frame without rows is one part. Raises StepError where that makes too many parts.
    """
    count = max(-(-frame.height // rows), 1)
    if count > MOST:
        raise StepError(
            f"partition_by: rows: {rows:,} makes {count:,} parts, more than {MOST:,}",
            hint="take more rows for each part",
        )
    known = set(sort_by) <= set(frame.columns)  # the writer says it where one is not there
    ordered = in_order(frame, sort_by) if count > 1 and known else frame
    return [partial(ordered.slice, number * rows, rows) for number in range(count)]


def _check(frame: pl.DataFrame, partition: Partition) -> None:
    name = partition.column
    if name not in frame.columns:
        raise StepError(
            f"partition_by: there is no column {name!r}",
            hint=f"the columns are: {', '.join(map(repr, frame.columns))}",
        )
    kind, physical = describe(frame.schema[name])
    if partition.period and kind not in _TIMES:
        raise StepError(
            f"partition_by: {partition} needs a date or a timestamp, and {name!r} is {kind}",
            hint="declare its type as date, or divide by another column",
        )
    if kind not in _WHOLE and not physical.startswith("DECIMAL"):
        raise StepError(
            f"partition_by: the column {name!r} is {kind}, which cannot divide rows",
            hint="divide by a date, month(...), year(...), text, a whole number or a boolean",
        )


def _key(frame: pl.DataFrame, partition: Partition) -> pl.Expr:
    """What tells the rows of one part from those of another."""
    import polars as pl

    cells = pl.col(partition.column)
    match partition.period:
        case "month":
            return cells.dt.year().cast(pl.Int64) * 100 + cells.dt.month()
        case "year":
            return cells.dt.year()
    if describe(frame.schema[partition.column])[0] is LogicalType.STRING:
        return cells.cast(pl.String)
    return cells


def _text(keys: pl.DataFrame, name: str, partition: Partition) -> pl.Expr:
    """What a part's folder says of its rows, before it is made safe."""
    import polars as pl

    cells, dtype = pl.col(name), keys.schema[name]
    match partition.period:
        case "month":
            year, month = cells // 100, cells % 100
            return pl.concat_str(_padded(year, 4), pl.lit("-"), _padded(month, 2)).alias(name)
        case "year":
            return _padded(cells, 4)
    return cells.dt.to_string("iso") if dtype.is_temporal() else cells.cast(pl.String)


def _padded(number: pl.Expr, width: int) -> pl.Expr:
    import polars as pl

    return number.cast(pl.String).str.zfill(width)


def _path(by: Sequence[Partition], values: Sequence[str | None]) -> str:
    """Where the part of these values lies. No value leads out of its folder, or into another's."""
    folders = [_folder(one, value) for one, value in zip(by, values, strict=True)]
    return "/".join([*folders, FILE])


def _folder(partition: Partition, value: str | None) -> str:
    said = NOTHING if value is None else quote(value, safe="")
    if value == NOTHING:
        said = f"%5F{said[1:]}"
    folder = f"{quote(partition.label, safe='')}={said}"
    if len(folder) > _LONGEST_NAME:
        raise StepError(
            f"partition_by: the value {value!r:.60} of {partition} is too long for a folder's name",
            hint="divide by a column of short values",
        )
    return folder


def _taken(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """Those rows of the frame; they are not copied where they stand together."""
    first = int(rows[0])
    if int(rows[-1]) - first + 1 == rows.len():
        return frame.slice(first, rows.len())
    return frame[rows]
