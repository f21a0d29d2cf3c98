"""Rules about several columns of one row, compared with each other.

Values are compared only with values of their own kind: numbers with numbers, text with text. A
missing value equals nothing, except where a rule says that missing values are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from msgspec import Struct

from headgate.checks.conditions import Operator
from headgate.checks.sql import NEVER, Sql, bound, joined, missing, present, written
from headgate.checks.typed import (
    a_kind,
    can_be_nan,
    column_of,
    comparable,
    is_number,
    operand,
    unordered,
)
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType


class Ignore(StrEnum):
    """Which rows a rule over several columns leaves out."""

    ALL_MISSING = "all_values_are_missing"
    ANY_MISSING = "any_value_is_missing"
    NEVER = "never"


class Equal(Struct, frozen=True):
    """Two values are equal; a missing one equals nothing."""

    columns: tuple[str, str]
    ignore: Ignore = Ignore.ALL_MISSING


class Greater(Struct, frozen=True):
    """The first value is greater than the second, or as great."""

    columns: tuple[str, str]
    or_equal: bool = False
    ignore: Ignore = Ignore.ALL_MISSING


class PairOneOf(Struct, frozen=True):
    """Two values together are one of these pairs; None in a pair is a missing value."""

    columns: tuple[str, str]
    pairs: tuple[tuple[Scalar | None, Scalar | None], ...]
    ignore: Ignore = Ignore.ALL_MISSING


class SumOf(Struct, frozen=True):
    """The values add up to a total; with a missing one they do not."""

    columns: tuple[str, ...]
    total: float
    ignore: Ignore = Ignore.ALL_MISSING


class Alike(Struct, frozen=True):
    """All values are equal, and missing ones are equal to each other."""

    columns: tuple[str, ...]
    ignore: Ignore = Ignore.ALL_MISSING


class Different(Struct, frozen=True):
    """No two of the values are equal, and two missing ones would be."""

    columns: tuple[str, ...]
    ignore: Ignore = Ignore.ALL_MISSING


class Compared(Struct, frozen=True):
    """The first value stands so to the second; a missing one equals nothing and has no order."""

    columns: tuple[str, str]
    operator: Operator
    ignore: Ignore = Ignore.ANY_MISSING


class PartsOf(Struct, frozen=True):
    """The first value is the sum of the others, or as near to it as the tolerance."""

    columns: tuple[str, ...]
    within: float = 0.0
    ignore: Ignore = Ignore.ANY_MISSING


PairRule = Equal | Greater | PairOneOf | SumOf | Alike | Different | Compared | PartsOf


def left_out(
    columns: Sequence[str],
    ignore: Ignore,
    schema: Schema,
    gone: Callable[[Column], Sql] = missing,
) -> Sql:
    """The rows that a rule over several columns does not judge; `gone` says what is missing."""
    if ignore is Ignore.NEVER:
        return NEVER
    found = [gone(column_of(schema, name)) for name in columns]
    return joined(" AND " if ignore is Ignore.ALL_MISSING else " OR ", found)


def at_odds(rule: PairRule, schema: Schema, gone: Callable[[Column], Sql] = missing) -> Sql:
    """The rows that the rule judges and that break it; `gone` says what is missing.

    Raises DeclarationError where columns of different kinds are compared.
    """
    columns = [column_of(schema, name) for name in rule.columns]
    judged = written("NOT (", left_out(rule.columns, rule.ignore, schema, gone), ")")
    return written(judged, " AND (", _broken(rule, columns), ")")


def _broken(rule: PairRule, columns: list[Column]) -> Sql:  # noqa: PLR0911 - one a rule
    match rule:
        case Equal():
            return written("(", _compared(columns[0], columns[1], "="), ") IS NOT TRUE")
        case Greater(_, or_equal):
            sign = ">=" if or_equal else ">"
            return written("(", _compared(columns[0], columns[1], sign), ") IS NOT TRUE")
        case PairOneOf(_, pairs):
            kept = joined(" OR ", _pairs(columns, pairs))
            return written("(", kept, ") IS NOT TRUE") if kept.sql else Sql("true")
        case SumOf(_, total):
            return written("(", _sum(columns), " = ", _total(columns, total), ") IS NOT TRUE")
        case Alike():
            kept = joined(" AND ", [_same(columns[0], other) for other in columns[1:]])
            return written("NOT (", kept, ")") if kept.sql else NEVER
        case Different():
            return written(_different(columns), f" < {len(columns)}")
        case Compared(_, Operator.UNEQUAL):
            return written("(", _compared(columns[0], columns[1], "="), ") IS TRUE")
        case Compared(_, operator):
            sign = "=" if operator is Operator.EQUAL else operator.value
            return written("(", _compared(columns[0], columns[1], sign), ") IS NOT TRUE")
        case PartsOf(_, within):
            whole, parts = columns[0], columns[1:]
            apart = written(
                "abs(", _sum(parts, _wide(columns)), f" - {_as(whole, _wide(columns))})"
            )
            return written("(", apart, " <= ", _tolerance(columns, within), ") IS NOT TRUE")


def _compared(first: Column, second: Column, sign: str) -> Sql:
    """Whether both values are there and stand so to each other; NULL or false where not."""
    if unordered(first) or unordered(second) or kind_of(first) != kind_of(second):
        raise DeclarationError(
            f"{first.name} is {a_kind(first)} and {second.name} is {a_kind(second)}, "
            "which cannot be compared"
        )
    parts = [Sql(f"{operand(first)} {sign} {operand(second)}")]
    parts += [present(column) for column in (first, second) if can_be_nan(column)]
    return joined(" AND ", parts)


def _same(first: Column, second: Column) -> Sql:
    both = written(missing(first), " AND ", missing(second))
    if kind_of(first) != kind_of(second):
        return written("(", both, ")")  # values of different kinds are never equal
    return written("(", both, " OR (", _compared(first, second, "="), ") IS TRUE)")


def kind_of(column: Column) -> str:
    """What the values can be compared with: a date can with a timestamp."""
    if is_number(column):
        return "number"
    if column.type is LogicalType.DATE:
        return LogicalType.TIMESTAMP.value
    return column.type.value


def _pairs(
    columns: list[Column], pairs: Sequence[tuple[Scalar | None, Scalar | None]]
) -> Iterator[Sql]:
    for pair in pairs:
        cells = [_cell(column, value) for column, value in zip(columns, pair, strict=True)]
        yield written("(", joined(" AND ", cells), ")")


def _cell(column: Column, value: Scalar | None) -> Sql:
    if value is None:
        return missing(column)
    return written(f"{operand(column)} = ", bound(column, comparable(column, value)))


def _sum(columns: list[Column], wide: str | None = None) -> Sql:
    return Sql(_added([_as(column, wide or _wide(columns)) for column in columns]))


def _as(column: Column, wide: str) -> str:
    """The number in SQL as one of the type that sums have."""
    if not is_number(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, and a sum needs numbers")
    return f"CAST({operand(column)} AS {wide})"


def _tolerance(columns: list[Column], within: float) -> Sql:
    """How far sums may lie apart: of whole numbers and decimals, to the last digit they have."""
    wide = _wide(columns)
    if wide == "DOUBLE":
        return Sql("?", (within,))
    scale = max(_scale(column) for column in columns)
    steps = int(Decimal(str(within)).scaleb(scale).to_integral_value(ROUND_FLOOR))
    return Sql(f"CAST(? AS {wide})", (Decimal(steps).scaleb(-scale) if scale else steps,))


def _added(terms: Sequence[str]) -> str:
    """The sum in SQL, as deep as it must be: a chain of two thousand is deeper than DuckDB goes."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return f"({_added(terms[:middle])} + {_added(terms[middle:])})"


def _different(columns: Sequence[Column]) -> Sql:
    """How many different values there are in SQL; a missing one is a value, once.

    Values of different kinds are never equal, so each kind is counted alone.
    """
    kinds: dict[str, list[Column]] = {}
    for column in columns:
        if unordered(column):
            raise DeclarationError(f"{column.name} is {a_kind(column)}, which cannot be compared")
        kinds.setdefault(kind_of(column), []).append(column)
    lists = [", ".join(_or_null(column) for column in some) for some in kinds.values()]
    gone = joined(" OR ", [missing(column) for column in columns])
    counted = [Sql(f"list_unique([{values}])") for values in lists]
    return joined(" + ", [*counted, written("CAST((", gone, ") AS TINYINT)")])


def _or_null(column: Column) -> str:
    if not can_be_nan(column):
        return operand(column)
    return f"CASE WHEN {missing(column).sql} THEN NULL ELSE {operand(column)} END"


def _total(columns: list[Column], total: float) -> Sql:
    wide = _wide(columns)
    if wide == "HUGEINT" and not float(total).is_integer():
        return Sql("CAST(? AS DOUBLE)", (float(total),))
    return Sql(f"CAST(? AS {wide})", (total if wide != "HUGEINT" else int(total),))


def _wide(columns: list[Column]) -> str:
    """The type that holds the sum: whole numbers are added exactly, and so are decimals."""
    if any(can_be_nan(column) for column in columns):
        return "DOUBLE"
    scales = [_scale(column) for column in columns]
    return f"DECIMAL(38, {max(scales)})" if any(scales) else "HUGEINT"


def _scale(column: Column) -> int:
    if not column.physical.startswith("DECIMAL"):
        return 0
    return int(column.physical.rstrip(")").rsplit(",", 1)[1])
