"""Expectations about all values of a column together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from headgate.checks.check import Bound, Members, Range, Ranges
from headgate.checks.distributions import (
    Divergence,
    Histogram,
    MostCommon,
    Nearest,
    Quantiles,
    SetDifference,
    Side,
    Weights,
)
from headgate.checks.keywords import Keywords, is_number, is_scalar
from headgate.checks.metric import Aggregate, Function, Plain
from headgate.errors import DeclarationError

Judged = tuple[Plain, Bound]
ORDERED = {Function.MIN, Function.MAX}


def aggregate(function: Function) -> Callable[[Keywords], Judged]:
    """A reader of an aggregate with its bounds."""

    def judged(given: Keywords) -> Judged:
        span = Range(*(given.ends() if function in ORDERED else given.number_ends()))
        return Aggregate(function, given.text("column")), span

    return judged


def distinct(side: Side) -> Callable[[Keywords], Judged]:
    """A reader of a set that the different values of a column are held against."""

    def judged(given: Keywords) -> Judged:
        values = given.values("value_set")
        if not values and side is Side.UNEXPECTED:
            raise given.wrong("value_set", "a list with at least one value")
        return SetDifference(given.text("column"), values, side), Range(0, 0)

    return judged


def most_common(given: Keywords) -> Judged:
    ties = given.flag("ties_okay", default=False)
    return MostCommon(given.text("column")), Members(given.values("value_set"), ties)


# ------------------------------------------------------------------ quantiles


def quantiles(given: Keywords) -> Judged:
    name = "quantile_ranges"
    value = given.members(name)
    shares, ranges = value.get("quantiles"), value.get("value_ranges")
    if set(value) != {"quantiles", "value_ranges"} or not isinstance(shares, list):
        raise given.wrong(name, "an object with 'quantiles' and 'value_ranges'")
    if not shares or not all(is_number(one) and 0 <= one <= 1 for one in shares):
        raise given.wrong(name, "about quantiles from 0 to 1")
    if not isinstance(ranges, list) or len(ranges) != len(shares):
        raise given.wrong(name, "an object with one range for each quantile")
    spans = Ranges(tuple(_range(given, one) for one in ranges))
    metric = Quantiles(given.text("column"), tuple(map(float, shares)), _nearest(given))
    return metric, spans


def _range(given: Keywords, ends: Any) -> Range:
    wanted = "about ranges of two ends, [low, high], where null is open"
    if not isinstance(ends, list) or len(ends) != 2:
        raise given.wrong("quantile_ranges", wanted)
    for end in ends:
        if end is not None and not is_number(end) and not isinstance(end, str):
            raise given.wrong("quantile_ranges", wanted)
    low, high = ends
    if low is not None and high is not None and (type(low) is str) != (type(high) is str):
        raise given.wrong("quantile_ranges", wanted)
    if low is not None and high is not None and low > high:
        raise given.wrong("quantile_ranges", "about ranges whose low end is not above the high one")
    return Range(low, high)


def _nearest(given: Keywords) -> Nearest:
    value = given.get("allow_relative_error")
    if value is None or isinstance(value, bool):
        return Nearest.NEAREST  # no error is made, whether it would be allowed or not
    words = [one.value for one in Nearest]
    return Nearest(given.one_of("allow_relative_error", words, Nearest.NEAREST))


# ------------------------------------------------------------------ divergence


def divergence(given: Keywords) -> Judged:
    given.flag("bucketize_data", default=True)
    tail, inner = (_share(given, name) for name in ("tail_weight_holdout", HOLDOUT))
    threshold = given.number("threshold")
    if threshold < 0:
        raise given.wrong("threshold", "not negative")
    expected = _expected(given, given.members("partition_object"))
    _fits(given, expected, tail, inner)
    for name in ("min_value", "max_value"):
        if given.get(name) is not None:  # Great Expectations takes them, and does nothing with them
            raise DeclarationError(f"{given.kind}: {name} says nothing here", given.where)
    metric = Divergence(given.text("column"), expected, tail, inner)
    return metric, Range(None, threshold)


HOLDOUT = "internal_weight_holdout"


def _share(given: Keywords, name: str) -> float:
    value = given.number(name, 0)
    if not 0 <= value <= 1:
        raise given.wrong(name, "a number from 0 to 1")
    return float(value)


def _expected(given: Keywords, partition: Mapping[str, Any]) -> Weights | Histogram:
    name = "partition_object"
    weights = _numbers(given, partition.get("weights"))
    match partition:
        case {"values": list() as values, "weights": _, **others} if not others:
            if len(values) != len(weights) or not all(map(is_scalar, values)):
                raise given.wrong(name, "an object with one weight for each plain value")
            if len(set(values)) < len(values):
                raise given.wrong(name, "an object that names each value once")
            found: Weights | Histogram = Weights(tuple(values), weights)
        case {"bins": _, "weights": _, **others} if set(others) <= {"tail_weights"}:
            edges = _numbers(given, partition["bins"])
            if len(edges) != len(weights) + 1 or any(a >= b for a, b in pairwise(edges)):
                raise given.wrong(name, "an object with one growing edge more than weights")
            found = Histogram(edges, weights, _tails(given, others.get("tail_weights")))
        case _:
            raise given.wrong(name, "an object with 'weights' and 'values', or 'bins'")
    beyond = (found.tails or ()) if isinstance(found, Histogram) else ()
    if not math.isclose(math.fsum([*weights, *beyond]), 1, rel_tol=1e-5, abs_tol=1e-8):
        raise given.wrong(name, "an object whose weights add up to 1")
    return found


def _numbers(given: Keywords, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value or not all(map(is_number, value)):
        raise given.wrong("partition_object", "an object with lists of numbers")
    return tuple(map(float, value))


def _tails(given: Keywords, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    tails = _numbers(given, value)
    if len(tails) != 2:
        raise given.wrong("partition_object", "an object with two tail_weights")
    return tails[0], tails[1]


def _fits(given: Keywords, expected: Weights | Histogram, tail: float, inner: float) -> None:
    """Raises DeclarationError where a holdout has nothing that it could be given to."""
    if isinstance(expected, Weights):
        if inner:
            raise given.wrong(HOLDOUT, "for bins, and not for values")
        return
    endless = [math.isinf(expected.edges[place]) for place in (0, -1)]
    if tail and (expected.tails or all(endless)):
        raise given.wrong("tail_weight_holdout", "for bins with tails that have no weight yet")
    if expected.tails and any(endless):
        raise given.wrong("partition_object", "an object without tail_weights beyond infinity")
