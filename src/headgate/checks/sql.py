"""SQL with the values bound to it, put together from parts that keep them in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from headgate.checks.typed import Comparable, bind, can_be_nan, operand, zoned
from headgate.engines.types import quoted
from headgate.schema.schema import Column


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


def among(column: Column, values: Sequence[Comparable], word: str = "IN") -> Sql:
    """The rows whose value is one of those, or with `NOT IN` none of them."""
    places = joined(", ", [bound(column, value) for value in values])
    return written(f"{operand(column)} {word} (", places, ")")


def leaving(column: Column, sql: str) -> str:
    """A value of the column in SQL, in a form that leaves the engine: see `arrived`."""
    # a moment leaves DuckDB only where pytz is installed
    return f"epoch_us({sql})" if zoned(column) else sql
