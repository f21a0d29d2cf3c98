"""How the rows of two tables differ: by a key, or as they are where there is none.

A missing value is equal to a missing one, and NaN to NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.engines.engine import Engine
from headgate.engines.types import quoted
from headgate.errors import UsageError
from headgate.schema.diff import SchemaDiff, schema_diff
from headgate.schema.schema import Schema
from headgate.schema.table import Table

SAMPLES = 10
"""How many rows of each kind are shown."""

Row = Mapping[str, Any]


class Changed(Struct, frozen=True):
    """One cell of a row that both tables have, told by its key."""

    key: Row
    column: str
    before: Any
    after: Any


class Difference(Struct, frozen=True):
    """How many rows came, went and changed, with the first of each.

    Without a key a changed row is one that went and one that came. `columns` says of each column
    that both tables have in how many rows it changed.
    """

    schema: SchemaDiff
    key: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: Mapping[str, int] = {}
    added_rows: tuple[Row, ...] = ()
    removed_rows: tuple[Row, ...] = ()
    changed_cells: tuple[Changed, ...] = ()


def difference(engine: Engine, before: Table, after: Table, key: Sequence[str]) -> Difference:
    """How the rows of `after` differ from those of `before`, with the first of each kind.

    Raises UsageError for a key that a table has not, or that two rows of a table share.
    """
    found, sides = counts(engine, before, after, key), _sides(before, after)
    if not sides.tables or not sides.both:
        return found
    return _with_rows(engine, sides, found) if key else _with_all(engine, sides, found)


def counts(engine: Engine, before: Table, after: Table, key: Sequence[str]) -> Difference:
    """The same without any row of them, for less than half of the time.

    Raises UsageError as `difference` does.
    """
    schema, sides = schema_diff(before.schema, after.schema), _sides(before, after)
    if not sides.tables or not sides.both:
        return Difference(schema, tuple(key), after.rows, before.rows)
    for table in (before, after):
        if lost := [name for name in key if name not in table.schema.names]:
            raise UsageError(f"no column {lost[0]!r} to tell the rows by", hint="--key COLUMN")
    if not key:
        return _as_they_are(engine, sides, schema)
    if not is_key(engine, (before, after), key):
        names = ", ".join(key)
        raise UsageError(f"two rows agree in {names}, which is no key", hint="--key COLUMN")
    return _by_key(engine, sides, key, schema)


def is_key(engine: Engine, tables: Sequence[Table], key: Sequence[str]) -> bool:
    """Whether no two rows of any of the tables agree in these columns."""
    names = ", ".join(map(quoted, key))
    twins = f"SELECT 1 FROM data GROUP BY {names} HAVING count(*) > 1 LIMIT 1"  # noqa: S608 - names are quoted
    return not any(engine.measure(table, twins, ()) for table in tables if table.paths)


# ------------------------------------------------------------------ by a key


_KEPT = 'o."__there" AND n."__there"'


def _by_key(engine: Engine, sides: _Sides, key: Sequence[str], schema: SchemaDiff) -> Difference:
    differs = _differing(sides, key, schema)
    filters = [
        'o."__there" IS NULL',
        'n."__there" IS NULL',
        f"{_KEPT} AND ({_some(differs)})",
        *(f"{_KEPT} AND {one}" for one in differs.values()),
    ]
    # two of them may be the same, where there is one column beside the key
    counted = [f'count(*) FILTER (WHERE {one}) AS "count {n}"' for n, one in enumerate(filters)]
    asked = f"SELECT {', '.join(counted)} {_joined(key)}"
    [(added, removed, changed, *each)] = sides.ask(engine, asked)
    columns = dict(zip(differs, each, strict=True))
    return Difference(schema, tuple(key), added, removed, changed, columns)


def _with_rows(engine: Engine, sides: _Sides, found: Difference) -> Difference:
    key, joined = found.key, _joined(found.key)
    differs = _differing(sides, key, found.schema)
    others = list(differs)
    order = ", ".join(f"coalesce(n.{quoted(name)}, o.{quoted(name)})" for name in key)
    first = f"ORDER BY {order} LIMIT {SAMPLES}"
    new = _columns("n", sides.after.names)
    old = _columns("o", sides.before.names)
    came = sides.ask(engine, f'SELECT {new} {joined} WHERE o."__there" IS NULL {first}')
    went = sides.ask(engine, f'SELECT {old} {joined} WHERE n."__there" IS NULL {first}')
    pairs = f"{_columns('o', [*key, *others])}, {_columns('n', others)}"
    both = sides.ask(
        engine, f"SELECT {pairs} {joined} WHERE {_KEPT} AND ({_some(differs)}) {first}"
    )
    return replace(
        found,
        added_rows=_rows(sides.after.names, came),
        removed_rows=_rows(sides.before.names, went),
        changed_cells=tuple(cell for row in both for cell in _cells(row, key, others)),
    )


def _differing(sides: _Sides, key: Sequence[str], schema: SchemaDiff) -> dict[str, str]:
    """The condition under which a row differs in each column that is not the key's."""
    return {name: _differs(name, schema) for name in sides.both if name not in key}


def _some(differs: Mapping[str, str]) -> str:
    return " OR ".join(differs.values()) or "false"


def _joined(key: Sequence[str]) -> str:
    same = " AND ".join(f"o.{quoted(k)} IS NOT DISTINCT FROM n.{quoted(k)}" for k in key)
    old, new = (f'(SELECT *, true AS "__there" FROM {side})' for side in ("before", "after"))  # noqa: S608 - both are names of ours
    return f"FROM {old} AS o FULL JOIN {new} AS n ON {same}"


def _differs(name: str, schema: SchemaDiff) -> str:
    old, new = f"o.{quoted(name)}", f"n.{quoted(name)}"
    if any(column.name == name for column, _ in schema.retyped):
        old, new = f"CAST({old} AS VARCHAR)", f"CAST({new} AS VARCHAR)"
    return f"{old} IS DISTINCT FROM {new}"


def _cells(row: Sequence[Any], key: Sequence[str], others: Sequence[str]) -> list[Changed]:
    named = dict(zip(key, row, strict=False))
    old = row[len(key) : len(key) + len(others)]
    new = row[len(key) + len(others) :]
    pairs = zip(others, old, new, strict=True)
    return [Changed(named, name, one, two) for name, one, two in pairs if not _is_same(one, two)]


def _is_same(one: object, two: object) -> bool:
    return one == two or (one != one and two != two)  # noqa: PLR0124 - NaN alone is not itself


# ------------------------------------------------------------------ without a key


def _as_they_are(engine: Engine, sides: _Sides, schema: SchemaDiff) -> Difference:
    came, went = _alone(sides)
    counted = f"SELECT (SELECT count(*) FROM {came}) AS came, (SELECT count(*) FROM {went}) AS went"  # noqa: S608 - names are quoted
    [(added, removed)] = sides.ask(engine, counted)
    return Difference(schema, added=added, removed=removed)


def _with_all(engine: Engine, sides: _Sides, found: Difference) -> Difference:
    came, went = _alone(sides)
    first = f"ORDER BY ALL LIMIT {SAMPLES}"
    return replace(
        found,
        added_rows=_rows(sides.both, sides.ask(engine, f"SELECT * FROM {came} {first}")),  # noqa: S608
        removed_rows=_rows(sides.both, sides.ask(engine, f"SELECT * FROM {went} {first}")),  # noqa: S608
    )


def _alone(sides: _Sides) -> tuple[str, str]:
    """The rows that one of both has alone: those that came, and those that went."""
    names = ", ".join(map(quoted, sides.both))
    came, went = (
        f"(SELECT {names} FROM {one} EXCEPT ALL SELECT {names} FROM {other})"  # noqa: S608 - names are quoted
        for one, other in (("after", "before"), ("before", "after"))
    )
    return came, went


# ------------------------------------------------------------------ both tables in one query


class _Sides(Struct, frozen=True):
    """Two tables as one query sees them: `before` and `after`, of which one may have no file."""

    tables: Mapping[str, Table]
    before: Schema
    after: Schema

    @property
    def both(self) -> list[str]:
        return [name for name in self.after.names if name in self.before.names]

    def ask(self, engine: Engine, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query that names the tables."""
        if len(self.tables) == 2:
            return list(engine.select(query, self.tables).rows())
        [there] = self.tables
        gone = "before" if there == "after" else "after"
        schema = self.before if gone == "before" else self.after
        empty = ", ".join(f"CAST(NULL AS {c.physical}) AS {quoted(c.name)}" for c in schema.columns)
        shown = f"WITH {gone} AS (SELECT {empty} LIMIT 0) {query}"
        return list(engine.select(shown, self.tables).rows())


def _sides(before: Table, after: Table) -> _Sides:
    named = {"before": before, "after": after}
    there = {name: table for name, table in named.items() if table.paths}
    return _Sides(there, before.schema, after.schema)


def _columns(side: str, names: Sequence[str]) -> str:
    return ", ".join(f"{side}.{quoted(name)} AS {quoted(f'{side} {name}')}" for name in names)


def _rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[Row, ...]:
    return tuple(dict(zip(names, row, strict=True)) for row in rows)
