"""Accuracy is the share of cells that are as in a trusted dataset, in the rows that both have."""

from __future__ import annotations

import math
from typing import Any

import polars as pl  # noqa: TID253
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.checks.accuracy import Accuracy
from headgate.checks.check import Check, Outcome, Range, Status
from headgate.checks.evaluate import evaluate
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable


def judged(ours: Table, theirs: Table, metric: Accuracy, least: float = 1.0) -> Outcome:
    check = Check("accuracy", metric, Range(low=least))
    [outcome] = evaluate(EmbeddedEngine(), ours, [check], beside={"truth": theirs})
    return outcome


@pytest.fixture
def ours(make: MakeTable) -> Table:
    frame = pl.DataFrame(
        {"id": [1, 2, 3, None], "name": ["a", "b", None, "d"], "price": [1.0, 2.5, math.nan, 4.0]}
    )
    return make(frame)


@pytest.fixture
def truth(make: MakeTable) -> Table:
    frame = pl.DataFrame(
        {"id": [1, 2, 3, 9, None], "price": [1, 2, None, 7, 4], "name": ["a", "b", None, "x", "d"]}
    )
    return make(frame, "truth")


def test_unequal_cells_are_told_by_column_and_lonely_rows_beside_them(
    ours: Table, truth: Table
) -> None:
    outcome = judged(ours, truth, Accuracy("truth", ("id",)))
    assert outcome.status is Status.FAILED
    assert outcome.observed == pytest.approx(5 / 6)
    assert outcome.message == (
        "83.3 % of cells as in truth: 1 of 3 price differ, 1 row is not in the reference"
    )
    assert outcome.check.description == "cells as in truth at least 100 %"
    assert outcome.details == {
        "matched_rows": 3,
        "unmatched_rows": 1,
        "unmatched_in_reference": 2,
        "unequal_cells": {"price": 1},
    }
    assert judged(ours, truth, Accuracy("truth", ("id",), ("name",))).passed
    assert judged(ours, truth, Accuracy("truth", ("id",)), 0.8).passed


@pytest.mark.parametrize(
    ("frame", "metric", "said"),
    [
        (
            {"id": [1, 1], "name": ["a", "b"]},
            Accuracy("truth", ("id",)),
            "id is not unique in truth: 1 of its keys",
        ),
        ({"id": ["1"], "name": ["a"]}, Accuracy("truth", ("id",)), "id is an integer and a string"),
        ({"id": [1]}, Accuracy("truth", ("id",)), "no column to compare besides its keys"),
        ({"id": [1]}, Accuracy("truth", ("id",), ("name",)), "truth: no column 'name'"),
        ({"id": [1]}, Accuracy("elsewhere", ("id",)), "no dataset 'elsewhere'"),
    ],
)
def test_what_cannot_be_compared_is_an_error(
    make: MakeTable, ours: Table, frame: dict[str, Any], metric: Accuracy, said: str
) -> None:
    outcome = judged(ours, make(pl.DataFrame(frame), "truth"), metric)
    assert outcome.status is Status.ERROR
    assert said in outcome.message


def test_no_row_in_common_is_no_pass(make: MakeTable, ours: Table) -> None:
    outcome = judged(
        ours, make(pl.DataFrame({"id": [7], "name": ["a"]})), Accuracy("truth", ("id",))
    )
    assert (outcome.status, outcome.observed) == (Status.FAILED, None)


ROWS = st.dictionaries(
    st.integers(0, 6),
    st.tuples(st.sampled_from([0.0, 1.0, math.nan, None]), st.sampled_from(["a", "b", None])),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(mine=ROWS, theirs=ROWS)
def test_the_share_is_that_which_python_finds(
    make: MakeTable, mine: dict[int, Any], theirs: dict[int, Any]
) -> None:
    def frame(rows: dict[int, Any]) -> pl.DataFrame:
        cells = [(key, *row) for key, row in rows.items()]
        return pl.DataFrame(cells, {"k": pl.Int64, "x": pl.Float64, "y": pl.String}, orient="row")

    def plain(cell: Any) -> Any:
        return None if isinstance(cell, float) and math.isnan(cell) else cell

    outcome = judged(make(frame(mine)), make(frame(theirs)), Accuracy("truth", ("k",)))
    both = mine.keys() & theirs.keys()
    same = sum(plain(a) == plain(b) for key in both for a, b in zip(mine[key], theirs[key]))  # noqa: B905
    assert outcome.observed == (same / (2 * len(both)) if both else None)
    assert outcome.details["unmatched_rows"] == len(mine.keys() - theirs.keys())
    assert outcome.details["unmatched_in_reference"] == len(theirs.keys() - mine.keys())
