"""What values a column holds, and how often: sets, the most common one, quantiles, divergence.

Each is one statement over the different values of a column, however many rows there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any

from msgspec import Struct

from headgate.checks.measured import Value
from headgate.checks.questions import Statement
from headgate.checks.sql import Sql, bound, joined, leaving, not_among, present, written
from headgate.checks.typed import (
    Comparable,
    a_kind,
    arrived,
    column_of,
    comparable,
    is_number,
    operand,
    sorted_out,
    unordered,
)
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType

MOST = 1_000_000
"""How many different values are fetched at most; with more a metric is not measured."""

EXAMPLES = 20


class Side(StrEnum):
    """Which differences between a column's values and a set are counted."""

    UNEXPECTED = "unexpected"  # values that are not in the set
    ABSENT = "absent"  # members of the set that are no value
    EITHER = "either"


class SetDifference(Struct, frozen=True):
    """How many different values differ from a set; missing values are none."""

    column: str
    values: tuple[Scalar, ...]
    side: Side = Side.EITHER


class MostCommon(Struct, frozen=True):
    """The value that occurs most often; several, where they occur equally often."""

    column: str


class Nearest(StrEnum):
    """Which value is a quantile that lies between two of them."""

    NEAREST = "nearest"
    LOWER = "lower"
    HIGHER = "higher"
    MIDPOINT = "midpoint"
    LINEAR = "linear"


class Quantiles(Struct, frozen=True):
    """The values at these shares of the sorted column, as pandas and numpy place them."""

    column: str
    shares: tuple[float, ...]
    nearest: Nearest = Nearest.NEAREST


class Weights(Struct, frozen=True):
    """How often each of some values is expected; the weights add up to one."""

    values: tuple[Scalar, ...]
    weights: tuple[float, ...]


class Histogram(Struct, frozen=True):
    """How often values between edges are expected: from an edge on, up to the next one.

    The last bin has its upper edge too. `tails` are expected below and above all of them.
    """

    edges: tuple[float, ...]
    weights: tuple[float, ...]
    tails: tuple[float, float] | None = None


class Divergence(Struct, frozen=True):
    """The Kullback-Leibler divergence of a column from what is expected, in nats.

    The holdouts are taken from the expected weights and given to what was not expected: beyond
    the edges, or to values not named; and to bins that are expected to be empty.
    """

    column: str
    expected: Weights | Histogram
    tail_holdout: float = 0.0
    inner_holdout: float = 0.0


Distribution = SetDifference | MostCommon | Quantiles | Divergence


def statements(metric: Distribution, schema: Schema, relation: Sql) -> list[Statement]:
    """What is asked to measure it, in the order that `measured` reads.

    Raises DeclarationError where it does not fit the column's type.
    """
    column = column_of(schema, metric.column)
    if unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which cannot be compared")
    match metric:
        case SetDifference():
            return _set_statements(metric, column, relation)
        case MostCommon():
            return [Statement(_modes(column, relation))]
        case Quantiles():
            return [Statement(_ranked(metric, column, relation))]
        case Divergence(_, expected):
            if isinstance(expected, Weights):
                return [Statement(_frequencies(column, relation))]
            return [Statement(_binned(expected, column, relation))]


def measured(metric: Distribution, schema: Schema, answers: Sequence[Any]) -> Value:
    """The metric, from the rows of its statements."""
    column = column_of(schema, metric.column)
    match metric:
        case SetDifference():
            return _differences(metric, column, answers)
        case MostCommon():
            modes = tuple(arrived(column, value) for (value,) in answers[0])
            return Value(_few(modes, column), column)
        case Quantiles():
            return Value(_quantiles(metric, column, answers[0]), column)
        case Divergence(_, expected):
            if isinstance(expected, Weights):
                return _of_values(metric, expected, column, _few(answers[0], column))
            return _of_bins(metric, expected, answers[0][0])


def _few(rows: Any, column: Column) -> Any:
    if len(rows) > MOST:
        raise DeclarationError(f"{column.name} has more than {MOST:,} different values")
    return rows


# ------------------------------------------------------------------ sets


def _set_statements(metric: SetDifference, column: Column, relation: Sql) -> list[Statement]:
    held, _ = sorted_out(column, metric.values)
    others = written(" AND ", not_among(column, held)) if held else Sql("")
    value = operand(column)
    distinct = written(
        f"SELECT DISTINCT {value} AS v FROM ",  # noqa: S608 - names are quoted
        relation,
        " WHERE ",
        present(column),
        others,
    )
    words = "v" if is_number(column) else "CAST(v AS VARCHAR)"
    strangers = written(f"SELECT count(*), min({words}, {EXAMPLES}) FROM (", distinct, ")")  # noqa: S608
    if not held:
        return [Statement(strangers)]
    rows = joined(", ", [written(f"({n}, ", bound(column, one), ")") for n, one in enumerate(held)])
    there = written("EXISTS (SELECT 1 FROM ", relation, f" WHERE {value} = m.v)")
    absent = written("SELECT i FROM (VALUES ", rows, ") AS m(i, v) WHERE NOT ", there)
    return [Statement(strangers), Statement(absent)]


def _differences(metric: SetDifference, column: Column, answers: Sequence[Any]) -> Value:
    held, others = sorted_out(column, metric.values)
    [(count, examples)] = answers[0]
    absent = [held[place] for (place,) in sorted(answers[1])] if held else []
    gone = [*absent, *others]
    details: dict[str, object] = {}
    if metric.side is not Side.ABSENT:
        details["unexpected_values"] = count
        details["unexpected_examples"] = list(examples or [])
    if metric.side is not Side.UNEXPECTED:
        details["absent_values"] = len(gone)
        details["absent_examples"] = gone[:EXAMPLES]
    counted = {Side.UNEXPECTED: count, Side.ABSENT: len(gone), Side.EITHER: count + len(gone)}
    return Value(counted[metric.side], details=details)


# ------------------------------------------------------------------ frequencies and quantiles


def _frequencies(column: Column, relation: Sql) -> Sql:
    value = leaving(column, operand(column))
    return written(
        f"SELECT {value}, count(*) FROM ",  # noqa: S608 - names are quoted
        relation,
        " WHERE ",
        present(column),
        f" GROUP BY 1 LIMIT {MOST + 1}",
    )


def _modes(column: Column, relation: Sql) -> Sql:
    return written(
        f"SELECT {leaving(column, 'v')} FROM (SELECT {operand(column)} AS v, count(*) AS n FROM ",  # noqa: S608
        relation,
        " WHERE ",
        present(column),
        f" GROUP BY 1) QUALIFY n = max(n) OVER () ORDER BY v LIMIT {MOST + 1}",
    )


def _ranked(metric: Quantiles, column: Column, relation: Sql) -> Sql:
    """How many values there are, and for each share those at the whole places around it."""
    require_order(metric, column)
    chosen = [
        Sql(leaving(column, one.sql), one.parameters)
        for share in metric.shares
        for one in around(share)
    ]
    counted = written(
        f"SELECT {operand(column)} AS v, count(*) AS c FROM ",  # noqa: S608 - names are quoted
        relation,
        " WHERE ",
        present(column),
        " GROUP BY 1",
    )
    upto = "sum(c) OVER (ORDER BY v) AS upto, sum(c) OVER () AS n"
    figures = joined(", ", [Sql("max(n)"), *chosen])
    return written("SELECT ", figures, f" FROM (SELECT v, {upto} FROM (", counted, "))")  # noqa: S608


def require_order(metric: Quantiles, column: Column) -> None:
    """Raises DeclarationError where the column has no such quantiles."""
    if unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which cannot be compared")
    if metric.nearest in {Nearest.LINEAR, Nearest.MIDPOINT} and not is_number(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which has no values between")


def around(share: float) -> list[Sql]:
    """The values at the whole places around a share, of rows `v` with `upto` values up to them.

    There are `n` values.
    """
    places = (f"{rounded}(? * (n - 1))" for rounded in ("floor", "ceil"))
    return [Sql(f"min(v) FILTER (WHERE upto > {place})", (share,)) for place in places]


def _quantiles(metric: Quantiles, column: Column, rows: Any) -> tuple[Comparable, ...]:
    [(count, *ends)] = rows
    if not count:
        return (None,) * len(metric.shares)
    values = [arrived(column, value) for value in ends]
    found = []
    for number, share in enumerate(metric.shares):
        place = share * (int(count) - 1)
        low, high = values[2 * number], values[2 * number + 1]
        found.append(_between(metric.nearest, place, low, high))
    return tuple(found)


def _between(nearest: Nearest, place: float, low: Comparable, high: Comparable) -> Comparable:
    match nearest:
        case Nearest.NEAREST:
            return low if round(place) == math.floor(place) else high  # a half goes to the even
        case Nearest.LOWER:
            return low
        case Nearest.HIGHER:
            return high
    if low == high:
        return low
    part = 0.5 if nearest is Nearest.MIDPOINT else place - math.floor(place)
    # as shares of both, so that what lies beside an infinity is infinite and not unknown
    return float(low) * (1 - part) + float(high) * part


# ------------------------------------------------------------------ divergence


def _binned(expected: Histogram, column: Column, relation: Sql) -> Sql:
    """How many values are below, in each bin, and above."""
    if not is_number(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, and only numbers have bins")
    value, edges = operand(column), expected.edges
    parts = [Sql(f"{value} < ?", (edges[0],))]
    for number, (low, high) in enumerate(pairwise(edges)):
        sign = "<=" if number == len(edges) - 2 else "<"
        parts.append(Sql(f"{value} >= ? AND {value} {sign} ?", (low, high)))
    parts.append(Sql(f"{value} > ?", (edges[-1],)))
    counted = [written("count(*) FILTER (WHERE ", part, ")") for part in parts]
    return written("SELECT ", joined(", ", counted), " FROM ", relation, " WHERE ", present(column))


def _of_values(
    metric: Divergence, given: Weights, column: Column, rows: Sequence[tuple[Any, int]]
) -> Value:
    found: dict[Comparable, int] = {arrived(column, value): n for value, n in rows}
    expected: dict[Comparable, float] = {}
    for value, weight in zip(given.values, given.weights, strict=True):
        expected[_member(column, value)] = weight
    others = [value for value in found if value not in expected]
    scale = 1 - metric.tail_holdout if others else 1.0
    wanted = {value: weight * scale for value, weight in expected.items()}
    wanted |= {value: metric.tail_holdout / len(others) for value in others}
    observed = [float(found.get(value, 0)) for value in wanted]
    return Value(divergence(observed, list(wanted.values())))


def _member(column: Column, value: Scalar) -> Comparable:
    """The value as the column would hold it, or something that it cannot hold."""
    try:
        return comparable(column, value)
    except DeclarationError:
        return LogicalType.OBJECT, value


def _of_bins(metric: Divergence, expected: Histogram, row: Sequence[int]) -> Value:
    """The bins and the tails beyond them, as Great Expectations weighs them."""
    below, *bins, above = (float(count) for count in row)
    scale = 1 - metric.tail_holdout - metric.inner_holdout
    weights = [weight * scale for weight in expected.weights]
    if metric.inner_holdout > 0 and (zeros := weights.count(0)):
        weights = [weight or metric.inner_holdout / zeros for weight in weights]
    open_low, open_high = (math.isinf(expected.edges[place]) for place in (0, -1))
    tail = metric.tail_holdout
    if expected.tails is not None:
        low, high = expected.tails
    else:
        low = high = tail if open_low or open_high else tail / 2
    if not open_low:
        bins, weights = [below, *bins], [low, *weights]
    if not open_high:
        bins, weights = [*bins, above], [*weights, high]
    return Value(divergence(bins, weights))


def divergence(observed: Sequence[float], expected: Sequence[float]) -> float | None:
    """The Kullback-Leibler divergence, in nats, of what was observed from what was expected.

    Both are made to add up to one. None where nothing was observed.

    >>> divergence([1, 1], [0.5, 0.5])
    0.0
    """
    seen, wanted = math.fsum(observed), math.fsum(expected)
    if not seen or not wanted:
        return None
    total = 0.0
    for count, weight in zip(observed, expected, strict=True):
        share, hoped = count / seen, weight / wanted
        if share and not hoped:
            return math.inf
        total += share * math.log(share / hoped) if share else 0.0
    return max(total, 0.0)


def as_details(details: Mapping[str, Any]) -> str:
    """The differences from a set in words; nothing where there are none."""
    parts = []
    for key, word in (("unexpected", "unexpected"), ("absent", "absent")):
        if count := details.get(f"{key}_values"):
            shown = ", ".join(str(one) for one in details[f"{key}_examples"][:3])
            parts.append(f"{count:,} {word} ({shown}{', …' if count > 3 else ''})")
    return ", ".join(parts)
