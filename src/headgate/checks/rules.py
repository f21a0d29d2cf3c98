"""Row rules as conditions in SQL: which rows a rule does not judge, and which ones break it.

A condition speaks of one row and is never NULL where it is true. NaN is handled by hand
everywhere: DuckDB orders it above every number, while people mean that the value is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias, assert_never

from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.formats import Formatted, malformed
from headgate.checks.functions import KEEPS, Keeps, answered
from headgate.checks.metric import (
    Between,
    ColumnRule,
    Failing,
    Length,
    Matches,
    NanFigure,
    NanRule,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Plain,
    Rule,
    Unique,
    columns_of,
)
from headgate.checks.multiples import MultipleOf, no_multiple
from headgate.checks.nan import Nan
from headgate.checks.pairs import Ignore, PairRule, at_odds, left_out
from headgate.checks.proof import undecided
from headgate.checks.references import Reference, orphaned
from headgate.checks.relative import NotOutlier, ZScore, far_off
from headgate.checks.sql import (
    DATA,
    NEVER,
    Sql,
    among,
    bound,
    joined,
    missing,
    not_among,
    null,
    present,
    written,
)
from headgate.checks.texts import (
    Like,
    MatchesNone,
    MatchesSome,
    NotLike,
    ReadRule,
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

LENGTHS = 1 << 40
"""No text has as many characters."""

RowRule: TypeAlias = ColumnRule | PairRule | Reference | Keeps | NanRule
"""Rules that a condition in SQL can judge."""


def unjudged(rule: Rule, schema: Schema) -> Sql:
    """The rows that the rule does not judge."""
    match rule:
        case NanRule(inner, Nan.VALUE):
            return _unjudged(inner, schema, null)
        case NanRule(inner):
            aside = written(" AND NOT (", holding_nan(inner, schema), ")")
            return written("(", _unjudged(inner, schema, missing), ")", aside)
        case _:
            return _unjudged(rule, schema, missing)


def _unjudged(rule: Rule, schema: Schema, gone: Callable[[Column], Sql]) -> Sql:
    assert not isinstance(rule, NanRule)
    if isinstance(rule, NotNull | Null):
        return NEVER
    if isinstance(rule, Keeps):
        return Sql(f"{KEEPS} IS NULL")
    if isinstance(rule, Reference):
        return left_out(rule.columns, Ignore.ANY_MISSING, schema)
    if isinstance(rule, Unique | PairRule):
        return left_out(rule.columns, rule.ignore, schema, gone)
    return gone(column_of(schema, rule.column))


def source_of(metric: Plain) -> Sql:
    """What a metric is measured on: the table, with what a function says of each row."""
    match metric:
        case Failing(Keeps() as rule):
            return answered(rule)
        case _:
            return DATA


def broken(rule: RowRule, place: Asked) -> Sql:
    """The rows that the rule judges and that break it.

    Raises DeclarationError where the rule does not fit the type of its column.
    """
    schema = place.table.schema
    if isinstance(rule, NanRule):
        return _broken_beside_nan(rule, place)
    if isinstance(rule, Keeps):
        return Sql(f"NOT {KEEPS}")
    if isinstance(rule, Reference):
        return orphaned(rule, place)
    if isinstance(rule, PairRule):
        return at_odds(rule, schema)
    column = column_of(schema, rule.column)
    if isinstance(rule, Between | OneOf | NoneOf) and unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which cannot be compared")
    # what is remembered of the parts of a table is told by its condition, which stays the same
    if isinstance(rule, Between) and place.ledger is None:
        rule = undecided(rule, place.table)
    return _broken(rule, column, place.relation)


def _broken(rule: ColumnRule, column: Column, relation: Sql) -> Sql:  # noqa: C901, PLR0911 - one a rule
    match rule:
        case NotNull():
            return missing(column)
        case Null():
            return written("NOT (", missing(column), ")")
        case Between():
            return _outside(rule, column)
        case OneOf(_, values):
            return _not_among(column, members(column, values))
        case NoneOf(_, values):
            return _among(column, rule, members(column, values))
        case Matches(_, pattern):
            return written("NOT ", searched(column, pattern))
        case NotMatches(_, pattern):
            return searched(column, pattern)
        case Length():
            return _length_outside(rule, column)
        case MatchesSome() | MatchesNone() | Like() | NotLike():
            return mismatched(rule, column)
        case Formatted():
            return malformed(rule, column)
        case MultipleOf():
            return no_multiple(rule, column)
        case ZScore() | NotOutlier():
            return far_off(rule, column, relation)
        case _:
            assert_never(rule)


def holding_nan(rule: Rule | NanFigure, schema: Schema) -> Sql:
    """The rows with NaN in a column of the rule; never NULL."""
    columns = [column_of(schema, name) for name in columns_of(rule)]
    held = [
        Sql(f"coalesce(isnan({quoted(column.name)}), false)")
        for column in columns
        if can_be_nan(column)
    ]
    return joined(" OR ", held) if held else NEVER


def settled(rule: Rule, schema: Schema) -> Rule:
    """The rule without what it says of NaN, where no column of it can hold one."""
    if not isinstance(rule, NanRule):
        return rule
    columns = [column_of(schema, name) for name in columns_of(rule)]
    only_text = isinstance(rule.rule, ReadRule)
    return rule if any(map(can_be_nan, columns)) and not only_text else rule.rule


def apart_from_nan(rule: Rule, place: Asked) -> Asked:
    """The place without the rows that hold NaN in a column of the rule."""
    held = holding_nan(rule, place.table.schema)
    relation = written("(SELECT * FROM ", place.relation, " WHERE NOT (", held, ")) AS data")
    return replace(place, relation=relation)


def _broken_beside_nan(rule: NanRule, place: Asked) -> Sql:
    schema = place.table.schema
    inner, held = rule.rule, holding_nan(rule, schema)
    if not isinstance(inner, RowRule):
        raise DeclarationError(f"{type(inner).__name__} is no rule about one row")
    if rule.nan is Nan.FAIL:
        return written("(", broken(inner, place), ") OR ", held)
    if isinstance(inner, PairRule):
        return at_odds(inner, schema, null)
    match inner:
        case NotNull(name):
            return null(column_of(schema, name))
        case Null(name):
            return written("NOT (", null(column_of(schema, name)), ")")
        case Between() | OneOf():
            return written("(", broken(inner, place), ") OR ", held)
        case _:
            return broken(inner, place)


def keys_of(rule: Unique | NanRule, schema: Schema) -> list[str]:
    """The values in SQL that no two rows may share; missing ones are equal to each other."""
    if isinstance(rule, NanRule):
        assert isinstance(rule.rule, Unique)
        keys = [quoted(column_of(schema, name).name) for name in columns_of(rule)]
        return [*keys, *grouped(rule.rule.within, schema)]
    return grouped((*rule.columns, *rule.within), schema)


def grouped(columns: Sequence[str], schema: Schema) -> list[str]:
    """The columns in SQL as keys that make missing values equal to each other."""
    found = [column_of(schema, name) for name in columns]
    return [
        f"CASE WHEN {missing(column).sql} THEN NULL ELSE {quoted(column.name)} END"
        if can_be_nan(column)
        else quoted(column.name)
        for column in found
    ]


def _without_nan(column: Column, condition: Sql) -> Sql:
    """The condition where NaN would meet it too: it is above every number, and equal to none."""
    if not can_be_nan(column) or condition == NEVER:
        return condition
    return written("(", condition, f" AND NOT isnan({quoted(column.name)}))")


def _outside(rule: Between, column: Column) -> Sql:
    low, high = (
        None if end is None else bound(column, comparable(column, end))
        for end in (rule.low, rule.high)
    )
    value = operand(column)
    return _any(_below(value, rule, low), _without_nan(column, _above(value, rule, high)))


def _length_outside(rule: Length, column: Column) -> Sql:
    value = f"length({text_of(column)})"
    low, high = (None if end is None else Sql("?", (end,)) for end in (rule.low, rule.high))
    if rule.low is not None and (rule.low < 0 or (rule.low == 0 and not rule.strict_low)):
        low = None  # no text is shorter than nothing
    if low is None or high is None or max(abs(rule.low or 0), abs(rule.high or 0)) > LENGTHS:
        return _any(_below(value, rule, low), _above(value, rule, high))
    # one function of the text, which is asked once for each different one that a file lists
    short, long = _nearest_outside(rule)
    brought = f"list_position([?, ?], least(greatest({value}, ?), ?)) IS NOT NULL"
    return Sql(f"{quoted(column.name)} IS NOT NULL AND {brought}", (short, long, short, long))


def _nearest_outside(rule: Length) -> tuple[int, int]:
    """The longest text that is too short, and the shortest one that is too long."""
    low, high = rule.low or 0, rule.high or 0
    return (
        math.floor(low) if rule.strict_low else math.ceil(low) - 1,
        math.ceil(high) if rule.strict_high else math.floor(high) + 1,
    )


def _below(value: str, rule: Between | Length, end: Sql | None) -> Sql:
    if end is None:
        return NEVER
    return written(f"{value} {'<=' if rule.strict_low else '<'} ", end)


def _above(value: str, rule: Between | Length, end: Sql | None) -> Sql:
    if end is None:
        return NEVER
    return written(f"{value} {'>=' if rule.strict_high else '>'} ", end)


def _any(*conditions: Sql) -> Sql:
    parts = [one for one in conditions if one != NEVER]
    return joined(" OR ", parts) if parts else NEVER


def _not_among(column: Column, values: Sequence[Comparable]) -> Sql:
    if not values:
        return present(column)
    return _without_nan(column, not_among(column, values))


def _among(column: Column, rule: NoneOf, values: Sequence[Comparable]) -> Sql:
    if values:
        return among(column, values)
    for value in rule.values[:1]:
        # where no value is of the column's kind every row would pass, because of a slip
        comparable(column, value)
    return NEVER
