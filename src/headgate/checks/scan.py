"""Metrics that need a read: what is asked of the table, and how the answers make a metric."""

from __future__ import annotations

from headgate.checks import functions
from headgate.checks.accuracy import Accuracy, compared
from headgate.checks.asked import Asked
from headgate.checks.by_group import grouping, groups_of
from headgate.checks.conditions import held
from headgate.checks.distributions import Distribution, measured, statements
from headgate.checks.drift import Drift, drifted
from headgate.checks.known import nothing
from headgate.checks.measured import Beside, Counted, Measured, Value, hours_since
from headgate.checks.metric import (
    Age,
    Aggregate,
    Completeness,
    Failing,
    FailingGroups,
    Function,
    NanFigure,
    NanRule,
    Plain,
    QueryBeside,
    QueryRows,
    QueryValue,
    Rule,
    Unique,
)
from headgate.checks.nan import Nan
from headgate.checks.nan_figures import beside_nan
from headgate.checks.proof import absent, unjudged_known
from headgate.checks.queries import queried, query_of
from headgate.checks.questions import Answers, Count, Figure, Question, Reading, Statement, read
from headgate.checks.relative import Ordered, disordered
from headgate.checks.rules import (
    apart_from_nan,
    broken,
    holding_nan,
    keys_of,
    settled,
    unjudged,
)
from headgate.checks.shares import ShareOf
from headgate.checks.sql import Sql, leaving, missing, written
from headgate.checks.texts import ReadRule, readable
from headgate.checks.typed import arrived, can_be_nan, column_of, operand
from headgate.errors import DeclarationError, HeadgateError
from headgate.schema.schema import Schema
from headgate.schema.table import Table


def asked(metric: Plain, place: Asked) -> list[Question]:  # noqa: PLR0911 - one a metric
    """The questions whose answers make up a metric that is not known without a read.

    Raises DeclarationError where the metric does not fit the table.
    """
    table, schema = place.table, place.table.schema
    match metric:
        case Failing(rule):
            found = _breaking(rule, place)
            # what does not fit its column may still be left out of every row
            asks: list[Question] = [] if isinstance(found, HeadgateError) else [found]
            known = unjudged_known(rule, table) is not None
            return asks if known else [*asks, Count(unjudged(rule, schema))]
        case Aggregate():
            return [Figure(_figure(metric, schema))]
        case Completeness(names):
            columns = [column_of(schema, name) for name in names or schema.names]
            unknown = [column for column in columns if absent(table, column.name) is None]
            return [Count(missing(one)) for one in unknown]
        case Age(str() as name):
            return [Figure(_figure(Aggregate(Function.MAX, name), schema))]
        case QueryRows() | QueryValue() | QueryBeside():
            return [query_of(metric)]
        case NanFigure(inner):
            return [*asked(inner, place), Count(holding_nan(metric, schema))]
        case FailingGroups():
            return [Statement(grouping(metric, place, _figure))]
        case ShareOf(condition):
            return [Count(held(condition, schema))]
        case functions.Figure():
            return [Statement(functions.figured(metric))]
    if isinstance(metric, Distribution):
        return list(statements(metric, schema, place.relation))
    return []


def put_together(  # noqa: C901, PLR0911 - one a metric
    metric: Plain, place: Asked, facts: Beside, answers: Answers
) -> Measured:
    """The metric, from the answers to its questions.

    Raises DeclarationError where a rule does not fit its column's type, and whatever came up
    while a question was asked.
    """
    schema = place.table.schema
    match metric:
        case Failing(rule):
            return _failing(rule, place, answers)
        case Aggregate(function, name):
            value = read(answers, Figure(_figure(metric, schema)))
            if value is None:
                return nothing(function)
            column = column_of(schema, name)
            if function in {Function.MIN, Function.MAX}:
                return Value(arrived(column, value), column)
            return Value(value)
        case Completeness():
            return _completeness(metric, place.table, answers)
        case Age(str() as name):
            newest = put_together(Aggregate(Function.MAX, name), place, facts, answers)
            assert isinstance(newest, Value)
            moment = newest.value
            return Value(None if moment is None else hours_since(moment, facts.now))
        case functions.Figure():
            [(figure,)] = read(answers, Statement(functions.figured(metric)))
            return Value(figure)
        case QueryRows() | QueryValue() | QueryBeside():
            return queried(metric, answers)
        case NanFigure(inner):
            found = put_together(inner, place, facts, answers)
            return beside_nan(metric, found, read(answers, Count(holding_nan(metric, schema))))
        case FailingGroups():
            asks = Statement(grouping(metric, place, _figure))
            return groups_of(metric, schema, read(answers, asks))
        case ShareOf(condition):
            return Value(read(answers, Count(held(condition, schema))) / place.table.rows)
    if isinstance(metric, Distribution):
        parts = statements(metric, schema, place.relation)
        return measured(metric, schema, [read(answers, one) for one in parts])
    if isinstance(metric, Accuracy):
        return compared(metric, place)
    if isinstance(metric, Drift):
        return drifted(metric, place)
    raise DeclarationError(f"{metric} is not read from a table")


# ------------------------------------------------------------------ row rules


def _breaking(rule: Rule, place: Asked) -> Question | HeadgateError:
    """What is asked for the rows that break the rule, or why nothing can be."""
    schema = place.table.schema
    try:
        rule = settled(rule, schema)
        if isinstance(rule, NanRule) and isinstance(rule.rule, Unique | Ordered):
            return _breaking_beside_nan(rule, place)
        if isinstance(rule, Unique):
            return Statement(twins(rule, place))
        column = column_of(schema, rule.column) if hasattr(rule, "column") else None
        if isinstance(rule, Ordered):
            assert column is not None
            return Statement(disordered(rule, column, place.relation, "count(*)"))
        if isinstance(rule, ReadRule):
            assert column is not None
            readable(rule, column)
            return Reading(rule)
        return Count(broken(rule, place))
    except HeadgateError as error:
        return error


def _breaking_beside_nan(rule: NanRule, place: Asked) -> Question | HeadgateError:
    """The same for a rule about other rows, to which NaN is a value, or which it breaks."""
    if rule.nan is Nan.VALUE:
        return Statement(twins(rule, place))
    others = _breaking(rule.rule, apart_from_nan(rule.rule, place))
    if not isinstance(others, Statement):
        return others
    nans = written(place.relation, " WHERE ", holding_nan(rule, place.table.schema))
    both = written("(", others.statement, ") + (SELECT count(*) FROM ", nans, ")")
    return Statement(written("SELECT ", both))


def twins(rule: Unique | NanRule, place: Asked) -> Sql:
    """A query for the number of rows that agree with another one in the key."""
    keys = ", ".join(keys_of(rule, place.table.schema))
    groups = written(
        "SELECT count(*) AS rows FROM ",
        place.relation,
        " WHERE NOT (",
        unjudged(rule, place.table.schema),
        f") GROUP BY {keys} HAVING count(*) > 1",
    )
    return written("SELECT coalesce(sum(rows), 0) FROM (", groups, ")")


def _failing(rule: Rule, place: Asked, answers: Answers) -> Counted:
    rows = place.table.rows
    gone = unjudged_known(rule, place.table)
    if gone is None:
        gone = read(answers, Count(unjudged(rule, place.table.schema)))
    asks = _breaking(rule, place)
    if isinstance(asks, HeadgateError):
        if gone == rows:
            return Counted(rows, gone, 0)
        raise asks
    answer = read(answers, asks)
    if isinstance(asks, Statement):
        [(answer,)] = answer
    return Counted(rows, gone, int(answer))


# ------------------------------------------------------------------ columns


def _figure(metric: Aggregate, schema: Schema) -> str:
    column = column_of(schema, metric.column)
    value = operand(column)
    if can_be_nan(column):
        # not FILTER, which copies what the others of the statement need for each of them
        value = f"CASE WHEN NOT isnan({value}) THEN {value} END"
    match metric.function:
        case Function.MEAN:
            return f"avg({value})"
        case Function.STDEV:
            return f"stddev_samp({value})"
        case Function.DISTINCT:
            return f"count(DISTINCT {value})"
        case Function.UNIQUE:
            # in full numbers, so that the share is the one that dividing counts in Python gives
            counted = f"CAST(count(DISTINCT {value}) AS DOUBLE)"
            return f"{counted} / nullif(count({value}), 0)"
        case Function.FILLED:
            return f"CAST(count({value}) AS DOUBLE) / nullif(count(*), 0)"
        case Function.MIN | Function.MAX:
            return leaving(column, f"{metric.function.value}({value})")
        case _:
            return f"{metric.function.value}({value})"


def _completeness(metric: Completeness, table: Table, answers: Answers) -> Value:
    columns = [column_of(table.schema, name) for name in metric.columns or table.schema.names]
    gone = sum(
        read(answers, Count(missing(column)))
        if (count := absent(table, column.name)) is None
        else count
        for column in columns
    )
    cells = table.rows * len(columns)
    return Value((cells - gone) / cells)
