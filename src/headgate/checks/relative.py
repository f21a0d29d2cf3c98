"""Rules about a value and the other values of its column: far from them, or out of order."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from headgate.checks.sql import Sql, joined, present, written
from headgate.checks.typed import a_kind, can_be_nan, is_number, operand, unordered
from headgate.engines.types import quoted
from headgate.errors import DeclarationError
from headgate.schema.schema import Column


class ZScore(Struct, frozen=True):
    """The value lies less than this many standard deviations above the mean, or around it.

    Where there is no standard deviation, or none to speak of, every value does but an infinite one.
    """

    column: str
    threshold: float
    double_sided: bool = True


class Spread(StrEnum):
    """How far the values of a column usually are from each other."""

    IQR = "iqr"  # from the first to the third quartile
    STD = "std"  # the standard deviation of a sample


class NotOutlier(Struct, frozen=True):
    """The value lies within this many spreads of the quartiles, or of the mean.

    Where the column has no spread that is a number, or no standard deviation, every value does but
    an infinite one.
    """

    column: str
    spread: Spread = Spread.IQR
    multiplier: float = 1.5


class Ordered(Struct, frozen=True):
    """The value is not less, or not more, than the one before it; missing ones are passed over.

    The order is that of the rows in the table's files. With columns in `within`, the value before is
    that of the same group of rows.
    """

    column: str
    descending: bool = False
    strictly: bool = False
    within: tuple[str, ...] = ()


RelativeRule = ZScore | NotOutlier


def far_off(rule: RelativeRule, column: Column, relation: Sql) -> Sql:
    """The rows that lie too far from the others.

    Raises DeclarationError where the column has no numbers.
    """
    if not is_number(column):
        raise DeclarationError(
            f"{column.name} is {a_kind(column)}, and only numbers have a distance"
        )
    match rule:
        case ZScore():
            condition = _scored(rule, column, relation)
        case NotOutlier(_, Spread.IQR, multiplier):
            condition = _fenced(column, multiplier, relation)
        case NotOutlier(_, Spread.STD, multiplier):
            condition = _distant(column, multiplier, relation)
    return written(present(column), " AND (", condition, _or_infinite(rule, column), ")")


def _or_infinite(rule: RelativeRule, column: Column) -> str:
    """Beside the far values the infinite ones, from which no distance is a number."""
    if not can_be_nan(column):
        return ""
    if isinstance(rule, ZScore) and not rule.double_sided:
        return f" OR {_number(column)} = CAST('inf' AS DOUBLE)"
    return f" OR isinf({_number(column)})"


ROW = "headgate: the row's place"
"""The column of a row's place in the table, where rows are ordered within groups: see `in_order`."""

BEFORE = "headgate: the value before"
"""The column of the value before: see `beside_before`. No table is likely to have one of that name,
which the engine would read in its place."""


def in_order(relation: Sql) -> Sql:
    """The relation with every row's place, which no join and no group moves."""
    return written(f"(SELECT *, row_number() OVER () AS {quoted(ROW)} FROM ", relation, ") AS data")  # noqa: S608


def disordered(
    rule: Ordered, column: Column, relation: Sql, kept: str, groups: Sequence[str] = ()
) -> Sql:
    """A query for the rows that are out of order, with these columns of them.

    Of a rule within groups, `groups` are its keys in SQL, and the relation is `in_order`. Raises
    DeclarationError where the column has no order.
    """
    judged = written("(SELECT * FROM ", relation, " WHERE ", present(column), ") AS data")
    found = beside_before(column, judged, groups)
    return written(f"SELECT {kept} FROM ", found, " WHERE ", out_of_order(rule, column))  # noqa: S608


def beside_before(column: Column, relation: Sql, groups: Sequence[str] = ()) -> Sql:
    """The relation with the value before each one, or in a group before each that is there."""
    # the rows come in their order only while the window asks for none
    window = ""
    if groups:
        window = f"PARTITION BY {', '.join(groups)}, {present(column).sql} ORDER BY {quoted(ROW)}"
    before = f"lag({operand(column)}) OVER ({window}) AS {quoted(BEFORE)}"
    return written(f"(SELECT *, {before} FROM ", relation, ") AS data")  # noqa: S608 - names are quoted


def out_of_order(rule: Ordered, column: Column) -> str:
    """The rows `beside_before` whose value breaks the rule.

    Raises DeclarationError where the column has no order.
    """
    if unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which has no order")
    sign = ">" if rule.descending else "<"
    return f"{operand(column)} {sign}{'=' if rule.strictly else ''} {quoted(BEFORE)}"


def ends(column: Column, relation: Sql) -> tuple[Sql, Sql]:
    """Queries for the first and for the last value of a column, in the order of the rows."""
    values = written(
        f"SELECT {operand(column)} AS v FROM ",  # noqa: S608 - names are quoted
        relation,
        " WHERE ",
        present(column),
    )
    numbered = written("SELECT v, row_number() OVER () AS place FROM (", values, ")")
    last = written("SELECT v FROM (", numbered, ") ORDER BY place DESC LIMIT 1")
    return written(values, " LIMIT 1"), last


def _scored(rule: ZScore, column: Column, relation: Sql) -> Sql:
    mean, deviation = (_of_all(f"{f}(%s)", column, relation) for f in ("avg", "stddev_samp"))
    score = written(f"(({_number(column)} - ", mean, ") / nullif(", deviation, ", 0))")
    if rule.double_sided:
        score, limit = written("abs(", score, ")"), abs(rule.threshold)
    else:
        limit = rule.threshold
    # of infinite values there is no deviation but NaN, which DuckDB takes for more than any limit
    return written("(", score, Sql(" >= ?", (limit,)), " AND NOT isnan(", score, "))")


def _fenced(column: Column, multiplier: float, relation: Sql) -> Sql:
    low, high = (_of_all(f"quantile_cont(%s, {q})", column, relation) for q in (0.25, 0.75))
    reach = written(Sql("? * (", (multiplier,)), high, " - ", low, ")")
    value = _number(column)
    finite = joined(" AND ", [written("isfinite(", end, ")") for end in (low, high)])
    below = written(f"{value} < ", low, " - ", reach)
    above = written(f"{value} > ", high, " + ", reach)
    return written("(", finite, " AND (", below, " OR ", above, "))")


def _distant(column: Column, multiplier: float, relation: Sql) -> Sql:
    mean, deviation = (_of_all(f"{f}(%s)", column, relation) for f in ("avg", "stddev_samp"))
    reach = written(Sql("? * ", (multiplier,)), deviation)
    distance = written(f"abs({_number(column)} - ", mean, ")")
    at_mean = written(f"({_number(column)} <> ", mean, " AND ", reach, " <= 0)")
    beyond = written("(", distance, " >= ", reach, " AND ", reach, " > 0)")
    finite = joined(" AND ", [written("isfinite(", one, ")") for one in (mean, deviation)])
    # of equal values the mean may be another number, by rounding, and none lies outside
    finite = written(finite, " AND ", deviation, " > 0")
    return written("(", finite, " AND (", at_mean, " OR ", beyond, "))")


def _number(column: Column) -> str:
    return f"CAST({operand(column)} AS DOUBLE)"


def _of_all(function: str, column: Column, relation: Sql) -> Sql:
    where = written(" WHERE ", present(column)) if can_be_nan(column) else Sql("")
    return written(f"(SELECT {function % _number(column)} FROM ", relation, where, ")")  # noqa: S608
