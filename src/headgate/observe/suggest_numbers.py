"""What a profile speaks for of numbers: their ends, their middle and their mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headgate.observe.bounds import Ends, Seen, agreed, seen, widened
from headgate.observe.column import ColumnProfile
from headgate.observe.identifiers import identifies
from headgate.observe.measure import LARGE
from headgate.observe.suggestion import Suggestion
from headgate.schema.types import LogicalType

NUMBERS = {LogicalType.INTEGER, LogicalType.NUMBER}


def of_numbers(column: ColumnProfile) -> Iterator[Suggestion]:
    """What numbers keep; of the numbers of an identifier only the sign means something."""
    if isinstance(column.low, int | float) and column.low >= 0:
        kwargs = {"column": column.name, "min_value": 0}
        told = f"none of {column.present:,} values is below zero"
        yield Suggestion("expect_column_values_to_be_between", kwargs, told, 0.9)
    if column.constant or identifies(column):
        return
    yield from _range(column)
    yield from _median(column)
    yield from of_mean(column)


def _range(column: ColumnProfile) -> Iterator[Suggestion]:
    ends = _ends(column)
    if ends is None or (ends.low is None and ends.high is None):
        return
    kwargs: dict[str, Any] = {"column": column.name}
    for name, end in (("min_value", ends.low), ("max_value", ends.high)):
        if end is not None:
            kwargs[name] = int(end) if end.is_integer() and abs(end) < 1e15 else end
    told = f"{column.present:,} values from {column.low} to {column.high}"
    if ends == Ends(0.0, None):
        return  # said already
    told += f", 99 % up to {column.quantiles['p99']}; widened by the length of the tails"
    for name, end in (("lower", ends.low), ("upper", ends.high)):
        if end is None:
            told += f"; no {name} end, as the halves of the rows differ"
    yield Suggestion("expect_column_values_to_be_between", kwargs, told, 0.8)
    kwargs = kwargs | {"mostly": 0.99}
    told = "the same ends, which one value in a hundred may pass"
    yield Suggestion("expect_column_values_to_be_between", kwargs, told, 0.9)


def _ends(column: ColumnProfile) -> Ends | None:
    whole = _seen(column.present, column)
    if whole is None:
        return None
    ends = widened(whole)
    parts = [
        seen(half.rows - half.missing, half.low, half.high, half.quantiles)
        for half in column.halves
    ]
    known = [part for part in parts if part is not None]
    return agreed(ends, known) if len(known) == len(parts) else None


def _seen(count: int, column: ColumnProfile) -> Seen | None:
    return seen(count, column.low, column.high, column.quantiles)


def _median(column: ColumnProfile) -> Iterator[Suggestion]:
    low, middle, high = (column.quantiles.get(name) for name in ("p25", "p50", "p75"))
    if not (
        isinstance(low, int | float)
        and isinstance(middle, int | float)
        and isinstance(high, int | float)
        and low < middle < high
        and column.present >= 100
    ):
        return
    medians = [half.quantiles.get("p50") for half in column.halves]
    if not all(isinstance(one, int | float) and low < one < high for one in medians):
        return
    told = "the middle half of the values, which holds the medians of both halves of the rows"
    kwargs = {"column": column.name, "min_value": low, "max_value": high}
    yield Suggestion("expect_column_median_to_be_between", kwargs, told, 0.7)


def of_mean(column: ColumnProfile) -> Iterator[Suggestion]:
    """Half a standard deviation either way: a shift that is called medium (Cohen's d of 0.5)."""
    mean, stdev = column.mean, column.stdev
    means = [half.mean for half in column.halves if half.mean is not None]
    ends = (column.low, column.high)
    if column.type not in NUMBERS or column.personal or identifies(column):
        return
    if mean is None or not stdev or column.present < 100 or len(means) < 2:
        return
    if any(isinstance(end, float) and not abs(end) <= LARGE for end in ends):
        return  # the mean was taken without the values beyond
    apart = (max(means) - min(means)) / stdev
    if apart > 0.25:
        return
    low, high = (float(f"{end:.4g}") for end in (mean - stdev / 2, mean + stdev / 2))
    if isinstance(column.low, int | float) and column.low >= 0:
        low = max(low, 0.0)
    told = (
        f"the mean is {mean:.4g}, the standard deviation {stdev:.4g}; the means of the halves are "
        f"{apart:.2g} of it apart: up to half of it either way"
    )
    kwargs = {"column": column.name, "min_value": low, "max_value": high}
    yield Suggestion("expect_column_mean_to_be_between", kwargs, told, 0.7)
