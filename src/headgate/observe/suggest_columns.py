"""What a profile speaks for of one column, by its type."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from headgate.observe.column import ColumnProfile
from headgate.observe.patterns import pattern
from headgate.observe.suggest_numbers import NUMBERS, of_mean, of_numbers
from headgate.observe.suggestion import ENOUGH, Suggestion, mostly_for, percent
from headgate.schema.types import LogicalType

FEW = 50
FEW_NUMBERS = 12
"""Distinct texts, and distinct whole numbers, that are listed one by one."""
REPEATED = 20
"""How often each listed value stands in the table, on average, at the least."""
TYPES = {
    LogicalType.STRING,
    LogicalType.INTEGER,
    LogicalType.NUMBER,
    LogicalType.BOOLEAN,
    LogicalType.DATE,
    LogicalType.TIMESTAMP,
    LogicalType.TIME,
}


def of_column(column: ColumnProfile) -> Iterator[Suggestion]:
    """What a column speaks for: its type, how far it is filled, and what its values keep."""
    if column.numbers_as_text:
        return  # whatever holds for these texts would hold off the numbers: see `left_out`
    if column.type in TYPES and column.present and column.read:
        kwargs = {"column": column.name, "type_": column.type.value}
        told = f"all {column.present:,} values are of this type"
        yield Suggestion("expect_column_values_to_be_of_type", kwargs, told, 0.95)
    if column.read and column.rows >= ENOUGH:
        yield from _filled(column)
    if not column.read or column.present < ENOUGH:
        return
    if listed := _listed(column):
        yield listed
        yield from of_mean(column)
    elif column.type in NUMBERS:
        yield from of_numbers(column)
    elif column.constant:
        return
    elif column.type in {LogicalType.DATE, LogicalType.TIMESTAMP}:
        yield from _window(column)
    elif column.type is LogicalType.STRING:
        yield from _text(column)


def _filled(column: ColumnProfile) -> Iterator[Suggestion]:
    rows, kind = column.rows, "expect_column_values_to_not_be_null"
    if not column.missing:
        told = (
            f"none missing in {rows:,} rows: with 95 % confidence "
            f"less than {percent(3 / rows)} are (rule of three)"
        )
        yield Suggestion(kind, {"column": column.name}, told, 0.95 if rows >= 1000 else 0.8)
        return
    most = max((half.missing / half.rows for half in column.halves if half.rows), default=1.0)
    mostly = mostly_for(min(3 * most + 3 / rows, 1.0))
    if mostly >= 0.05:
        told = (
            f"{percent(column.missing / rows)} missing, {percent(most)} in one half of the rows: "
            f"up to three times as many"
        )
        yield Suggestion(kind, {"column": column.name, "mostly": mostly}, told, 0.7)


def _listed(column: ColumnProfile) -> Suggestion | None:
    """The values one by one, where they are few and both halves have them."""
    few = FEW_NUMBERS if column.type is LogicalType.INTEGER else FEW
    distinct = column.distinct or 0
    if (
        column.type not in {LogicalType.STRING, LogicalType.INTEGER}
        or column.personal
        or not 2 <= distinct <= few
        or distinct != len(column.top)
        or column.present < REPEATED * distinct
        or any(isinstance(value, str) and value.endswith("…") for value, _ in column.top)
    ):
        return None
    new = max((half.new or 0) / max(half.rows - half.missing, 1) for half in column.halves)
    once = column.once or 0
    if new > 0.01:
        return None
    kwargs: dict[str, Any] = {
        "column": column.name,
        "value_set": sorted(value for value, _ in column.top),
    }
    told = f"{distinct} values in {column.present:,} rows, "
    if new or once:
        slack = max(3 * new, 10 * once / column.present, 0.002)
        kwargs["mostly"] = mostly_for(slack)
        told += f"{percent(new)} of a half not in the other, {once} of them only once"
        return Suggestion("expect_column_values_to_be_in_set", kwargs, told, 0.7)
    least = min(count for _, count in column.top)
    told += f"the same in both halves, the rarest {least:,} times"
    confidence = 0.95 if least >= REPEATED else 0.8
    return Suggestion("expect_column_values_to_be_in_set", kwargs, told, confidence)


def _window(column: ColumnProfile) -> Iterator[Suggestion]:
    if not isinstance(column.low, str) or not isinstance(column.high, str) or column.personal:
        return
    first, last = datetime.fromisoformat(column.low), datetime.fromisoformat(column.high)
    span = last - first
    try:
        early = first - max(span, timedelta(days=366))
        late = last + max(10 * span, timedelta(days=3660))
    except OverflowError:
        return
    kwargs = {
        "column": column.name,
        "min_value": early.date().isoformat(),
        "max_value": late.date().isoformat(),
    }
    told = (
        f"from {column.low} to {column.high}; as far back again, a year at the least, "
        "and ten times as far ahead, ten years at the least"
    )
    yield Suggestion("expect_column_values_to_be_between", kwargs, told, 0.8)


def _text(column: ColumnProfile) -> Iterator[Suggestion]:
    if column.lengths is None:
        return
    low, high = column.lengths.low, column.lengths.high
    told = f"{column.present:,} texts of {low} to {high} characters"
    if low == high and low > 0:
        kwargs: dict[str, Any] = {"column": column.name, "value": low}
        told = f"all {column.present:,} texts have {low} characters"
        yield Suggestion("expect_column_value_lengths_to_equal", kwargs, told, 0.9)
    else:
        kwargs = {"column": column.name, "min_value": math.ceil(low / 2), "max_value": 2 * high}
        told += "; from half to double"
        yield Suggestion("expect_column_value_lengths_to_be_between", kwargs, told, 0.8)
    if found := pattern(column.shapes):
        kwargs = {"column": column.name, "regex": found.regex}
        told = f"{percent(found.share)} of the texts are of the form {found.form}"
        confidence = 0.9
        if found.share < 1:
            kwargs["mostly"] = mostly_for(3 * (1 - found.share))
            confidence = 0.7
        yield Suggestion("expect_column_values_to_match_regex", kwargs, told, confidence)
