"""Expectations about a whole table: its rows, its columns, and what queries make of it."""

from __future__ import annotations

from string import Formatter

from headgate.checks.check import Bound, Match, Names, Range
from headgate.checks.keywords import Keywords
from headgate.checks.metric import (
    ColumnAt,
    ColumnCount,
    ColumnNames,
    ColumnType,
    Plain,
    QueryBeside,
    QueryRows,
    Rows,
    RowsBeside,
)
from headgate.checks.typenames import known_type
from headgate.errors import DeclarationError

Judged = tuple[Plain, Bound]


def rows_between(given: Keywords) -> Judged:
    return Rows(), Range(*given.number_ends())


def rows_equal(given: Keywords) -> Judged:
    count = given.whole("value")
    return Rows(), Range(count, count)


def rows_equal_other(given: Keywords) -> Judged:
    return RowsBeside(given.text("other_table_name")), Range(0, 0)


def columns_ordered(given: Keywords) -> Judged:
    return ColumnNames(), Names(given.names("column_list"), Match.ORDERED)


def columns_set(given: Keywords) -> Judged:
    exact = given.flag("exact_match", default=True)
    return ColumnNames(), Names(given.names("column_set"), Match.SAME if exact else Match.CONTAINS)


def column_count_between(given: Keywords) -> Judged:
    return ColumnCount(), Range(*given.number_ends())


def column_count_equal(given: Keywords) -> Judged:
    count = given.whole("value")
    return ColumnCount(), Range(count, count)


def column_exists(given: Keywords) -> Judged:
    name = given.text("column")
    if given.get("column_index") is None:
        return ColumnNames(), Names((name,), Match.CONTAINS)
    return ColumnAt(given.whole("column_index")), Names((name,), Match.ORDERED)


def of_type(given: Keywords) -> Judged:
    given.mostly()  # all values of a typed column have its type, so a share changes nothing
    name = known_type(given.text("type_"), given.where)
    return ColumnType(given.text("column")), Names((name,), Match.CONTAINS)


def in_type_list(given: Keywords) -> Judged:
    given.mostly()
    names = tuple(known_type(name, given.where) for name in given.names("type_list"))
    return ColumnType(given.text("column")), Names(names, Match.CONTAINS)


def column_type(given: Keywords) -> Judged:
    name = known_type(given.text("type_"), given.where)
    return ColumnType(given.text("column")), Names((name,), Match.CONTAINS)


def unexpected_rows(given: Keywords) -> Judged:
    return QueryRows(_query(given, "unexpected_rows_query")), Range(0, 0)


def query_results(given: Keywords) -> Judged:
    other = given.text("comparison_data_source_name")
    base = _query(given, "base_query")
    metric = QueryBeside(base, other, _query(given, "comparison_query"))
    return metric, given.mostly()


def _query(given: Keywords, name: str) -> str:
    """The query, with `data` where it says {batch}; two braces are one brace."""
    text = given.text(name).rstrip("; \t\r\n\v\f")
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise DeclarationError(
            f"{given.kind}: {name}: {error}", given.where, "write a brace twice to mean one"
        ) from None
    for _, field, form, conversion in parts:
        if field is not None and (field != "batch" or form or conversion):
            raise DeclarationError(
                f"{given.kind}: {name}: nothing is known of {{{field}}}",
                given.where,
                "write {batch} for the table, and a brace twice to mean one",
            )
    query = "".join(text + ("data" if field else "") for text, field, _, _ in parts)
    if not query.strip():
        raise given.wrong(name, "a query")
    return query
