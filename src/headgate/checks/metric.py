"""One number, or one short fact, about a table.

A metric says what is measured and nothing about what is good: the same metric is profiled when it
stands alone, validated under a declared bound, and watched under a learned one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from headgate.checks.accuracy import Accuracy
from headgate.checks.conditions import View, columns_in
from headgate.checks.distributions import Distribution, Quantiles
from headgate.checks.drift import Drift
from headgate.checks.formats import Formatted
from headgate.checks.functions import Figure, Keeps
from headgate.checks.multiples import MultipleOf
from headgate.checks.nan import Nan
from headgate.checks.pairs import Ignore, PairRule
from headgate.checks.queries import QueryBeside, QueryMetric, QueryRows, QueryValue
from headgate.checks.references import Reference
from headgate.checks.relative import Ordered, RelativeRule
from headgate.checks.schemas import SchemaDifference
from headgate.checks.shares import ShareOf
from headgate.checks.texts import PatternRule, ReadRule
from headgate.schema.statistics import Scalar

if TYPE_CHECKING:
    from headgate.checks.check import Limit, Range, Ranges, Share

# ------------------------------------------------------------------ rules: what a row must keep


class NotNull(Struct, frozen=True):
    """The value is there. NaN counts as missing, as in Great Expectations."""

    column: str


class Null(Struct, frozen=True):
    """The value is not there. NaN counts as missing here too."""

    column: str


class Between(Struct, frozen=True):
    """The value lies between two ends; an end of None is open.

    An end is compared in the type of the column: ISO 8601 text beside a date, text beside text.
    """

    column: str
    low: Scalar | None = None
    high: Scalar | None = None
    strict_low: bool = False
    strict_high: bool = False


class OneOf(Struct, frozen=True):
    """The value is one of these."""

    column: str
    values: tuple[Scalar, ...]


class NoneOf(Struct, frozen=True):
    """The value is none of these."""

    column: str
    values: tuple[Scalar, ...]


class Matches(Struct, frozen=True):
    """The text contains a match of a regular expression (unanchored, as in Great Expectations)."""

    column: str
    pattern: str


class NotMatches(Struct, frozen=True):
    """The text contains no match of a regular expression."""

    column: str
    pattern: str


class Length(Struct, frozen=True):
    """The text has this many characters (code points); an end of None is open."""

    column: str
    low: float | None = None
    high: float | None = None
    strict_low: bool = False
    strict_high: bool = False


class Unique(Struct, frozen=True):
    """No other row has the same values; every member of a duplicate group fails.

    With columns in `within`, no other row of the same group of rows has them.
    """

    columns: tuple[str, ...]
    ignore: Ignore = Ignore.ALL_MISSING
    within: tuple[str, ...] = ()


ColumnRule = (
    NotNull
    | Null
    | Between
    | OneOf
    | NoneOf
    | Matches
    | NotMatches
    | Length
    | PatternRule
    | RelativeRule
    | Formatted
    | MultipleOf
)
"""Rules that SQL can judge one row by, beside what is said of the whole column."""


class NanRule(Struct, frozen=True):
    """A rule to which NaN is a value, or which every NaN breaks."""

    rule: Rule
    nan: Nan


Rule: TypeAlias = ColumnRule | PairRule | ReadRule | Ordered | Unique | Reference | Keeps | NanRule

# ------------------------------------------------------------------ metrics


class Rows(Struct, frozen=True):
    """How many rows the table has."""


class RowsBeside(Struct, frozen=True):
    """How many rows the table has more than another one of the same release."""

    other: str


class RowsChange(Struct, frozen=True):
    """By what share the number of rows differs from that of another table, or of a release."""

    against: str


class ColumnNames(Struct, frozen=True):
    """The names of the columns, in order."""


class ColumnCount(Struct, frozen=True):
    """How many columns there are."""


class ColumnAt(Struct, frozen=True):
    """The name of the column at a place, counted from 0, or from the end with -1."""

    index: int


class ColumnType(Struct, frozen=True):
    """The type of one column."""

    column: str


class Failing(Struct, frozen=True):
    """How many rows break a rule, among those the rule does not ignore."""

    rule: Rule


class Function(StrEnum):
    """An aggregate of one column; nulls and NaN are left out, stdev is that of a sample."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    STDEV = "stdev"
    MEDIAN = "median"
    DISTINCT = "distinct"
    FILLED = "filled share"  # of all rows, those with a value; 0 where there is no row
    UNIQUE = "distinct share"  # of the values, those that differ; 0 where there is none


class Aggregate(Struct, frozen=True):
    """One number made of all values of a column."""

    function: Function
    column: str


class Completeness(Struct, frozen=True):
    """The share of cells that are there; no columns means all of them."""

    columns: tuple[str, ...] = ()


class Age(Struct, frozen=True):
    """Hours from the newest value of a date or timestamp column to now.

    Without a column: from the newest delivery, as the judge is told it.
    """

    column: str | None = None


AHEAD = 24.0
"""Hours that the newest value may lie ahead of now, as the day has begun elsewhere already.

One further ahead is no moment of this data, such as 9999-12-31, and would hide how old the rest is.
"""


class Readable(Struct, frozen=True):
    """How many rows of a delivery could not be read as what they were declared to be."""


class NanFigure(Struct, frozen=True):
    """A number made of a column that is NaN itself where the column holds one.

    To the number of different values, and to shares of them, NaN may be one of the values.
    """

    metric: Aggregate | Quantiles
    nan: Nan


class FailingGroups(Struct, frozen=True):
    """How many groups of rows have a metric outside its bound.

    Rows are a group where they agree in some columns; a missing value agrees with a missing one.
    """

    metric: Plain
    bound: Share | Limit | Range | Ranges
    by: tuple[str, ...]


class Impossible(Struct, frozen=True):
    """Something that was promised and that nothing here can measure, and why."""

    why: str


Plain: TypeAlias = (
    Readable
    | Impossible
    | Rows
    | RowsBeside
    | RowsChange
    | ColumnNames
    | ColumnCount
    | ColumnAt
    | ColumnType
    | Failing
    | Aggregate
    | Completeness
    | Age
    | Distribution
    | Drift
    | Figure
    | Accuracy
    | QueryMetric
    | FailingGroups
    | NanFigure
    | SchemaDifference
    | ShareOf
)
"""A metric of the whole table."""


class Seen(Struct, frozen=True):
    """A metric of some rows of the table, or of text read as timestamps."""

    metric: Plain
    view: View


Metric: TypeAlias = Plain | Seen


def plainly(metric: Metric) -> Plain:
    """The metric of the rows in view, whatever the view."""
    return metric.metric if isinstance(metric, Seen) else metric


def view_of(metric: Metric) -> View:
    """The rows that a metric is of: all of them, unless it says which."""
    return metric.view if isinstance(metric, Seen) else View()


def columns_of(subject: Metric | Rule) -> tuple[str, ...]:
    """The columns that a metric or a rule speaks of; none where it is about the whole table.

    >>> columns_of(Failing(Unique(("Store", "Date"))))
    ('Store', 'Date')
    """
    match subject:
        case Failing(rule) | NanRule(rule):
            return columns_of(rule)
        case Seen(metric) | NanFigure(metric):
            return columns_of(metric)
        case FailingGroups(metric, _, by):
            return tuple(dict.fromkeys((*columns_of(metric), *by)))
        case SchemaDifference(declared):
            return tuple(name for name, _ in declared)
        case ShareOf(condition):
            return columns_in(condition)
    several: tuple[str, ...] = getattr(subject, "columns", ())
    one: str | None = getattr(subject, "column", None)
    return several if one is None else (one,)


def functions_of(metric: Metric) -> tuple[Keeps | Figure, ...]:
    """What a function of the project has to say for a metric."""
    match metric:
        case Seen(inner):
            return functions_of(inner)
        case Failing(Keeps() as one) | (Figure() as one):
            return (one,)
        case _:
            return ()


def tables_of(metric: Metric) -> tuple[str, ...]:
    """The other tables that a metric speaks of, and the releases: see `released`.

    >>> tables_of(RowsBeside("train_clean"))
    ('train_clean',)
    """
    match metric:
        case Seen(inner):
            return tables_of(inner)
        case RowsBeside(other) | QueryBeside(other=other) | Failing(Reference(to=other)):
            return (other,)
        case Drift(against=str() as other) | RowsChange(other) | Accuracy(other):
            return (other,)
        case _:
            return ()


__all__ = [
    "Age",
    "Aggregate",
    "Between",
    "ColumnAt",
    "ColumnCount",
    "ColumnNames",
    "ColumnRule",
    "ColumnType",
    "Completeness",
    "Failing",
    "FailingGroups",
    "Function",
    "Ignore",
    "Impossible",
    "Length",
    "Matches",
    "Metric",
    "NanFigure",
    "NanRule",
    "NoneOf",
    "NotMatches",
    "NotNull",
    "Null",
    "OneOf",
    "Plain",
    "QueryBeside",
    "QueryRows",
    "QueryValue",
    "Readable",
    "Rows",
    "RowsBeside",
    "RowsChange",
    "Rule",
    "Seen",
    "Unique",
    "columns_of",
    "plainly",
    "tables_of",
    "view_of",
]
