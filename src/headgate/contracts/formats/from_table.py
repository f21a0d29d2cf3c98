"""A contract of what a table holds: a sample file, or a version of a dataset.

Only what all rows show is said: types, and that no value is missing. What one sample cannot prove,
such as a key, is a comment for a person to decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from headgate.contracts.formats.document import Imported, draft, legal_name
from headgate.contracts.formats.elements import Element
from headgate.contracts.formats.sql_types import parsed_type, type_of
from headgate.engines.engine import PARQUET, Engine, Value
from headgate.engines.types import quoted
from headgate.observe.personal import personal
from headgate.observe.read import Source, sources
from headgate.pipelines.problems import Path
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

LOOKED_AT = 2000
"""Values of a column that are looked at for personal data."""
KEYS = frozenset({LogicalType.INTEGER, LogicalType.STRING, LogicalType.DATE})
"""The types of a column that may name a row."""
LOOKED_INTO = frozenset({LogicalType.STRING, LogicalType.INTEGER})
"""The types of a column whose values may show personal data."""
MOST = 5_000_000
"""Rows in which the different values of a column are counted, and values counted in one statement."""


def contract_of_table(engine: Engine, table: Table, name: str) -> Imported:
    """The contract that the rows of a table keep, for a person to complete."""
    columns = columns_of(table.schema, table.statistics, table.rows)
    if not _is_typed(table):
        columns = [_as_guessed(column) for column in columns]
    seen = _seen(engine, table)
    remarks: dict[Path, str] = {}
    for place, said in enumerate(columns):
        told = []
        if why := _guessed(said):
            told.append(why)
        column = seen.get(said["name"], _UNSEEN)
        if column.personal:
            said["classification"] = "restricted"
            told.append(f"{column.personal}; decide who may see it")
        if column.all_different:
            told.append(f"all {table.rows:,} values differ; if it names a row: primaryKey: true")
        if told:
            remarks["schema", 0, "properties", place] = "\n".join(told)
    return draft(name, [{"name": name, "properties": columns}], remarks=remarks)


def _guessed(column: Mapping[str, Any]) -> str:
    """Why the type of a column is a guess; empty where it is none."""
    physical = column.get("physicalType")
    guessed = physical and column["logicalType"] == "object" and "properties" not in column
    return f"the standard has no word for {physical}: object is a guess" if guessed else ""


def _is_typed(table: Table) -> bool:
    """Whether the file itself says the types, as Parquet does; text is read by a guess."""
    kinds = {path.suffix.lower() for path in table.paths}
    return kinds <= set(PARQUET)


def _as_guessed(column: dict[str, Any]) -> dict[str, Any]:
    """The column without how its values are stored, which is nothing that text says."""
    told = {k: v for k, v in column.get("logicalTypeOptions", {}).items() if k != "format"}
    kept = {k: v for k, v in column.items() if k not in {"physicalType", "logicalTypeOptions"}}
    return kept | ({"logicalTypeOptions": told} if told else {})


def contract_of_schema(
    name: str, schema: Schema, statistics: Mapping[str, ColumnStatistics], rows: int
) -> Element:
    """The contract that a recorded version keeps, without a look at its rows."""
    table = {"name": name, "properties": columns_of(schema, statistics, rows)}
    return draft(name, [table]).document


def columns_of(
    schema: Schema, statistics: Mapping[str, ColumnStatistics], rows: int
) -> list[dict[str, Any]]:
    """The columns as a contract says them; required where it is known that no value is missing."""
    found = []
    for column in schema.columns:
        known = statistics.get(column.name)
        whole = bool(rows and known and known.nulls == 0)
        more = {"required": True} if whole else {}
        found.append({"name": column.name, **_type(column), **more})
    return found


def _type(column: Column) -> dict[str, Any]:
    kind = parsed_type(column.physical, "duckdb")
    found = type_of(kind, column.physical) if kind else {"physicalType": column.physical}
    if "logicalType" in found:
        return found
    if column.type is LogicalType.BINARY:
        return found | {"logicalType": "string", "logicalTypeOptions": {"format": "binary"}}
    return found | {"logicalType": column.type.value}


# ------------------------------------------------------------------ what the rows show


class _Seen(Struct, frozen=True):
    """What the values of a column show: why they are likely personal, and whether all differ."""

    personal: str = ""
    all_different: bool = False


_UNSEEN = _Seen()


def _seen(engine: Engine, table: Table) -> dict[str, _Seen]:
    """What the values of each readable column show, of many columns in one statement."""
    found: dict[str, _Seen] = {}
    names = table.schema.names
    for source in sources(engine, table) if table.rows else ():
        different = _all_different(source, table)
        values = _values(source)
        for column in source.columns:
            why = _personal(column, values.get(column.name, []), names)
            found[column.name] = _Seen(why, column.name in different)
    return found


def _values(source: Source) -> dict[str, list[Value]]:
    """The first values of each column that may show personal data."""
    names = [one.name for one in source.columns if one.type in LOOKED_INTO]
    if not names:
        return {}
    lists = (
        f"(SELECT list({name}) FROM (SELECT {name} FROM data WHERE {name} IS NOT NULL "  # noqa: S608
        f"LIMIT {LOOKED_AT}))"
        for name in map(quoted, names)
    )
    [row] = source.ask(f"SELECT {', '.join(lists)}")
    return {name: cell or [] for name, cell in zip(names, row, strict=True)}


def _personal(column: Column, values: Sequence[Value], names: Sequence[str]) -> str:
    """Why a column is likely personal data; empty where nothing speaks for it."""
    others = (one for one in names if one != column.name)
    found = personal(column.name, column.type, values, others)
    return f"likely personal ({found.kind}): {found.evidence}" if found else ""


def _all_different(source: Source, table: Table) -> set[str]:
    """The columns that may name the rows, and have a value of its own in each."""
    names = [one.name for one in source.columns if _may_be_key(table, one)]
    at_once = max(1, MOST // max(table.rows, 1))  # the different values are held in memory
    found: set[str] = set()
    for start in range(0, len(names), at_once):
        some = names[start : start + at_once]
        counts = ", ".join(f"count(DISTINCT {quoted(name)})" for name in some)
        [row] = source.ask(f"SELECT {counts} FROM data")  # noqa: S608
        found |= {name for name, count in zip(some, row, strict=True) if count == table.rows}
    return found


def _may_be_key(table: Table, column: Column) -> bool:
    known = table.statistics.get(column.name)
    whole = known is not None and not known.nulls
    return whole and column.type in KEYS and 1 < table.rows <= MOST


def name_of_file(stem: str, asked: str | None) -> tuple[str, list[str]]:
    """The name of the dataset in a file, and what is told where it is not that of the file."""
    name = asked or legal_name(stem)
    changed = not asked and name != stem
    return name, [f"{stem!r} is no name of a dataset: it is called {name}"] if changed else []
