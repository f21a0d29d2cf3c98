"""Metrics that a person's own SQL gives: rows that should not be, and results that should agree.

A query sees the table as `data` and under its own name, and nothing else: no file, no network.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from headgate.checks.measured import Counted, Value
from headgate.checks.questions import Answers, Query, read
from headgate.errors import DeclarationError


class QueryRows(Struct, frozen=True):
    """How many rows a query gives."""

    query: str


class QueryValue(Struct, frozen=True):
    """The one number that a query gives: its first column, in its only row."""

    query: str


class QueryBeside(Struct, frozen=True):
    """How many rows of two queries' results have no equal in the other, each row paired once.

    The second query is about another table, of that name. All rows of the longer result count.
    """

    query: str
    other: str
    other_query: str


QueryMetric = QueryRows | QueryValue | QueryBeside


def query_of(metric: QueryMetric) -> Query:
    """The statement that is asked to measure it."""
    match metric:
        case QueryRows(query):
            return Query(f"SELECT count(*) FROM ({query}\n)")  # noqa: S608 - it is the person's own
        case QueryValue(query):
            # more columns, or more rows, than one are not a number, and the engine says so
            return Query(f"SELECT ({query}\n)")
        case QueryBeside(query, other, other_query):
            first, second = f"({query}\n)", f"({other_query}\n)"
            both = f"(SELECT * FROM {first} INTERSECT ALL SELECT * FROM {second})"  # noqa: S608
            counts = ", ".join(
                f"(SELECT count(*) FROM {rows} AS rows)"  # noqa: S608
                for rows in (first, second, both)
            )
            return Query(f"SELECT {counts}", (other,))


def queried(metric: QueryMetric, answers: Answers) -> Counted | Value:
    """The metric, from the answer to its query."""
    [row] = read(answers, query_of(metric))
    match metric:
        case QueryRows():
            return Value(int(row[0]))
        case QueryValue():
            return Value(_a_number(row[0]))
        case QueryBeside():
            ours, theirs, both = (int(count) for count in row)
            longer = max(ours, theirs)
            return Counted(longer, 0, longer - both)


def _a_number(value: object) -> object:
    if value is None or isinstance(value, int | float | Decimal):
        return value
    raise DeclarationError(f"the query gives {str(value)!r}, which is no number")
