"""Distances between distributions, beside formulas written naively and values worked out by hand."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.checks.measures import jensen_shannon, kolmogorov_smirnov, phi, psi, wasserstein

COUNTS = st.lists(st.integers(0, 40), min_size=2, max_size=8).filter(any)
PAIRS = st.integers(2, 8).flatmap(
    lambda bins: st.tuples(
        *(st.lists(st.integers(0, 40), min_size=bins, max_size=bins).filter(any),) * 2
    )
)
VALUES = st.lists(st.integers(-20, 20), min_size=1, max_size=30)


@given(COUNTS, st.integers(1, 9))
def test_equal_shares_lie_no_way_apart(counts: list[int], times: int) -> None:
    more = [times * count for count in counts]
    assert psi(counts, more) == 0
    assert jensen_shannon(counts, more) == pytest.approx(0, abs=1e-7)
    assert phi(counts, more) == pytest.approx(0, abs=1e-7)
    values = dict(enumerate(map(float, counts)))
    assert kolmogorov_smirnov(values, dict(enumerate(map(float, more)))) == pytest.approx(0)
    assert wasserstein(values, dict(enumerate(map(float, more)))) == pytest.approx(0)


@given(PAIRS)
def test_measures_of_bins_are_the_same_both_ways_and_bounded(
    pair: tuple[list[int], list[int]],
) -> None:
    ours, theirs = pair
    for measure in (jensen_shannon, phi):
        assert measure(ours, theirs) == pytest.approx(measure(theirs, ours))
        assert 0 <= measure(ours, theirs) <= 1
    if all(ours) and all(theirs):
        assert psi(ours, theirs) == pytest.approx(psi(theirs, ours))


@given(COUNTS, COUNTS)
def test_what_shares_no_bin_is_as_far_as_can_be(ours: list[int], theirs: list[int]) -> None:
    one, other = [*ours, *[0] * len(theirs)], [*[0] * len(ours), *theirs]
    assert jensen_shannon(one, other) == pytest.approx(1)
    assert phi(one, other) == pytest.approx(1)
    left = {float(place): float(n) for place, n in enumerate(ours)}
    right = {float(place) + 100: float(n) for place, n in enumerate(theirs)}
    assert kolmogorov_smirnov(left, right) == pytest.approx(1)
    if sum(ours) > 5 and sum(theirs) > 5:
        assert psi([sum(ours), 0], [0, sum(theirs)]) > 2


@given(PAIRS)
def test_the_index_is_the_plain_sum_less_what_chance_gives(
    pair: tuple[list[int], list[int]],
) -> None:
    ours, theirs = ([count + 1 for count in side] for side in pair)
    n, m, k = sum(ours), sum(theirs), len(ours)
    plain = sum((a / n - b / m) * math.log((a / n) / (b / m)) for a, b in zip(ours, theirs))  # noqa: B905
    assert psi(ours, theirs) == pytest.approx(max(plain - (k - 1) * (1 / n + 1 / m), 0))
    assert psi(ours, theirs, drawn=False) == pytest.approx(max(plain - (k - 1) / n, 0))


def test_samples_of_one_population_have_an_index_of_nearly_nothing() -> None:
    random = Random(7)
    plain, adjusted = [], []
    for _ in range(300):
        ours, theirs = (Counter(random.randrange(10) for _ in range(200)) for _ in "ab")
        counts = [ours[n] for n in range(10)], [theirs[n] for n in range(10)]
        adjusted.append(psi(*counts))
        plain.append(psi(counts[0], counts[1]) + 9 * (1 / 200 + 1 / 200))
    assert sum(plain) / 300 > 0.09  # what is taken away is what chance gives: 0.09
    assert sum(adjusted) / 300 < 0.03


def test_the_distance_of_jensen_and_shannon_is_that_of_the_formula() -> None:
    # an example in the documentation of scipy.spatial.distance.jensenshannon, to base e
    found = jensen_shannon([1, 0], [1, 1]) * math.sqrt(math.log(2))
    assert found == pytest.approx(0.46450140402245893, rel=1e-12)


@given(PAIRS)
def test_phi_is_that_of_the_table_of_two_rows_of_equal_weight(
    pair: tuple[list[int], list[int]],
) -> None:
    table = [[count / sum(side) for count in side] for side in pair]
    columns = [sum(column) for column in zip(*table, strict=True)]
    expected = [column / 2 for column in columns]  # each row has one half of the weight
    chi2 = sum(
        (row[n] - want) ** 2 / want for row in table for n, want in enumerate(expected) if want
    )
    assert phi(*pair) == pytest.approx(math.sqrt(chi2 / 2))


@given(VALUES, VALUES)
def test_the_greatest_difference_is_found_among_all_values(
    ours: list[int], theirs: list[int]
) -> None:
    def upto(values: list[int], end: int) -> float:
        return sum(value <= end for value in values) / len(values)

    naive = max(abs(upto(ours, end) - upto(theirs, end)) for end in {*ours, *theirs})
    found = kolmogorov_smirnov(Counter(ours), Counter(theirs))
    assert found == pytest.approx(naive)
    assert found == pytest.approx(kolmogorov_smirnov(Counter(theirs), Counter(ours)))


@given(VALUES, VALUES)
def test_rows_move_as_far_as_the_sorted_ones_lie_apart(ours: list[int], theirs: list[int]) -> None:
    # each side is repeated until both are as long: then the nth least moves to the nth least
    one, other = sorted(ours * len(theirs)), sorted(theirs * len(ours))
    naive = sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
    mean = sum(theirs) / len(theirs)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in theirs) / len(theirs))
    found = wasserstein(Counter(ours), Counter(theirs))
    if deviation:
        assert found == pytest.approx(naive / deviation, abs=1e-9)
    else:
        assert found == (math.inf if naive else 0)


def test_a_shift_is_as_far_as_it_is_in_deviations() -> None:
    values = Counter(a + b for a, b in product(range(6), repeat=2))
    moved = {value + 3: count for value, count in values.items()}
    deviation = math.sqrt(35 / 6)  # of the sum of two dice
    assert wasserstein(moved, values) == pytest.approx(3 / deviation)
