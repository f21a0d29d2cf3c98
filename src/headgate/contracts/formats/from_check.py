"""A condition of SQL in the words of a contract: allowed values, bounds, lengths and patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp

BOUNDS = {
    "GTE": "minimum", "GT": "exclusiveMinimum", "LTE": "maximum", "LT": "exclusiveMaximum",
}  # fmt: skip
_TURNED = {"GTE": "LTE", "GT": "LT", "LTE": "GTE", "LT": "GT", "EQ": "EQ"}
_BOUNDED = {"integer", "number", "date", "timestamp", "time"}
_OF_TEXT = {"date", "timestamp", "time"}


class Condition(Struct, frozen=True):
    """A part of a `CHECK`; `column` is what it is said of, None where there are no words for it."""

    condition: exp.Expr
    column: dict[str, Any] | None = None
    options: dict[str, Any] = {}
    values: tuple[Any, ...] = ()

    def apply(self) -> None:
        """Says it of the column."""
        assert self.column is not None
        if self.options:
            told = self.column.setdefault("logicalTypeOptions", {})
            told |= self.options
        elif self.values:
            self.column["enum"] = [{"value": one} for one in self.values]
        else:
            self.column["required"] = True


def conditions(given: exp.Expr, columns: Sequence[dict[str, Any]]) -> Iterator[Condition]:
    """The parts of a condition that all have to hold."""
    from sqlglot import exp

    if isinstance(given, exp.Paren):
        yield from conditions(given.this, columns)
    elif isinstance(given, exp.And):
        yield from conditions(given.left, columns)
        yield from conditions(given.right, columns)
    else:
        yield _condition(given, columns)


def _condition(given: exp.Expr, columns: Sequence[dict[str, Any]]) -> Condition:
    from sqlglot import exp

    match given:
        case exp.In() if given.expressions:
            return _allowed(given, given.this, given.expressions, columns)
        case exp.Between():
            return _between(given, columns)
        case exp.EQ() | exp.GTE() | exp.GT() | exp.LTE() | exp.LT():
            return _compared(given, columns)
        case exp.RegexpLike() if not given.args.get("flag"):
            column = _column(given.this, columns)
            pattern = given.expression
            if column and column.get("logicalType") == "string" and _is_text(pattern):
                return Condition(given, column, {"pattern": pattern.name})
        case exp.Not() if isinstance(given.this, exp.Is):
            column = _column(given.this.this, columns)
            if column and isinstance(given.this.expression, exp.Null):
                return Condition(given, column)
    return Condition(given)


def _allowed(
    given: exp.Expr, of: Any, listed: list[Any], columns: Sequence[dict[str, Any]]
) -> Condition:
    column, values = _column(of, columns), [_value(one) for one in listed]
    if column is None or None in values:
        return Condition(given)
    return Condition(given, column, values=tuple(dict.fromkeys(values)))


def _between(given: exp.Between, columns: Sequence[dict[str, Any]]) -> Condition:
    low, high = _bound(given.args["low"]), _bound(given.args["high"])
    if low is None or high is None:
        return Condition(given)
    if (
        (column := _length_of(given.this, columns))
        and isinstance(low, int)
        and isinstance(high, int)
    ):
        return Condition(given, column, {"minLength": low, "maxLength": high})
    column = _column(given.this, columns)
    if column and _fits(column, low) and _fits(column, high):
        return Condition(given, column, {"minimum": low, "maximum": high})
    return Condition(given)


def _compared(given: exp.Binary, columns: Sequence[dict[str, Any]]) -> Condition:
    word, left, right = type(given).__name__, given.left, given.right
    if _bound(left) is not None:
        word, left, right = _TURNED[word], right, left
    bound = _bound(right)
    if bound is None:
        return Condition(given)
    if word == "EQ":
        return _allowed(given, left, [right], columns)
    if column := _length_of(left, columns):
        limit = {"GTE": ("minLength", 0), "GT": ("minLength", 1), "LTE": ("maxLength", 0),
                 "LT": ("maxLength", -1)}[word]  # fmt: skip
        if isinstance(bound, int) and bound + limit[1] >= 0:
            return Condition(given, column, {limit[0]: bound + limit[1]})
        return Condition(given)
    column = _column(left, columns)
    if column and _fits(column, bound):
        return Condition(given, column, {BOUNDS[word]: bound})
    return Condition(given)


def _fits(column: dict[str, Any], bound: Any) -> bool:
    """Whether the standard lets a bound of such a column be written so."""
    kind = column.get("logicalType")
    return kind in _BOUNDED and isinstance(bound, str) == (kind in _OF_TEXT)


def _length_of(given: Any, columns: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    from sqlglot import exp

    found = _column(given.this, columns) if isinstance(given, exp.Length) else None
    return found if found and found.get("logicalType") == "string" else None


def _column(given: Any, columns: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    from sqlglot import exp

    if isinstance(given, exp.Paren):
        return _column(given.this, columns)
    if not isinstance(given, exp.Column):
        return None
    return next((one for one in columns if one["name"].lower() == given.name.lower()), None)


def _is_text(given: Any) -> bool:
    from sqlglot import exp

    return isinstance(given, exp.Literal) and given.is_string


def _bound(given: Any) -> int | float | str | None:
    found = _value(given)
    return None if isinstance(found, bool) else found


def _value(given: Any) -> bool | int | float | str | None:
    """A plain value that is written in SQL; None for anything else."""
    from sqlglot import exp

    match given:
        case exp.Literal() if given.is_string:
            return str(given.this)
        case exp.Literal():
            text = str(given.this)
            return int(text) if re.fullmatch(r"\d+", text) else float(text)
        case exp.Neg():
            found = _value(given.this)
            return -found if isinstance(found, int | float) else None
        case exp.Boolean():
            return bool(given.this)
        case exp.Paren():
            return _value(given.this)
        case exp.Cast():
            return _value(given.this) if _is_text(given.this) else None
    return None
