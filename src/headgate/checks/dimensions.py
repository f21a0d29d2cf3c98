"""The dimension of quality that a check is about, in the words of the Open Data Contract Standard."""

from __future__ import annotations

from enum import StrEnum

from headgate.checks.distributions import SetDifference
from headgate.checks.functions import Keeps
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
    Metric,
    NanFigure,
    NanRule,
    NotNull,
    Null,
    QueryBeside,
    Readable,
    Rows,
    RowsBeside,
    RowsChange,
    Rule,
    Seen,
    Unique,
)
from headgate.checks.pairs import PairRule
from headgate.checks.references import Reference
from headgate.checks.relative import NotOutlier, Ordered, ZScore
from headgate.checks.schemas import SchemaDifference

FORMS = (
    ColumnAt,
    ColumnCount,
    ColumnNames,
    ColumnType,
    Readable,
    SchemaDifference,
    SetDifference,
)
"""Metrics about names, types and the values that were agreed."""


class Dimension(StrEnum):
    """What is good about good data, in seven ways."""

    ACCURACY = "accuracy"  # it says what is the case
    COMPLETENESS = "completeness"  # what should be there is there
    CONFORMITY = "conformity"  # it has the form and the range that was agreed
    CONSISTENCY = "consistency"  # its parts agree with each other
    COVERAGE = "coverage"  # it is about everything it should be about
    TIMELINESS = "timeliness"  # it is as new as it should be
    UNIQUENESS = "uniqueness"  # nothing stands in it twice


def dimension_of(metric: Metric) -> Dimension:
    """The dimension that a metric is about, where nobody says another.

    >>> dimension_of(Failing(NotNull("Store")))
    <Dimension.COMPLETENESS: 'completeness'>
    """
    match metric:
        case Seen(inner) | FailingGroups(inner) | NanFigure(inner):
            return dimension_of(inner)
        case Failing(rule):
            return _of_rule(rule)
        case Completeness() | Aggregate(Function.FILLED):
            return Dimension.COMPLETENESS
        case Rows() | RowsChange():
            return Dimension.COVERAGE
        case RowsBeside() | QueryBeside():
            return Dimension.CONSISTENCY
        case Age():
            return Dimension.TIMELINESS
        case Aggregate(Function.DISTINCT | Function.UNIQUE):
            return Dimension.UNIQUENESS
    # the others are numbers and distributions, or a person's own query
    return Dimension.CONFORMITY if isinstance(metric, FORMS) else Dimension.ACCURACY


def _of_rule(rule: Rule) -> Dimension:
    match rule:
        case NanRule(inner):
            return _of_rule(inner)
        case NotNull() | Null():
            return Dimension.COMPLETENESS
        case Unique():
            return Dimension.UNIQUENESS
        case ZScore() | NotOutlier():
            return Dimension.ACCURACY
        case Ordered() | Reference():
            return Dimension.CONSISTENCY
        case Keeps():
            return Dimension.ACCURACY
    return Dimension.CONSISTENCY if isinstance(rule, PairRule) else Dimension.CONFORMITY
