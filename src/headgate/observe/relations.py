"""How columns stand to each other: keys, dependencies, and the order of the rows.

A sample refutes most of what is not so, at no cost; what it leaves is proved on all rows. So a
relation that is told holds for the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from math import prod
from typing import Any

from msgspec import Struct

from headgate.engines.types import quoted
from headgate.observe.column import ColumnProfile, Order
from headgate.observe.read import Source, value
from headgate.schema.types import LogicalType

Sample = Mapping[str, Sequence[object]]
"""Some rows, by column."""

KEY_COLUMNS = 14
"""Columns that are tried in combinations: those in which the fewest rows agree."""
PROOFS = 12
"""Combinations of each size that are put to all rows."""
LARGEST_KEY = 3
WIDEST_KEY = 100
"""Columns up to which whole rows are compared."""
BY_CHANCE = 3.0
"""Where fewer pairs of rows than this would agree by chance, none doing so says nothing."""
DETERMINANTS = 40
LOW = 10_000
"""Distinct values up to which a column is asked what depends on it."""
KEY_TYPES = {
    LogicalType.INTEGER,
    LogicalType.STRING,
    LogicalType.DATE,
    LogicalType.TIMESTAMP,
    LogicalType.TIME,
}


class Key(Struct, frozen=True):
    """Columns in which no two rows agree.

    `by_chance` is how many pairs of rows would agree if the columns had nothing to do with each
    other: the larger, the more it means that none does. It is None for one column alone.
    """

    columns: tuple[str, ...]
    by_chance: float | None = None


class Dependency(Struct, frozen=True):
    """Rows that agree in one column agree in these too; null counts as a value."""

    column: str
    determines: tuple[str, ...]


# ------------------------------------------------------------------ keys


def keys(source: Source, columns: Sequence[ColumnProfile], seen: Sample) -> list[Key]:
    """The keys of the table: single columns, then the smallest combinations of up to three."""
    found = [Key((one.name,)) for one in columns if one.unique and one.type in KEY_TYPES]
    tried = [column for column in columns if _may_belong_to_key(column)]
    tried = sorted(tried, key=_agreement)[:KEY_COLUMNS]
    for size in range(2, LARGEST_KEY + 1):
        likely = [
            Key(tuple(column.name for column in chosen), chance)
            for chosen in combinations(tried, size)
            if (chance := _by_chance(source.rows, chosen)) >= BY_CHANCE
            and prod(column.distinct or 0 for column in chosen) >= source.rows
        ]
        likely = [key for key in likely if not _larger(key, found) and _all_differ(key, seen)]
        likely.sort(key=lambda key: -(key.by_chance or 0))
        found += [key for key in likely[:PROOFS] if _proved(source, key)]
    if not any(len(key.columns) > 1 for key in found) and not _named(columns):
        found += _whole_row(source, columns, seen)
    place = {column.name: n for n, column in enumerate(columns)}
    return [Key(tuple(sorted(key.columns, key=place.__getitem__)), key.by_chance) for key in found]


def _named(columns: Sequence[ColumnProfile]) -> bool:
    """Whether a single column of numbers or texts is a key."""
    named = {LogicalType.INTEGER, LogicalType.STRING}
    return any(column.unique and column.type in named for column in columns)


def _whole_row(source: Source, columns: Sequence[ColumnProfile], seen: Sample) -> list[Key]:
    """All columns together, where they are a key: then no row stands there twice."""
    chance = _by_chance(source.rows, columns)
    key = Key(tuple(column.name for column in columns), chance)
    wide = len(columns) > WIDEST_KEY or len(columns) < 2
    if wide or not _all_differ(key, seen) or not _proved(source, key):
        return []
    return [key]


def _may_belong_to_key(column: ColumnProfile) -> bool:
    distinct = column.distinct or 0
    return column.type in KEY_TYPES and not column.missing and distinct > 1 and not column.unique


def _agreement(column: ColumnProfile) -> float:
    return column.agreement if column.agreement is not None else 1 / max(column.distinct or 1, 1)


def _by_chance(rows: int, chosen: Sequence[ColumnProfile]) -> float:
    return rows * (rows - 1) / 2 * prod(_agreement(column) for column in chosen)


def _larger(key: Key, found: Sequence[Key]) -> bool:
    return any(set(smaller.columns) <= set(key.columns) for smaller in found)


def _all_differ(key: Key, seen: Sample) -> bool:
    met = set()
    for row in zip(*(seen[name] for name in key.columns), strict=True):
        if row in met:
            return False
        met.add(row)
    return True


def _proved(source: Source, key: Key) -> bool:
    names = ", ".join(quoted(name) for name in key.columns)
    statement = f"SELECT 1 FROM data GROUP BY {names} HAVING count(*) > 1 LIMIT 1"  # noqa: S608
    return not source.ask(statement, [])


# ------------------------------------------------------------------ dependencies


def dependencies(
    source: Source, columns: Sequence[ColumnProfile], seen: Sample
) -> list[Dependency]:
    """What each column of few values determines; constant columns, which all do, are left out."""
    known = [column for column in columns if "distinct" not in column.approximate]
    varied = [column for column in known if (column.distinct or 0) > 1]
    few = [c for c in varied if (c.distinct or 0) <= min(LOW, source.rows / 10)]
    few = [column for column in few if column.type in KEY_TYPES][:DETERMINANTS]
    found = []
    for column in few:
        others = [
            other.name
            for other in varied
            if other is not column
            and (other.distinct or 0) <= (column.distinct or 0)
            and _follows(seen[column.name], seen[other.name])
        ]
        if proved := _determined(source, column, others):
            found.append(Dependency(column.name, proved))
    return found


def _follows(given: Sequence[object], other: Sequence[object]) -> bool:
    met: dict[object, object] = {}
    return all(met.setdefault(one, two) == two for one, two in zip(given, other, strict=True))


def _determined(source: Source, column: ColumnProfile, others: Sequence[str]) -> tuple[str, ...]:
    if not others:
        return ()
    differ = ", ".join(
        "max(CASE WHEN low IS DISTINCT FROM high OR filled NOT IN (0, n) THEN 1 ELSE 0 END)".replace(
            "low", f"low_{place}"
        )
        .replace("high", f"high_{place}")
        .replace("filled", f"filled_{place}")
        for place in range(len(others))
    )
    ends = ", ".join(
        f"min({name}) AS low_{place}, max({name}) AS high_{place}, count({name}) AS filled_{place}"
        for place, name in enumerate(map(quoted, others))
    )
    statement = (
        f"SELECT {differ} FROM (SELECT count(*) AS n, {ends} FROM data "  # noqa: S608
        f"GROUP BY {quoted(column.name)})"
    )
    [row] = source.ask(statement, [])
    return tuple(name for name, differs in zip(others, row, strict=True) if not differs)


# ------------------------------------------------------------------ order


def orders(source: Source, columns: Sequence[ColumnProfile], head: Sample) -> dict[str, Order]:
    """The columns whose values rise or fall down the rows; `head` is the first rows, in order."""
    found = {}
    for column in columns:
        varied = (column.distinct or 0) > 1 and column.type in KEY_TYPES | {LogicalType.NUMBER}
        if varied and _may_be_ordered(head[column.name]):
            order = _ordered(source, column)
            if order is not None:
                found[column.name] = order
    return found


def _may_be_ordered(values: Sequence[object]) -> bool:
    here = [value for value in values if value is not None]
    steps = {_step(one, two) for one, two in pairwise(here)}
    return not {-1, 1} <= steps


def _step(one: Any, two: Any) -> int:
    return int(one < two) - int(one > two)


def _ordered(source: Source, column: ColumnProfile) -> Order | None:
    of_type = next(one for one in source.columns if one.name == column.name)
    statement = (
        "SELECT max(CASE WHEN v < former THEN 1 ELSE 0 END), "  # noqa: S608
        "max(CASE WHEN v > former THEN 1 ELSE 0 END), max(CASE WHEN v = former THEN 1 ELSE 0 END) "
        f"FROM (SELECT v, lag(v) OVER () AS former FROM (SELECT {value(of_type)} AS v FROM data) "
        "WHERE v IS NOT NULL)"
    )
    [(falls, rises, stays)] = source.ask(statement, [])
    match bool(falls), bool(rises), bool(stays):
        case (False, True, False):
            return Order.STRICTLY_INCREASING
        case (False, True, True):
            return Order.INCREASING
        case (True, False, False):
            return Order.STRICTLY_DECREASING
        case (True, False, True):
            return Order.DECREASING
        case _:
            return None
