"""Metrics that follow from what is measured of each part of a table alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from headgate.checks.asked import Asked
from headgate.checks.distributions import (
    EXAMPLES,
    Distribution,
    Divergence,
    Histogram,
    MostCommon,
    Nearest,
    Quantiles,
    SetDifference,
    measured,
)
from headgate.checks.known import nothing
from headgate.checks.measured import Beside, Counted, Measured, Value
from headgate.checks.metric import (
    Aggregate,
    Completeness,
    Failing,
    Function,
    Plain,
    Unique,
)
from headgate.checks.pieces import (
    Body,
    Frequencies,
    Moments,
    Order,
    Piece,
    Spread,
    Together,
    Twins,
)
from headgate.checks.proof import unjudged_known
from headgate.checks.questions import Answers, Count, Reading
from headgate.checks.relative import Ordered
from headgate.checks.rules import unjudged
from headgate.checks.scan import asked, put_together
from headgate.checks.shares import ShareOf
from headgate.checks.tally import ERROR, Tally, can_tally
from headgate.checks.typed import Comparable, column_of, is_number, sorted_out
from headgate.schema.schema import Column


def pieces_of(metric: Plain, place: Asked) -> tuple[Piece, ...]:
    """What to measure of each part so that the metric follows; nothing where it does not.

    Raises DeclarationError where the metric does not fit the table.
    """
    schema = place.table.schema
    match metric:
        case Failing(Unique() | Ordered() as rule):
            return _of_many_rows(rule, place)
        case Aggregate(function, name):
            return _of_aggregate(function, column_of(schema, name))
        case SetDifference() | MostCommon() | Quantiles() | Divergence():
            column = column_of(schema, metric.column)
            return (Frequencies(column),) if can_tally(column) else ()
        case Failing() | Completeness() | ShareOf():
            questions = asked(metric, place)
            mergeable = [
                one for one in questions if isinstance(one, Count | Reading) and _of_one_row(one)
            ]
            return tuple(mergeable) if len(mergeable) == len(questions) else ()
        case _:
            return ()


def follows(
    metric: Plain, place: Asked, facts: Beside, bodies: Mapping[Piece, Body | Exception]
) -> Measured | None:
    """The metric of the whole table; None where the table must be read after all.

    Raises what came up while a piece was measured.
    """
    found = {piece: _there(bodies[piece]) for piece in pieces_of(metric, place)}
    match metric:
        case Failing(Unique() | Ordered() as rule):
            return _counted(rule, place, list(found.values()))
        case Aggregate(function):
            [body] = found.values()
            return _aggregate(function, body)
        case SetDifference() | MostCommon() | Quantiles() | Divergence():
            [body] = found.values()
            return _distribution(metric, place, body)
        case _:
            answers: Answers = {
                one: body for one, body in found.items() if isinstance(one, Count | Reading)
            }
            return put_together(metric, place, facts, answers)


def _of_one_row(question: Count | Reading) -> bool:
    """Whether the answer depends on each row alone: other rows are in a query of their own."""
    if isinstance(question, Reading):
        return True
    return not question.condition.beside and "(SELECT" not in question.condition.sql


def _there(body: Body | Exception) -> Body:
    if isinstance(body, Exception):
        raise body
    return body


# ------------------------------------------------------------------ keys and aggregates


def _of_many_rows(rule: Unique | Ordered, place: Asked) -> tuple[Piece, ...]:
    """What says how many rows break a rule about several rows, and how many it leaves out."""
    schema = place.table.schema
    match rule:
        case Unique():
            broken: Piece = Twins(rule)
        case Ordered(name):
            column = column_of(schema, name)
            if not can_tally(column):
                return ()
            broken = Order(rule, column)
    known = unjudged_known(rule, place.table) is not None
    return (broken,) if known else (broken, Count(unjudged(rule, schema)))


def _counted(rule: Unique | Ordered, place: Asked, bodies: Sequence[Body]) -> Counted | None:
    broken, *unknown = bodies
    if broken is None:
        return None
    [gone] = unknown or [unjudged_known(rule, place.table)]
    rows = broken.rows if isinstance(broken, Together) else broken[0]
    return Counted(place.table.rows, gone, rows)


def _of_aggregate(function: Function, column: Column) -> tuple[Piece, ...]:
    match function:
        case Function.MEAN | Function.SUM:
            return (Moments(column),)
        case Function.STDEV:
            return (Spread(column),)
        case Function.MEDIAN | Function.DISTINCT | Function.UNIQUE if can_tally(column):
            return (Frequencies(column),)
        case _:
            return ()


def _aggregate(function: Function, body: Any) -> Value | None:
    match function:
        case Function.MEAN | Function.SUM:
            count, total = body
            if not count:
                return nothing(function)
            return Value(total if function is Function.SUM else float(total) / count)
        case Function.STDEV:
            return _deviation(*body)
        case _:
            return _of_tally(function, body)


def _deviation(count: int, _: float, squares: float) -> Value | None:
    if count < 2:
        return nothing(Function.STDEV)
    if not math.isfinite(squares):
        return None  # too large for a double, which the engine has its own word for
    return Value(math.sqrt(squares / (count - 1)))


def _of_tally(function: Function, tally: Tally | None) -> Value | None:
    if tally is None:
        return None
    if not tally.different:
        return nothing(function)
    if function is Function.MEDIAN:
        return _median(tally)
    if tally.binned:
        return None
    shared = function is Function.UNIQUE
    return Value(tally.different / tally.total if shared else tally.different)


def _median(tally: Tally) -> Value | None:
    low, high = tally.at([(tally.total - 1) // 2, tally.total // 2])
    if not math.isfinite(low) or not math.isfinite(high):
        return None
    return _roughly((low + high) / 2, None, _error(tally, low, high))


# ------------------------------------------------------------------ distributions


def _distribution(metric: Distribution, place: Asked, tally: Tally | None) -> Value | None:
    column = column_of(place.table.schema, metric.column)
    if tally is None or (tally.binned and not isinstance(metric, Quantiles)):
        return None
    match metric:
        case Quantiles():
            return _quantiles(metric, place, column, tally)
        case SetDifference():
            rows: Sequence[Any] = _differences(metric, column, tally)
        case MostCommon():
            counts = tally.counts
            most = max(counts.values(), default=0)
            rows = [sorted((value,) for value, count in counts.items() if count == most)]
        case Divergence(_, Histogram() as expected):
            rows = [[_binned(expected, tally)]]
        case Divergence():
            rows = [list(tally.counts.items())]
    return measured(metric, place.table.schema, rows)


def _quantiles(metric: Quantiles, place: Asked, column: Column, tally: Tally) -> Value | None:
    between = metric.nearest in {Nearest.LINEAR, Nearest.MIDPOINT}
    if between and not is_number(column):
        return None
    places = [share * (tally.total - 1) for share in metric.shares]
    ranks = [rank for place in places for rank in (math.floor(place), math.ceil(place))]
    ends = tally.at(ranks) if tally.different else [None] * len(ranks)
    found = measured(metric, place.table.schema, [[(tally.total, *ends)]])
    if not tally.binned:
        return found
    errors = [_error(tally, *ends[2 * n : 2 * n + 2]) for n in range(len(places))]
    return _roughly(found.value, found.column, tuple(errors))


def _roughly(value: Comparable, column: Column | None, error: float | tuple[float, ...]) -> Value:
    details = {"error": error} if error else {}
    return Value(value, column, details, error)


def _error(tally: Tally, *ends: float) -> float:
    return ERROR * max(abs(end) for end in ends) if tally.binned else 0.0


def _differences(metric: SetDifference, column: Column, tally: Tally) -> list[Any]:
    held, _ = sorted_out(column, metric.values)
    known = set(held)
    counts = tally.counts
    strangers = [value for value in counts if value not in known]
    words = strangers if is_number(column) else [str(value) for value in strangers]
    first = [(len(strangers), sorted(words)[:EXAMPLES])]
    absent = [(place,) for place, value in enumerate(held) if value not in counts]
    return [first, absent] if held else [first]


def _binned(expected: Histogram, tally: Tally) -> list[int]:
    edges = expected.edges
    counts = [0] * (len(edges) + 1)
    for value, count in tally.counts.items():
        counts[_bin(value, edges)] += count
    return counts


def _bin(value: float, edges: Sequence[float]) -> int:
    """0 below the edges, then a bin each, and the last one beyond them."""
    if value < edges[0]:
        return 0
    for number, (_, high) in enumerate(pairwise(edges)):
        if value < high or (value == high == edges[-1]):
            return number + 1
    return len(edges)
