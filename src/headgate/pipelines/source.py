"""A source at work: its files, how they are written, and the types of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from glob import has_magic
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from headgate.checks.check import Check, Names
from headgate.checks.formats import Formatted
from headgate.checks.metric import ColumnType, Failing, FailingGroups, OneOf
from headgate.checks.schemas import SchemaDifference
from headgate.checks.texts import StrictJson
from headgate.engines.engine import Format
from headgate.errors import DeclarationError, SourceError
from headgate.pipelines.paths import files, within
from headgate.schema.types import LogicalType, logical_type

if TYPE_CHECKING:
    from headgate.pipelines.pipeline import Source

Kind = Literal["csv", "parquet", "jsonl"]

SUFFIXES: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""The ends of the names of files that can be read."""


def deliveries(root: Path, source: Source, where: str | None = None) -> list[Path]:
    """The files of a source that are there now, sorted by name; an empty list when there is none.

    A folder or file that is a link may lead out of the project, a path may not. Raises
    DeclarationError for a path that does, SourceError for a folder in place of a file.
    """
    path = within(root, source.path, where)
    if path.is_dir():
        suffixes = {entry.suffix for entry in path.iterdir() if entry.suffix in SUFFIXES}
        inside = f"{source.path.rstrip('/')}/*{min(suffixes, default='.csv')}"
        hint = f"for all files in it, write path: {inside}"
        raise SourceError(f"{source.path!r} is a folder, not a file", where, hint)
    if path.exists() or not has_magic(source.path):
        return [path] if path.exists() else []
    return [root / name for name in files(root, str(path.relative_to(root)))]


def form(source: Source, where: str | None = None) -> Format:
    """How the files of a source are written: as declared, or else by the suffix of its path."""
    kind = source.format or _kind_of(source.path)
    if kind is None:
        what = f"cannot tell from {source.path!r} how the file is written"
        raise DeclarationError(what, where, "say it with format: csv, parquet or jsonl")
    options = source.csv
    told = "delimiter" in options.model_fields_set
    return Format(
        kind,
        delimiter=options.delimiter if told else _delimiter_of(source.path),
        quote=options.quote,
        encoding=options.encoding,
        nulls=tuple(options.nulls),
        header=options.header,
    )


def form_by_name(path: str) -> Format:
    """How a file is written that nothing declares: as the end of its name says.

    Raises DeclarationError where that says nothing.
    """
    kind = _kind_of(path)
    if kind is None:
        what, ends = "its name does not tell how the file is written", ", ".join(SUFFIXES)
        raise DeclarationError(what, path, f"give it one of these ends: {ends}")
    return Format(kind, delimiter=_delimiter_of(path))


def _kind_of(path: str) -> Kind | None:
    return SUFFIXES.get(PurePosixPath(path).suffix.lower())


def _delimiter_of(path: str) -> str:
    return "\t" if path.lower().endswith(".tsv") else ","


def source_types(
    source: Source, checks: Sequence[Check] = (), where: str | None = None
) -> dict[str, LogicalType]:
    """The types that are known before a file is read: declared ones, then what a suite implies.

    What is not named here is left to the engine to infer.
    """
    declared = {column: logical_type(name, where) for column, name in source.types.items()}
    return declared | {
        column: kind for column, kind in implied_types(checks).items() if column not in declared
    }


def implied_types(checks: Sequence[Check]) -> dict[str, LogicalType]:
    """The types of columns that checks could not mean otherwise.

    A column that must be one of some texts is text, so that `0` in it stays `"0"`, and so is one
    whose text must have a format.
    """
    types: dict[str, LogicalType] = {}
    implied: dict[str, set[LogicalType | None]] = {}
    for check in checks:
        metric = check.metric
        match metric.metric if isinstance(metric, FailingGroups) else metric:
            case Failing(rule=OneOf(column=column, values=values)) if values:
                implied.setdefault(column, set()).add(_type_of(values))
            case Failing(rule=Formatted(column=column) | StrictJson(column=column)):
                implied.setdefault(column, set()).add(LogicalType.STRING)
            case SchemaDifference(declared=declared):
                for column, name in declared:
                    kind = None if name is None else _WORDS.get(_word(name))
                    implied.setdefault(column, set()).add(kind)
            case ColumnType(column=column) if isinstance(check.bound, Names):
                words = {_WORDS.get(_word(name)) for name in check.bound.names}
                implied.setdefault(column, set()).add(words.pop() if len(words) == 1 else None)
    for column, kinds in implied.items():
        kinds.discard(None)
        if len(kinds) == 1 and (only := kinds.pop()):
            types[column] = only
    return types


def _type_of(values: Sequence[object]) -> LogicalType | None:
    if all(isinstance(value, str) for value in values):
        return LogicalType.STRING
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return LogicalType.INTEGER
    return None


def _word(name: str) -> str:
    return re.split(r"[(\[\d]", name.lower().removesuffix("type"))[0]


# The words for types in Great Expectations suites: those of pandas, Spark, SQL and Python
_WORDS: dict[str, LogicalType] = {
    **dict.fromkeys(("str", "string", "varchar", "text", "object"), LogicalType.STRING),
    **dict.fromkeys(
        ("int", "integer", "bigint", "smallint", "tinyint", "long", "uint"), LogicalType.INTEGER
    ),
    **dict.fromkeys(("float", "double", "number", "real", "decimal"), LogicalType.NUMBER),
    **dict.fromkeys(("bool", "boolean"), LogicalType.BOOLEAN),
    **dict.fromkeys(("date",), LogicalType.DATE),
    **dict.fromkeys(("datetime", "timestamp"), LogicalType.TIMESTAMP),
}
