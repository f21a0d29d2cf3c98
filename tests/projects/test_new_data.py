"""What arrives is added once, history is kept, and nothing runs that need not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.projects.shop import CLEAN_SUITE, FIRST, SALES, Shop
from tests.warm import ENVIRONMENT

HEAD = "store,day,amount,kind\n"


def test_an_upsert_adds_new_days_corrects_old_ones_and_keeps_the_rest(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "1,2024-01-02,25,a\n3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    found = {(row["store"], str(row["day"])): row["amount"] for row in open_shop.served("clean")}
    assert found == {
        (1, "2024-01-01"): 10,
        (1, "2024-01-02"): 25,
        (2, "2024-01-01"): 30,
        (3, "2024-01-03"): 5,
    }
    assert [row["amount"] for row in open_shop.served("clean", at=1)] == [10, 20, 30]


def test_the_same_delivery_again_changes_nothing(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    for name in ("sales_3.csv", "sales_2.csv"):
        open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", name)
        assert "nothing changed" in open_shop.headgate("run").out
    assert open_shop.headgate("status", "--json").document["serving"]["release"] == "prod@2"


def test_a_touched_file_changes_nothing(open_shop: Shop) -> None:
    open_shop.deliver(FIRST)
    assert "nothing changed" in open_shop.headgate("run").out


def test_appended_rows_are_added_once(shop: Shop) -> None:
    shop.edit("pipelines/shop.yml", "arrives: upsert\n    key: [store, day]\n", "arrives: append\n")
    shop.headgate("run")
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")
    shop.headgate("run")
    assert len(shop.served("clean")) == 4


def test_a_replacing_delivery_takes_the_place_of_the_old_one(shop: Shop) -> None:
    shop.headgate("run")
    shop.write("data/raw/stores.csv", "store,town\n1,Kiel\n")
    shop.headgate("run")
    assert {row["town"] for row in shop.served("clean")} == {"Kiel", None}


@pytest.mark.parametrize(
    ("path", "old", "new", "because"),
    [
        ("transformations/helpers.py", "// (100 + rate)", "// (101 + rate)", "vat"),
        ("transformations/clean.py", "RATE = 20", "RATE = 90", "RATE"),
        ("transformations/clean.py", "joined.with", "joined.head(2).with", "clean"),
        ("transformations/totals.sql", "sum(amount)", "max(amount)", "query"),
    ],
)
def test_changed_code_runs_again_and_is_named(
    open_shop: Shop, path: str, old: str, new: str, because: str
) -> None:
    open_shop.edit(path, old, new)
    assert because in open_shop.headgate("plan").out
    done = open_shop.headgate("run")
    assert "prod@2" in done.out


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("transformations/helpers.py", "return amount + 1", "return amount + 2"),
        ("transformations/helpers.py", "def vat(", "# how much is left\ndef vat("),
        ("transformations/clean.py", "RATE = 20", "RATE = 20  # percent"),
        ("transformations/totals.sql", "-- what every store sold", "-- sums"),
        ("transformations/totals.sql", "select store, sum", "SELECT store,\n  sum"),
    ],
)
def test_comments_and_code_that_is_not_reached_run_nothing(
    open_shop: Shop, path: str, old: str, new: str
) -> None:
    open_shop.edit(path, old, new)
    assert "nothing to do" in open_shop.headgate("plan").out
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_step_that_gives_the_same_rows_stops_the_change_there(open_shop: Shop) -> None:
    open_shop.edit("transformations/helpers.py", "amount * 100", "100 * amount")
    done = open_shop.headgate("run", "--json").document
    kinds = {
        event["dataset"]: event["event"]
        for event in done["runs"][0]["events"]
        if event["event"] in {"step_finished", "dataset_reused"}
    }
    assert kinds["clean"] == "step_finished"
    assert kinds["totals"] == "dataset_reused"
    assert done["runs"][0]["release"] == "prod@1"


def test_an_edited_expectation_validates_again_and_computes_nothing(open_shop: Shop) -> None:
    open_shop.suite("clean", [*CLEAN_SUITE, ("expect_column_to_exist", {"column": "town"})])
    assert "validate" in open_shop.headgate("plan").out
    done = open_shop.headgate("run", "--json").document
    assert not [e for e in done["runs"][0]["events"] if e["event"] == "step_finished"]
    judged = [e for e in done["runs"][0]["events"] if e["event"] == "gate_judged"]
    assert ("clean", 3, 3) in [(e["dataset"], e["passed"], e["total"]) for e in judged]
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_stricter_expectation_closes_the_gate_of_unchanged_data(open_shop: Shop) -> None:
    limits = {"column": "amount", "min_value": 0, "max_value": 15}
    open_shop.suite("sales", [*SALES, ("expect_column_values_to_be_between", limits)])
    done = open_shop.headgate("run", code=1)
    assert "amount" in done.out
    assert open_shop.served("clean")


def test_a_forced_run_computes_again_and_publishes_nothing_new(open_shop: Shop) -> None:
    done = open_shop.headgate("run", "--force", "--json").document
    assert [e["dataset"] for e in done["runs"][0]["events"] if e["event"] == "step_finished"] == [
        "clean",
        "totals",
    ]
    assert done["runs"][0]["release"] == "prod@1"


def test_code_that_is_edited_twice_in_a_second_is_the_code_that_runs(open_shop: Shop) -> None:
    path = open_shop.root / "transformations" / "clean.py"
    kept = path.stat()
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 90")
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # what byte code is trusted by
    open_shop.headgate("run")
    assert [row["net"] for row in open_shop.served("clean")] == [5, 10, 15]
    assert not list(open_shop.root.rglob("__pycache__"))


def amounts(shop: Shop) -> list[int]:
    return [row["amount"] for row in shop.served("clean")]


def test_deliveries_that_correct_each_other_may_be_read_at_once(shop: Shop) -> None:
    shop.deliver(HEAD + "1,2024-01-02,25,a\n3,2024-01-03,5,0\n", "sales_2.csv")
    shop.deliver(HEAD + "3,2024-01-03,6,0\n", "sales_3.csv")
    shop.headgate("run")
    assert amounts(shop) == [10, 25, 30, 6]


def test_several_new_deliveries_are_added_in_the_order_of_their_names(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,6,0\n", "sales_3.csv")
    open_shop.deliver(HEAD + "1,2024-01-02,25,a\n3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    assert amounts(open_shop) == [10, 25, 30, 6]


def test_a_key_that_stands_twice_in_one_of_several_deliveries_is_held(shop: Shop) -> None:
    shop.deliver(HEAD + "3,2024-01-03,5,0\n3,2024-01-03,6,0\n", "sales_2.csv")
    assert "unique" in shop.headgate("run", code=1).out


def test_all_deliveries_are_read_again_in_the_order_they_arrived(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "1,2024-01-02,21,a\n", "sales_3.csv")
    open_shop.headgate("run")
    open_shop.deliver(HEAD + "1,2024-01-02,22,a\n", "sales_2.csv")
    open_shop.headgate("run")
    open_shop.edit("pipelines/shop.yml", "amount: integer", "amount: number")
    open_shop.headgate("run")
    assert amounts(open_shop) == [10, 22, 30]


def test_held_data_that_is_lost_is_read_again_from_all_deliveries(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "1,2024-01-02,21,a\n", "sales_2.csv")
    open_shop.headgate("run")
    version = open_shop.headgate("show", "sales", "--json").document["version"]
    (open_shop.root / ".headgate/store/files/md5" / version[:2] / version[2:]).unlink()
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 90")
    open_shop.headgate("run")
    assert amounts(open_shop) == [10, 21, 30]


@pytest.mark.parametrize("arrives", ["append", "upsert\n    key: [store, day]"])
def test_a_delivery_that_lies_there_under_two_names_counts_once(shop: Shop, arrives: str) -> None:
    old = "upsert\n    key: [store, day]\n    types"
    shop.edit("pipelines/shop.yml", old, f"{arrives}\n    types")
    shop.deliver(FIRST, "sales_copy.csv")
    shop.headgate("run")
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_3.csv")
    shop.headgate("run")
    assert sorted(amounts(shop)) == [5, 10, 20, 30]


def test_a_correction_that_is_taken_back_in_place_is_taken_back(open_shop: Shop) -> None:
    for amount in (21, 22, 21, 22):
        open_shop.deliver(HEAD + f"1,2024-01-02,{amount},a\n", "sales_2.csv")
        open_shop.headgate("run")
        assert amounts(open_shop) == [10, amount, 30]
        assert "nothing changed" in open_shop.headgate("run").out


def test_a_source_may_be_declared_to_replace_what_it_once_added_to(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "1,2024-01-04,21,a\n", "sales_3.csv")
    open_shop.headgate("run")
    open_shop.deliver(HEAD + "1,2024-01-03,22,a\n", "sales_2.csv")
    open_shop.headgate("run")
    open_shop.edit("pipelines/shop.yml", "arrives: upsert", "arrives: replace")
    open_shop.headgate("run")
    assert sorted(amounts(open_shop)) == [10, 20, 21, 22, 30]


def test_a_result_is_never_kept_under_code_that_was_edited_meanwhile(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    script = """
from pathlib import Path
from headgate.runs import stages
real = stages._judge_delivery
def editing(*args):
    path = Path("transformations/helpers.py")
    path.write_text(path.read_text().replace("* 100", "* 300"))
    return real(*args)
stages._judge_delivery = editing
from headgate.cli.main import main
main(["run"])
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=open_shop.root, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "changed while" in done.stderr
    open_shop.edit("transformations/helpers.py", "* 300", "* 100")
    open_shop.headgate("run")
    assert [row["net"] for row in open_shop.served("clean")] == [8, 16, 25, 4]
