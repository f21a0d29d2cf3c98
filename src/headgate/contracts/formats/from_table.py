"""A contract of what a table holds: a sample file, or a version of a dataset.

Only what all rows show is said: types, and that no value is missing. What one sample cannot prove,
such as a key, is a comment for a person to decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.contracts.formats.document import Imported, draft, legal_name
from headgate.contracts.formats.elements import Element
from headgate.contracts.formats.sql_types import parsed_type, type_of
from headgate.engines.engine import PARQUET, Engine
from headgate.engines.types import quoted
from headgate.observe.personal import personal
from headgate.observe.read import unreadable
from headgate.pipelines.problems import Path
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

LOOKED_AT = 2000
"""Values of a column that are looked at for personal data."""
KEYS = frozenset({LogicalType.INTEGER, LogicalType.STRING, LogicalType.DATE})
"""The types of a column that may name a row."""
MOST = 5_000_000
"""Rows in which the different values of a column are counted."""


def contract_of_table(engine: Engine, table: Table, name: str) -> Imported:
    """The contract that the rows of a table keep, for a person to complete."""
    columns = columns_of(table.schema, table.statistics, table.rows)
    if not _is_typed(table):
        columns = [_as_guessed(column) for column in columns]
    remarks: dict[Path, str] = {}
    for place, (column, said) in enumerate(zip(table.schema.columns, columns, strict=True)):
        told = []
        if why := _personal(engine, table, column):
            said["classification"] = "restricted"
            told.append(f"{why}; decide who may see it")
        if _all_different(engine, table, column):
            told.append(f"all {table.rows:,} values differ; if it names a row: primaryKey: true")
        if told:
            remarks["schema", 0, "properties", place] = "\n".join(told)
    return draft(name, [{"name": name, "properties": columns}], remarks=remarks)


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
    if "logicalType" not in found and column.type is not LogicalType.OBJECT:
        binary = column.type is LogicalType.BINARY
        found["logicalType"] = "string" if binary else column.type.value
    return found


def _personal(engine: Engine, table: Table, column: Column) -> str:
    """Why a column is likely personal data; empty where nothing speaks for it."""
    if unreadable(column, table.schema) or not table.rows:
        return ""
    name = quoted(column.name)
    statement = f"SELECT {name} FROM data WHERE {name} IS NOT NULL LIMIT {LOOKED_AT}"  # noqa: S608
    looked_at = column.type in {LogicalType.STRING, LogicalType.INTEGER}
    values = [row[0] for row in engine.measure(table, statement, [])] if looked_at else []
    others = [one for one in table.schema.names if one != column.name]
    found = personal(column.name, column.type, values, others)
    return f"likely personal ({found.kind}): {found.evidence}" if found else ""


def _all_different(engine: Engine, table: Table, column: Column) -> bool:
    """Whether each row has a value of its own, in a column that may name the rows."""
    known = table.statistics.get(column.name)
    if column.type not in KEYS or not 1 < table.rows <= MOST or known is None or known.nulls:
        return False
    if unreadable(column, table.schema):
        return False
    statement = f"SELECT count(DISTINCT {quoted(column.name)}) FROM data"  # noqa: S608
    [[count]] = engine.measure(table, statement, [])
    return bool(count == table.rows)


def name_of_file(stem: str, asked: str | None) -> tuple[str, list[str]]:
    """The name of the dataset in a file, and what is told where it is not that of the file."""
    name = asked or legal_name(stem)
    changed = not asked and name != stem
    return name, [f"{stem!r} is no name of a dataset: it is called {name}"] if changed else []
