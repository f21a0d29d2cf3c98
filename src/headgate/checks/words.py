"""Checks in the words people use: `Sales between 0 and 50,000`, `unique (Store, Date)`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from headgate.checks.accuracy import Accuracy
from headgate.checks.check import (
    Bound,
    Check,
    Limit,
    Match,
    Members,
    Names,
    Outside,
    Percent,
    Range,
    Ranges,
    Share,
)
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
    View,
)
from headgate.checks.distributions import (
    Divergence,
    MostCommon,
    Quantiles,
    SetDifference,
    Side,
)
from headgate.checks.drift import Drift
from headgate.checks.functions import Figure
from headgate.checks.metric import (
    Age,
    Aggregate,
    ColumnAt,
    ColumnCount,
    ColumnNames,
    ColumnType,
    Completeness,
    Failing,
    FailingGroups,
    Function,
    Impossible,
    Metric,
    NanFigure,
    QueryBeside,
    QueryRows,
    QueryValue,
    Readable,
    Rows,
    RowsBeside,
    RowsChange,
    Seen,
)
from headgate.checks.phrases import ends, listed, percent, plain, shortened
from headgate.checks.released import table_in_words
from headgate.checks.rule_words import rule_in_words
from headgate.checks.schemas import SchemaDifference
from headgate.checks.shares import ShareOf
from headgate.schema.statistics import Scalar


def in_words(check: Check) -> str:  # noqa: PLR0911, PLR0912, C901 - one phrase a kind
    """The check as a short phrase.

    >>> from headgate.checks.metric import Between, NotNull
    >>> in_words(Check("", Failing(Between("Sales", 0, 50000)), Share()))
    'Sales between 0 and 50,000'
    >>> in_words(Check("", Failing(NotNull("CompetitionDistance")), Share(0.7)))
    'CompetitionDistance not null, for at least 70 % of rows'
    """
    if isinstance(check.metric, Seen):
        return in_words(replace(check, metric=check.metric.metric)) + _view(check.metric.view)
    match check.metric, check.bound:
        case ColumnNames(), Names() as names:
            return _columns(names)
        case ColumnAt(index), Names() as names:
            return f"column {index} is {listed(names.names)}"
        case SetDifference() as metric, Range(0, 0):
            return _set(metric)
        case MostCommon(column), Members() as members:
            ties = "" if members.ties else " and the only one"
            values = listed([plain(value) for value in members.values])
            return f"most common value of {column} one of {values}{ties}"
        case Quantiles() as metric, Ranges(ranges):
            return _quantiles(metric, ranges)
        case NanFigure(Quantiles() as metric, nan), Ranges(ranges):
            return f"{_quantiles(metric, ranges)}, {nan.said}"
        case QueryRows(query), Range(0, 0):
            return f"no row from: {shortened(query)}"
        case QueryBeside(query, other), (Share() | Limit()) as share:
            return f"same rows from: {shortened(query)} as from {other}{_most(share)}"
        case ColumnType(column), Names() as names:
            return f"{column} of type {' or '.join(names.names)}"
        case RowsBeside(other), Range(0, 0):
            return f"as many rows as {other}"
        case Failing(rule), (Share() | Limit()) as share:
            return rule_in_words(rule) + _most(share)
        case FailingGroups(inner, bound, by), Range(0, 0):
            words = in_words(replace(check, metric=inner, bound=bound))
            return f"{words}, for every {' and '.join(by)}"
        case SchemaDifference() as metric, Range(0, 0):
            return _schema(metric)
        case metric, bound:
            return f"{metric_in_words(metric)} {_bound(metric, bound)}".rstrip()


def metric_in_words(metric: Metric) -> str:  # noqa: PLR0911 - one phrase a metric
    """What is measured, as a short phrase.

    >>> metric_in_words(Aggregate(Function.DISTINCT, "Store"))
    'distinct values of Store'
    """
    match metric:
        case Seen(inner, view):
            return metric_in_words(inner) + _view(view)
        case FailingGroups(inner, _, by):
            return f"groups of {' and '.join(by)} that fail by {metric_in_words(inner)}"
        case NanFigure(inner, nan):
            return f"{metric_in_words(inner)}, {nan.said},"
        case Failing(rule):
            return f"rows that break: {rule_in_words(rule)}"
        case RowsBeside() | RowsChange() | Accuracy() | Drift() | QueryBeside():
            return _compared(metric)
        case Rows() | Readable() | ColumnNames() | ColumnCount() | SchemaDifference():
            return PHRASES[type(metric)]
        case QueryRows(query):
            return f"rows from: {shortened(query)}"
        case QueryValue(query):
            return f"result of: {shortened(query)}"
        case Impossible(why):
            return f"what cannot be judged ({why})"
        case ShareOf(condition):
            return f"share of rows where {condition_in_words(condition)}"
        case Figure(function):
            return f"the number of {function.name}"
        case _:
            return _of_columns(metric)


PHRASES: dict[type, str] = {
    Rows: "rows",
    Readable: "readable rows",
    ColumnNames: "columns",
    ColumnCount: "number of columns",
    SchemaDifference: "columns that differ",
}
"""What is measured where nothing more need be said of it."""


def _compared(metric: RowsBeside | RowsChange | Accuracy | Drift | QueryBeside) -> str:
    """A table beside another one."""
    match metric:
        case RowsBeside(other):
            return f"rows more than {other}"
        case RowsChange(against):
            return f"change of rows from {table_in_words(against)}"
        case Accuracy(reference, _, columns):
            return f"cells{' of ' if columns else ''}{', '.join(columns)} as in {reference}"
        case Drift(column, measure, against):
            named = table_in_words(against) if isinstance(against, str) else "what is written"
            return f"{measure} of {column} against {named}"
        case QueryBeside(query, other):
            return f"rows from: {shortened(query)} unlike those from {other}"


OfColumns = (
    Aggregate
    | ColumnType
    | ColumnAt
    | SetDifference
    | MostCommon
    | Quantiles
    | Divergence
    | Completeness
    | Age
)


def _of_columns(metric: OfColumns) -> str:  # noqa: PLR0911 - one phrase a metric
    match metric:
        case Aggregate(function, column):
            word = "distinct values" if function is Function.DISTINCT else function.value
            return f"{word} of {column}"
        case ColumnType(column):
            return f"type of {column}"
        case ColumnAt(index):
            return f"name of column {index}"
        case SetDifference(column):
            return f"different values of {column} beside a set"
        case MostCommon(column):
            return f"most common value of {column}"
        case Quantiles(column):
            return f"quantiles of {column}"
        case Divergence(column):
            return f"divergence of {column}"
        case Completeness(columns):
            return f"filled cells of {', '.join(columns)}" if columns else "filled cells"
        case Age(column):
            return f"age of the newest {column}" if column else "age of the newest delivery"


def _columns(names: Names) -> str:
    words = listed(names.names)
    match names.match:
        case Match.ORDERED:
            return f"columns {words}, in this order"
        case Match.SAME:
            return f"columns {words}, in any order"
        case Match.CONTAINS:
            return f"column {words} exists" if len(names.names) == 1 else f"columns {words} exist"


def _most(share: Share | Limit) -> str:
    """How many rows need not keep a rule; nothing where all must."""
    words = []
    if isinstance(share, Limit):
        words.append("all but " + ("1 row" if share.at_most == 1 else f"{share.at_most:,} rows"))
    if 0 < share.at_least < 1 or share == Share(0.0):
        words.append(f"at least {percent(100 * share.at_least)} of rows")
    return f", for {' and '.join(words)}" if words else ""


def _bound(metric: Metric, bound: Bound) -> str:
    match bound:
        case Range(low, high):
            if isinstance(metric, Completeness | ShareOf | RowsChange | Accuracy):
                low, high = _as_percent(low), _as_percent(high)
            if isinstance(metric, Age):
                return f"{ends(None, high, False, False)} hours"  # the low end goes without saying
            return ends(low, high, bound.strict_low, bound.strict_high)
        case Share(at_least) | Limit(_, at_least):
            return f"at least {percent(100 * at_least)}"
        case Outside(low, high):
            return f"not {ends(low, high, False, False)}"
        case Percent(inner):
            return f"{_bound(Rows(), inner)} percent of all rows"  # no share any more
        case Names(names):
            return f"among {listed(names)}"
        case Members(values):
            return f"one of {listed([plain(value) for value in values])}"
        case Ranges(ranges):
            return ", ".join(_bound(metric, one) for one in ranges)


def _as_percent(share: Scalar | None) -> str | None:
    return percent(100 * share) if isinstance(share, int | float) else None


def _view(view: View) -> str:
    parts = []
    if view.moments:
        parts.append(f", with {listed(view.moments)} read as timestamps")
    if view.only is not None:
        parts.append(f", where {condition_in_words(view.only)}")
    return "".join(parts)


def condition_in_words(condition: RowCondition) -> str:
    """Which rows meet a condition, as a short phrase.

    >>> condition_in_words(Any((Compare("Open", Operator.EQUAL, 1), Missing("Sales"))))
    'Open = 1 or Sales missing'
    """
    match condition:
        case All(conditions):
            return " and ".join(_inner(one) for one in conditions)
        case Any(conditions):
            return " or ".join(_inner(one) for one in conditions)
        case Not(inner):
            return f"not {_inner(inner)}"
        case Compare(column, operator, value):
            sign = "=" if operator is Operator.EQUAL else operator.value
            return f"{column} {sign} {plain(value)}"
        case Among(column, values):
            return f"{column} one of {listed([plain(value) for value in values])}"
        case NotAmong(column, values):
            return f"{column} none of {listed([plain(value) for value in values])}"
        case Missing(column):
            return f"{column} missing"
        case Present(column):
            return f"{column} not missing"


def _inner(condition: RowCondition) -> str:
    words = condition_in_words(condition)
    return f"({words})" if isinstance(condition, All | Any) else words


def _set(metric: SetDifference) -> str:
    values = listed([plain(value) for value in metric.values])
    match metric.side:
        case Side.UNEXPECTED:
            return f"values of {metric.column} only from {values}"
        case Side.ABSENT:
            return f"values of {metric.column} at least {values}"
        case Side.EITHER:
            return f"values of {metric.column} exactly {values}"


def _schema(metric: SchemaDifference) -> str:
    words = [name if kind is None else f"{name} {kind}" for name, kind in metric.declared]
    order = ", in this order" if metric.ordered else ""
    more = "" if metric.exact else ", and maybe more"
    return f"columns {listed(words)}{order}{more}"


def _quantiles(metric: Quantiles, ranges: Sequence[Range]) -> str:
    words = [
        f"{percent(100 * share)} {ends(one.low, one.high, one.strict_low, one.strict_high)}".strip()
        for share, one in zip(metric.shares, ranges, strict=True)
    ]
    return f"quantiles of {metric.column}: {', '.join(words)}"
