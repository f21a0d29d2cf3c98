"""What a table holds: one profile, read in a few statements.

Numbers are exact unless a column's `approximate` names them. What is measured for each half of
the rows, in the order they stand, tells what is stable from what moves on. Values of columns that
are likely personal data are masked, so that nothing made from a profile can show them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from headgate.engines.engine import Engine
from headgate.observe.column import ColumnProfile
from headgate.observe.measure import measure
from headgate.observe.personal import personal
from headgate.observe.read import scalar, value
from headgate.observe.relations import Dependency, Key, Sample, dependencies, keys, orders
from headgate.observe.shapes import shapes
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

MASK = "•••"
"""What stands in place of a value of a likely personal column."""
SAMPLE_ROWS = 2_000
SAMPLE_CELLS = 400_000


@dataclass(frozen=True, slots=True)
class Profile:
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
            asdict(column) | {"constant": column.constant, "unique": column.unique}
            for column in self.columns
        ]
        return asdict(replace(self, columns=())) | {"columns": columns}


def profile(engine: Engine, table: Table) -> Profile:
    """What the table holds.

    Columns of nested or binary values, and those whose names differ only in case, are named and
    not looked into; their `note` says why.
    """
    columns = measure(engine, table)
    read = [column for column in columns if column.read]
    if not read or not table.rows:
        return Profile(table.name, table.rows, tuple(columns))
    rows = max(100, min(SAMPLE_ROWS, SAMPLE_CELLS // len(read)))
    head = _some(engine, table, read, f"LIMIT {rows}")
    scattered = f"USING SAMPLE reservoir({rows} ROWS) REPEATABLE (7)"
    seen = _some(engine, table, read, scattered) if table.rows > rows else head
    order = orders(engine, table, read, head)
    complete = {
        column.name: _complete(engine, table, replace(column, order=order.get(column.name)), seen)
        for column in read
    }
    return Profile(
        table.name,
        table.rows,
        tuple(complete.get(column.name, column) for column in columns),
        tuple(keys(engine, table, read, seen)),
        tuple(dependencies(engine, table, read, seen)),
    )


def _some(engine: Engine, table: Table, columns: Sequence[ColumnProfile], which: str) -> Sample:
    kept = [column for column in table.schema.columns if column.name in {c.name for c in columns}]
    cells = ", ".join(value(column) for column in kept)
    found = engine.measure(table, f"SELECT {cells} FROM data {which}", [])  # noqa: S608
    by_column = zip(*found, strict=True)
    return {column.name: cells for column, cells in zip(kept, by_column, strict=True)}


def _complete(engine: Engine, table: Table, column: ColumnProfile, seen: Sample) -> ColumnProfile:
    """The column with its shapes, masked where it is likely personal."""
    of_type = table.schema.column(column.name)
    assert of_type is not None
    if column.type is LogicalType.STRING and column.present:
        column = replace(column, shapes=shapes(engine, table, of_type))
    shown = [column.low, column.high, *(one for one, _ in column.top)]
    values = [scalar(of_type, one) for one in seen[column.name]]
    values = [one for one in (*values, *shown) if one is not None]
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
