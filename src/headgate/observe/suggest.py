"""Checks that a table's profile speaks for, each with its evidence and how sure it is.

A suggestion is kept only where both halves of the rows agree: what is concluded from either half
has to hold for the other. Nothing is proposed from a single value, as nobody can tell whether it
stands still, and nothing that would show a value of a likely personal column.
"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct

from headgate.observe.bounds import Ends, Seen, agreed, seen, widened
from headgate.observe.column import ColumnProfile
from headgate.observe.measure import LARGE
from headgate.observe.patterns import pattern
from headgate.observe.personal import words_of
from headgate.observe.profile import Profile
from headgate.observe.relations import BY_CHANCE, Key
from headgate.schema.types import LogicalType

SURE = 0.9
"""From here on a suggestion closes the gate; below it warns."""
ENOUGH = 30
"""Values from which something may be concluded."""
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
MANY, RARE = 100, 0.01
"""Pairs of rows that agree by chance: from many on, none is a rule; where they are rare, any is odd."""
NUMBERS = {LogicalType.INTEGER, LogicalType.NUMBER}
IDENTIFIERS = {"id", "key", "uuid", "guid", "code", "number", "no", "nr", "sku"}


class Suggestion(Struct, frozen=True):
    """One expectation of Great Expectations, what speaks for it, and how sure that is (0 to 1)."""

    type: str
    kwargs: Mapping[str, Any]
    evidence: str
    confidence: float

    @property
    def severity(self) -> str:
        """The severity it is written with, in the words of Great Expectations."""
        return "critical" if self.confidence >= SURE else "warning"

    @property
    def column(self) -> str:
        """The columns it is about; nothing where it is about the table."""
        listed = self.kwargs.get("column_list") if "unique" in self.type else None
        return str(self.kwargs.get("column") or ", ".join(listed or ()))

    def as_json(self) -> dict[str, Any]:
        """The suggestion as `--json` carries it."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "severity": self.severity,
            "confidence": self.confidence,
            "evidence": self.evidence,
        }


def suggest(profile: Profile) -> list[Suggestion]:
    """The checks that a profile speaks for: those of the table, then those of each column."""
    found = [*_table(profile)]
    for column in profile.columns:
        found += _column(column)
    return found


def left_out(profile: Profile) -> list[str]:
    """Why nothing is proposed for columns that hold values, a sentence each."""
    return [
        f"{column.name} is numbers read as text, because of {_these(column.stand_ins)} among them: "
        f"say that this means no value, {_as_nulls(column.stand_ins)}, and suggest again"
        for column in profile.columns
        if column.numbers_as_text
    ]


def _these(texts: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{text!r} in {count:,} of the rows" for text, count in texts[:3])


def _as_nulls(texts: Sequence[tuple[str, int]]) -> str:
    """How a file's reader is told, and how a source is."""
    named = [text for text, _ in texts[:3]]
    options = shlex.join(word for text in named for word in ("--nulls", text))
    return f"{options} for a file or csv: {{nulls: {json.dumps(['', *named])}}} in a source"


def as_suite(name: str, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """The suggestions as an expectation suite in the form of Great Expectations 1.x."""
    return {
        "name": name,
        "expectations": [
            {
                "type": one.type,
                "kwargs": dict(one.kwargs),
                "severity": one.severity,
                "meta": {"evidence": one.evidence, "confidence": one.confidence},
            }
            for one in suggestions
        ],
        "meta": {"suggested_by": "headgate"},
    }


# ------------------------------------------------------------------ the table


def _table(profile: Profile) -> Iterator[Suggestion]:
    names = [column.name for column in profile.columns]
    if names:
        told = f"{len(names):,} columns, in this order"
        yield Suggestion(
            "expect_table_columns_to_match_ordered_list", {"column_list": names}, told, 0.95
        )
    if profile.rows >= ENOUGH:
        kwargs = {"min_value": profile.rows // 2, "max_value": 3 * profile.rows}
        told = f"{profile.rows:,} rows seen once: from half of them to three times as many"
        yield Suggestion("expect_table_row_count_to_be_between", kwargs, told, 0.5)
    for key in profile.keys:
        yield from _key(key, profile)


def _key(key: Key, profile: Profile) -> Iterator[Suggestion]:
    if profile.rows < ENOUGH:
        return
    if len(key.columns) > 1:
        yield from _together(key, profile.rows)
        return
    column = profile.column(key.columns[0])
    assert column is not None
    if why := _why_unique(column):
        kwargs = {"column": column.name}
        told = f"{profile.rows:,} different values in as many rows; {why}"
        yield Suggestion("expect_column_values_to_be_unique", kwargs, told, 0.95)


def _together(key: Key, rows: int) -> Iterator[Suggestion]:
    """Several columns as a key: three pairs may agree, as none among so many rows rules out less."""
    assert key.by_chance is not None
    if RARE < key.by_chance < MANY:
        return
    kwargs = {"column_list": list(key.columns), "mostly": _share(6 / rows)}
    told = f"no two of {rows:,} rows agree, where "
    told += f"{key.by_chance:,.0f} pairs" if key.by_chance >= MANY else "hardly any pair"
    told += " would if the columns were unrelated; up to three pairs may (rule of three)"
    telling = key.by_chance >= rows / 10 or key.by_chance <= RARE
    confidence = 0.95 if telling else 0.8
    yield Suggestion("expect_compound_columns_to_be_unique", kwargs, told, confidence)


def _why_unique(column: ColumnProfile) -> str:
    """Why no value twice is more than chance."""
    if set(words_of(column.name).split()) & IDENTIFIERS:
        return "its name is that of an identifier"
    span = _span(column)
    if span is not None:
        chance = column.rows * (column.rows - 1) / 2 / (span + 1)
        if chance >= BY_CHANCE:
            return f"of values drawn from this range {chance:,.0f} pairs would agree by chance"
    form = pattern(column.shapes)
    if form is not None and "9" in form.form:
        return f"they have the form {form.form}"
    return ""


def _span(column: ColumnProfile) -> float | None:
    """How many steps lie between the ends: of one, or of a day."""
    match column.type, column.low, column.high:
        case LogicalType.INTEGER, int(low), int(high):
            return high - low
        case LogicalType.DATE, str(first), str(last) if column.personal is None:
            return (date.fromisoformat(last) - date.fromisoformat(first)).days
        case _:
            return None


# ------------------------------------------------------------------ columns


def _column(column: ColumnProfile) -> Iterator[Suggestion]:
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
        yield from _mean(column)
    elif column.type in NUMBERS:
        yield from _numbers(column)
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
            f"less than {_percent(3 / rows)} are (rule of three)"
        )
        yield Suggestion(kind, {"column": column.name}, told, 0.95 if rows >= 1000 else 0.8)
        return
    most = max((half.missing / half.rows for half in column.halves if half.rows), default=1.0)
    mostly = _share(min(3 * most + 3 / rows, 1.0))
    if mostly >= 0.05:
        told = (
            f"{_percent(column.missing / rows)} missing, {_percent(most)} in one half of the rows: "
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
        kwargs["mostly"] = _share(slack)
        told += f"{_percent(new)} of a half not in the other, {once} of them only once"
        return Suggestion("expect_column_values_to_be_in_set", kwargs, told, 0.7)
    least = min(count for _, count in column.top)
    told += f"the same in both halves, the rarest {least:,} times"
    confidence = 0.95 if least >= REPEATED else 0.8
    return Suggestion("expect_column_values_to_be_in_set", kwargs, told, confidence)


def _numbers(column: ColumnProfile) -> Iterator[Suggestion]:
    """What numbers keep; of the numbers of an identifier only the sign means something."""
    if isinstance(column.low, int | float) and column.low >= 0:
        kwargs = {"column": column.name, "min_value": 0}
        told = f"none of {column.present:,} values is below zero"
        yield Suggestion("expect_column_values_to_be_between", kwargs, told, 0.9)
    if column.constant or _identifies(column):
        return
    yield from _range(column)
    yield from _median(column)
    yield from _mean(column)


def _identifies(column: ColumnProfile) -> bool:
    """Whether a name says that the values stand for something and measure nothing."""
    last = words_of(column.name).split()[-1:]
    return any(word in IDENTIFIERS or word.endswith("id") for word in last)


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


def _mean(column: ColumnProfile) -> Iterator[Suggestion]:
    """Half a standard deviation either way: a shift that is called medium (Cohen's d of 0.5)."""
    mean, stdev = column.mean, column.stdev
    means = [half.mean for half in column.halves if half.mean is not None]
    ends = (column.low, column.high)
    if column.type not in NUMBERS or column.personal or _identifies(column):
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
        told = f"{_percent(found.share)} of the texts are of the form {found.form}"
        confidence = 0.9
        if found.share < 1:
            kwargs["mostly"] = _share(3 * (1 - found.share))
            confidence = 0.7
        yield Suggestion("expect_column_values_to_match_regex", kwargs, told, confidence)


def _share(failing: float) -> float:
    """The `mostly` that lets so large a share fail, rounded down to what people can read."""
    digits = max(3, 1 - math.floor(math.log10(failing)))
    return float(math.floor((1 - failing) * 10**digits) / 10**digits)


def _percent(share: float) -> str:
    """A share in percent, with the digits it needs."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.6g} %"
