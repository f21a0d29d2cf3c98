"""Plain CSV files as Polars splits them, believed only where every byte is accounted for.

A byte is in a value, or it parts two values, or it is one of the quotes around one. If the sum is
right and no value holds a quote, none is missing around one, and nothing was dropped.

Columns are text. Whole numbers are read as such, which takes a third of the time, and the sum holds
for them too: as many bytes as their digits leave no room for a plus, a zero in front, or a space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.engines.engine import Format
from headgate.engines.parts import Part
from headgate.engines.records import LONGEST_FIELD, Record
from headgate.engines.survey import Facts
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

GLIMPSE = 200
"""How many rows say which columns may be whole numbers."""

LEAST = -(2**63)
"""The one whole number whose digits cannot be counted, because it has no positive counterpart."""


def split(
    path: Path,
    form: Format,
    head: Record,
    names: Sequence[str],
    types: Mapping[str, LogicalType],
) -> pl.DataFrame | None:
    """What Polars takes the fields to be; None where it takes the file for broken.

    Columns that are declared as integers, or not declared and whole numbers in the first rows, are
    whole numbers, unless one of their fields is none: then every column is text.
    """
    if form.encoding != "utf-8" or not form.quote or (form.header and head.lines != 1):
        return None
    whole = _whole(path, form, names, types) if "" in form.nulls else set()
    frame = _read(path, form, names, whole)
    return _read(path, form, names, set()) if frame is None and whole else frame


def accounted(
    frame: pl.DataFrame, path: Path, form: Format, facts: Facts, head: Record
) -> Part | None:
    """The records as Polars split them; None where they do not account for every byte."""
    import polars as pl

    header = head.text.rstrip("\r\n") if form.header else ""
    seams = frame.height * (frame.width - 1)
    inside = facts.delimiters - seams - header.count(form.delimiter)
    if facts.lines != frame.height + form.header:
        return None
    texts = frame.select(pl.col(pl.String))
    if inside and not (texts.width and inside == occurrences(texts, form.delimiter).sum()):
        return None
    if facts.size > LONGEST_FIELD and _longest(texts) >= LONGEST_FIELD:
        return None
    quotes = facts.quotes - header.count(form.quote)
    if quotes and _any_contains(texts, form.quote):
        return None
    values = _bytes_of(frame)
    breaks = facts.feeds + facts.returns
    if values is None or facts.size != len(header.encode()) + values + seams + breaks + quotes:
        return None
    first = 1 + form.header
    lines = pl.int_range(first, first + frame.height, eager=True)
    return Part(str(path), _without(frame, form.nulls), lines)


# ------------------------------------------------------------------ reading


def _whole(
    path: Path, form: Format, names: Sequence[str], types: Mapping[str, LogicalType]
) -> set[str]:
    """The columns to be read as whole numbers."""
    import polars as pl

    declared = {name for name in names if types.get(name) is LogicalType.INTEGER}
    if all(name in types for name in names):
        return declared
    try:
        glimpse = pl.read_csv(path, n_rows=GLIMPSE, infer_schema_length=GLIMPSE, **_options(form))
    except pl.exceptions.PolarsError:
        return declared
    seen = zip(names, glimpse.dtypes, strict=False)
    return declared | {name for name, dtype in seen if dtype == pl.Int64 and name not in types}


def _read(path: Path, form: Format, names: Sequence[str], whole: set[str]) -> pl.DataFrame | None:
    import polars as pl

    schema = {name: pl.Int64() if name in whole else pl.String() for name in names}
    try:
        frame = pl.read_csv(path, schema=schema, **_options(form))
    except pl.exceptions.PolarsError:
        return None
    return frame if frame.columns == list(names) else None


def _options(form: Format) -> dict[str, Any]:
    return {
        "separator": form.delimiter,
        "quote_char": form.quote,
        "has_header": form.header,
        "truncate_ragged_lines": False,
        "empty_string_is_null": False,
        "glob": False,
        "raise_if_empty": False,
    }


# ------------------------------------------------------------------ accounting


def _longest(texts: pl.DataFrame) -> int:
    import polars as pl

    if not texts.width:
        return 0
    return int(texts.select(pl.max_horizontal(pl.all().str.len_bytes().max())).item() or 0)


def _any_contains(texts: pl.DataFrame, sign: str) -> bool:
    import polars as pl

    found = texts.select(pl.all().str.contains(sign, literal=True).any())
    return any(found.row(0)) if texts.width else False


def occurrences(texts: pl.DataFrame, text: str) -> pl.Series:
    """How often a text stands in the values of each row."""
    import polars as pl

    found = pl.all().str.count_matches(text, literal=True).fill_null(0)
    return texts.select(pl.sum_horizontal(found).alias("n")).to_series().cast(pl.Int64)


def _bytes_of(frame: pl.DataFrame) -> int | None:
    """How many bytes the values have in the file, whole numbers as they are written plainly."""
    import polars as pl

    texts = [pl.col(n).str.len_bytes().sum() for n, t in frame.schema.items() if t == pl.String]
    whole = [name for name, dtype in frame.schema.items() if dtype == pl.Int64]
    ends = frame.select(
        *(pl.col(name).min().alias(f"low {name}") for name in whole),
        *(pl.col(name).max().alias(f"high {name}") for name in whole),
    )
    digits = []
    for name in whole:
        low, high = ends.item(0, f"low {name}") or 0, ends.item(0, f"high {name}") or 0
        if low == LEAST:
            return None
        digits.append(_digits(pl.col(name), max(-low, high), signs=low < 0))
    found = frame.select(each.alias(str(n)) for n, each in enumerate([*texts, *digits]))
    return int(sum(found.row(0)))


def _digits(numbers: pl.Expr, greatest: int, *, signs: bool) -> pl.Expr:
    """How many digits and minus signs some numbers have together."""
    sizes = numbers.abs() if signs else numbers
    more = [(sizes >= 10**n).sum() for n in range(1, len(str(greatest)))]
    count = numbers.count()
    for each in [*more, *([(numbers < 0).sum()] if signs else [])]:
        count += each.cast(int)
    return count


def _without(frame: pl.DataFrame, nulls: Sequence[str]) -> pl.DataFrame:
    """The frame with the texts that mean null as nulls."""
    import polars as pl

    texts = pl.col(pl.String)
    if pl.String not in frame.dtypes:
        return frame
    columns = texts
    for text in nulls:
        if frame.select(pl.any_horizontal((texts == text).any())).item():
            columns = pl.when(columns != text).then(columns)
    return frame.with_columns(columns)
