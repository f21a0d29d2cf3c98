"""Conditions on rows in SQL: of `where`, and of suites that were written for Spark.

A row is meant where its condition is true. In SQL a comparison with a missing value is unknown,
and so is `not` of it: neither a condition nor its negation holds for such a row.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any as Given

from headgate.checks.conditions import (
    All,
    Among,
    Any,
    Compare,
    Missing,
    NotAmong,
    Operator,
    Present,
    RowCondition,
)
from headgate.errors import DeclarationError
from headgate.schema.statistics import Scalar

HINT = (
    "compare columns with values, by =, !=, <, <=, >, >=, in, between or is null, "
    "with `and`, `or` and `not` between the comparisons"
)
OPPOSITE = {
    Operator.EQUAL: Operator.UNEQUAL,
    Operator.UNEQUAL: Operator.EQUAL,
    Operator.BELOW: Operator.AT_LEAST,
    Operator.AT_LEAST: Operator.BELOW,
    Operator.ABOVE: Operator.AT_MOST,
    Operator.AT_MOST: Operator.ABOVE,
}


def of_sql(text: str) -> RowCondition:
    """The condition of a `where`: names may stand in double quotes, and in backticks.

    >>> of_sql('not "Sales" < 9') == Compare("Sales", Operator.AT_LEAST, 9)
    True
    """
    return _parsed(text, _names_in_quotes())


def of_spark(text: str) -> RowCondition:
    """A condition for Spark, to which double quotes hold text."""
    return _parsed(text, "spark")


def compared_in_sql(column: str, operator: Operator, value: Scalar) -> RowCondition:
    """The comparison as SQL has it: no missing value is unequal to anything."""
    compared = Compare(column, operator, value)
    return All((compared, Present(column))) if operator is Operator.UNEQUAL else compared


@cache
def _names_in_quotes() -> Given:
    from sqlglot.dialects.duckdb import DuckDB

    class Where(DuckDB):
        class Tokenizer(DuckDB.Tokenizer):
            IDENTIFIERS = ['"', "`"]  # noqa: RUF012 - the class attribute that sqlglot reads

    return Where


def _parsed(text: str, dialect: Given) -> RowCondition:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        # as a condition: a statement may begin with what is a column here, `comment`
        tree = sqlglot.parse_one(text, dialect=dialect, into=exp.Condition)
        return _condition(tree, text, holds=True)
    except (SqlglotError, RecursionError):
        raise _unclear(text) from None


def _condition(tree: Given, text: str, *, holds: bool) -> RowCondition:
    """Where the tree is true, or where it is false: `not` goes down to the comparisons.

    What is unknown is then neither, without a third value in our conditions.
    """
    from sqlglot import exp

    match tree:
        case exp.Paren():
            return _condition(tree.this, text, holds=holds)
        case exp.Not():
            return _condition(tree.this, text, holds=not holds)
        case exp.And() | exp.Or():
            both = tuple(_condition(side, text, holds=holds) for side in (tree.left, tree.right))
            return All(both) if isinstance(tree, exp.And) is holds else Any(both)
        case exp.Is() if tree.expression == exp.null():
            return (Missing if holds else Present)(_column(tree.this, text))
        case exp.In() if tree.expressions:
            name = _column(tree.this, text)
            values = tuple(_value(one, text) for one in tree.expressions)
            return Among(name, values) if holds else All((NotAmong(name, values), Present(name)))
        case exp.Between():
            return _between(tree, text, holds=holds)
    return _comparison(tree, text, holds=holds)


def _between(tree: Given, text: str, *, holds: bool) -> RowCondition:
    name = _column(tree.this, text)
    low, high = (_value(tree.args[end], text) for end in ("low", "high"))
    if tree.args.get("symmetric"):
        raise _unclear(text)
    if holds:
        return All((Compare(name, Operator.AT_LEAST, low), Compare(name, Operator.AT_MOST, high)))
    return Any((Compare(name, Operator.BELOW, low), Compare(name, Operator.ABOVE, high)))


def _comparison(tree: Given, text: str, *, holds: bool) -> RowCondition:
    from sqlglot import exp

    signs: dict[type[Given], Operator] = {
        exp.EQ: Operator.EQUAL,
        exp.NEQ: Operator.UNEQUAL,
        exp.LT: Operator.BELOW,
        exp.LTE: Operator.AT_MOST,
        exp.GT: Operator.ABOVE,
        exp.GTE: Operator.AT_LEAST,
    }
    if type(tree) not in signs:
        raise _unclear(text)
    operator = signs[type(tree)]
    name, value = _column(tree.left, text), _value(tree.right, text)
    return compared_in_sql(name, operator if holds else OPPOSITE[operator], value)


def _column(tree: Given, text: str) -> str:
    from sqlglot import exp

    if not isinstance(tree, exp.Column) or len(tree.parts) != 1:
        raise _unclear(text)
    name: str = tree.name
    return name


def _value(tree: Given, text: str) -> Scalar:
    from sqlglot import exp

    match tree:
        case exp.Neg():
            value = _value(tree.this, text)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value
        case exp.Boolean():
            return bool(tree.this)
        case exp.Literal():
            if tree.is_string:
                return str(tree.this)
            return int(tree.this) if re.fullmatch(r"\d+", tree.this) else float(tree.this)
        case exp.Column():
            raise DeclarationError(
                f"{text[:200]!r} compares a column with {tree.name!r}, which is a name too",
                hint=f"write text in single quotes, '{tree.name}'; "
                "for two columns there is the check `compare`",
            )
    raise _unclear(text)


def _unclear(text: str) -> DeclarationError:
    return DeclarationError(f"{text[:200]!r} is not understood", hint=HINT)
