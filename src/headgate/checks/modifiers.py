"""What may be said of a check in any word: how many rows may break it, what NaN is, for which groups.

A modifier that means nothing to a check is an error, because nothing in a declaration is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Check, Limit, Range, Ranges, Share
from headgate.checks.dimensions import Dimension
from headgate.checks.distributions import Quantiles
from headgate.checks.drift import Drift
from headgate.checks.functions import Keeps
from headgate.checks.metric import (
    Age,
    Aggregate,
    Completeness,
    Failing,
    FailingGroups,
    Function,
    NanFigure,
    NanRule,
    Plain,
    QueryRows,
    Rows,
    Rule,
    Seen,
    Unique,
    plainly,
)
from headgate.checks.nan import Nan
from headgate.checks.references import Reference
from headgate.checks.relative import NotOutlier, Ordered, ZScore
from headgate.checks.shares import ShareOf
from headgate.errors import DeclarationError, UnknownNameError

FIGURES = {
    Function.MEAN,
    Function.MIN,
    Function.MAX,
    Function.SUM,
    Function.STDEV,
    Function.MEDIAN,
    Function.DISTINCT,
}
"""Aggregates that say what NaN is to them."""


def modified(check: Check, modifiers: Mapping[str, Any]) -> Check:
    """The check as its modifiers have it.

    Raises DeclarationError, with the check's place, where one of them says nothing to it.
    """
    if "max_count" in modifiers:
        share = check.bound if "mostly" in modifiers else Share(0.0)
        check = _limited(check, modifiers["max_count"], share)
    if "nan" in modifiers:
        check = _with_nan(check, modifiers["nan"])
    if "by" in modifiers:
        check = _by_group(check, modifiers["by"])
    return replace(check, owner=_owner(check, modifiers), dimension=_dimension(check, modifiers))


def _about(check: Check, metric: Plain) -> Check:
    """The check about another metric of the same rows."""
    if isinstance(check.metric, Seen):
        return replace(check, metric=Seen(metric, check.metric.view))
    return replace(check, metric=metric)


# ------------------------------------------------------------------ how many rows


def _limited(check: Check, count: object, share: object) -> Check:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        what = f"{check.kind}: max_count is a whole number from 0 on, not {count!r}"
        raise DeclarationError(what, check.where)
    if isinstance(plainly(check.metric), QueryRows):
        return replace(check, bound=Range(0, count))
    if not isinstance(check.bound, Share) or not isinstance(share, Share):
        raise _says_nothing(check, "max_count", "it is for words that rows can break")
    return replace(check, bound=Limit(count, share.at_least))


# ------------------------------------------------------------------ NaN


def _with_nan(check: Check, given: object) -> Check:
    word = Nan.NULL.value if given is None else given  # YAML reads the bare word as no value
    if word not in {one.value for one in Nan}:
        names = ", ".join(one.value for one in Nan)
        what = f"{check.kind}: nan is one of {names}, not {word!r}"
        raise DeclarationError(what, check.where)
    nan, metric = Nan(str(word)), plainly(check.metric)
    match metric:
        case Failing(rule):
            if nan is Nan.VALUE and isinstance(rule, Ordered | ZScore | NotOutlier):
                raise _says_nothing(check, "nan: value", "NaN has no place among other values")
            if isinstance(rule, Reference | Keeps):
                raise _says_nothing(check, "nan", "it is for words about the values of a column")
            found: Plain = Failing(NanRule(rule, nan))
        case Aggregate(function) if function in FIGURES:
            found = NanFigure(metric, nan)
        case Quantiles():
            found = NanFigure(metric, nan)
        case _:
            raise _says_nothing(check, "nan", "it is for words about the values of a column")
    return check if nan is Nan.NULL else _about(check, found)


# ------------------------------------------------------------------ groups


def _by_group(check: Check, by: object) -> Check:
    names = [by] if isinstance(by, str) else by
    if not isinstance(names, list | tuple) or not names:
        raise DeclarationError(f"{check.kind}: by is a column, or a list of them", check.where)
    if not all(isinstance(one, str) for one in names) or len(set(names)) < len(names):
        raise DeclarationError(f"{check.kind}: by names columns, each once", check.where)
    metric, bound, by = plainly(check.metric), check.bound, tuple(names)
    match metric:
        case Failing(rule):
            metric = Failing(_within(check, rule, by))
        case Rows() | Aggregate() | NanFigure() | Completeness() | ShareOf() | Quantiles():
            pass
        case Age(column):
            if column is None:
                raise _says_nothing(check, "by", "name the column whose newest value is judged")
        case Drift():
            raise _says_nothing(check, "by", "it compares all rows together; use where instead")
        case _:
            raise _says_nothing(check, "by", "it is for words about rows, and numbers of them")
    assert isinstance(bound, Share | Limit | Range | Ranges)
    return replace(_about(check, FailingGroups(metric, bound, by)), bound=Range(0, 0))


def _within(check: Check, rule: Rule, by: tuple[str, ...]) -> Rule:
    """The rule, which other rows decide of its group alone."""
    match rule:
        case NanRule(inner):
            return replace(rule, rule=_within(check, inner, by))
        case Unique() | Ordered():
            return replace(rule, within=by)
        case ZScore() | NotOutlier() | Keeps():
            raise _says_nothing(check, "by", "it is about all rows together; use where instead")
    return rule


# ------------------------------------------------------------------ who, and what about


def _owner(check: Check, modifiers: Mapping[str, Any]) -> str:
    owner = modifiers.get("owner", "")
    if not isinstance(owner, str):
        raise DeclarationError(f"{check.kind}: owner is a name, not {owner!r}", check.where)
    return owner


def _dimension(check: Check, modifiers: Mapping[str, Any]) -> Dimension | None:
    word = modifiers.get("dimension")
    if word is None:
        return None
    try:
        return Dimension(str(word))
    except ValueError:
        raise UnknownNameError.of("dimension", str(word), list(Dimension), check.where) from None


def _says_nothing(check: Check, modifier: str, advice: str) -> DeclarationError:
    return DeclarationError(f"{check.kind}: {modifier} says nothing here", check.where, advice)
