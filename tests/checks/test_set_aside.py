"""Which rows are set aside, and how a gate tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.checks.check import Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.native import read_check
from headgate.checks.set_aside import Sifted, judged_again, placed, sift, staying, without
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table

ENGINE = EmbeddedEngine()


def table(folder: Path, name: str = "t", **columns: list[Any]) -> Table:
    import polars as pl

    path = folder / f"{name}.parquet"
    frame = pl.DataFrame(columns)
    written = ENGINE.write(frame, path)
    return Table(name, (path,), written.schema, written.rows, ENGINE.describe(frame))


def sifted(subject: Table, *checks: dict[str, dict[str, Any]]) -> Sifted:
    given = [
        {word: {"on_fail": "quarantine", "limit": 0.5, **keywords}}
        for check in checks
        for word, keywords in check.items()
    ]
    outcomes = evaluate(ENGINE, subject, [read_check(each, "shop.yml:1") for each in given])
    return sift(ENGINE, subject, outcomes)


BETWEEN = {"between": {"column": "v", "low": 0}}
THERE = {"not_null": {"column": "w"}}


def test_rows_that_break_several_checks_are_set_aside_once(tmp_path: Path) -> None:
    found = sifted(table(tmp_path, v=[1, -1, 2, -2], w=[1, None, 3, 4]), BETWEEN, THERE)
    assert found.places == (1, 3)
    assert len(found.broken) == 2


def test_what_checks_set_aside_together_is_within_the_limit_of_each(tmp_path: Path) -> None:
    subject = table(tmp_path, v=[1, -1, 2, -2, 5, 6], w=[1, 2, 3, 4, None, 6])
    strict = {"not_null": {"column": "w", "limit": 0.4}}
    found = sifted(subject, BETWEEN, strict)
    assert found.places == ()
    wide, tight = found.outcomes
    assert (wide.status, tight.status) == (Status.FAILED, Status.FAILED)
    assert "3 of 6 rows would be set aside (50 %), its limit is 40 %" in tight.message
    assert "with those of other checks it is 50 % of all" in wide.message


@pytest.mark.parametrize(("limit", "count"), [(0.25, 1), (0.24, 0), (0, 0)])
def test_a_share_that_is_the_limit_is_within_it(tmp_path: Path, limit: float, count: int) -> None:
    subject = table(tmp_path, v=[1, -1, 2, 3])
    found = sifted(subject, {"between": {"column": "v", "low": 0, "limit": limit}})
    assert len(found.places) == count


def test_a_check_that_blocks_sets_nothing_aside(tmp_path: Path) -> None:
    check = read_check({"between": {"column": "v", "low": 0}}, "shop.yml:1")
    subject = table(tmp_path, v=[1, -1])
    assert sift(ENGINE, subject, evaluate(ENGINE, subject, [check])).places == ()


def test_a_check_of_some_rows_sets_only_those_aside(tmp_path: Path) -> None:
    subject = table(tmp_path, v=[1, -1, -2, 3], w=[1, 1, 2, 2])
    found = sifted(subject, {"between": {"column": "v", "low": 0, "where": "w = 2"}})
    assert found.places == (2,)


def again(subject: Table, found: Sifted) -> list[Outcome]:
    left = table(
        subject.paths[0].parent, "left", v=without(subject.paths[0], found.places)["v"].to_list()
    )
    return evaluate(ENGINE, left, [outcome.check for outcome in found.outcomes])


def test_a_check_that_holds_for_the_rest_keeps_the_count_of_what_it_set_aside(
    tmp_path: Path,
) -> None:
    subject = table(tmp_path, v=[1, -1, 2, 3])
    found = sifted(subject, BETWEEN)
    [outcome] = judged_again(found, again(subject, found))
    assert outcome.status is Status.QUARANTINED
    assert (outcome.unexpected, outcome.elements, outcome.closes_gate) == (1, 4, False)
    assert [sample.values for sample in outcome.samples] == [(("v", -1),)]


def test_a_check_that_breaks_anew_without_its_rows_has_failed(tmp_path: Path) -> None:
    # without 9 and 2 it is 3 that is not above what stands before it
    subject = table(tmp_path, v=[4, 9, 2, 3, 10, 11])
    found = sifted(subject, {"increasing": {"column": "v", "strictly": True}})
    assert found.places == (2,)
    [outcome] = judged_again(found, again(subject, found))
    assert outcome.status is Status.FAILED
    assert "after 1 row was set aside" in outcome.message


# ------------------------------------------------------------------ rows that are kept


def kept(folder: Path, name: str, v: list[int | None], lines: list[int | None]) -> Table:
    import polars as pl

    path = folder / f"{name}.parquet"
    frame = pl.DataFrame(
        {
            "v": v,
            "_check": ["c"] * len(v),
            "_reason": ["r"] * len(v),
            "_file": [None if line is None else "a.csv" for line in lines],
            "_line": lines,
        },
        schema={
            "v": pl.Int64, "_check": pl.String, "_reason": pl.String,
            "_file": pl.String, "_line": pl.Int64,
        },
    )  # fmt: skip
    written = ENGINE.write(frame, path)
    return Table(name, (path,), written.schema, written.rows)


def test_a_row_keeps_the_line_it_was_first_seen_on(tmp_path: Path) -> None:
    import polars as pl

    before = kept(tmp_path, "before", [-1, -1, -2], [3, 7, 9])
    now = pl.read_parquet(kept(tmp_path, "now", [-1, -2, -1, -1, -5], [None] * 5).paths[0])
    assert placed(now, before)["_line"].to_list() == [3, 9, 7, None, None]


def test_rows_that_stay_are_counted_each_once(tmp_path: Path) -> None:
    import polars as pl

    before = kept(tmp_path, "before", [-1, -1, -2, None, None], [3, 7, 9, 11, 12])
    left = kept(tmp_path, "left", [-1, -2, None, -9], [None, 9, 12, 13])
    assert staying(before, pl.read_parquet(left.paths[0])) == 3
