"""Metrics that need no read: they follow from the schema, the row count and the statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable

from headgate.checks.check import Check
from headgate.checks.distributions import SetDifference, Side
from headgate.checks.measured import Beside, Measured, Nothing, Value, hours_since
from headgate.checks.metric import (
    Age,
    Aggregate,
    Between,
    ColumnAt,
    ColumnCount,
    ColumnNames,
    ColumnType,
    Completeness,
    Failing,
    FailingGroups,
    Function,
    Impossible,
    Metric,
    NanFigure,
    NanRule,
    NoneOf,
    NotNull,
    Null,
    OneOf,
    Plain,
    Readable,
    Rows,
    RowsBeside,
    RowsChange,
    Seen,
    plainly,
)
from headgate.checks.proof import absent, extremes, nans, proved
from headgate.checks.released import SERVED
from headgate.checks.schemas import SchemaDifference, difference
from headgate.checks.shares import ShareOf
from headgate.checks.typed import a_kind, column_of, is_number, unordered
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

NUMERIC = {Function.MEAN, Function.SUM, Function.STDEV, Function.MEDIAN}
NEEDS_VALUES = {Function.MEAN, Function.MIN, Function.MAX, Function.STDEV, Function.MEDIAN}
COUNTING = {Function.DISTINCT, Function.UNIQUE, Function.FILLED}


def known(metric: Plain, table: Table, beside: Beside) -> Measured | None:  # noqa: C901, PLR0911, PLR0912 - one a metric
    """The metric, as a read of the table would give it; None where the table must be read.

    Raises DeclarationError where the metric does not fit the table, or needs what nobody told.
    """
    match metric:
        case Rows():
            return Value(table.rows)
        case RowsBeside(other):
            if other not in beside.tables:
                raise DeclarationError(f"no dataset {other!r} to compare the rows with")
            theirs = beside.tables[other].rows
            details = {"self": table.rows, "other": theirs}
            return Value(table.rows - theirs, details=details)
        case RowsChange(against):
            return _change(against, table, beside)
        case ColumnNames():
            return Value(table.schema.names)
        case ColumnCount():
            return Value(len(table.schema.columns))
        case ColumnAt(index):
            return Value(_name_at(table, index))
        case ColumnType(name):
            return Value(None, column_of(table.schema, name))
        case Failing(rule):
            return proved(rule, table)
        case Aggregate():
            return _aggregate(metric, table)
        case Completeness(names):
            return _completeness(names or table.schema.names, table)
        case Age(name):
            return _age(name, table, beside)
        case SetDifference():
            return _difference(metric, table)
        case NanFigure(inner):
            there = nans(table, column_of(table.schema, inner.column)) != 0
            found = known(inner, table, beside)
            return None if there else found
        case FailingGroups(inner):
            known(inner, table, beside)  # which says what does not fit
        case SchemaDifference():
            return difference(metric, table.schema)
        case ShareOf() if table.rows == 0:
            return Value(None)
        case Impossible(why):
            raise DeclarationError(why)
        case Readable():
            raise DeclarationError("only a reader of files counts the rows that can be read")
    return None


def may_be_known(metric: Metric) -> bool:
    """Whether the statistics of a table may say it all, so that no row need be read."""
    if isinstance(metric, Seen):
        # how many rows a condition leaves has to be counted
        return metric.view.only is None and may_be_known(metric.metric)
    match metric:
        case Failing(NanRule(rule)) | Failing(rule):
            return isinstance(rule, NotNull | Null | Between | OneOf | NoneOf)
        case Aggregate(function):
            return function in {Function.MIN, Function.MAX, Function.FILLED}
        case NanFigure(inner):
            return may_be_known(inner)
        case SetDifference(side=side):
            return side is Side.UNEXPECTED
        case Rows() | RowsBeside() | RowsChange() | SchemaDifference() | Completeness() | Age():
            return True
        case ColumnNames() | ColumnCount() | ColumnAt() | ColumnType() | Readable() | Impossible():
            return True
    return False


def listed_by(checks: Iterable[Check]) -> set[str]:
    """The columns of which checks would be known from their different values."""
    metrics = [plainly(check.metric) for check in checks]
    listed = [one.rule for one in metrics if isinstance(one, Failing)]
    listing = [
        one for one in (*metrics, *listed) if isinstance(one, OneOf | NoneOf | SetDifference)
    ]
    return {one.column for one in listing}


def nothing(function: Function) -> Value:
    """What an aggregate is where the column holds no value: a sum and a count are still 0."""
    return Value(None if function in NEEDS_VALUES else 0)


def _aggregate(metric: Aggregate, table: Table) -> Value | None:
    column = column_of(table.schema, metric.column)
    if metric.function in NUMERIC and not is_number(column):
        raise DeclarationError(
            f"{column.name} is {a_kind(column)}, and a {metric.function.value} needs numbers"
        )
    if metric.function not in COUNTING and unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which has no order")
    gone = absent(table, column.name)
    if gone == table.rows:
        return nothing(metric.function)
    if metric.function is Function.FILLED and gone is not None:
        return Value((table.rows - gone) / table.rows)
    if metric.function not in {Function.MIN, Function.MAX}:
        return None
    ends = extremes(table, column.name)
    return Value(ends[metric.function is Function.MAX], column) if ends else None


def _change(against: str, table: Table, beside: Beside) -> Value | Nothing:
    if against not in beside.tables:
        if against == SERVED:
            return Nothing("there is no release before to compare with")
        raise DeclarationError(f"nothing named {against!r} to compare the rows with")
    theirs = beside.tables[against].rows
    share = abs(table.rows - theirs) / theirs if theirs else math.inf if table.rows else 0.0
    return Value(share, details={"self": table.rows, "other": theirs})


def _name_at(table: Table, index: int) -> tuple[str, ...]:
    names = table.schema.names
    return (names[index],) if -len(names) <= index < len(names) else ()


def _difference(metric: SetDifference, table: Table) -> Value | None:
    """Nothing unexpected, where the extremes prove it."""
    if metric.side is not Side.UNEXPECTED or unordered(column_of(table.schema, metric.column)):
        return None
    found = proved(OneOf(metric.column, metric.values), table)
    details = {"unexpected_values": 0, "unexpected_examples": []}
    return Value(0, details=details) if found and not found.unexpected else None


def _completeness(names: tuple[str, ...], table: Table) -> Value | None:
    gone = [absent(table, column_of(table.schema, name).name) for name in names]
    cells = table.rows * len(names)
    if not cells:
        return Value(1.0)
    missing = [count for count in gone if count is not None]
    return Value((cells - sum(missing)) / cells) if len(missing) == len(gone) else None


def _age(name: str | None, table: Table, beside: Beside) -> Value | None:
    if name is None:
        if beside.newest is None:
            raise DeclarationError("nobody knows when the newest delivery came")
        return Value(hours_since(beside.newest, beside.now))
    column = column_of(table.schema, name)
    if column.type not in {LogicalType.DATE, LogicalType.TIMESTAMP}:
        raise DeclarationError(
            f"{name} is {a_kind(column)}, and only a date or timestamp has an age",
            hint=f"declare the type of {name}, or leave the column out to judge the delivery",
        )
    if absent(table, name) == table.rows:
        return Value(None)
    ends = extremes(table, name)
    return Value(hours_since(ends[1], beside.now)) if ends else None
