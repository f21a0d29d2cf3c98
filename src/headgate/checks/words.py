"""Checks in the words people use: `Sales between 0 and 50,000`, `unique (Store, Date)`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from headgate.checks.check import Bound, Check, Match, Names, Range, Share
from headgate.checks.metric import (
    Age,
    Aggregate,
    Between,
    ColumnNames,
    ColumnType,
    Completeness,
    Failing,
    Function,
    Length,
    Matches,
    Metric,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Readable,
    Rows,
    RowsBeside,
    Rule,
    Unique,
)
from headgate.schema.statistics import Scalar

SHOWN = 12
"""How many members of a long list are written out."""


def in_words(check: Check) -> str:
    """The check as a short phrase.

    >>> in_words(Check("", Failing(Between("Sales", 0, 50000)), Share()))
    'Sales between 0 and 50,000'
    >>> in_words(Check("", Failing(NotNull("CompetitionDistance")), Share(0.7)))
    'CompetitionDistance not null, for at least 70 % of rows'
    """
    match check.metric, check.bound:
        case ColumnNames(), Names() as names:
            return _columns(names)
        case ColumnType(column), Names() as names:
            return f"{column} of type {' or '.join(names.names)}"
        case RowsBeside(other), Range(0, 0):
            return f"as many rows as {other}"
        case Failing(rule), Share(at_least):
            most = "" if at_least >= 1 else f", for at least {percent(100 * at_least)} of rows"
            return rule_in_words(rule) + most
        case metric, bound:
            return f"{metric_in_words(metric)} {_bound(metric, bound)}".rstrip()


def rule_in_words(rule: Rule) -> str:  # noqa: PLR0911 - one phrase a rule
    """What a row must keep, as a short phrase."""
    match rule:
        case NotNull(column):
            return f"{column} not null"
        case Null(column):
            return f"{column} null"
        case Between(column):
            return f"{column} {ends(rule.low, rule.high, rule.strict_low, rule.strict_high)}"
        case OneOf(column, values):
            return f"{column} one of {listed([plain(value) for value in values])}"
        case NoneOf(column, values):
            return f"{column} none of {listed([plain(value) for value in values])}"
        case Matches(column, pattern):
            return f"{column} matches {pattern}"
        case NotMatches(column, pattern):
            return f"{column} does not match {pattern}"
        case Length(column):
            span = ends(rule.low, rule.high, rule.strict_low, rule.strict_high)
            return f"length of {column} {span}"
        case Unique(columns):
            return f"unique ({', '.join(columns)})"


def metric_in_words(metric: Metric) -> str:  # noqa: PLR0911 - one phrase a metric
    """What is measured, as a short phrase.

    >>> metric_in_words(Aggregate(Function.DISTINCT, "Store"))
    'distinct values of Store'
    """
    match metric:
        case Rows():
            return "rows"
        case Readable():
            return "readable rows"
        case RowsBeside(other):
            return f"rows more than {other}"
        case ColumnNames():
            return "columns"
        case ColumnType(column):
            return f"type of {column}"
        case Failing(rule):
            return f"rows that break: {rule_in_words(rule)}"
        case Aggregate(function, column):
            word = "distinct values" if function is Function.DISTINCT else function.value
            return f"{word} of {column}"
        case Completeness(columns):
            return f"filled cells of {', '.join(columns)}" if columns else "filled cells"
        case Age(column):
            return f"age of the newest {column}" if column else "age of the newest delivery"


def ends(low: Scalar | None, high: Scalar | None, strict_low: bool, strict_high: bool) -> str:
    """Two ends, as a short phrase.

    >>> ends(0, None, True, False)
    'above 0'
    """
    if low is not None and high is not None:
        if low == high and not (strict_low or strict_high):
            return f"exactly {number(low)}"
        if not (strict_low or strict_high):
            return f"between {number(low)} and {number(high)}"
    parts = []
    if low is not None:
        parts.append(f"{'above' if strict_low else 'at least'} {number(low)}")
    if high is not None:
        parts.append(f"{'below' if strict_high else 'at most'} {number(high)}")
    return " and ".join(parts)


def number(value: Scalar) -> str:
    """A value in a sentence: thousands are marked from 10,000 on, so that years stay years.

    >>> number(2015), number(50000), number(0.5), number("a")
    ('2015', '50,000', '0.5', 'a')
    """
    if isinstance(value, bool | str) or (isinstance(value, float) and not math.isfinite(value)):
        return plain(value)
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 1e15):
        return f"{value:,.10g}" if 10_000 <= abs(value) < 1e15 else f"{value:.10g}"
    whole = int(value)
    return f"{whole:,}" if abs(whole) >= 10_000 else str(whole)


def plain(value: Scalar) -> str:
    """A value as it would be written in data."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def percent(value: float) -> str:
    """A percentage with the digits it needs; what is not nothing is never written as 0 %.

    >>> percent(5.88), percent(0.0036), percent(100.0), percent(99.99999)
    ('5.9 %', '0.0036 %', '100 %', '99.99999 %')
    """
    distance = min(value, 100 - value)
    digits = 1 - math.floor(math.log10(distance)) if 0 < distance < 1 else 1
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + " %"


def duration(hours: float) -> str:
    """A length of time, in days where hours would be many.

    >>> duration(30.24), duration(99125.7)
    ('30.2 hours', '4,130 days')
    """
    return f"{hours:,.1f} hours" if abs(hours) < 96 else f"{hours / 24:,.0f} days"


def listed(words: Sequence[str]) -> str:
    """Words with commas; of a long list the first ones and how many follow.

    >>> listed([str(n) for n in range(15)])
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more'
    """
    if len(words) <= SHOWN:
        return ", ".join(words) or "(nothing)"
    return f"{', '.join(words[:SHOWN])} and {len(words) - SHOWN:,} more"


def _columns(names: Names) -> str:
    words = listed(names.names)
    match names.match:
        case Match.ORDERED:
            return f"columns {words}, in this order"
        case Match.SAME:
            return f"columns {words}, in any order"
        case Match.CONTAINS:
            return f"column {words} exists" if len(names.names) == 1 else f"columns {words} exist"


def _bound(metric: Metric, bound: Bound) -> str:
    match bound:
        case Range(low, high):
            if isinstance(metric, Completeness):
                low, high = _as_percent(low), _as_percent(high)
            words = ends(low, high, bound.strict_low, bound.strict_high)
            return f"{words} hours" if isinstance(metric, Age) else words
        case Share(at_least):
            return f"at least {percent(100 * at_least)}"
        case Names(names):
            return f"among {listed(names)}"


def _as_percent(share: Scalar | None) -> str | None:
    return percent(100 * share) if isinstance(share, int | float) else None
