"""Row rules proved from statistics, without reading a row.

Sound: a proof says what a read would find. A broken rule is not proved where the number of rows
that break it would stay unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from headgate.checks.functions import Keeps
from headgate.checks.measured import Counted
from headgate.checks.metric import (
    Between,
    NanRule,
    NoneOf,
    NotNull,
    Null,
    OneOf,
    Rule,
    Unique,
    columns_of,
)
from headgate.checks.pairs import Ignore, PairRule
from headgate.checks.typed import (
    WHOLE,
    Comparable,
    can_be_nan,
    column_of,
    comparable,
    members,
    order,
)
from headgate.errors import DeclarationError
from headgate.schema.schema import Column
from headgate.schema.statistics import Scalar
from headgate.schema.table import Table
from headgate.schema.types import LogicalType


def absent(table: Table, name: str) -> int | None:
    """How many rows have no value there, null or NaN; None where that is not known."""
    if table.rows == 0:
        return 0
    statistics = table.statistics.get(name)
    return None if statistics is None else statistics.nulls + statistics.nans


def nans(table: Table, column: Column) -> int | None:
    """How many values of the column are NaN; None where that is not known."""
    if table.rows == 0 or not can_be_nan(column):
        return 0
    statistics = table.statistics.get(column.name)
    return None if statistics is None else statistics.nans


def extremes(table: Table, name: str) -> tuple[Comparable, Comparable] | None:
    """The least and the greatest present value; None where they are not known exactly."""
    column = column_of(table.schema, name)
    statistics = table.statistics.get(name)
    if statistics is None or not statistics.known or _inexact(column):
        return None
    if statistics.low is None or statistics.high is None:
        return None
    try:
        return comparable(column, statistics.low), comparable(column, statistics.high)
    except DeclarationError:  # statistics in words of their own prove nothing
        return None


def proved(rule: Rule, table: Table) -> Counted | None:
    """What the rule's count is; None where the table must be read.

    Raises DeclarationError where a column is missing, or where the rule does not fit its type.
    """
    for name in columns_of(rule):
        column_of(table.schema, name)
    if isinstance(rule, NanRule):
        return proved(rule.rule, table) if _without_nan(rule, table) else None
    gone = unjudged_known(rule, table)
    if isinstance(rule, NotNull | Null):
        missing = absent(table, rule.column)
        if missing is None:
            return None
        unexpected = missing if isinstance(rule, NotNull) else table.rows - missing
        return Counted(table.rows, 0, unexpected)
    if gone is None:
        return None
    if isinstance(rule, Unique):
        known = bool(table.unique) and set(table.unique) <= set(rule.columns)
        kept = known or table.rows - gone <= 1
    else:
        kept = gone == table.rows or _kept(rule, table)
    return Counted(table.rows, gone, 0) if kept else None


def undecided(rule: Between, table: Table) -> Between:
    """The rule without the end that the extremes prove every value to keep."""
    ends = extremes(table, rule.column)
    if ends is None:
        return rule
    column = column_of(table.schema, rule.column)
    below, above = replace(rule, high=None), replace(rule, low=None)
    if _inside(below, column, ends):
        return above
    return below if _inside(above, column, ends) else rule


def unjudged_known(rule: Rule, table: Table) -> int | None:
    """How many rows the rule leaves out; None where the table must be read to say so."""
    if isinstance(rule, NanRule):
        inner = rule.rule
        certain = isinstance(inner, NotNull | Null) or _without_nan(rule, table)
        return unjudged_known(inner, table) if certain else None
    if isinstance(rule, NotNull | Null):
        return 0
    if isinstance(rule, Keeps):
        return None
    gone = [absent(table, name) for name in columns_of(rule)]
    if isinstance(rule, Unique | PairRule):
        if rule.ignore is Ignore.NEVER:
            return 0
        if rule.ignore is Ignore.ALL_MISSING and 0 in gone:
            return 0
    if all(count == 0 for count in gone):
        return 0
    return gone[0] if len(gone) == 1 else None


def _without_nan(rule: Rule, table: Table) -> bool:
    """Whether it is known that no column of the rule holds NaN."""
    return all(nans(table, column_of(table.schema, name)) == 0 for name in columns_of(rule))


def _kept(rule: Rule, table: Table) -> bool:
    """Whether the values, or their extremes, prove that every present one keeps the rule."""
    if not isinstance(rule, Between | OneOf | NoneOf):
        return False
    column = column_of(table.schema, rule.column)
    statistics = table.statistics.get(rule.column)
    if statistics and statistics.values is not None and not isinstance(rule, Between):
        return _each_kept(rule, column, statistics.values)
    ends = extremes(table, rule.column)
    if ends is None:
        return False
    match rule:
        case Between():
            return _inside(rule, column, ends)
        case OneOf(_, values):
            return _all_among(column, ends, values)
        case NoneOf(_, values):
            held = members(column, values)
            return bool(held) and not any(ends[0] <= value <= ends[1] for value in held)


def _each_kept(rule: OneOf | NoneOf, column: Column, values: Sequence[str]) -> bool:
    held = set(members(column, rule.values))
    if isinstance(rule, OneOf):
        return held.issuperset(values)
    # where none is of the column's kind it is a slip, which a read says
    return bool(held) and held.isdisjoint(values)


def _inside(rule: Between, column: Column, ends: tuple[Comparable, Comparable]) -> bool:
    low, high = map(order, ends)
    if rule.low is not None:
        bottom = order(comparable(column, rule.low))
        if low < bottom or (rule.strict_low and low == bottom):
            return False
    if rule.high is not None:
        top = order(comparable(column, rule.high))
        if high > top or (rule.strict_high and high == top):
            return False
    return True


def _all_among(
    column: Column, ends: tuple[Comparable, Comparable], values: Sequence[Scalar]
) -> bool:
    low, high = ends
    held = set(members(column, values))
    if low == high:
        return low in held
    if column.type not in WHOLE or high - low >= len(held):
        return False
    return all(value in held for value in range(low, high + 1))


def _inexact(column: Column) -> bool:
    """Whether an extreme as JSON holds it may be another value than the one in the column.

    Decimals may be rounded, and so may parts of a second below a millionth. Only plain text is
    sure to be ordered as text.
    """
    match column.type:
        case LogicalType.NUMBER:
            return not can_be_nan(column)
        case LogicalType.STRING:
            return column.physical != "VARCHAR"
        case _:
            return column.physical == "TIMESTAMP_NS"
