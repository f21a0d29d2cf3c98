"""CSV files as columns: fast where a file is regular, record by record where it is not.

Polars splits plain files into fields (`plain_csv`), and DuckDB those with quotes or line breaks
inside their values. DuckDB is not asked for types: it would cast '1.5' to 2 in silence. What they give is
believed only when the file's own counts agree: every byte, or every line break and delimiter, must
be accounted for. A file of which that cannot be said is read by `records`.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.engines.duckdb import frame_of
from headgate.engines.engine import Format
from headgate.engines.parts import Part, reject_other_format, unchanging
from headgate.engines.plain_csv import accounted, occurrences, split
from headgate.engines.records import (
    Record,
    open_text,
    read_carefully,
    records,
)
from headgate.engines.survey import Facts, survey
from headgate.errors import SourceError
from headgate.schema.reserved import reserved
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_OR_NO_HEADER = ", or declare `csv: {header: false}`"
Connect = Callable[[], "duckdb.DuckDBPyConnection"]

# DuckDB must be told of at least one text that means null
_NEVER = "\x01\x02\x03"
_USUAL_DELIMITERS = (",", ";", "\t", "|")
_DELIMITER_NAMES = {"\t": "a tab"}


def read_csv(connect: Connect, path: Path, form: Format, types: Mapping[str, LogicalType]) -> Part:
    """All records of a file as columns of text, or of whole numbers, the bad ones apart.

    `types` are those that are declared. `connect` is asked for a DuckDB connection only where
    DuckDB is needed.

    Raises SourceError where the file, or its header, cannot be read at all.
    """
    with unchanging(path):
        head = _first_record(path, form)
        names = _names(path, form, head, list(types))
        part = None
        # in a file of one column a blank line and a missing value look the same to DuckDB
        if head.line == 1 and len(names) > 1:
            with ThreadPoolExecutor(1) as beside:  # Polars reads while the bytes are counted
                fields = beside.submit(split, path, form, head, names, types)
                facts = survey(path, form)
            if facts.regular and (frame := fields.result()) is not None:
                part = accounted(frame, path, form, facts, head)
            if facts.regular and part is None:
                part = _read_regular(connect(), path, form, names, facts, head)
        return part or read_carefully(path, form, names)


# ------------------------------------------------------------------ the header


def _first_record(path: Path, form: Format) -> Record:
    with path.open("rb") as file:
        start = file.read(4)
    reject_other_format(start, path, "csv")
    if form.encoding != "utf-8" and start.startswith(BOM_UTF8):
        raise SourceError(
            f"declared as {form.encoding}, but the file starts with the UTF-8 byte-order mark",
            str(path),
            form.advice("encoding", "utf-8"),
        )
    head = next(records(open_text(path, form), form), None)
    if head is None:
        raise SourceError("the file holds only blank lines", str(path), "deliver it again")
    if head.reason:
        hint = None
        if "NUL" in head.reason:
            hint = "this is not text, or it is UTF-16: convert it to UTF-8"
        raise SourceError(f"the first row cannot be read: {head.reason}", _at(path, head), hint)
    return head


def _names(path: Path, form: Format, head: Record, declared: Sequence[str]) -> list[str]:
    fields = list(head.fields)
    _check_delimiter(path, form, head, declared)
    if not form.header:
        if declared and len(declared) != len(fields):
            raise SourceError(
                f"the first row has {len(fields)} fields and {len(declared)} columns are declared",
                _at(path, head),
                "without a header, the declared types name the columns, in order",
            )
        return list(declared) or [f"column_{n}" for n in range(1, len(fields) + 1)]
    if empty := [n for n, name in enumerate(fields, 1) if not name.strip()]:
        raise SourceError(
            f"the header has no name for column {empty[0]} of {len(fields)}",
            _at(path, head),
            "name every column" + ("" if form.advise_options else _OR_NO_HEADER),
        )
    if twice := sorted({name for name in fields if fields.count(name) > 1}):
        raise SourceError(
            f"the header names {', '.join(map(repr, twice))} more than once",
            _at(path, head),
            "give every column a name of its own",
        )
    if taken := reserved(fields):
        what = f"the column name {taken!r} is reserved"
        raise SourceError(what, _at(path, head), "rename the column")
    return fields


def _check_delimiter(path: Path, form: Format, head: Record, declared: Sequence[str]) -> None:
    if len(head.fields) != 1 or head.fields[0] in declared:
        return
    only = head.fields[0]
    others = [d for d in _USUAL_DELIMITERS if d != form.delimiter and d in only]
    if not others:
        return
    likely = max(others, key=lambda d: (_overlap(only.split(d), declared), only.count(d)))
    seems, declared_one = (_DELIMITER_NAMES.get(d, repr(d)) for d in (likely, form.delimiter))
    written = likely.replace("\t", "\\t")
    raise SourceError(
        f"the first row is one field, {only[:80]!r}: "
        f"the delimiter seems to be {seems}, not {declared_one}",
        _at(path, head),
        form.advice("delimiter", f'"{written}"'),
    )


def _overlap(fields: Sequence[str], declared: Sequence[str]) -> int:
    return len({field.strip('" ') for field in fields} & set(declared))


def _at(path: Path, record: Record) -> str:
    return f"{path}:{record.line}"


# ------------------------------------------------------------------ regular files


def _read_regular(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    form: Format,
    names: Sequence[str],
    facts: Facts,
    head: Record,
) -> Part | None:
    """The records as DuckDB splits them; None where they do not account for all of the file."""
    import polars as pl

    header_lines = head.lines if form.header else 0
    frame = _split(connection, path, form, len(names))
    if frame is None:
        return None
    if not _has_all_delimiters(frame, form, facts, head):
        return None
    extra_lines = facts.lines - header_lines - frame.height
    first = header_lines + 1
    lines = pl.int_range(first, first + frame.height, eager=True)
    if extra_lines:
        breaks = occurrences(frame, "\n")
        if breaks.sum() != extra_lines:
            return None
        lines = lines + breaks.cum_sum().shift(1, fill_value=0)
    frame.columns = list(names)
    return Part(str(path), frame, lines)


def _has_all_delimiters(frame: pl.DataFrame, form: Format, facts: Facts, head: Record) -> bool:
    """False where DuckDB overlooked an empty field too many at the end of a row."""
    seams = frame.height * (frame.width - 1)
    if form.header:
        seams += head.text.count(form.delimiter)
    extra = facts.delimiters - seams
    return not extra or extra == occurrences(frame, form.delimiter).sum()


def _split(
    connection: duckdb.DuckDBPyConnection, path: Path, form: Format, width: int
) -> pl.DataFrame | None:
    import duckdb

    columns = ", ".join(f"c{n}: 'VARCHAR'" for n in range(width))
    cursor = connection.cursor()
    try:
        relation = cursor.sql(
            f"""select * from read_csv(?, columns = {{{columns}}}, delim = ?, quote = ?, escape = ?,
                header = ?, encoding = ?, nullstr = ?, auto_detect = false, strict_mode = true,
                null_padding = false, store_rejects = true)""",  # noqa: S608 - only c0, c1, ...
            params=[
                str(path), form.delimiter, form.quote, form.quote, form.header, form.encoding,
                list(form.nulls) or [_NEVER],
            ],
        )  # fmt: skip
        frame = frame_of(relation)
        rejected = cursor.execute("select count(*) from reject_errors").fetchone()
    except duckdb.Error:
        return None
    finally:
        cursor.close()
    return frame if rejected == (0,) else None
