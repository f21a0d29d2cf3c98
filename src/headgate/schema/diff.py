"""How the columns of two tables differ."""

from __future__ import annotations

from msgspec import Struct

from headgate.schema.schema import Column, Schema


class SchemaDiff(Struct, frozen=True):
    """What became of the columns; `retyped` has each one before and after.

    `moved` says that the columns that both have stand in another order.
    """

    added: tuple[Column, ...] = ()
    removed: tuple[Column, ...] = ()
    retyped: tuple[tuple[Column, Column], ...] = ()
    moved: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped or self.moved)


def schema_diff(before: Schema, after: Schema) -> SchemaDiff:
    """What became of the columns of one table in the other.

    >>> from headgate.schema.types import LogicalType
    >>> old = Schema((Column("x", LogicalType.INTEGER, "BIGINT"),))
    >>> new = Schema((Column("x", LogicalType.NUMBER, "DOUBLE"),))
    >>> [(a.physical, b.physical) for a, b in schema_diff(old, new).retyped]
    [('BIGINT', 'DOUBLE')]
    """
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    both = [name for name in old if name in new]
    return SchemaDiff(
        added=tuple(column for name, column in new.items() if name not in old),
        removed=tuple(column for name, column in old.items() if name not in new),
        retyped=tuple((old[name], new[name]) for name in both if old[name] != new[name]),
        moved=both != [name for name in new if name in old],
    )
