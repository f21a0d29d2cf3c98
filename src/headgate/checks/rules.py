"""Row rules as conditions in SQL: which rows a rule does not judge, and which ones break it.

A condition speaks of one row and is never NULL where it is true. NaN is handled by hand
everywhere: DuckDB orders it above every number, while people mean that the value is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from headgate.checks.asked import Asked
from headgate.checks.functions import KEEPS, Keeps, answered
from headgate.checks.metric import (
    Between,
    ColumnRule,
    Failing,
    Length,
    Matches,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Plain,
    Rule,
    Unique,
)
from headgate.checks.pairs import Ignore, PairRule, at_odds, left_out
from headgate.checks.references import Reference, orphaned
from headgate.checks.relative import NotOutlier, ZScore, far_off
from headgate.checks.sql import DATA, NEVER, Sql, among, bound, joined, missing, written
from headgate.checks.texts import (
    Like,
    MatchesNone,
    MatchesSome,
    NotLike,
    mismatched,
    searched,
    text_of,
)
from headgate.checks.typed import (
    Comparable,
    a_kind,
    can_be_nan,
    column_of,
    comparable,
    members,
    operand,
    unordered,
)
from headgate.engines.types import quoted
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema


def unjudged(rule: Rule, schema: Schema) -> Sql:
    """The rows that the rule does not judge."""
    if isinstance(rule, NotNull | Null):
        return NEVER
    if isinstance(rule, Keeps):
        return Sql(f"{KEEPS} IS NULL")
    if isinstance(rule, Reference):
        return left_out(rule.columns, Ignore.ANY_MISSING, schema)
    if isinstance(rule, Unique | PairRule):
        return left_out(rule.columns, rule.ignore, schema)
    return missing(column_of(schema, rule.column))


def source_of(metric: Plain) -> Sql:
    """What a metric is measured on: the table, with what a function says of each row."""
    match metric:
        case Failing(Keeps() as rule):
            return answered(rule)
        case _:
            return DATA


def broken(rule: ColumnRule | PairRule | Reference | Keeps, place: Asked) -> Sql:
    """The rows that the rule judges and that break it.

    Raises DeclarationError where the rule does not fit the type of its column.
    """
    schema = place.table.schema
    if isinstance(rule, Keeps):
        return Sql(f"NOT {KEEPS}")
    if isinstance(rule, Reference):
        return orphaned(rule, place)
    if isinstance(rule, PairRule):
        return at_odds(rule, schema)
    column = column_of(schema, rule.column)
    if isinstance(rule, Between | OneOf | NoneOf) and unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which cannot be compared")
    return _broken(rule, column, place.relation)


def _broken(rule: ColumnRule, column: Column, relation: Sql) -> Sql:  # noqa: PLR0911 - one a rule
    match rule:
        case NotNull():
            return missing(column)
        case Null():
            return written("NOT (", missing(column), ")")
        case Between():
            return _present(column, _outside(rule, column))
        case OneOf(_, values):
            return _present(column, _not_among(column, members(column, values)))
        case NoneOf(_, values):
            return _present(column, _among(column, rule, members(column, values)))
        case Matches(_, pattern):
            return written("NOT ", searched(column, pattern))
        case NotMatches(_, pattern):
            return searched(column, pattern)
        case Length():
            return _length_outside(rule, column)
        case MatchesSome() | MatchesNone() | Like() | NotLike():
            return mismatched(rule, column)
        case ZScore() | NotOutlier():
            return far_off(rule, column, relation)
        case _:
            assert_never(rule)


def grouped(columns: Sequence[str], schema: Schema) -> list[str]:
    """The columns in SQL as keys that make missing values equal to each other."""
    found = [column_of(schema, name) for name in columns]
    return [
        f"CASE WHEN {missing(column).sql} THEN NULL ELSE {quoted(column.name)} END"
        if can_be_nan(column)
        else quoted(column.name)
        for column in found
    ]


def _present(column: Column, condition: Sql) -> Sql:
    if not can_be_nan(column) or condition == NEVER:
        return condition
    return written(f"NOT isnan({quoted(column.name)}) AND (", condition, ")")


def _outside(rule: Between, column: Column) -> Sql:
    low, high = (
        None if end is None else bound(column, comparable(column, end))
        for end in (rule.low, rule.high)
    )
    return _beyond(operand(column), rule, low, high)


def _length_outside(rule: Length, column: Column) -> Sql:
    low, high = (None if end is None else Sql("?", (end,)) for end in (rule.low, rule.high))
    return _beyond(f"length({text_of(column)})", rule, low, high)


def _beyond(value: str, rule: Between | Length, low: Sql | None, high: Sql | None) -> Sql:
    parts = []
    if low is not None:
        parts.append(written(f"{value} {'<=' if rule.strict_low else '<'} ", low))
    if high is not None:
        parts.append(written(f"{value} {'>=' if rule.strict_high else '>'} ", high))
    return joined(" OR ", parts) if parts else NEVER


def _not_among(column: Column, values: Sequence[Comparable]) -> Sql:
    if not values:
        return Sql(f"{quoted(column.name)} IS NOT NULL")
    return among(column, values, "NOT IN")


def _among(column: Column, rule: NoneOf, values: Sequence[Comparable]) -> Sql:
    if values:
        return among(column, values)
    for value in rule.values[:1]:
        # where no value is of the column's kind every row would pass, because of a slip
        comparable(column, value)
    return NEVER
