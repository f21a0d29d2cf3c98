"""Metrics that need a read: what is asked of the table, asked together, and put together again.

Counts are filters under one UNION ALL, which lets the engine skip row groups by their own
statistics; a conditional sum over all rows would read every one. Aggregates share one select.
Uniqueness has a statement of its own. Where a statement of many questions fails, each is asked
alone, so that one that cannot be answered does not take the others with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from headgate.checks.known import nothing
from headgate.checks.measured import Beside, Counted, Measured, Value, hours_since
from headgate.checks.metric import (
    Age,
    Aggregate,
    ColumnRule,
    Completeness,
    Failing,
    Function,
    Metric,
    Rule,
    Unique,
)
from headgate.checks.proof import absent, unjudged_known
from headgate.checks.rules import Condition, broken, grouped, missing, unjudged
from headgate.checks.typed import Comparable, can_be_nan, column_of, operand, zoned
from headgate.engines.engine import Engine
from headgate.errors import DeclarationError
from headgate.schema.schema import Schema
from headgate.schema.table import Table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows meet a condition."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Figure:
    """An aggregate of all rows, in SQL."""

    sql: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many rows share their keys with another one, in SQL."""

    keys: tuple[str, ...]
    unjudged: Condition


Question = Count | Figure | Duplicates
Answer = Comparable | Exception
Answers = Mapping[Question, Answer]


def asked(metric: Metric, table: Table) -> list[Question]:
    """The questions whose answers make up a metric that is not known without a read."""
    schema = table.schema
    match metric:
        case Failing(Unique() as rule):
            left_out = unjudged(rule, schema)
            twins = Duplicates(tuple(grouped(rule.columns, schema)), left_out)
            return [twins] if unjudged_known(rule, table) is not None else [twins, Count(left_out)]
        case Failing(rule):
            assert not isinstance(rule, Unique)  # said above, and not seen by the type checker
            condition = _broken(rule, schema)
            found: list[Question] = [Count(condition)] if isinstance(condition, Condition) else []
            if unjudged_known(rule, table) is None:
                found.append(Count(unjudged(rule, schema)))
            return found
        case Aggregate():
            return [Figure(_figure(metric, schema))]
        case Completeness(names):
            columns = [column_of(schema, name) for name in names or schema.names]
            unknown = [column for column in columns if absent(table, column.name) is None]
            return [Count(missing(column)) for column in unknown]
        case Age(str() as name):
            return [Figure(_figure(Aggregate(Function.MAX, name), schema))]
        case _:
            return []


def put_together(metric: Metric, table: Table, beside: Beside, answers: Answers) -> Measured:
    """The metric, from the answers to its questions.

    Raises DeclarationError where a rule does not fit its column's type, and whatever came up
    while a question was asked.
    """
    match metric:
        case Failing(rule):
            return _failing(rule, table, answers)
        case Aggregate(function, name):
            value = _read(answers, Figure(_figure(metric, table.schema)))
            if value is None:
                return nothing(function)
            column = column_of(table.schema, name)
            if function in {Function.MIN, Function.MAX}:
                return Value(_moment(value) if zoned(column) else value, column)
            return Value(value)
        case Completeness(names):
            columns = [column_of(table.schema, name) for name in names or table.schema.names]
            gone = sum(
                _read(answers, Count(missing(column)))
                if (count := absent(table, column.name)) is None
                else count
                for column in columns
            )
            cells = table.rows * len(columns)
            return Value((cells - gone) / cells)
        case Age(str() as name):
            newest = put_together(Aggregate(Function.MAX, name), table, beside, answers)
            assert isinstance(newest, Value)
            moment = newest.value
            return Value(None if moment is None else hours_since(moment, beside.now))
        case _:
            raise DeclarationError(f"{metric} is not read from a table")


def ask(engine: Engine, table: Table, questions: Iterable[Question]) -> dict[Question, Answer]:
    """The answers, or what came up instead."""
    once = list(dict.fromkeys(questions))
    counts = [question for question in once if isinstance(question, Count)]
    figures = [question for question in once if isinstance(question, Figure)]
    answers: dict[Question, Answer] = {}
    answers.update(_ask_counts(engine, table, counts))
    answers.update(_ask_figures(engine, table, figures))
    for question in once:
        if isinstance(question, Duplicates):
            answers.update(_ask_duplicates(engine, table, question))
    return answers


# ------------------------------------------------------------------ asking


def _ask_counts(engine: Engine, table: Table, counts: Sequence[Count]) -> dict[Question, Answer]:
    if not counts:
        return {}
    statement = " UNION ALL ".join(
        f"SELECT {place} AS question, count(*) AS rows FROM data WHERE {count.condition.sql}"  # noqa: S608 - names are quoted, values are bound
        for place, count in enumerate(counts)
    )
    parameters = [value for count in counts for value in count.condition.parameters]
    try:
        rows = engine.measure(table, statement, parameters)
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return _one_by_one(counts, error, lambda one: _ask_counts(engine, table, [one]))
    return {counts[place]: number for place, number in rows}


def _ask_figures(engine: Engine, table: Table, figures: Sequence[Figure]) -> dict[Question, Answer]:
    if not figures:
        return {}
    statement = f"SELECT {', '.join(figure.sql for figure in figures)} FROM data"  # noqa: S608 - names are quoted
    try:
        [row] = engine.measure(table, statement, [])
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return _one_by_one(figures, error, lambda one: _ask_figures(engine, table, [one]))
    return dict(zip(figures, row, strict=True))


def _ask_duplicates(engine: Engine, table: Table, twins: Duplicates) -> dict[Question, Answer]:
    keys = ", ".join(twins.keys)
    groups = (
        f"SELECT count(*) AS rows FROM data WHERE NOT ({twins.unjudged.sql}) "  # noqa: S608
        f"GROUP BY {keys} HAVING count(*) > 1"
    )
    statement = f"SELECT coalesce(sum(rows), 0) FROM ({groups})"  # noqa: S608 - names are quoted
    try:
        [(number,)] = engine.measure(table, statement, twins.unjudged.parameters)
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return {twins: error}
    return {twins: int(number)}


def _one_by_one(
    questions: Sequence[Question],
    error: Exception,
    again: Callable[[Any], dict[Question, Answer]],
) -> dict[Question, Answer]:
    if len(questions) == 1:
        return {questions[0]: error}
    return {question: answer for one in questions for question, answer in again(one).items()}


# ------------------------------------------------------------------ in SQL


def _broken(rule: ColumnRule, schema: Schema) -> Condition | DeclarationError:
    try:
        return broken(rule, schema)
    except DeclarationError as error:
        return error


def _figure(metric: Aggregate, schema: Schema) -> str:
    column = column_of(schema, metric.column)
    value = operand(column)
    present = f" FILTER (WHERE NOT isnan({value}))" if can_be_nan(column) else ""
    match metric.function:
        case Function.MEAN:
            return f"avg({value}){present}"
        case Function.STDEV:
            return f"stddev_samp({value}){present}"
        case Function.DISTINCT:
            return f"count(DISTINCT {value}){present}"
        case Function.MIN | Function.MAX if zoned(column):
            # as a number, because a moment leaves DuckDB only where pytz is installed
            return f"epoch_us({metric.function.value}({value}))"
        case _:
            return f"{metric.function.value}({value}){present}"


# ------------------------------------------------------------------ putting together


def _failing(rule: Rule, table: Table, answers: Answers) -> Counted:
    schema = table.schema
    gone = unjudged_known(rule, table)
    if gone is None:
        gone = _read(answers, Count(unjudged(rule, schema)))
    if isinstance(rule, Unique):
        twins = Duplicates(tuple(grouped(rule.columns, schema)), unjudged(rule, schema))
        return Counted(table.rows, gone, _read(answers, twins))
    condition = _broken(rule, schema)
    if isinstance(condition, DeclarationError):
        if gone == table.rows:
            return Counted(table.rows, gone, 0)
        raise condition
    return Counted(table.rows, gone, _read(answers, Count(condition)))


def _read(answers: Answers, question: Question) -> Comparable:
    answer = answers[question]
    if isinstance(answer, Exception):
        raise answer
    return answer


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
