"""What is asked of a table, asked together.

Counts are filters under one UNION ALL, which lets the engine skip row groups by their own
statistics; a conditional sum over all rows would read every one. Of a wide table with few rows,
counts are conditional sums all the same, in one select with the aggregates: planning a branch
takes longer the more columns there are, and reading a column the more rows there are.
A statement holds so many questions and no more: one of hundreds takes more than its share.
Other statements, and queries of a person's own, are asked alone. Where a statement of many
questions fails, each is asked alone, so that one that cannot be answered does not take the others
with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from headgate.checks.asked import Asked
from headgate.checks.reading import unreadable
from headgate.checks.sql import Sql, joined, written
from headgate.checks.texts import ReadRule
from headgate.checks.typed import Comparable
from headgate.errors import DeclarationError


class Count(Struct, frozen=True):
    """How many rows meet a condition."""

    condition: Sql


class Figure(Struct, frozen=True):
    """An aggregate of all rows, in SQL."""

    sql: str


class Statement(Struct, frozen=True):
    """A statement of its own, whose answer is all its rows."""

    statement: Sql


class Query(Struct, frozen=True):
    """A statement made of queries that a person wrote, which see no file and no other table.

    `beside` names the other tables that they may speak of.
    """

    statement: str
    beside: tuple[str, ...] = ()


class Reading(Struct, frozen=True):
    """How many rows have a text that breaks a rule, which only Python can say."""

    rule: ReadRule


WIDE = 8_000
"""Rows for each column below which a sum over all rows takes less than planning a branch.

Planning takes about 30 microseconds for each branch and column; a sum takes about 4 nanoseconds a
row more than a branch that reads its column.
"""

TOGETHER = 200
"""How many questions are asked in one statement."""

Question = Count | Figure | Statement | Query | Reading
Asks = TypeVar("Asks", bound=Question)
Answer = Comparable | Exception
Answers = Mapping[Question, Answer]


def ask(place: Asked, questions: Iterable[Question]) -> dict[Question, Answer]:
    """The answers, or what came up instead."""
    once = list(dict.fromkeys(questions))
    answers: dict[Question, Answer] = {}
    selected = [one for one in once if isinstance(one, Figure | Count) and _is_summed(place, one)]
    filtered = [one for one in once if isinstance(one, Count) and not _is_summed(place, one)]
    for figures in _portions(selected):
        answers.update(_selected(place, figures))
    for counts in _portions(filtered):
        answers.update(_counts(place, counts))
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


def _is_summed(place: Asked, question: Figure | Count) -> bool:
    if isinstance(question, Figure):
        return True
    wide = place.table.rows < WIDE * len(place.table.schema.columns)
    # a sum may have no query of its own in its condition
    return wide and "(SELECT" not in question.condition.sql


def _portions(questions: Sequence[Asks]) -> Iterator[Sequence[Asks]]:
    for start in range(0, len(questions), TOGETHER):
        yield questions[start : start + TOGETHER]


def _selected(place: Asked, figures: Sequence[Figure | Count]) -> dict[Question, Answer]:
    columns = joined(", ", [_figure(one) for one in figures])
    statement = written("SELECT ", columns, " FROM ", place.relation)
    try:
        [row] = place.rows(statement)
    except Exception as error:  # noqa: BLE001 - an engine's errors are its own
        return _one_by_one(figures, error, lambda one: _selected(place, [one]))
    return dict(zip(figures, row, strict=True))


def _figure(question: Figure | Count) -> Sql:
    if isinstance(question, Figure):
        return Sql(question.sql)
    # not FILTER, which copies what the others of the statement need for each of them
    return written("coalesce(count_if(", question.condition, "), 0)")


def _counts(place: Asked, counts: Sequence[Count]) -> dict[Question, Answer]:
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
