"""How far two distributions lie apart, as numbers that do not grow with the number of rows.

They are sizes of an effect and no p-values: of a million rows even a difference that matters to
nobody is significant. Binned measures take how many rows fall into each bin of both; the others
take how often each value occurs. Bins that are empty on both sides say nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Counts = Sequence[float]
Frequencies = Mapping[Any, float]
"""How often each number occurs."""

EMPTY = 0.5
"""How many rows an empty bin counts as where a share must not be zero."""


def psi(ours: Counts, theirs: Counts, *, drawn: bool = True) -> float:
    """The population stability index, with the part that chance alone gives taken away.

    The sum of (p - q) ln(p / q) over the bins. Between two samples of one population, of n and m
    rows in k bins, it is about (k - 1) (1/n + 1/m): so it is taken away, and what remains is at
    least 0 (B. Yurdakul, Statistical Properties of Population Stability Index, Western Michigan
    University 2018, where PSI / (1/n + 1/m) is shown to be near chi-square of k - 1). `drawn` is
    False where the reference is no sample, so that 1/m is 0. An empty bin counts as half a row.

    >>> round(psi([300, 700], [500, 500]), 4)
    0.1675
    """
    ours, theirs = _filled(ours, theirs)
    chance = (len(ours) - 1) * (1 / sum(ours) + (1 / sum(theirs) if drawn else 0))
    full = [[max(count, EMPTY) / sum(side) for count in side] for side in (ours, theirs)]
    total = math.fsum((p - q) * math.log(p / q) for p, q in zip(*full, strict=True))
    return max(total - chance, 0.0)


def jensen_shannon(ours: Counts, theirs: Counts) -> float:
    """The Jensen-Shannon distance to base 2: 0 for equal shares, 1 where no bin is shared.

    The root of the divergence (J. Lin, Divergence Measures Based on the Shannon Entropy, 1991).

    >>> jensen_shannon([1, 0], [0, 3])
    1.0
    """
    terms = (
        share * math.log2(2 * share / (p + q)) / 2
        for p, q in _shares(ours, theirs)
        for share in (p, q)
        if share
    )
    return math.sqrt(min(max(math.fsum(terms), 0.0), 1.0))


def phi(ours: Counts, theirs: Counts) -> float:
    """The effect size w = sqrt(chi2 / n) of the table of two rows, each weighing the same.

    It is Cramer's V of that table, 0 for equal shares and 1 where no bin is shared. With the rows
    as they were counted, a delivery beside a long history would hardly ever differ from it.

    >>> phi([10, 30], [300, 100])
    0.5
    """
    terms = ((p - q) ** 2 / (p + q) for p, q in _shares(ours, theirs) if p + q)
    return math.sqrt(math.fsum(terms) / 2)


def kolmogorov_smirnov(ours: Frequencies, theirs: Frequencies) -> float:
    """The greatest difference between the shares of rows up to a value, over all values.

    >>> kolmogorov_smirnov({1: 1, 2: 1}, {2: 1, 3: 1})
    0.5
    """
    n, m = sum(ours.values()), sum(theirs.values())
    # divided once, so that 6 of 20 is 0.3 and keeps a bound of 0.3
    return max(abs(one * m - other * n) for _, one, other in _cumulated(ours, theirs)) / (n * m)


def wasserstein(ours: Frequencies, theirs: Frequencies) -> float:
    """How far a row has to move on average, in standard deviations of the reference.

    The area between both cumulated distributions. The deviation is that of a population. Where
    all values of the reference are equal, any other value is infinitely far.

    >>> wasserstein({1: 1, 3: 1}, {0: 1, 2: 1})
    1.0
    """
    n, m = sum(ours.values()), sum(theirs.values())
    gaps = (
        (abs(one / n - other / m), after - at)
        for (at, one, other), (after, _, _) in pairwise(_cumulated(ours, theirs))
    )
    # where both agree nothing moves, however far the next value is
    moved = math.fsum(share * way for share, way in gaps if share)
    deviation = _deviation(theirs)
    if not deviation:
        return math.inf if moved else 0.0
    return moved / deviation


def _filled(ours: Counts, theirs: Counts) -> tuple[list[float], list[float]]:
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one or other]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _shares(ours: Counts, theirs: Counts) -> Iterator[tuple[float, float]]:
    n, m = math.fsum(ours), math.fsum(theirs)
    return ((one / n, other / m) for one, other in zip(ours, theirs, strict=True))


def _cumulated(ours: Frequencies, theirs: Frequencies) -> Iterator[tuple[float, float, float]]:
    """Each value in order, with how often both sides have one up to it."""
    upto: float = 0
    other_upto: float = 0
    for value in sorted(ours.keys() | theirs.keys()):
        upto += ours.get(value, 0)
        other_upto += theirs.get(value, 0)
        yield value, upto, other_upto


def _deviation(values: Frequencies) -> float:
    total = math.fsum(values.values())
    mean = math.fsum(value * count for value, count in values.items()) / total
    square = math.fsum(count * (value - mean) ** 2 for value, count in values.items()) / total
    return math.sqrt(square)
