"""Parts by size: as few as their rows need, and those before what was added stay as they are."""
# ruff: noqa: TID253 - these tests make frames all over

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import StepError
from headgate.pipelines.fingerprint import changes
from tests.runs.test_parts import SCHEMA, Desk, desk, frame_of

__all__ = ["desk"]

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.none(), st.integers(0, 99), st.none()))


@given(
    deliveries=st.lists(ROWS, min_size=1, max_size=5),
    most=st.integers(1, 7),
    key=st.sampled_from([[], ["town", "n"]]),
)
@settings(max_examples=30, deadline=None)
def test_appended_rows_fill_parts_and_what_is_full_stays(
    desk: Desk, deliveries: list[list[Any]], most: int, key: list[str]
) -> None:
    held = desk(arrives="append", key=key, partition_by={"rows": most})
    given_: list[Any] = []
    for rows in deliveries:
        before = held.version.parts if held.version else ()
        held.take(frame_of(rows))
        given_ += rows
        assert held.version is not None
        counts = [part.rows for part in held.version.parts]
        assert len(counts) == max(-(-len(given_) // most), 1)
        assert all(count == most for count in counts[:-1])
        full = [part.digest for part in before if part.rows == most]
        assert [part.digest for part in held.version.parts[: len(full)]] == full
        assert sorted(held.rows()) == sorted(given_, key=lambda row: row[:3:2])
        if not key:
            assert held.rows() == given_
        assert held.version.statistics.keys() == SCHEMA.keys()


@given(
    rows=st.lists(st.integers(0, 999), min_size=1, max_size=60, unique=True),
    more=st.lists(st.integers(1000, 1999), max_size=20, unique=True),
    most=st.integers(1, 9),
)
@settings(max_examples=30, deadline=None)
def test_rows_that_replace_their_elders_lie_in_the_order_of_the_key(
    desk: Desk, rows: list[int], more: list[int], most: int
) -> None:
    held = desk(arrives="upsert", key=["n"], partition_by={"rows": most})
    held.take(frame_of([("a", None, n, 1.0) for n in rows]))
    before = [part.digest for part in held.version.parts] if held.version else []
    held.take(frame_of([("a", None, n, 1.0) for n in more]))
    assert held.version is not None
    assert [row[2] for row in held.rows()] == sorted([*rows, *more])
    assert all(part.rows <= most for part in held.version.parts)
    full = len(rows) // most
    assert [part.digest for part in held.version.parts[:full]] == before[:full]


def test_a_row_that_comes_first_moves_all_rows_behind_it(desk: Desk) -> None:
    held = desk(arrives="upsert", key=["n"], partition_by={"rows": 2})
    held.take(frame_of([("a", None, n, 1.0) for n in range(1, 9)]))
    before = set(held.digests().values())
    held.take(frame_of([("a", None, 0, 1.0)]))
    assert not before & set(held.digests().values())


def test_too_many_parts_are_refused(desk: Desk) -> None:
    held = desk(arrives="append", partition_by={"rows": 1})
    with pytest.raises(StepError, match="makes 10,001 parts"):
        held.take(pl.concat([frame_of([("a", None, 1, 1.0)])] * 10_001))


def test_another_size_is_told_as_another_partition() -> None:
    assert changes({"partition_by": "10 rows"}, {"partition_by": "20 rows"}) == [
        "the partition of its rows changed"
    ]
