"""Numbers made of a column that may hold NaN, where NaN is not simply left out."""

from __future__ import annotations

import math

from headgate.checks.distributions import Quantiles
from headgate.checks.measured import Measured, Value
from headgate.checks.metric import Aggregate, Function, NanFigure
from headgate.checks.nan import Nan


def beside_nan(metric: NanFigure, found: Measured, nans: int) -> Measured:
    """The metric, from what it is without the NaN, and how many of these there are."""
    if not nans:
        return found
    assert isinstance(found, Value)
    details: dict[str, object] = {"nan": nans}
    if isinstance(metric.metric, Quantiles):
        return Value((math.nan,) * len(metric.metric.shares), found.column, details)
    if _is_counted(metric.metric, metric.nan):
        return Value(found.value + 1)
    return Value(math.nan, found.column, details)


def figure_beside_nan(metric: NanFigure, figure: str, held: str) -> str:
    """The same in SQL: from the aggregate without NaN, and where a row holds one."""
    assert isinstance(metric.metric, Aggregate)
    if _is_counted(metric.metric, metric.nan):
        return f"{figure} + CAST(coalesce(bool_or({held}), false) AS INTEGER)"
    return f"CASE WHEN bool_or({held}) THEN CAST('NaN' AS DOUBLE) ELSE {figure} END"


def _is_counted(metric: Aggregate, nan: Nan) -> bool:
    """Whether NaN is one more of the different values."""
    return metric.function is Function.DISTINCT and nan is Nan.VALUE
