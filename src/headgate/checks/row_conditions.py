"""Conditions on rows as suites of Great Expectations have them, understood exactly or refused.

Great Expectations hands them to pandas, to Spark or to a database, as text or, in 1.x, as an
object. Comparisons of a column with a value are understood, with `and`, `or` and `not` between
them. What is written for SQL leaves out rows where the value is missing; pandas does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any as Given

from headgate.checks.conditions import (
    All,
    Among,
    Any,
    Compare,
    Missing,
    Not,
    NotAmong,
    Operator,
    Present,
    RowCondition,
)
from headgate.checks.keywords import Keywords, is_scalar
from headgate.checks.sql_conditions import compared_in_sql, of_spark, of_sql
from headgate.errors import DeclarationError
from headgate.schema.statistics import Scalar

PARSERS = ("sql", "pandas", "spark", "great_expectations", "great_expectations__experimental__")
DEEPEST = 50


def row_condition(given: Keywords) -> RowCondition | None:
    """The condition of an expectation, if it has one.

    Raises DeclarationError where it is not understood.
    """
    condition = given.get("row_condition")
    parser = given.one_of("condition_parser", PARSERS, "")
    if condition is None or condition == "":
        return None
    try:
        if isinstance(condition, dict):
            return _of_object(condition, parser, DEEPEST)
        if isinstance(condition, str):
            return of_text(condition, parser)
    except DeclarationError as error:
        raise DeclarationError(
            f"{given.kind}: row_condition: {error.what}", given.where, error.hint
        ) from None
    raise given.wrong("row_condition", "text or an object")


def of_text(text: str, parser: str) -> RowCondition:
    """A condition in the language of that parser.

    >>> of_text("Open == 1 and Sales > 0", "pandas") == All(
    ...     (Compare("Open", Operator.EQUAL, 1), Compare("Sales", Operator.ABOVE, 0))
    ... )
    True
    """
    match parser:
        case "pandas":
            return _of_pandas(text)
        case "spark":
            return of_spark(text)
        case "sql":
            return of_sql(text)
        case "":
            raise DeclarationError(
                "condition_parser is missing", hint=f"name one of {', '.join(PARSERS)}"
            )
        case _:
            return _of_great_expectations(text)


# ------------------------------------------------------------------ objects of 1.x


def _of_object(given: Given, parser: str, deep: int) -> RowCondition:
    if not isinstance(given, dict) or not deep:
        raise _unclear(given)
    inner: Callable[[Given], RowCondition] = lambda one: _of_object(one, parser, deep - 1)  # noqa: E731
    match given:
        case {"type": "and" | "or" as word, "conditions": [_, *_] as listed, **others} if (
            not others
        ):
            some = tuple(inner(one) for one in listed)
            return All(some) if word == "and" else Any(some)
        case {"type": "nullity", "column": column, "is_null": bool() as null, **others} if (
            not others
        ):
            name = _column_name(column)
            return Missing(name) if null else Present(name)
        case {"type": "comparison", "column": column, "operator": str() as operator, **others}:
            if set(others) == {"parameter"}:
                return _compared(_column_name(column), operator, others["parameter"])
        case {"type": "pass_through", "pass_through_filter": str() as text, **others}:
            if not others:
                return of_text(text, parser)
    raise _unclear(given)


def _column_name(given: Given) -> str:
    match given:
        case {"name": str() as name, **others} if name and not others:
            return name
        case _:
            raise _unclear(given)


def _compared(column: str, operator: str, value: Given) -> RowCondition:
    if operator in {"IN", "NOT_IN"}:
        if not isinstance(value, list) or not all(is_scalar(one) for one in value):
            raise _unclear(value)
        kind = Among if operator == "IN" else NotAmong
        return kind(column, tuple(value))
    if operator not in set(Operator) or not is_scalar(value):
        raise _unclear(f"{column} {operator} {value}")
    return Compare(column, Operator(operator), value)


# ------------------------------------------------------------------ text for pandas

TOKEN = re.compile(
    r"""
    (?P<text>   "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<name>   `[^`\n]+` )
  | (?P<and>    & ) | (?P<or> \| )
  | (?P<var>    @ )
  | (?P<other>  . )
    """,
    re.VERBOSE | re.DOTALL,
)
SIGNS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: Operator.EQUAL,
    ast.NotEq: Operator.UNEQUAL,
    ast.Lt: Operator.BELOW,
    ast.LtE: Operator.AT_MOST,
    ast.Gt: Operator.ABOVE,
    ast.GtE: Operator.AT_LEAST,
}
TURNED = {
    Operator.BELOW: Operator.ABOVE,
    Operator.AT_MOST: Operator.AT_LEAST,
    Operator.ABOVE: Operator.BELOW,
    Operator.AT_LEAST: Operator.AT_MOST,
}
NULLITY: dict[str, type[Missing | Present]] = {
    "isnull": Missing,
    "isna": Missing,
    "notnull": Present,
    "notna": Present,
}


def _of_pandas(text: str) -> RowCondition:
    names: list[str] = []

    def plain(token: re.Match[str]) -> str:
        match token.lastgroup:
            case "name":
                names.append(token.group()[1:-1])
                return f" __column_{len(names) - 1} "
            case "and" | "or":
                return f" {token.lastgroup} "  # pandas gives & and | the rank of the words
            case _:
                return token.group()

    try:
        tree = ast.parse(TOKEN.sub(plain, text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _unclear(text) from None
    return _of_tree(tree, names)


def _of_tree(tree: ast.expr, names: list[str]) -> RowCondition:
    match tree:
        case ast.BoolOp(op, values):
            some = tuple(_of_tree(one, names) for one in values)
            return All(some) if isinstance(op, ast.And) else Any(some)
        case ast.UnaryOp(ast.Not() | ast.Invert(), inner):
            return Not(_of_tree(inner, names))
        case ast.Compare(left, signs, others):
            sides = [left, *others]
            found = [
                _of_comparison(sides[place], sign, sides[place + 1], names)
                for place, sign in enumerate(signs)
            ]
            return found[0] if len(found) == 1 else All(tuple(found))
        case ast.Call(ast.Attribute(ast.Name() as name, method), [], []) if method in NULLITY:
            return NULLITY[method](_of_name(name, names))
        case _:
            raise _unclear(ast.unparse(tree))


def _of_comparison(
    left: ast.expr, sign: ast.cmpop, right: ast.expr, names: list[str]
) -> RowCondition:
    match left, sign, right:
        case ast.Name(), ast.In() | ast.NotIn() | ast.Eq() | ast.NotEq(), (
            ast.List() | ast.Tuple() | ast.Set()
        ):
            values = tuple(_value(one) for one in right.elts)
            kind = Among if isinstance(sign, ast.In | ast.Eq) else NotAmong
            return kind(_of_name(left, names), values)
        case ast.Name(), _, _ if type(sign) in SIGNS and not isinstance(right, ast.Name):
            return Compare(_of_name(left, names), SIGNS[type(sign)], _value(right))
        case _, _, ast.Name() if type(sign) in SIGNS:
            operator = SIGNS[type(sign)]
            return Compare(_of_name(right, names), TURNED.get(operator, operator), _value(left))
        case _:
            raise _unclear(f"{ast.unparse(left)} beside {ast.unparse(right)}")


def _of_name(name: ast.Name, names: list[str]) -> str:
    found = re.fullmatch(r"__column_(\d+)", name.id)
    if found and int(found[1]) < len(names):
        return names[int(found[1])]
    return name.id


def _value(tree: ast.expr) -> Scalar:
    try:
        value = ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise _unclear(ast.unparse(tree)) from None
    if not is_scalar(value):
        raise _unclear(ast.unparse(tree))
    found: Scalar = value
    return found


# ------------------------------------------------------------------ text for databases

GREAT = re.compile(
    r"""
    col\("(?P<column>[^"]+)"\) \s*
    (?: (?P<there> \.notnull\(\) )
      | (?P<sign> >=|<=|==|!=|>|< ) \s*
        (?: (?P<number> [+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)? )
          | "(?P<double>[^"']+)" | '(?P<single>[^"']+)'
          | date\( \s* (?: "(?P<date>[^"']+)" | '(?P<day>[^"']+)' ) \s* \)
        )
    )
    """,
    re.VERBOSE,
)


def _of_great_expectations(text: str) -> RowCondition:
    found = GREAT.fullmatch(text.strip())
    if found is None:
        raise _unclear(text)
    column = found["column"]
    if found["there"]:
        return Present(column)
    if found["number"]:
        number = found["number"]
        value: Scalar = int(number) if re.fullmatch(r"[+-]?\d+", number) else float(number)
    else:
        value = next(found[one] for one in ("double", "single", "date", "day") if found[one])
    return compared_in_sql(column, Operator(found["sign"]), value)


def _unclear(given: Given) -> DeclarationError:
    return DeclarationError(
        f"{str(given)[:200]!r} is not understood",
        hint="compare columns with values, with `and`, `or` and `not` between the comparisons",
    )
