"""A project whose tables are of several files: what is linked, read, judged, and brought back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.projects.shop import FIRST, Shop, make
from tests.warm import ENVIRONMENT

HEAD = "store,day,amount,kind\n"
UPSERT = "arrives: upsert\n    key: [store, day]\n"
DAYS = ["day=2024-01-01/part.parquet", "day=2024-01-02/part.parquet"]


def divide(shop: Shop, source: str = "", step: str = "") -> None:
    """Declares how the rows of the source and of the step `clean` are divided."""
    if source:
        shop.edit("pipelines/shop.yml", UPSERT, f"{UPSERT}    partition_by: {source}\n")
    if step:
        old = "path: data/out/clean.parquet\n"
        shop.edit("pipelines/shop.yml", old, f"{old}    partition_by: {step}\n")


def append(shop: Shop, rest: str = "") -> None:
    """Declares that the sales are appended."""
    shop.edit("pipelines/shop.yml", UPSERT, f"arrives: append\n{rest}")


def files(shop: Shop, dataset: str) -> dict[str, str]:
    """The parts of what is held, path to digest."""
    from headgate.store import refs, versions
    from headgate.workspace.workspace import opened

    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        held = refs.held(tx, "prod")
        version = versions.find(tx, dataset, held[dataset])
    assert version is not None
    return {part.path: part.digest for part in version.parts}


def told(shop: Shop, kind: str, dataset: str) -> dict[str, Any]:
    """The last event of its kind about a dataset."""
    return [event for event in shop.events(kind) if event["dataset"] == dataset][-1]


def test_a_published_output_of_several_files_is_a_folder_with_a_pointer(shop: Shop) -> None:
    divide(shop, step="day")
    done = shop.headgate("run")
    assert "Saved to: data/out/clean.parquet (2 files)" in done.out
    assert "3 new files" in done.out
    folder = shop.root / "data" / "out" / "clean.parquet"
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    assert [path.relative_to(folder).as_posix() for path in found] == DAYS
    assert all(path.stat().st_nlink == 2 for path in found), "files are the objects themselves"
    pointer = folder.with_name("clean.parquet.dvc").read_text()
    assert ".dir\n" in pointer
    assert "nfiles: 2\n" in pointer
    assert "/clean.parquet\n" in folder.with_name(".gitignore").read_text()
    assert "2 files" in shop.headgate("show", "clean").out
    assert shop.headgate("show", "clean", "--json").document["files"] == 2


def test_other_readers_see_the_folder_as_one_table(shop: Shop) -> None:
    import duckdb
    import polars as pl

    divide(shop, step="[month(day), store]")
    shop.headgate("run")
    folder = shop.root / "data" / "out" / "clean.parquet"
    rows = shop.served("clean")
    assert {row["amount"] for row in rows} == {10, 20, 30}
    assert pl.read_parquet(folder, hive_partitioning=False).sort("amount").to_dicts() == rows
    query = "select sum(amount) from read_parquet(?) where day_month = '2024-01'"
    assert duckdb.execute(query, [f"{folder}/**/*.parquet"]).fetchone() == (60,)
    totals = {row["store"]: row["amount"] for row in shop.served("totals")}
    assert totals == {1: 30, 2: 30}, "the SQL step read both parts"


def test_an_output_may_become_a_folder_and_a_file_again(open_shop: Shop) -> None:
    divide(open_shop, step="day")
    plan = open_shop.headgate("plan").out
    assert "the partition of its rows is new" in plan
    open_shop.headgate("run")
    path = open_shop.root / "data" / "out" / "clean.parquet"
    assert path.is_dir()
    open_shop.headgate("data", "rollback")
    assert path.is_file()
    assert "nfiles" not in path.with_name("clean.parquet.dvc").read_text()
    open_shop.headgate("run", "--force")
    assert path.is_dir()
    assert not list(path.parent.glob("*yours*"))


def test_a_new_day_is_one_new_file_of_source_and_output(shop: Shop) -> None:
    divide(shop, source="day", step="day")
    shop.headgate("run")
    before = files(shop, "sales"), files(shop, "clean")
    shop.deliver(HEAD + "1,2024-01-03,5,0\n", "sales_2.csv")
    done = shop.headgate("run")
    # the new day of `clean`, and the totals; two days are what they were
    assert "(2 new files" in done.out
    assert "2 reused)" in done.out
    for old, dataset in zip(before, ("sales", "clean"), strict=True):
        now = files(shop, dataset)
        assert now.items() > old.items()
        assert set(now) - set(old) == {"day=2024-01-03/part.parquet"}
    event = told(shop, "source_ingested", "sales")
    assert (event["parts"], event["kept"]) == (3, 2)
    assert told(shop, "step_finished", "clean")["parts"] == 3
    assert [row["amount"] for row in shop.served("clean")] == [10, 30, 20, 5]


def test_a_correction_is_written_in_its_own_day(shop: Shop) -> None:
    divide(shop, source="day")
    shop.headgate("run")
    before = files(shop, "sales")
    shop.deliver(HEAD + "1,2024-01-02,21,a\n", "sales_2.csv")
    shop.headgate("run")
    now = files(shop, "sales")
    assert [path for path in now if now[path] != before[path]] == [DAYS[1]]
    assert [row["amount"] for row in shop.served("clean")] == [10, 21, 30]
    assert "nothing changed" in shop.headgate("run").out


def test_an_appended_delivery_is_a_file_of_its_own(shop: Shop) -> None:
    append(shop)
    shop.headgate("run")
    (first,) = files(shop, "sales").values()
    for number in (2, 3):
        shop.deliver(HEAD + f"{number},2024-01-0{number},5,0\n", f"sales_{number}.csv")
        shop.headgate("run")
    now = files(shop, "sales")
    assert list(now) == [f"part-00000{number}.parquet" for number in (1, 2, 3)]
    assert now["part-000001.parquet"] == first
    assert "nothing changed" in shop.headgate("run").out
    assert len(shop.served("clean")) == 5
    assert len(shop.served("clean", at=1)) == 3


@pytest.mark.parametrize(
    "divided",
    [
        "",
        "    partition_by: day\n",
        "    partition_by: year(day)\n",
        "    partition_by: {rows: 2}\n",
    ],
)
@pytest.mark.parametrize("key", ["", "    key: [store]\n"])
def test_a_bad_row_of_a_later_delivery_is_named_with_its_own_file_and_line(
    shop: Shop, divided: str, key: str
) -> None:
    append(shop, divided + key)
    shop.headgate("run")
    shop.deliver(
        HEAD + "9,2024-01-03,1,0\n8,2023-01-01,1,0\n7,2024-01-02,-7,0\n6,2024-01-02,1,0\n",
        "sales_2.csv",
    )
    held = shop.headgate("run", "--json", code=1).document["runs"][0]
    assert [row["amount"] for row in shop.served("clean")] == [10, 20, 30]
    (outcome,) = [
        outcome
        for event in held["events"]
        if event["event"] == "gate_judged" and event["dataset"] == "sales"
        for outcome in event["outcomes"]
        if outcome["status"] == "failed"
    ]
    (sample,) = outcome["samples"]
    assert (sample["file"], sample["line"]) == ("data/raw/sales_2.csv", 4)
    assert ["amount", -7] in sample["values"]
    (row,) = shop.headgate("data", "rows", held["run"], "--json").document["rows"]
    assert (row["store"], row["amount"]) == (7, -7)
    assert (row["_file"], row["_line"]) == ("data/raw/sales_2.csv", 4)


def test_files_of_so_many_rows_are_filled_up_by_what_arrives(shop: Shop) -> None:
    append(shop, "    partition_by: {rows: 2}\n")
    divide(shop, step="{rows: 2}")
    shop.headgate("run")
    (full, _), (head, _) = files(shop, "sales").values(), files(shop, "clean").values()
    for number in (4, 5):
        shop.deliver(HEAD + f"9,2024-01-0{number},5,0\n", f"sales_{number}.csv")
        shop.headgate("run")
    names = [f"part-00000{number}.parquet" for number in (1, 2, 3)]
    assert list(files(shop, "sales")) == list(files(shop, "clean")) == names
    assert files(shop, "sales")[names[0]] == full
    assert files(shop, "clean")[names[0]] == head
    assert told(shop, "source_ingested", "sales")["kept"] == 2
    assert [row["amount"] for row in shop.served("clean")][-2:] == [5, 5]
    assert "nothing changed" in shop.headgate("run").out


def test_a_slip_in_the_size_of_files_is_named(shop: Shop) -> None:
    divide(shop, source="{row: 5}")
    assert "did you mean 'rows'?" in shop.headgate("plan", code=2).err


def test_a_bad_row_that_was_held_before_has_no_line(shop: Shop) -> None:
    append(shop, "    partition_by: day\n")
    shop.headgate("run")
    shop.suite(
        "sales",
        [("expect_column_values_to_be_between", {"column": "amount", "max_value": 15})],
    )
    shop.deliver(HEAD + "1,2024-01-01,16,0\n1,2024-01-03,17,0\n", "sales_2.csv")
    run = shop.headgate("run", "--json", code=1).document["runs"][0]["run"]
    rows = shop.headgate("data", "rows", run, "--json").document["rows"]
    named = [(row["amount"], row["_file"], row["_line"]) for row in rows]
    # in the order of the parts: the first of January, the second, the third
    assert named == [
        (30, None, None),
        (16, "data/raw/sales_2.csv", 2),
        (20, None, None),
        (17, "data/raw/sales_2.csv", 3),
    ]


def test_a_source_whose_rows_cannot_be_divided_closes_its_gate(shop: Shop) -> None:
    divide(shop, source="Day")
    done = shop.headgate("run", code=1)
    assert "partition_by: there is no column 'Day'" in done.out
    assert "'day'" in done.out


def test_a_step_whose_rows_cannot_be_divided_fails(shop: Shop) -> None:
    divide(shop, step="month(amount)")
    done = shop.headgate("run", code=3)
    assert "needs a date or a timestamp" in done.err
    assert "Traceback" not in done.err


def test_a_slip_in_the_declaration_is_named_with_its_line(shop: Shop) -> None:
    divide(shop, source="[day, day]")
    done = shop.headgate("plan", code=2)
    assert "partition_by names 'day' more than once" in done.err
    assert "pipelines/shop.yml:" in done.err


def test_another_division_reads_the_deliveries_again(shop: Shop) -> None:
    divide(shop, source="day")
    shop.headgate("run")
    shop.edit("pipelines/shop.yml", "partition_by: day", "partition_by: month(day)")
    assert "the declaration of sales changed" in shop.headgate("plan").out
    shop.headgate("run")
    assert list(files(shop, "sales")) == ["day_month=2024-01/part.parquet"]


def test_a_part_that_is_lost_is_read_again_from_the_deliveries(shop: Shop) -> None:
    divide(shop, source="day")
    shop.headgate("run")
    digest = files(shop, "sales")[DAYS[0]]
    (shop.root / ".headgate/store/files/md5" / digest[:2] / digest[2:]).unlink()
    shop.deliver(HEAD + "1,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")
    assert [row["amount"] for row in shop.served("clean")] == [10, 20, 5, 30]


# ------------------------------------------------------------------ what dies on the way

DYING = """
import os
from headgate.runs import writing
from headgate.store.objects import Objects
real, kept = Objects.keep, []
def dying(self, temporary):
    kept.append(temporary)
    if len(kept) == {when}:
        os._exit(9)
    return real(self, temporary)
Objects.keep = dying
from headgate.cli.main import main
main(["run"])
"""


@pytest.mark.parametrize("when", [2, 5, 12, 16])
def test_a_run_that_dies_while_parts_are_written_shows_nothing_and_is_completed(
    shop: Shop, when: int
) -> None:
    divide(shop, source="day", step="day")
    shop.headgate("run")
    shown, before = shop.tree(), files(shop, "sales")
    rows = "".join(f"1,2024-02-{day:02d},5,0\n" for day in range(1, 9))
    shop.deliver(HEAD + rows, "sales_2.csv")
    died = subprocess.run(
        [sys.executable, "-c", DYING.format(when=when)],
        cwd=shop.root,
        env=ENVIRONMENT,
        capture_output=True,
        check=False,
    )
    assert died.returncode == 9, died.stderr.decode()
    assert shop.tree() == shown
    assert files(shop, "sales") == before
    assert len(shop.served("clean")) == 3
    shop.headgate("run")
    assert len(shop.served("clean")) == 11
    assert [path for path in temporaries(shop.root) if path.is_file()] == []


def temporaries(root: Path) -> list[Path]:
    return list((root / ".headgate" / "store" / "tmp").rglob("*"))


def test_the_first_delivery_is_the_same_table_in_any_layout(shop: Shop) -> None:
    shop.headgate("run")
    whole = shop.served("clean")
    divide(shop, source="store", step="[store, day]")
    shop.headgate("run")
    assert sorted(shop.served("clean"), key=str) == sorted(whole, key=str)
    assert FIRST.count("\n") - 1 == len(whole)


def test_a_project_may_lie_in_a_folder_with_the_signs_of_a_pattern(tmp_path: Path) -> None:
    shop = make(tmp_path / "g[1]*" / "shop")
    shop.edit("pipelines/shop.yml", "arrives: upsert", "arrives: append")
    shop.headgate("run")
    shop.deliver("store,day,amount,kind\n1,2024-01-05,7,0\n", "sales_2.csv")
    shop.headgate("run")
    assert [row["amount"] for row in shop.served("clean")] == [10, 20, 7, 30]
