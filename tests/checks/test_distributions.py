"""What values a column holds, and how often, is what counting them in Python gives."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.check import Check, Members, Outcome, Range, Ranges, Status
from headgate.checks.conditions import Compare, Operator, View
from headgate.checks.distributions import (
    Distribution,
    Divergence,
    Histogram,
    MostCommon,
    Nearest,
    Quantiles,
    SetDifference,
    Side,
    Weights,
    divergence,
)
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import Seen
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable, judged, number, unknown
from tests.checks.test_agreement import Case, gone, written

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "Int64": st.integers(-3, 3),
    "Float64": st.sampled_from([0.0, 0.1, 0.5, 1.0, -2.0, 3.5, math.nan]),
    "String": st.sampled_from(["", "a", "b", "é", "ab"]),
    "Decimal": st.sampled_from([Decimal("0.10"), Decimal("2.50"), Decimal("-1.00")]),
}
SHARES = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)
EDGES = (-2.0, 0.5, 1.0, 3.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("distributions")


def there(cells: list[Any]) -> list[Any]:
    return [cell for cell in cells if not gone(cell)]


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def at(values: list[Any], share: float, nearest: Nearest) -> Any:
    place = share * (len(values) - 1)
    low, high = values[math.floor(place)], values[math.ceil(place)]
    match nearest:
        case Nearest.NEAREST:
            return values[round(place)]
        case Nearest.LOWER:
            return low
        case Nearest.HIGHER:
            return high
        case Nearest.MIDPOINT:
            return (float(low) + float(high)) / 2
        case Nearest.LINEAR:
            return float(low) + (float(high) - float(low)) * (place - math.floor(place))


def kullback_leibler(observed: list[float], wanted: list[float]) -> float | str | None:
    if not sum(observed):
        return None
    total = 0.0
    for count, weight in zip(observed, wanted, strict=True):
        if count and not weight:
            return "inf"
        if count:
            share = count / sum(observed)
            total += share * math.log(share / (weight / sum(wanted)))
    return total


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_sets_modes_and_quantiles_agree_with_python(
    engine: EmbeddedEngine, folder: Path, kind: str, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(st.none() | KINDS[kind], max_size=9))
    values: list[Any] = sorted(there(cells))
    members = data.draw(st.lists(KINDS[kind].filter(lambda v: not gone(v)), max_size=4))
    declared = tuple(dict.fromkeys(plain(one) for one in members))
    table = written(folder, Case(kind, [(cell, None) for cell in cells], []))
    checks = [Check("", SetDifference("x", declared, side), Range(0, 0)) for side in Side]
    checks.append(Check("", MostCommon("x"), Members(declared, ties=True)))
    spans = Ranges((Range(),) * len(SHARES))
    kinds = [Nearest.NEAREST, Nearest.LOWER, Nearest.HIGHER]
    checks += [Check("", Quantiles("x", SHARES, nearest), spans) for nearest in kinds]
    for known in (table, unknown(table)):
        sets, [mode], ranks = _parts(evaluate(engine, known, checks))
        extra, absent = set(values) - set(members), set(members) - set(values)
        assert [one.observed for one in sets] == [
            len(extra),
            len(absent),
            len(extra) + len(absent),
        ]
        count = Counter(values)
        modes: list[Any] = sorted(one for one in count if count[one] == max(count.values()))
        assert mode.details["values"] == [plain(one) for one in modes]
        assert mode.passed == bool(set(modes) & set(members))
        for outcome, nearest in zip(ranks, kinds, strict=True):
            wanted = [plain(at(values, one, nearest)) if values else None for one in SHARES]
            assert outcome.details["values"] == pytest.approx(wanted)
            assert outcome.passed == bool(values)
    table.paths[0].unlink()


def _parts(outcomes: list[Outcome]) -> tuple[list[Outcome], list[Outcome], list[Outcome]]:
    assert [one.message for one in outcomes if one.status is Status.ERROR] == []
    return outcomes[:3], outcomes[3:4], outcomes[4:]


@pytest.mark.parametrize("kind", ["Int64", "Float64", "Decimal"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_interpolation_and_divergence_agree_with_python(
    engine: EmbeddedEngine, folder: Path, kind: str, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(st.none() | KINDS[kind], max_size=9))
    values: list[Any] = sorted(there(cells))
    table = written(folder, Case(kind, [(cell, None) for cell in cells], []))
    nearest = [Nearest.LINEAR, Nearest.MIDPOINT]
    weights = Weights((0.5, 1, 2.5), (0.25, 0.25, 0.5))
    bins = Histogram(EDGES, (0.3, 0.3, 0.2), (0.1, 0.1))
    metrics: list[Distribution] = [Quantiles("x", SHARES, one) for one in nearest]
    metrics += [Divergence("x", weights, tail_holdout=0.2), Divergence("x", bins)]
    bounds = [Ranges((Range(),) * len(SHARES))] * 2 + [Range()] * 2
    checks = [Check("", m, b) for m, b in zip(metrics, bounds, strict=True)]
    *ranks, named, binned = evaluate(engine, unknown(table), checks)
    for outcome, one in zip(ranks, nearest, strict=True):
        wanted = [float(at(values, share, one)) if values else None for share in SHARES]
        assert outcome.details["values"] == pytest.approx(wanted)
    count = Counter(map(float, values))
    others = [one for one in count if one not in weights.values]
    scale = 0.8 if others else 1.0
    wished = [weight * scale for weight in weights.weights] + [0.2 / len(others) for _ in others]
    seen = [float(count[float(one)]) for one in (*weights.values, *others)]
    assert named.observed == approximately(kullback_leibler(seen, wished))
    places = [sum(low <= v < high for v in map(float, values)) for low, high in _bins()]
    assert binned.observed == approximately(
        kullback_leibler([float(one) for one in places], [0.1, 0.3, 0.3, 0.2, 0.1])
    )
    table.paths[0].unlink()


def _bins() -> list[tuple[float, float]]:
    last = math.nextafter(EDGES[-1], math.inf)  # the last bin has its upper edge too
    edges = [-math.inf, *EDGES[:-1], last, math.inf]
    return list(pairwise(edges))


def approximately(value: float | str | None) -> Any:
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


def test_a_set_is_compared_in_the_type_of_its_column(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(
        pl.DataFrame(
            {
                "d": [date(2020, 1, 1), date(2020, 1, 2)],
                "t": [datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, 12, tzinfo=UTC)],
                "n": [1, 2],
            }
        )
    )
    both = SetDifference("d", ("2020-01-01", "2020-01-02"))
    assert judged(engine, table, number(both, Range(0, 0))).passed
    moments = SetDifference("t", ("2020-01-01", "2020-01-01T13:00:00+01:00"))
    assert judged(engine, table, number(moments, Range(0, 0))).passed
    outcome = judged(engine, table, number(SetDifference("n", (1, "two", 2.5)), Range(0, 0)))
    assert (outcome.observed, outcome.details["absent_examples"]) == (3, ["two", 2.5])
    assert outcome.message == ("different values of n: 1 unexpected (2), 2 absent (two, 2.5)")
    noon = number(MostCommon("t"), Members(("2020-01-01", "2020-01-01T12:00:00"), ties=True))
    assert judged(engine, table, noon).passed
    middle = number(Quantiles("t", (1.0,)), Ranges((Range("2020-01-01T12:00:00", "2020-01-02"),)))
    assert judged(engine, table, middle).passed


def test_a_proof_of_a_set_reads_nothing(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"n": [0, 1, 1]}))
    table.paths[0].unlink()
    check = number(SetDifference("n", (0, 1), Side.UNEXPECTED), Range(0, 0))
    [outcome] = evaluate(engine, table, [check])
    assert outcome.passed


def test_ties_are_no_single_most_common_value(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"k": ["p", "p", "q", "q", "r"]}))
    alone = judged(engine, table, number(MostCommon("k"), Members(("p",))))
    assert alone.message == "most common value of k is p, q, which occur equally often"
    assert judged(engine, table, number(MostCommon("k"), Members(("p",), ties=True))).passed
    empty = judged(
        engine,
        make(pl.DataFrame({"k": [None]}, schema={"k": pl.String})),
        number(MostCommon("k"), Members(("p",), ties=True)),
    )
    assert (empty.status, empty.message) == (Status.FAILED, "there is no value")


def test_a_quantile_outside_its_range_is_named(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table = make(pl.DataFrame({"n": list(range(101))}))
    ranges = Ranges((Range(0, 9), Range(None, 50), Range(95, None)))
    outcome = judged(engine, table, number(Quantiles("n", (0.1, 0.5, 0.9)), ranges))
    assert outcome.message == "quantiles of n: 10 % 10, 90 % 90"
    assert outcome.observed == "10 % 10, 50 % 50, 90 % 90"


def test_what_was_not_expected_at_all_is_infinitely_far(
    engine: EmbeddedEngine, make: MakeTable
) -> None:
    import polars as pl

    table = make(pl.DataFrame({"k": ["p", "q"]}))
    check = number(Divergence("k", Weights(("p",), (1.0,))), Range(None, 9))
    outcome = judged(engine, table, check)
    assert (outcome.status, outcome.observed) == (Status.FAILED, "inf")
    assert divergence([], []) is None


def test_a_distribution_of_some_rows_is_theirs(engine: EmbeddedEngine, make: MakeTable) -> None:
    import polars as pl

    table: Table = make(pl.DataFrame({"k": ["p", "q", "q"], "n": [1, 2, 3]}))
    view = View(Compare("n", Operator.BELOW, 2))
    check = Check("", Seen(SetDifference("k", ("p",)), view), Range(0, 0))
    assert judged(engine, table, check).passed
    assert not judged(engine, table, number(SetDifference("k", ("p",)), Range(0, 0))).passed
