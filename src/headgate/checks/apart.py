"""Whether no key of one part of a table is in another one, so that each part is unique on its own.

Parts are mostly a day each, and the day is in the key: then the ranges of the day prove it, and
no row is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.metric import Unique
from headgate.checks.proof import extremes
from headgate.checks.scan import twins
from headgate.checks.typed import Comparable, column_of
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.table import Table, TablePart


class Reach(Struct, frozen=True):
    """The range of each column of a key in some parts; None where it is not known."""

    columns: tuple[ColumnStatistics | None, ...]

    def with_(self, other: Reach) -> Reach:
        """The reach of the parts of both."""
        return Reach(
            tuple(
                None if one is None or two is None else one.merge(two)
                for one, two in zip(self.columns, other.columns, strict=True)
            )
        )

    def as_json(self) -> list[list[object] | None]:
        return [None if column is None else column.as_json() for column in self.columns]

    @classmethod
    def from_json(cls, rows: list[list[object] | None]) -> Reach:
        return cls(tuple(None if row is None else ColumnStatistics.from_json(row) for row in rows))


def reach_of(part: TablePart, rule: Unique) -> Reach:
    """How far the keys of a part reach, by its statistics."""
    return Reach(tuple(part.statistics.get(name) for name in rule.columns))


def are_apart(one: Reach, other: Reach, rule: Unique, schema: Schema) -> bool:
    """Whether one column alone tells every key of one from every key of the other."""
    key = [column_of(schema, name) for name in rule.columns]
    return any(
        first is not None and second is not None and _is_apart(first, second, column)
        for first, second, column in zip(one.columns, other.columns, key, strict=True)
    )


def share_no_key(place: Asked, rule: Unique, part: TablePart, others: Sequence[TablePart]) -> bool:
    """Whether no judged row of the part agrees in its key with one of the others.

    No row may have a twin in its own part. The ranges of the keys say it of most parts; the keys
    of the rest are gathered.
    """
    reach, schema = reach_of(part, rule), place.table.schema
    near = [one for one in others if not are_apart(reach, reach_of(one, rule), rule, schema)]
    if not near:
        return True
    some = (*near, part)
    rows = sum(one.rows for one in some)
    table = Table(place.table.name, tuple(one.path for one in some), schema, rows)
    [(found,)] = replace(place, table=table).rows(twins(rule, place))
    return int(found) == 0


def _is_apart(one: ColumnStatistics, other: ColumnStatistics, column: Column) -> bool:
    if one.nulls + one.nans and other.nulls + other.nans:
        return False  # missing values agree with each other
    ends, others = _ends(one, column), _ends(other, column)
    if ends is None or others is None:
        return False
    return bool(ends[1] < others[0] or others[1] < ends[0])


def _ends(statistics: ColumnStatistics, column: Column) -> tuple[Comparable, Comparable] | None:
    return extremes(Table("", (), Schema((column,)), 1, {column.name: statistics}), column.name)
