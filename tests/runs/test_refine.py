"""A version without some of its rows, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from headgate.checks.evaluate import evaluate
from headgate.checks.native import read_check
from headgate.checks.set_aside import sift
from headgate.runs.claim import claim
from headgate.runs.going import Going
from headgate.runs.plan import plan
from headgate.runs.refine import Refined, refine
from headgate.store import versions
from headgate.store.manifest import Part, Version
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened
from tests.projects.shop import make


def refined(root: Path, parts: Sequence[Sequence[int | None]], check: dict[str, Any]) -> Refined:
    """What a check leaves of a version with these parts, each a file with these amounts."""
    import polars as pl

    make(root)
    with opened(root) as workspace, claim(workspace.tools.ledger, "shop", run="r1") as held:
        tools, shop = workspace.tools, job(workspace, "shop")
        going = Going("r1", shop, tools, plan(shop, tools), held, None)
        kept = []
        for number, amounts in enumerate(parts):
            frame = pl.DataFrame({"amount": amounts}, schema={"amount": pl.Int64})
            temporary = tools.objects.temporary("r1")
            written = tools.engine.write(frame, temporary)
            stored = tools.objects.keep(temporary)
            known = tools.engine.describe(frame)
            path = f"{number}.parquet" if len(parts) > 1 else ""
            kept.append(Part(stored.digest, stored.size, written.rows, known, path))
        id_ = versions.gather(tools.objects, "r1", kept)
        whole = Version(id_, "sales", written.schema, tuple(kept), tools.now(), "r1")
        table = versions.table(tools.objects, whole)
        outcomes = evaluate(tools.engine, table, [read_check(check, "shop.yml:1")])
        found = refine(going, whole, sift(tools.engine, table, outcomes), None)
        good = versions.table(tools.objects, found.good)
        left = tools.engine.measure(good, "select amount from data", [])
        assert len(left) == good.rows == sum(part.rows for part in found.good.parts)
        assert found.good.rows + (found.aside.rows if found.aside else 0) == whole.rows
        for part in found.good.parts:
            there = pl.read_parquet(tools.objects.path(part.digest))
            assert (part.rows, part.statistics) == (there.height, tools.engine.describe(there))
        return found


def below_zero(limit: float = 1.0) -> dict[str, Any]:
    return {"between": {"column": "amount", "low": 0, "on_fail": "quarantine", "limit": limit}}


def test_a_part_that_loses_no_row_is_shared(tmp_path: Path) -> None:
    found = refined(tmp_path, [[1, 2], [3, -1, 4], [5]], below_zero())
    before, after = found.whole.parts, found.good.parts
    assert [part.rows for part in after] == [2, 2, 1]
    assert (after[0], after[2]) == (before[0], before[2])
    assert after[1].digest != before[1].digest
    assert after[1].path == before[1].path
    assert (found.good.whole, found.good.aside) == (found.whole.id, found.aside and found.aside.id)


def test_a_part_that_loses_all_its_rows_is_left_out(tmp_path: Path) -> None:
    found = refined(tmp_path, [[1, 2], [-3, -1], [5, -2]], below_zero())
    assert [part.rows for part in found.good.parts] == [2, 1]
    assert found.aside is not None
    assert found.aside.rows == 3


def test_a_version_that_loses_all_its_rows_is_an_empty_table(tmp_path: Path) -> None:
    found = refined(tmp_path, [[-3, -1], [-5]], below_zero())
    assert [part.rows for part in found.good.parts] == [0]
    assert found.good.schema == found.whole.schema


def test_duplicates_are_found_across_parts(tmp_path: Path) -> None:
    check = {"unique": {"columns": "amount", "on_fail": "quarantine", "limit": 1}}
    found = refined(tmp_path, [[1, 2], [2, 3], [4, 5]], check)
    assert [part.rows for part in found.good.parts] == [1, 1, 2]


def test_where_every_row_keeps_it_or_too_many_break_it_all_rows_stay(tmp_path: Path) -> None:
    for number, (parts, limit) in enumerate([([[1, 2], [3]], 1.0), ([[1, -2], [3]], 0.3)]):
        found = refined(tmp_path / str(number), parts, below_zero(limit))
        assert found.good is found.whole
        assert (found.aside, found.new) == (None, ())
