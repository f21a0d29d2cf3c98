"""What is asked of a table, asked together.

Counts are filters under one UNION ALL, which lets the engine skip row groups by their own
statistics; a conditional sum over all rows would read every one. Of a wide table, many counts are
conditional sums all the same, because planning a branch takes longer the more columns there are.
Aggregates share one select.
Other statements, and queries of a person's own, are asked alone. Where a statement of many
questions fails, each is asked alone, so that one that cannot be answered does not take the others
with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.checks.asked import Asked
from headgate.checks.reading import unreadable
from headgate.checks.sql import Sql, joined, written
from headgate.checks.texts import ReadRule
from headgate.checks.typed import Comparable
from headgate.errors import DeclarationError


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows meet a condition."""

    condition: Sql


@dataclass(frozen=True, slots=True)
class Figure:
    """An aggregate of all rows, in SQL."""

    sql: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of its own, whose answer is all its rows."""

    statement: Sql


@dataclass(frozen=True, slots=True)
class Query:
    """A statement made of queries that a person wrote, which see no file and no other table.

    `beside` names the other tables that they may speak of.
    """

    statement: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """How many rows have a text that breaks a rule, which only Python can say."""

    rule: ReadRule


MANY = 20_000
"""Branches times columns beyond which planning a UNION ALL takes more than 0.2 seconds."""

TOGETHER = 500
"""How many conditional sums are asked in one statement."""

Question = Count | Figure | Statement | Query | Reading
Answer = Comparable | Exception
Answers = Mapping[Question, Answer]


def ask(place: Asked, questions: Iterable[Question]) -> dict[Question, Answer]:
    """The answers, or what came up instead."""
    once = list(dict.fromkeys(questions))
    answers: dict[Question, Answer] = {}
    answers.update(_all_counts(place, [one for one in once if isinstance(one, Count)]))
    answers.update(_figures(place, [one for one in once if isinstance(one, Figure)]))
    for question in once:
        try:
            if isinstance(question, Statement):
                answers[question] = place.rows(question.statement)
            elif isinstance(question, Query):
                answers[question] = _queried(place, question)
            elif isinstance(question, Reading):
                answers[question] = sum(rows for _, rows in unreadable(place, question.rule))
        except Exception as error:  # noqa: BLE001 - an engine's errors are its own
            answers[question] = error
    return answers


def read(answers: Answers, question: Question) -> Comparable:
    """The answer to a question.

    Raises what came up instead.
    """
    answer = answers[question]
    if isinstance(answer, Exception):
        raise answer
    return answer


def _all_counts(place: Asked, counts: Sequence[Count]) -> dict[Question, Answer]:
    if len(counts) * len(place.table.schema.columns) <= MANY:
        return _counts(place, counts)
    # a sum may have no query of its own in its condition
    summed = [count for count in counts if "(SELECT" not in count.condition.sql]
    answers = _counts(place, [count for count in counts if "(SELECT" in count.condition.sql])
    for start in range(0, len(summed), TOGETHER):
        answers.update(_sums(place, summed[start : start + TOGETHER]))
    return answers


def _sums(place: Asked, counts: Sequence[Count]) -> dict[Question, Answer]:
    columns = joined(
        ", ", [written("count(*) FILTER (WHERE ", one.condition, ")") for one in counts]
    )
    try:
        [row] = place.rows(written("SELECT ", columns, " FROM ", place.relation))
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return _one_by_one(counts, error, lambda one: _sums(place, [one]))
    return dict(zip(counts, row, strict=True))


def _counts(place: Asked, counts: Sequence[Count]) -> dict[Question, Answer]:
    if not counts:
        return {}
    statement = joined(
        " UNION ALL ",
        [
            written(
                f"SELECT {number} AS question, count(*) AS rows FROM ",  # noqa: S608 - names are quoted, values are bound
                place.relation,
                " WHERE ",
                count.condition,
            )
            for number, count in enumerate(counts)
        ],
    )
    try:
        rows = place.rows(statement)
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return _one_by_one(counts, error, lambda one: _counts(place, [one]))
    return {counts[number]: found for number, found in rows}


def _figures(place: Asked, figures: Sequence[Figure]) -> dict[Question, Answer]:
    if not figures:
        return {}
    columns = ", ".join(figure.sql for figure in figures)
    statement = written(f"SELECT {columns} FROM ", place.relation)  # noqa: S608 - names are quoted
    try:
        [row] = place.rows(statement)
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return _one_by_one(figures, error, lambda one: _figures(place, [one]))
    return dict(zip(figures, row, strict=True))


def _queried(place: Asked, query: Query) -> list[tuple[Any, ...]]:
    for name in query.beside:
        if name not in place.beside:
            raise DeclarationError(f"no dataset {name!r} to compare the rows with")
    others = {name: place.beside[name] for name in query.beside}
    tables = {place.table.name: place.table, **others, "data": place.table}
    frame = place.engine.select(query.statement, tables)
    return list(frame.rows())


def _one_by_one(
    questions: Sequence[Question],
    error: Exception,
    again: Callable[[Any], dict[Question, Answer]],
) -> dict[Question, Answer]:
    if len(questions) == 1:
        return {questions[0]: error}
    return {question: answer for one in questions for question, answer in again(one).items()}
