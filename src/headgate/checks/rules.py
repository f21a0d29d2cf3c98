"""Row rules as conditions in SQL: which rows a rule does not judge, and which ones break it.

A condition speaks of one row and is never NULL where it is true. NaN is handled by hand
everywhere: DuckDB orders it above every number, while people mean that the value is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.checks.metric import (
    Between,
    ColumnRule,
    Ignore,
    Length,
    Matches,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rule,
    Unique,
)
from headgate.checks.patterns import in_engine_words
from headgate.checks.typed import (
    Bind,
    Comparable,
    a_kind,
    bind,
    can_be_nan,
    column_of,
    comparable,
    members,
    operand,
)
from headgate.engines.types import quoted
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.types import LogicalType


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a row, with the values bound to it in order."""

    sql: str
    parameters: tuple[Comparable, ...] = ()


NEVER = Condition("false")


def missing(column: Column) -> Condition:
    """The rows where the column has no value."""
    name = quoted(column.name)
    if can_be_nan(column):
        return Condition(f"({name} IS NULL OR isnan({name}))")
    return Condition(f"{name} IS NULL")


def unjudged(rule: Rule, schema: Schema) -> Condition:
    """The rows that the rule does not judge."""
    match rule:
        case NotNull() | Null():
            return NEVER
        case Unique(columns, ignore):
            if ignore is Ignore.NEVER:
                return NEVER
            gone = [missing(column_of(schema, name)).sql for name in columns]
            return Condition((" AND " if ignore is Ignore.ALL_MISSING else " OR ").join(gone))
        case _:
            return missing(column_of(schema, rule.column))


def broken(rule: ColumnRule, schema: Schema) -> Condition:
    """The rows that the rule judges and that break it.

    Raises DeclarationError where the rule does not fit the type of its column.
    """
    column = column_of(schema, rule.column)
    match rule:
        case NotNull():
            return missing(column)
        case Null():
            return Condition(f"NOT ({missing(column).sql})")
        case Between():
            return _present(column, _outside(rule, column))
        case OneOf(_, values):
            return _present(column, _not_among(column, members(column, values)))
        case NoneOf(_, values):
            return _present(column, _among(column, rule, members(column, values)))
        case Matches(_, pattern):
            found = f"regexp_matches({text_of(column)}, ?)"
            return Condition(f"NOT {found}", (in_engine_words(pattern),))
        case NotMatches(_, pattern):
            found = f"regexp_matches({text_of(column)}, ?)"
            return Condition(found, (in_engine_words(pattern),))
        case Length():
            return _length_outside(rule, column)


def text_of(column: Column) -> str:
    """The column in SQL as text, where its text is the same for everyone.

    Raises DeclarationError where it is not, as for floating point numbers.
    """
    match column.type:
        case LogicalType.STRING:
            return operand(column)
        case LogicalType.INTEGER | LogicalType.DATE:
            return f"CAST({quoted(column.name)} AS VARCHAR)"
        case _:
            raise DeclarationError(
                f"{column.name} is {a_kind(column)}, and only text can be matched or measured",
                hint=f"declare the type of {column.name} as string",
            )


def grouped(columns: Sequence[str], schema: Schema) -> list[str]:
    """The columns in SQL as keys that make missing values equal to each other."""
    found = [column_of(schema, name) for name in columns]
    return [
        f"CASE WHEN {missing(column).sql} THEN NULL ELSE {quoted(column.name)} END"
        if can_be_nan(column)
        else quoted(column.name)
        for column in found
    ]


def _present(column: Column, condition: Condition) -> Condition:
    if not can_be_nan(column) or condition == NEVER:
        return condition
    return Condition(
        f"NOT isnan({quoted(column.name)}) AND ({condition.sql})", condition.parameters
    )


def _outside(rule: Between, column: Column) -> Condition:
    low, high = (
        None if end is None else bind(column, comparable(column, end))
        for end in (rule.low, rule.high)
    )
    return _beyond(operand(column), rule, low, high)


def _length_outside(rule: Length, column: Column) -> Condition:
    low, high = (None if end is None else Bind("?", end) for end in (rule.low, rule.high))
    return _beyond(f"length({text_of(column)})", rule, low, high)


def _beyond(value: str, rule: Between | Length, low: Bind | None, high: Bind | None) -> Condition:
    parts, parameters = [], []
    if low is not None:
        parts.append(f"{value} {'<=' if rule.strict_low else '<'} {low.placeholder}")
        parameters.append(low.value)
    if high is not None:
        parts.append(f"{value} {'>=' if rule.strict_high else '>'} {high.placeholder}")
        parameters.append(high.value)
    return Condition(" OR ".join(parts), tuple(parameters)) if parts else NEVER


def _not_among(column: Column, values: Sequence[Comparable]) -> Condition:
    if not values:
        return Condition(f"{quoted(column.name)} IS NOT NULL")
    return _in(column, values, "NOT IN")


def _among(column: Column, rule: NoneOf, values: Sequence[Comparable]) -> Condition:
    if values:
        return _in(column, values, "IN")
    for value in rule.values[:1]:
        # where no value is of the column's kind every row would pass, because of a slip
        comparable(column, value)
    return NEVER


def _in(column: Column, values: Sequence[Comparable], word: str) -> Condition:
    bound = [bind(column, value) for value in values]
    places = ", ".join(one.placeholder for one in bound)
    return Condition(f"{operand(column)} {word} ({places})", tuple(one.value for one in bound))
