"""Which rows a check speaks of, and how it reads their text: the table as a check sees it.

A missing value, null or NaN, is equal to nothing: `!=` and `not in` hold for it, and no other
comparison does. That is how Python and pandas compare; where a condition was written for SQL,
it is told so by a second condition, that the value is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.sql import DATA, NEVER, Sql, among, bound, joined, missing, present, written
from headgate.checks.typed import column_of, comparable, members, operand, unordered
from headgate.engines.types import quoted
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics, Scalar
from headgate.schema.table import Table
from headgate.schema.types import LogicalType


class Operator(StrEnum):
    """How a value is compared."""

    EQUAL = "=="
    UNEQUAL = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


class Compare(Struct, frozen=True):
    """The value stands so to another one."""

    column: str
    operator: Operator
    value: Scalar


class Among(Struct, frozen=True):
    """The value is one of these."""

    column: str
    values: tuple[Scalar, ...]


class NotAmong(Struct, frozen=True):
    """The value is none of these, or is missing."""

    column: str
    values: tuple[Scalar, ...]


class Missing(Struct, frozen=True):
    """The value is null or NaN."""

    column: str


class Present(Struct, frozen=True):
    """The value is neither null nor NaN."""

    column: str


class All(Struct, frozen=True):
    """Every one of the conditions holds."""

    conditions: tuple[RowCondition, ...]


class Any(Struct, frozen=True):
    """At least one of the conditions holds."""

    conditions: tuple[RowCondition, ...]


class Not(Struct, frozen=True):
    """The condition does not hold."""

    condition: RowCondition


RowCondition = Compare | Among | NotAmong | Missing | Present | All | Any | Not


class View(Struct, frozen=True):
    """The rows that meet a condition, with the text of some columns read as timestamps."""

    only: RowCondition | None = None
    moments: tuple[str, ...] = ()


def columns_in(condition: RowCondition) -> tuple[str, ...]:
    """The columns that a condition speaks of, each once."""
    match condition:
        case All(conditions) | Any(conditions):
            names = [name for one in conditions for name in columns_in(one)]
            return tuple(dict.fromkeys(names))
        case Not(inner):
            return columns_in(inner)
        case _:
            return (condition.column,)


# ------------------------------------------------------------------ in SQL


def held(condition: RowCondition, schema: Schema) -> Sql:
    """The rows that meet the condition.

    Raises DeclarationError where a column is missing, or cannot be compared with the value.
    """
    match condition:
        case All(conditions):
            return joined(" AND ", [_bracketed(one, schema) for one in conditions])
        case Any(conditions):
            return joined(" OR ", [_bracketed(one, schema) for one in conditions])
        case Not(inner):
            return written(_bracketed(inner, schema), " IS NOT TRUE")
    column = column_of(schema, condition.column)
    match condition:
        case Missing():
            return missing(column)
        case Present():
            return present(column)
        case Compare(_, operator, value):
            return _compared(column, operator, value)
        case Among(_, values):
            return _among(column, values)
        case NotAmong(_, values):
            return written("(", _among(column, values), ") IS NOT TRUE")


def seen(view: View, table: Table, source: Sql = DATA) -> tuple[Sql, Table]:
    """What a check selects from, and the table as it is there; `rows` are still those of all.

    Nothing is known of the values of some of the rows, except that a key is still one.
    """
    schema, replaced = table.schema, []
    for name in view.moments:
        column = column_of(schema, name)
        if column.type is LogicalType.STRING:
            text = operand(column)
            replaced.append(f"CAST({text} AS TIMESTAMP) AS {quoted(name)}")
            schema = _with(schema, Column(name, LogicalType.TIMESTAMP, "TIMESTAMP"))
    if not replaced and view.only is None:
        return source, table
    stars = f"* REPLACE ({', '.join(replaced)})" if replaced else "*"
    where = written(" WHERE ", held(view.only, table.schema)) if view.only else Sql("")
    relation = written(f"(SELECT {stars} FROM ", source, where, ") AS data")  # noqa: S608 - names are quoted
    known: Mapping[str, ColumnStatistics] = {} if view.only else _unread(view, table)
    # what is known of each part is known of its text, and not of the timestamps in it
    parts = () if replaced else table.parts
    return relation, replace(table, schema=schema, statistics=known, parts=parts)


def _bracketed(condition: RowCondition, schema: Schema) -> Sql:
    return written("(", held(condition, schema), ")")


def _compared(column: Column, operator: Operator, value: Scalar) -> Sql:
    ordered = operator not in {Operator.EQUAL, Operator.UNEQUAL}
    if ordered and unordered(column):
        raise DeclarationError(f"{column.name} has no order")
    sign = "=" if operator in {Operator.EQUAL, Operator.UNEQUAL} else operator.value
    compared = written(f"{operand(column)} {sign} ", bound(column, comparable(column, value)))
    if operator is Operator.UNEQUAL:
        return written("(", compared, ") IS NOT TRUE")
    return written("(", compared, ") AND ", present(column))


def _among(column: Column, values: tuple[Scalar, ...]) -> Sql:
    found = members(column, values)
    if values and not found:
        comparable(column, values[0])  # where none is of the column's kind it is a slip
    return among(column, found) if found else NEVER


def _with(schema: Schema, column: Column) -> Schema:
    return Schema(tuple(column if one.name == column.name else one for one in schema.columns))


def _unread(view: View, table: Table) -> dict[str, ColumnStatistics]:
    """The statistics, without the extremes of text that is now read as timestamps."""
    return {
        name: ColumnStatistics(one.nulls, one.nans, known=False) if name in view.moments else one
        for name, one in table.statistics.items()
    }
