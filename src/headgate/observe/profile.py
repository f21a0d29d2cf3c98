"""What a table holds: one profile, read in a few statements.

Numbers are exact unless a column's `approximate` names them. What is measured for each half of
the rows, in the order they stand, tells what is stable from what moves on. Values of columns that
are likely personal data are masked, so that nothing made from a profile can show them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from headgate.engines.engine import Engine
from headgate.engines.types import quoted
from headgate.observe.column import ColumnProfile
from headgate.observe.measure import measure
from headgate.observe.personal import personal
from headgate.observe.read import AT_ONCE, UNREAD, Source, sources, unreadable, value
from headgate.observe.relations import Dependency, Key, Sample, dependencies, keys, orders
from headgate.observe.shapes import shapes
from headgate.schema.schema import Column
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

MASK = "•••"
"""What stands in place of a value of a likely personal column."""
FIRST = "LIMIT 2000"
FEWER = "LIMIT 200"
SCATTERED = "USING SAMPLE reservoir(2000 ROWS) REPEATABLE (7)"


class Profile(Struct, frozen=True):
    """What a table holds. Keys and dependencies hold for all rows."""

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    keys: tuple[Key, ...] = ()
    dependencies: tuple[Dependency, ...] = ()

    def column(self, name: str) -> ColumnProfile | None:
        """The column of that exact name, if the table has it."""
        return next((column for column in self.columns if column.name == name), None)

    def as_json(self) -> dict[str, object]:
        """The profile as `--json` carries it."""
        columns = [
            _finite(to_builtins(column))
            | {
                "constant": column.constant,
                "unique": column.unique,
                "stand_ins": column.stand_ins,
            }
            for column in self.columns
        ]
        told: dict[str, object] = to_builtins(replace(self, columns=()))
        return told | {"columns": columns}


def _finite(value: Any) -> Any:
    """A value with its infinities as text, since JSON has none."""
    match value:
        case dict():
            return {name: _finite(one) for name, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
        case float() if math.isinf(value):
            return str(value)
    return value


def profile(engine: Engine, table: Table) -> Profile:
    """What the table holds.

    Columns of nested or binary values, and those whose names differ only in case, are named and
    not looked into, but for the nulls of the former; their `note` says why.
    """
    schema = table.schema
    found: dict[str, ColumnProfile] = {}
    seen: dict[str, Sequence[object]] = {}
    narrow = len(schema.columns) <= AT_ONCE
    for source in sources(engine, table):
        read = measure(source)
        if table.rows:
            head = _some(source, FIRST if narrow else FEWER)
            # groups of columns have to show the same rows
            seen |= _some(source, SCATTERED) if narrow else head
            order = orders(source, read, head)
            read = [_formed(source, replace(one, order=order.get(one.name))) for one in read]
        found |= {column.name: column for column in read}
    nulls = _nulls(engine, table)
    columns = [found.get(c.name) or _unread(c, table, nulls.get(c.name)) for c in schema.columns]
    told = tuple(_masked_if_personal(column, seen) for column in columns)
    if not table.rows:
        return Profile(table.name, 0, told)
    whole = Source(engine, table, table.rows, schema.columns)
    read = list(found.values())
    together = tuple(keys(whole, read, seen)), tuple(dependencies(whole, read, seen))
    return Profile(table.name, table.rows, told, *together)


def _nulls(engine: Engine, table: Table) -> dict[str, int]:
    """How many nulls the columns have that are not looked into, by their names."""
    schema = table.schema
    unread = [c.name for c in schema.columns if c.type in UNREAD and len(schema.alike(c.name)) < 2]
    if not unread:
        return {}
    counts = ", ".join(f"count({quoted(name)})" for name in unread)
    [row] = engine.measure(table, f"SELECT {counts} FROM data", [])  # noqa: S608 - names are quoted
    return {name: table.rows - int(count) for name, count in zip(unread, row, strict=True)}


def _unread(column: Column, table: Table, nulls: int | None) -> ColumnProfile:
    return ColumnProfile(
        column.name,
        column.type,
        column.physical,
        table.rows,
        nulls,
        note=unreadable(column, table.schema),
    )


def _some(source: Source, which: str) -> dict[str, Sequence[object]]:
    cells = ", ".join(value(column) for column in source.columns)
    rows = source.ask(f"SELECT {cells} FROM data {which}")  # noqa: S608 - names are quoted
    by_column = zip(*rows, strict=True)
    return {c.name: found for c, found in zip(source.columns, by_column, strict=True)}


def _formed(source: Source, column: ColumnProfile) -> ColumnProfile:
    """The column with the shapes of its texts."""
    if column.type is not LogicalType.STRING or not column.present:
        return column
    of_type = next(one for one in source.columns if one.name == column.name)
    return replace(column, shapes=shapes(source, of_type))


def _masked_if_personal(column: ColumnProfile, seen: Sample) -> ColumnProfile:
    if not column.read or column.name not in seen:
        return column
    shown = [column.low, column.high, *(one for one, _ in column.top)]
    values = [one for one in (*seen[column.name], *shown) if one is not None]
    others = [name for name in seen if name != column.name]
    found = personal(column.name, column.type, values, others)
    return _masked(replace(column, personal=found)) if found else column


def _masked(column: ColumnProfile) -> ColumnProfile:
    return replace(
        column,
        low=None if column.low is None else MASK,
        high=None if column.high is None else MASK,
        mean=None,
        stdev=None,
        quantiles={},
        top=tuple((MASK, count) for _, count in column.top),
        halves=tuple(
            replace(half, low=None, high=None, mean=None, quantiles={}) for half in column.halves
        ),
    )
