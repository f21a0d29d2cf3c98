"""What a row must keep, in the words people use."""

from __future__ import annotations

from typing import assert_never

from headgate.checks.formats import Formatted
from headgate.checks.functions import Keeps
from headgate.checks.metric import (
    Between,
    Length,
    Matches,
    NanRule,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rule,
    Unique,
)
from headgate.checks.multiples import MultipleOf
from headgate.checks.pairs import (
    Alike,
    Compared,
    Different,
    Equal,
    Greater,
    PairOneOf,
    PairRule,
    PartsOf,
    SumOf,
)
from headgate.checks.phrases import ends, listed, number, plain
from headgate.checks.references import Reference
from headgate.checks.relative import NotOutlier, Ordered, Spread, ZScore
from headgate.checks.texts import (
    DateText,
    JsonSchema,
    JsonText,
    Like,
    MatchesNone,
    MatchesSome,
    NotLike,
    Of,
    PatternRule,
    ReadRule,
    StrictJson,
    Strptime,
)


def rule_in_words(rule: Rule) -> str:  # noqa: PLR0911, PLR0912, C901 - one phrase a rule
    """What a row must keep, as a short phrase.

    >>> rule_in_words(Greater(("Open", "Close"), or_equal=True))
    'Open at least Close'
    """
    if isinstance(rule, PairRule):
        return _pair(rule)
    if isinstance(rule, PatternRule):
        return _patterns(rule)
    if isinstance(rule, ReadRule):
        return _read(rule)
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
        case Formatted(column, form):
            return f"{column} {form.said}"
        case MultipleOf(column, of):
            return f"{column} a multiple of {number(of)}"
        case ZScore() | NotOutlier() | Ordered():
            return _relative(rule)
        case NanRule(inner, nan):
            return f"{rule_in_words(inner)}, {nan.said}"
        case Reference(columns, to, keys):
            named = "" if keys == columns else f" as {', '.join(keys)}"
            return f"{', '.join(columns)} in {to}{named}"
        case Keeps(function):
            return f"{function.name} says so"
        case _:
            assert_never(rule)


def _pair(rule: PairRule) -> str:
    names = ", ".join(rule.columns)
    match rule:
        case Equal((first, second)):
            return f"{first} equal to {second}"
        case Greater((first, second), or_equal):
            return f"{first} {'at least' if or_equal else 'above'} {second}"
        case PairOneOf(_, pairs):
            words = [f"({_plain(one)}, {_plain(other)})" for one, other in pairs]
            return f"({names}) one of {listed(words)}"
        case SumOf(columns, total):
            return f"{' + '.join(columns)} = {number(total)}"
        case Alike():
            return f"all equal ({names})"
        case Different():
            return f"all different ({names})"
        case Compared((first, second), operator):
            return f"{first} {operator.value} {second}"
        case PartsOf(columns, within):
            about = f", within {number(within)}" if within else ""
            return f"{' + '.join(columns[1:])} = {columns[0]}{about}"


def _plain(value: bool | float | str | None) -> str:
    return "null" if value is None else plain(value)


def _patterns(rule: PatternRule) -> str:
    patterns = listed(rule.patterns)
    several = len(rule.patterns) > 1
    match rule:
        case MatchesSome(column, _, of):
            return f"{column} matches {_of(of, several)}{patterns}"
        case MatchesNone(column):
            return f"{column} matches none of {patterns}"
        case Like(column, _, of):
            return f"{column} like {_of(of, several)}{patterns}"
        case NotLike(column):
            return f"{column} not like {'any of ' if several else ''}{patterns}"


def _of(of: Of, several: bool) -> str:
    if not several:
        return ""
    return "one of " if of is Of.ANY else "each of "


def _read(rule: ReadRule) -> str:
    match rule:
        case Strptime(column, form):
            return f"{column} a time as {form}"
        case DateText(column):
            return f"{column} a date in any form"
        case JsonText(column):
            return f"{column} JSON"
        case StrictJson(column):
            return f"{column} valid JSON"
        case JsonSchema(column):
            return f"{column} JSON of its schema"


def _relative(rule: ZScore | NotOutlier | Ordered) -> str:
    match rule:
        case ZScore(column, threshold, double_sided):
            side = "of" if double_sided else "above"
            return f"{column} within {number(threshold)} standard deviations {side} the mean"
        case NotOutlier(column, spread, multiplier):
            what = "quartile ranges" if spread is Spread.IQR else "standard deviations"
            return f"{column} within {number(multiplier)} {what}"
        case Ordered(column, descending, strictly):
            word = "decreasing" if descending else "increasing"
            return f"{column} {'strictly ' if strictly else ''}{word}"
