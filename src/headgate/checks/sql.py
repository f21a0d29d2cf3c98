"""SQL with the values bound to it, put together from parts that keep them in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from headgate.checks.typed import Comparable, bind, can_be_nan, operand, zoned
from headgate.engines.types import quoted
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType


class Sql(Struct, frozen=True):
    """A piece of SQL, with the values of its placeholders in order.

    `beside` names the other tables that it speaks of: see `table_beside`.
    """

    sql: str
    parameters: tuple[Comparable, ...] = ()
    beside: tuple[str, ...] = ()


NEVER = Sql("false")
DATA = Sql("data")
"""The table as the engine shows it."""


def written(*parts: str | Sql) -> Sql:
    """The parts one after another.

    >>> written("NOT (", Sql("x = ?", (1,)), ")")
    Sql(sql='NOT (x = ?)', parameters=(1,), beside=())
    """
    return joined("", [Sql(part) if isinstance(part, str) else part for part in parts])


def joined(word: str, parts: Iterable[Sql]) -> Sql:
    """The parts with a word between each two of them.

    >>> joined(" OR ", [Sql("a"), Sql("b")]).sql
    'a OR b'
    """
    listed = list(parts)
    return Sql(
        word.join(part.sql for part in listed),
        tuple(value for part in listed for value in part.parameters),
        tuple(dict.fromkeys(name for part in listed for name in part.beside)),
    )


def null(column: Column) -> Sql:
    """The rows where the column holds null; NaN is a value to this one."""
    return Sql(f"{quoted(column.name)} IS NULL")


def table_beside(name: str) -> Sql:
    """Another table, as the engine shows it beside the one that is judged.

    >>> table_beside("planes").sql
    '"beside planes"'
    """
    return Sql(quoted(shown_beside(name)), (), (name,))


def shown_beside(name: str) -> str:
    """The name of another table in SQL, which none of the person's own tables can have."""
    return f"beside {name}"


def missing(column: Column) -> Sql:
    """The rows where the column has no value."""
    name = quoted(column.name)
    if can_be_nan(column):
        return Sql(f"({name} IS NULL OR isnan({name}))")
    return null(column)


def present(column: Column) -> Sql:
    """The rows where the column has a value."""
    return written("NOT (", missing(column), ")")


def bound(column: Column, value: Comparable) -> Sql:
    """A comparable value as a parameter of the column's own type."""
    one = bind(column, value)
    return Sql(one.placeholder, (one.value,))


SOME = 20
"""Up to how many texts are looked for by `list_position` rather than by `IN`.

The engine asks a function once for each different text that a file lists, and `IN` for each row.
A branch that looks for many texts among ones that never repeat is joined with them, which takes
less; one that looks for others is not.
"""


def among(column: Column, values: Sequence[Comparable]) -> Sql:
    """The rows whose value is one of those."""
    places = _places(column, values)
    if len(values) == 1:
        return written(f"{operand(column)} = ", places)
    if column.type is LogicalType.STRING and len(values) <= SOME:
        return written("list_position([", places, f"], {operand(column)}) IS NOT NULL")
    return written(f"{operand(column)} IN (", places, ")")


def not_among(column: Column, values: Sequence[Comparable]) -> Sql:
    """The rows with a value that is none of those."""
    places = _places(column, values)
    if len(values) == 1:
        return written(f"{operand(column)} <> ", places)
    if column.type is LogicalType.STRING:
        # the null is for those of the column, which are not judged: asked for apart, they would be
        # a part that two conditions share, and then each is judged for every row
        return written("list_position([", places, f", NULL], {operand(column)}) IS NULL")
    return written(f"{operand(column)} NOT IN (", places, ")")


def _places(column: Column, values: Sequence[Comparable]) -> Sql:
    return joined(", ", [bound(column, value) for value in values])


def leaving(column: Column, sql: str) -> str:
    """A value of the column in SQL, in a form that leaves the engine: see `arrived`."""
    # a moment leaves DuckDB only where pytz is installed
    return f"epoch_us({sql})" if zoned(column) else sql
