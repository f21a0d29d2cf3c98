"""How far values may go beyond those that were seen.

The largest of n values is no bound for the next n: each new value exceeds it with a chance of
1 in n + 1. So an end is moved outward by what the tail itself shows. The highest 1 % of the values
is taken as exponential: its scale is the distance from the 99th percentile to the maximum,
divided by ln(n / 100), as the largest of k such values lies ln(k) scales out. From there, one in a
thousand n values, that is 1 % chance for ten times the rows seen, lies ln(1000) scales further.
Where values are positive and skewed the same is done with their logarithms (a Pareto tail).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import permutations

from msgspec import Struct

from headgate.schema.statistics import Scalar

FURTHER = math.log(1000)
LEAST = 0.1
"""An end is moved by at least this share of the span, for tails that end abruptly."""
SKEWED = 3.0
"""A median so many times nearer to one end of the values than to the other makes them skewed."""


class Seen(Struct, frozen=True):
    """What was seen of a column's numbers."""

    count: int
    low: float
    high: float
    quantiles: Mapping[str, float]


class Ends(Struct, frozen=True):
    """How far values may go; None where nothing can be said."""

    low: float | None
    high: float | None


def seen(count: int, low: object, high: object, quantiles: Mapping[str, Scalar]) -> Seen | None:
    """The numbers, if they are numbers, finite and all there."""
    given = (low, high, *(quantiles.get(name) for name in ("p01", "p50", "p99")))
    if not all(_is_number(value) for value in given):
        return None
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    ranks = {name: value for name, value in quantiles.items() if isinstance(value, int | float)}
    return Seen(count, low, high, ranks)


def widened(numbers: Seen) -> Ends:
    """The ends beyond which a value would be a surprise, rounded outward.

    Zero is a border that is not crossed: where nothing lies below it, nothing is expected to. It
    is also where values go that come nearer to it than half of their span.
    """
    span = numbers.high - numbers.low
    high = numbers.high + _margin(numbers)
    low = numbers.low - _margin(_mirrored(numbers))
    if numbers.low >= 0 and (low < 0 or numbers.low < span / 2):
        low = 0.0
    if numbers.high <= 0 and (high > 0 or -numbers.high < span / 2):
        high = 0.0
    ends = (-_outward(-low, span), _outward(high, span))
    return Ends(*(end if math.isfinite(end) else None for end in ends))


def agreed(ends: Ends, parts: Sequence[Seen]) -> Ends:
    """The ends that would have been right for each part, had they been made from the others.

    Where they would not, the values move; their sign alone is kept then, if it is one and the same.
    """
    low, high = ends.low, ends.high
    for one, other in permutations(parts, 2):
        made = widened(one)
        if made.low is not None and made.low > other.low:
            low = None
        if made.high is not None and made.high < other.high:
            high = None
    if low is None and all(part.low >= 0 for part in parts):
        low = 0.0
    if high is None and all(part.high <= 0 for part in parts):
        high = 0.0
    return Ends(low, high)


def _margin(numbers: Seen) -> float:
    """How far beyond the maximum."""
    p01, p50, p99 = (numbers.quantiles[name] for name in ("p01", "p50", "p99"))
    steps = FURTHER / max(1.0, math.log(numbers.count / 100) if numbers.count > 100 else 1.0)
    margin = max((numbers.high - p99) * steps, (numbers.high - numbers.low) * LEAST)
    if p50 > 0 and numbers.low >= 0 and p99 - p50 > SKEWED * (p50 - p01):
        power = min(math.log(numbers.high / p99) * steps, 50.0)
        margin = max(margin, numbers.high * (math.exp(power) - 1))
    return margin


def _mirrored(numbers: Seen) -> Seen:
    turned = {"p01": "p99", "p50": "p50", "p99": "p01"}
    ranks = {name: -numbers.quantiles[other] for name, other in turned.items()}
    return Seen(numbers.count, -numbers.high, -numbers.low, ranks)


def _outward(value: float, span: float) -> float:
    """The next number up with as many digits as the span has use for.

    >>> _outward(47361.0, 41551.0), _outward(-74.0132, 0.08), _outward(0.0, 0.0)
    (48000.0, -74.01, 0.0)
    """
    if value == 0 or span <= 0 or not math.isfinite(value) or not math.isfinite(span):
        return value
    unit = 10.0 ** (math.floor(math.log10(max(span, abs(value) * 1e-6))) - 1)
    return float(f"{math.ceil(value / unit) * unit:.12g}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
