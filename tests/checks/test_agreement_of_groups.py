"""What other rows decide, quantiles and ages, for every group: as Python has it of each group alone.

Like `test_agreement_of_modifiers`, whose tables and groups these are.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.native import read_check
from headgate.engines.embedded import EmbeddedEngine
from tests.checks.test_agreement_of_modifiers import (
    GROUPS,
    NUMBERS,
    Row,
    as_told,
    every_way,
    folder,
    grouped,
    is_nan,
    lines_of,
    named,
    tables,
    within,
    written,
)

__all__ = ["folder"]  # pytest finds it here

BY = st.sampled_from([["g"], ["h", "g"]])
WHERE = st.sampled_from([None, "h = 1"])
Placed = list[tuple[int, Row]]


def in_view(rows: list[Row], where: str | None) -> list[int]:
    return [place for place, row in enumerate(rows) if where is None or row["h"] == 1]


def members(rows: list[Row], by: list[str], where: str | None) -> dict[tuple[Any, ...], Placed]:
    """The rows in view of each group, with their places in the table."""
    places = in_view(rows, where)
    found = grouped([rows[place] for place in places], by)
    return {key: [(places[n], row) for n, row in some] for key, some in found.items()}


# ------------------------------------------------------------------ what other rows decide


def broken_among(word: str, columns: list[str], nan: str, some: Placed) -> tuple[list[int], int]:
    """The places that break a rule among these rows alone, and how many rows are not judged."""
    refused = [p for p, row in some if nan == "fail" and any(is_nan(row[name]) for name in columns)]
    keys: dict[int, tuple[Any, ...]] = {}
    for place, row in some:
        cells = [row[name] for name in columns]
        key = tuple(("NaN" if nan == "value" else None) if is_nan(one) else one for one in cells)
        if place not in refused and any(one is not None for one in key):
            keys[place] = key
    left_out = len(some) - len(refused) - len(keys)
    if word == "unique":
        count = Counter(keys.values())
        return [*refused, *(place for place, key in keys.items() if count[key] > 1)], left_out
    late, last = [], None
    for place, (value,) in keys.items():
        wrong = last is not None and (value < last if word == "increasing" else value > last)
        late += [place] if wrong else []
        last = value
    return [*refused, *late], left_out


@pytest.mark.parametrize("word", ["unique", "increasing", "decreasing"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_other_rows_decide_is_decided_by_those_of_the_group(
    engine: EmbeddedEngine, folder: Path, word: str, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables(data.draw(st.sampled_from(sorted(GROUPS))), NUMBERS))
    table = written(folder, rows, schema)
    by, where = data.draw(BY), data.draw(WHERE)
    nan = data.draw(
        st.sampled_from(["null", "value", "fail"] if word == "unique" else ["null", "fail"])
    )
    mostly = data.draw(st.sampled_from([1, 0.5]))
    columns = data.draw(st.sampled_from([["x"], ["x", "h"]])) if word == "unique" else ["x"]
    about = {"columns": columns} if word == "unique" else {"column": "x"}
    body = {**about, "nan": nan, "mostly": mostly, "by": by}
    if where:
        body["where"] = where
    [outcome] = every_way(engine, table, [read_check({word: body}, "p.yml:1")])
    groups = members(rows, by, where)
    failing, kept, sums = [], [], Counter[str]()
    for key, some in groups.items():
        broken, left_out = broken_among(word, columns, nan, some)
        sums.update(elements=len(some), missing=left_out, unexpected=len(broken))
        judged = len(some) - left_out
        if judged and (judged - len(broken)) / judged < mostly:
            failing.append(as_told(key))
            kept += broken
    found = outcome.elements, outcome.missing, outcome.unexpected
    assert found == (sums["elements"], sums["missing"], sums["unexpected"])
    assert (outcome.observed, outcome.details["groups"]) == (len(failing), len(groups))
    assert outcome.passed is not bool(failing)
    assert set(named(outcome)) == set(failing)
    assert lines_of(engine, table, outcome) == sorted(kept)
    table.paths[0].unlink()


# ------------------------------------------------------------------ quantiles


def quantile(values: list[float], share: float, nearest: str) -> float | None:
    """The value at a share of the sorted values, between them as `nearest` says."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    if nearest == "nearest":
        return ordered[round(Fraction(place))]
    if nearest in {"lower", "higher"} or low == high:
        return high if nearest == "higher" else low
    part = 0.5 if nearest == "midpoint" else place % 1
    return low * (1 - part) + high * part


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_every_group_has_quantiles_of_its_own(
    engine: EmbeddedEngine, folder: Path, data: st.DataObject
) -> None:
    rows, schema = data.draw(tables(data.draw(st.sampled_from(sorted(GROUPS))), NUMBERS))
    table = written(folder, rows, schema)
    by, where = data.draw(BY), data.draw(WHERE)
    nan = data.draw(st.sampled_from(["null", "value", "fail"]))
    nearest = data.draw(st.sampled_from(["nearest", "lower", "higher", "midpoint", "linear"]))
    shares = data.draw(
        st.lists(st.sampled_from([0, 0.1, 0.25, 0.5, 0.9, 1]), min_size=1, max_size=3)
    )
    ends = st.sampled_from([(-1, 2), (0.3, 1.7), (None, 1), (-2, None), (None, None)])
    ranges = [data.draw(ends) for _ in shares]
    body = {"column": "x", "nearest": nearest, "nan": nan, "by": by}
    if where:
        body["where"] = where
    several = {**body, "shares": shares, "ranges": [list(one) for one in ranges]}
    [outcome] = every_way(engine, table, [read_check({"quantiles": several}, "p.yml:1")])
    failing: dict[tuple[Any, ...], list[float | None]] = {}
    for key, some in members(rows, by, where).items():
        there = [row["x"] for _, row in some if row["x"] is not None]
        numbers = [value for value in there if not is_nan(value)]
        broken = nan != "null" and len(there) > len(numbers)
        values = [math.nan if broken else quantile(numbers, one, nearest) for one in shares]
        bounds = [
            (-math.inf if low is None else low, math.inf if high is None else high)
            for low, high in ranges
        ]
        if not all(within(value, *ends) for value, ends in zip(values, bounds, strict=True)):
            failing[as_told(key)] = values
    assert set(named(outcome)) == set(failing)
    assert (outcome.observed, outcome.passed) == (len(failing), not failing)
    worst: Any = outcome.details["worst"]
    for one in worst:
        told = [None if value is None else float(value) for value in one["values"]]
        assert told == pytest.approx(failing[tuple(one["group"].values())], nan_ok=True)
    table.paths[0].unlink()


# ------------------------------------------------------------------ ages

NOW = datetime(2026, 3, 10, 12, 30, 0, 250, tzinfo=UTC)
MOMENTS = st.sampled_from([0, 1, 47.5, 48, 48.5, 1000, -3, -24, -25]).map(
    lambda hours: NOW - timedelta(hours=hours)
)
KINDS: dict[str, Any] = {
    "date": pl.Date,
    "clock": pl.Datetime("us"),
    "nanoseconds": pl.Datetime("ns"),
    "moment": pl.Datetime("us", "UTC"),
}


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    rows=st.lists(st.tuples(st.none() | MOMENTS, st.none() | st.integers(0, 2)), max_size=7),
)
def test_every_group_has_a_newest_value_of_its_own(
    engine: EmbeddedEngine, folder: Path, kind: str, rows: list[tuple[datetime | None, int | None]]
) -> None:
    def cell(moment: datetime | None) -> date | None:
        if moment is None or kind == "moment":
            return moment
        return moment.date() if kind == "date" else moment.replace(tzinfo=None)

    shown = [{"t": cell(moment), "g": group} for moment, group in rows]
    table = written(folder, shown, {"t": KINDS[kind], "g": pl.Int64})
    check = read_check({"freshness": {"column": "t", "max_hours": 48, "by": "g"}}, "p.yml:1")
    [outcome] = every_way(engine, table, [check], NOW)
    ages: dict[int | None, list[float]] = {group: [] for _, group in rows}
    for moment, group in rows:
        if moment is not None:
            day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
            ages[group].append((NOW - (day if kind == "date" else moment)) / timedelta(hours=1))
    newest = {group: min(some, default=None) for group, some in ages.items()}
    failing = {(group,) for group, age in newest.items() if not within(age, -24, 48)}
    assert set(named(outcome)) == failing
    worst: Any = outcome.details["worst"]
    assert all(one["observed"] == newest[one["group"]["g"]] for one in worst)
    table.paths[0].unlink()
