"""The rows that a test gives, as frames of the types that a run would see."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from headgate.engines.engine import Engine, Format, Malformed
from headgate.engines.find import find
from headgate.engines.parquet import convert
from headgate.engines.text import parse, why_not
from headgate.engines.types import describe
from headgate.errors import DataError, UnknownNameError
from headgate.pipelines.source import form_by_name
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

Rows = Sequence[Mapping[str, Any]]
Given = Any
"""A frame of Polars, pandas or Arrow; rows as mappings; the text of a CSV file; or a Path."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Z]|[+-]\d{2}:\d{2})?"
)


_CSV = Format("csv")


class Typing(Struct, frozen=True):
    """What is known of an input's columns, and where its rows are written, for errors."""

    name: str
    types: Mapping[str, LogicalType]
    form: Format = _CSV
    place: Callable[[int], str | None] = lambda _row: None
    """The place of a row, by its number from 0."""
    fills: bool = True
    """Whether a column that is known and not written is there, without values."""


def frame_of(given: Given, typing: Typing) -> pl.DataFrame:
    """What a test gives as a frame.

    Rows and text get the types that are known of them, as a delivery does; a column that is known
    and not written has no values. A frame is taken as it is. Raises DataError for a value that
    does not fit its type.
    """
    import polars as pl

    if isinstance(given, pl.LazyFrame):
        return given.collect()
    if isinstance(given, pl.DataFrame):
        return given
    if isinstance(given, str):
        return _of_text(given, typing)
    if isinstance(given, Path):
        return _of_file(given, form_by_name(given.name), typing, str(given))
    if type(given).__module__.startswith("pandas"):
        return pl.from_pandas(given)
    if hasattr(given, "__arrow_c_stream__"):
        return pl.DataFrame(given)
    if isinstance(given, Sequence) and all(isinstance(row, Mapping) for row in given):
        return _of_rows(given, typing)
    hint = "give a frame, a list of rows, the text of a CSV file, or a Path"
    raise DataError(f"{typing.name}: {type(given).__name__} is no table", typing.place(0), hint)


def empty(types: Mapping[str, LogicalType]) -> pl.DataFrame:
    """A table of these columns without a row."""
    import polars as pl

    return pl.DataFrame([_missing(name, 0, kind) for name, kind in types.items()])


def types_of_words(rows: Rows) -> dict[str, LogicalType]:
    """The columns of rows of YAML whose every value is the text of a date or a timestamp."""
    found: dict[str, LogicalType] = {}
    for name in _names(rows):
        values = [row[name] for row in rows if row.get(name) is not None]
        if values and all(isinstance(value, str) for value in values):
            if all(_DATE.fullmatch(value) for value in values):
                found[name] = LogicalType.DATE
            elif all(_TIMESTAMP.fullmatch(value) for value in values):
                found[name] = LogicalType.TIMESTAMP
    return found


# ------------------------------------------------------------------ rows


def _of_rows(rows: Rows, typing: Typing) -> pl.DataFrame:
    import polars as pl

    names = _names(rows)
    _refuse_misspelt(names, typing)
    absent = [name for name in typing.types if typing.fills and name not in names]
    return pl.DataFrame([_column(name, rows, typing) for name in (*names, *absent)])


def _names(rows: Rows) -> list[str]:
    return list(dict.fromkeys(str(name) for row in rows for name in row))


def _refuse_misspelt(names: Sequence[str], typing: Typing) -> None:
    """Raises UnknownNameError for a column that looks like one that is known and not written."""
    if not typing.fills:
        return
    absent = [name for name in typing.types if name not in names]
    for name in names:
        if name not in typing.types and (near := get_close_matches(name, absent, n=1)):
            what = f"{typing.name} has no column {name!r}"
            raise UnknownNameError(what, typing.place(0), f"did you mean {near[0]!r}?")


def _column(name: str, rows: Rows, typing: Typing) -> pl.Series:
    kind = typing.types.get(name)
    cells = [row.get(name) for row in rows]
    series = _series(name, cells, typing)
    if kind is None:
        return series
    if series.null_count() == len(cells):
        return _missing(name, len(cells), kind)
    values = convert(series, kind).alias(name)
    for number, (cell, value) in enumerate(zip(cells, values.is_null(), strict=True)):
        if value and cell is not None:
            what = f"{typing.name}.{name}: {cell!r} {why_not(str(cell), kind)}"
            raise DataError(what, typing.place(number))
    return values


def _series(name: str, cells: Sequence[Any], typing: Typing) -> pl.Series:
    import polars as pl

    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        cells = [None if cell is None else float(cell) for cell in cells]
    elif str in kinds and len(kinds) > 1:
        if typing.types.get(name) is not None:  # as a file would have it: all of it is text
            return pl.Series(name, [None if c is None else _text(c) for c in cells])
        mixed = " and ".join(sorted(kind.__name__ for kind in kinds))
        hint = f"say its type: types: {{{typing.name}: {{{name}: string}}}}"
        raise DataError(f"{typing.name}.{name} mixes {mixed}", typing.place(0), hint)
    try:
        made = pl.Series(name, cells, strict=True)
        describe(made.dtype)  # whole numbers of more than 64 bits have no place in a table
    except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
        what = f"{typing.name}.{name}: {str(error).splitlines()[0]}"
        raise DataError(what, typing.place(0)) from error
    return made


def _text(cell: object) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _missing(name: str, count: int, kind: LogicalType) -> pl.Series:
    import polars as pl

    nested = {LogicalType.OBJECT: pl.Struct([]), LogicalType.ARRAY: pl.List(pl.String)}
    if kind is LogicalType.BINARY:
        return pl.Series(name, [None] * count, dtype=pl.Binary)
    if kind in nested:
        return pl.Series(name, [None] * count, dtype=nested[kind])
    return parse(pl.Series(name, [None] * count, dtype=pl.String), kind).alias(name)


# ------------------------------------------------------------------ files


def _of_text(text: str, typing: Typing) -> pl.DataFrame:
    plain = dedent(text).lstrip("\n")
    with tempfile.TemporaryDirectory(prefix="headgate-test-") as folder:
        file = Path(folder) / f"{typing.name}.csv"
        file.write_text(plain if plain.endswith("\n") else plain + "\n", encoding="utf-8")
        return _of_file(file, typing.form, typing, None)


def _of_file(file: Path, form: Format, typing: Typing, where: str | None) -> pl.DataFrame:
    """The rows of a file. A column of a type that is not in it has no values."""
    read = _engine().ingest([file], form, {}) if form.kind != "csv" else None
    present = set(read.frame.columns) if read else set(_header(file, form))
    _refuse_misspelt(sorted(present), typing)
    types = {name: kind for name, kind in typing.types.items() if name in present}
    read = _engine().ingest([file], form, types)
    if read.malformed:
        raise _malformed(read.malformed[0], typing, where)
    frame: pl.DataFrame = read.frame
    absent = [name for name in typing.types if name not in present and typing.fills]
    return frame.with_columns(_missing(name, frame.height, typing.types[name]) for name in absent)


@cache
def _engine() -> Engine:
    """One engine for all tests: to open a database takes longer than to read a few rows."""
    return find()


def _header(file: Path, form: Format) -> list[str]:
    from csv import reader

    with file.open(encoding=form.encoding, newline="") as lines:
        first = next(reader(lines, delimiter=form.delimiter, quotechar=form.quote or None), [])
    return [name.removeprefix("\ufeff") for name in first]


def _malformed(bad: Malformed, typing: Typing, where: str | None) -> DataError:
    row = bad.line - 2  # the first line names the columns
    column = f".{bad.column}" if bad.column else ""
    place = f"{where}:{bad.line}" if where else typing.place(max(row, 0))
    return DataError(f"{typing.name}{column}: {bad.value!r} {bad.reason}", place)
