"""A delivery of one or more files as one typed frame, with every cell that does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from headgate.engines.engine import Format, Ingested, Malformed
from headgate.engines.parquet import convert
from headgate.engines.parts import Part, shortened
from headgate.engines.text import inferred, why_not
from headgate.engines.types import schema_of
from headgate.errors import DeclarationError, SourceError
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

_NO_TEXT = {LogicalType.OBJECT, LogicalType.ARRAY, LogicalType.BINARY}


class Delivery(Struct, frozen=True):
    """The rows of all files that fit their types, and where each of them starts."""

    ingested: Ingested
    places: Places
    kept: pl.Series | None = None
    """Which of the rows read are in the frame; None where all of them are."""

    def traced(self) -> pl.DataFrame:
        """The frame with `_file` and `_line`."""
        files, lines = self.places.files(), self.places.lines
        if self.kept is not None:
            files, lines = files.filter(self.kept), lines.filter(self.kept)
        frame: pl.DataFrame = self.ingested.frame
        return frame.with_columns(files.alias("_file"), lines.alias("_line"))


def read_parts(files: Sequence[Path], read: Callable[[Path], Part], form: Format) -> list[Part]:
    """One part for each file, in the order given.

    Raises SourceError where there is no file, or where the columns of two files differ.
    """
    if not files:
        raise SourceError("the delivery has no files", hint="check the source's path")
    parts: list[Part] = []
    for file in files:
        part = read(Path(file))
        if parts and form.kind != "jsonl":  # a key that a JSON object leaves out is null
            _same_columns(parts[0], part)
        parts.append(part)
    return parts


def settle(
    parts: list[Part], types: Mapping[str, LogicalType], form: Format, keys: Sequence[str] = ()
) -> Delivery:
    """The parts as one frame of declared, or else inferred, types. It empties `parts`.

    Every row with a cell that does not fit its type is left out and reported. With keys, a row
    is left out where a later part has its key.
    """
    import polars as pl

    if form.kind != "parquet":
        _check_text_types(types)
    malformed = [bad for part in parts for bad in part.malformed]
    natural = _natural(parts)
    places = Places.of(parts)
    raw = _joined(parts, form)

    def settled(name: str) -> _Settled:
        cells = raw.get_column(name)
        kind = types.get(name) or natural.get(name)
        if kind is None:
            return _Settled(_undeclared(cells, form).alias(name))
        values = convert(cells, kind)
        if values.null_count() == cells.null_count():
            return _Settled(values.alias(name))
        bad = cells.is_not_null() & values.is_null()
        return _Settled(values.alias(name), bad, _bad_cells(cells, bad, kind, places))

    with ThreadPoolExecutor() as pool:  # Polars converts a column on one core
        columns = list(pool.map(settled, raw.columns))
    frame = pl.DataFrame([column.values for column in columns])
    rejected = len(malformed)
    malformed += [cell for column in columns for cell in column.malformed]
    kept = _fitting(columns)
    if kept is not None:
        rejected += len(kept) - int(kept.sum())
    if len(places.names) > 1 and keys and set(keys) <= set(frame.columns):
        kept = _newest(frame, kept, places, keys)
    if kept is not None:
        frame = frame.filter(kept)
    order = {name: n for n, name in enumerate(places.names)}
    malformed.sort(key=lambda bad: (order[bad.file], bad.line))  # stable: columns keep their order
    ingested = Ingested(frame, schema_of(frame), frame.height, rejected, tuple(malformed))
    return Delivery(ingested, places, kept)


class _Settled(Struct, frozen=True):
    """A column of its type, with the rows and cells that do not fit it."""

    values: pl.Series
    bad: pl.Series | None = None
    malformed: Sequence[Malformed] = ()


def _fitting(columns: Sequence[_Settled]) -> pl.Series | None:
    """Which rows fit their types; None where all of them do."""
    import polars as pl

    bad = [column.bad.alias(str(n)) for n, column in enumerate(columns) if column.bad is not None]
    return ~pl.DataFrame(bad).select(pl.any_horizontal(pl.all())).to_series() if bad else None


def _newest(
    frame: pl.DataFrame, kept: pl.Series | None, places: Places, keys: Sequence[str]
) -> pl.Series:
    """Which of the rows kept are in the last file that has their key, or have no whole key."""
    import polars as pl

    each = enumerate(places.heights)
    owners = pl.concat([pl.repeat(n, rows, dtype=pl.UInt32, eager=True) for n, rows in each])
    if kept is not None:
        owners = owners.set(~kept, None)
    names = [f"key {n}" for n in range(len(keys))]
    keyed = pl.DataFrame(
        [frame.get_column(key).alias(n) for key, n in zip(keys, names, strict=True)]
    )
    last = pl.col("owner").max().over(names)
    no_key = pl.any_horizontal(pl.col(names).is_null())
    stays = pl.col("owner").is_not_null() & (no_key | (pl.col("owner") == last))
    return keyed.with_columns(owner=owners).select(stays).to_series()


# ------------------------------------------------------------------ files


class Places(Struct, frozen=True):
    """Where each row of the joined frame comes from."""

    names: list[str]
    heights: list[int]
    lines: pl.Series

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Places:
        import polars as pl

        return cls(
            [part.file for part in parts],
            [part.frame.height for part in parts],
            pl.concat([part.lines for part in parts]),
        )

    def files(self) -> pl.Series:
        import polars as pl

        each = zip(self.names, self.heights, strict=True)
        return pl.concat(
            [pl.repeat(name, height, dtype=pl.String, eager=True) for name, height in each]
        )


def _same_columns(first: Part, other: Part) -> None:
    columns, others = first.frame.columns, other.frame.columns
    if columns == others:
        return
    missing = [name for name in columns if name not in others]
    added = [name for name in others if name not in columns]
    differences = [
        f"{what} {', '.join(map(repr, names))}"
        for what, names in (("lacks", missing), ("adds", added))
        if names
    ]
    what = " and ".join(differences) or f"has its columns in another order: {', '.join(others)}"
    raise SourceError(
        f"this file {what}, compared with {first.file}",
        other.file,
        "the files of one delivery must have the same columns in the same order",
    )


def _joined(parts: list[Part], form: Format) -> pl.DataFrame:
    import polars as pl
    from polars.exceptions import PolarsError

    how: Literal["diagonal", "vertical_relaxed"] = (
        "diagonal" if _ragged(parts) else "vertical_relaxed"
    )
    frames = [part.frame for part in parts]
    if form.kind == "csv" and any(frame.schema != frames[0].schema for frame in frames):
        # whole numbers of one file stand beside text of another as they were written
        frames = [frame.with_columns(pl.col(pl.Int64).cast(pl.String)) for frame in frames]
    try:
        joined = pl.concat(frames, how=how, rechunk=False)
    except PolarsError as error:
        raise SourceError(
            f"the files of the delivery have columns of different types: {error}",
            parts[0].file,
            "write all files of a delivery in the same way",
        ) from error
    parts.clear()
    return joined


def _ragged(parts: Sequence[Part]) -> bool:
    return any(part.frame.columns != parts[0].frame.columns for part in parts)


# ------------------------------------------------------------------ cells


def _check_text_types(types: Mapping[str, LogicalType]) -> None:
    for name, kind in types.items():
        if kind in _NO_TEXT:
            raise DeclarationError(
                f"the column {name!r} of a text file cannot be of the type {kind}",
                hint="declare it as string and unpack it in a step",
            )


def _natural(parts: Sequence[Part]) -> dict[str, LogicalType]:
    return {name: kind for part in parts for name, kind in part.natural.items()}


def _undeclared(cells: pl.Series, form: Format) -> pl.Series:
    """A column that nothing declares, of a type that all its cells fit."""
    import polars as pl

    if form.kind == "parquet":
        plain = isinstance(cells.dtype, pl.Categorical | pl.Enum | pl.Null)
        return convert(cells, LogicalType.STRING) if plain else cells
    return cells if cells.dtype.is_integer() else inferred(cells)


def _bad_cells(
    cells: pl.Series, bad: pl.Series, kind: LogicalType, places: Places
) -> list[Malformed]:
    import polars as pl

    rows = bad.arg_true()
    values = [str(value) for value in cells.gather(rows).to_list()]
    known = {value: (shortened(value), why_not(value, kind)) for value in set(values)}
    ends = list(accumulate(places.heights))
    owners = pl.Series(ends, dtype=pl.UInt32).search_sorted(rows, side="right").to_list()
    lines = places.lines.gather(rows).to_list()
    return [
        Malformed(places.names[owner], line, cells.name, *known[value])
        for owner, line, value in zip(owners, lines, values, strict=True)
    ]
