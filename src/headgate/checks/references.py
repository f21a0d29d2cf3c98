"""References: the values of some columns stand together in a row of a table, as foreign keys do.

A row with a missing part is not judged, as SQL has it (MATCH SIMPLE). A missing key is nobody's
reference either, so NaN refers to nothing.
"""

from __future__ import annotations

from msgspec import Struct

from headgate.checks.asked import Asked
from headgate.checks.pairs import Ignore, kind_of, left_out
from headgate.checks.sql import Sql, joined, table_beside, written
from headgate.checks.typed import a_kind, column_of, operand, unordered
from headgate.errors import DeclarationError
from headgate.schema.schema import Column
from headgate.schema.table import Table


class Reference(Struct, frozen=True):
    """The values stand in the key columns of a row of another table, or of the same one."""

    columns: tuple[str, ...]
    to: str
    keys: tuple[str, ...]


def orphaned(rule: Reference, place: Asked) -> Sql:
    """The rows that the rule judges and whose values stand in no row of the other table.

    Raises DeclarationError where the other table or a column is missing, and where values of
    different kinds would be compared.
    """
    other = place.other(rule.to)
    assert isinstance(other, Table)
    schema = place.table.schema
    columns = [column_of(schema, name) for name in rule.columns]
    keys = [_key(rule.to, other, name) for name in rule.keys]
    for column, key in zip(columns, keys, strict=True):
        _alike(column, key, rule.to)
    # under names of their own, so that a column of the same name is that of the row
    selected = ", ".join(f"{operand(key)} AS __key_{n}" for n, key in enumerate(keys))
    referred = written(f"(SELECT {selected} FROM ", table_beside(rule.to), ") AS referred")  # noqa: S608 - names are quoted
    same = joined(
        " AND ", [Sql(f"referred.__key_{n} = {operand(one)}") for n, one in enumerate(columns)]
    )
    judged = written("NOT (", left_out(rule.columns, Ignore.ANY_MISSING, schema), ")")
    found = written("EXISTS (SELECT 1 FROM ", referred, " WHERE ", same, ")")
    return written(judged, " AND NOT ", found)


def _key(to: str, other: Table, name: str) -> Column:
    try:
        return column_of(other.schema, name)
    except DeclarationError as error:
        raise DeclarationError(f"{to}: {error.what}", hint=error.hint) from None


def _alike(column: Column, key: Column, to: str) -> None:
    if unordered(column) or unordered(key) or kind_of(column) != kind_of(key):
        raise DeclarationError(
            f"{column.name} is {a_kind(column)} and {key.name} of {to} is {a_kind(key)}, "
            "which cannot be compared",
            hint=f"declare the same type for both under types:, or cast {column.name} in a step",
        )
