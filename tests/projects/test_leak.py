"""Readers never see what did not pass: publish good, deliver bad, run, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects.shop import FIRST, STORES, Shop

HEAD = "store,day,amount,kind\n"
BAD: dict[str, str | bytes] = {
    "a missing column": "store,day,amount\n3,2024-01-03,5\n",
    "a renamed column": "store,day,revenue,kind\n3,2024-01-03,5,0\n",
    "an extra column": "store,day,amount,kind,note\n3,2024-01-03,5,0,x\n",
    "amounts far out of range": HEAD + "".join(f"{n},2024-01-03,1250000,0\n" for n in (1, 2, 3)),
    "null keys": HEAD + ",2024-01-03,5,0\n" * 5,
    "an unknown kind": HEAD + "3,2024-01-03,5,z\n",
    "a date in another format": HEAD + "3,03.01.2024,5,0\n",
    "a fraction where an integer is declared": HEAD + "3,2024-01-03,5.5,0\n",
    "an integer out of range": HEAD + f"3,2024-01-03,{10**20},0\n",
    "a ragged row": HEAD + "3,2024-01-03,5\n3,2024-01-04,5,0,9\n",
    "a wrong delimiter": HEAD.replace(",", ";") + "3;2024-01-03;5;0\n",
    "an empty file": "",
    "bytes that are not UTF-8": HEAD.encode() + b"3,2024-01-03,5,\xe9\n",
    "NUL bytes": HEAD.encode() + b"3,2024-01-03,5,\x00\n",
    "a key twice": HEAD + "3,2024-01-03,5,0\n3,2024-01-03,6,0\n",
    "an open quote": HEAD + '3,2024-01-03,5,"0\n',
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_delivery_is_held_and_readers_keep_the_last_good_release(
    open_shop: Shop, kind: str
) -> None:
    before, rows = open_shop.tree(), open_shop.served("clean")
    open_shop.deliver(BAD[kind], "sales_2.csv")
    done = open_shop.headgate("run", code=1)
    assert "nothing was published" in done.err
    assert "sales_2.csv" in done.out  # whatever is wrong, the file is named
    assert "prod@1" in done.err  # what is still being served
    assert open_shop.served("clean") == rows
    assert open_shop.tree() == before
    assert open_shop.headgate("data", "log", "--json").document["releases"][0]["number"] == 1
    assert [alert["cause"] for alert in open_shop.events("alert_raised")] == ["gate_judged"]
    assert open_shop.headgate("run", code=1).out  # it stays held


@pytest.mark.parametrize("kind", BAD)
def test_a_corrected_delivery_is_published(open_shop: Shop, kind: str) -> None:
    open_shop.deliver(BAD[kind], "sales_2.csv")
    open_shop.headgate("run", code=1)
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    assert len(open_shop.served("clean")) == 4


def test_the_first_delivery_may_be_bad_too(shop: Shop) -> None:
    shop.deliver(HEAD + "1,2024-01-01,-5,0\n")
    done = shop.headgate("run", code=1)
    assert "nothing was published" in done.err
    assert not (shop.root / "data" / "out").exists()
    assert shop.headgate("status", "--json").document["serving"] is None


def test_a_gate_between_steps_holds_everything_back(open_shop: Shop) -> None:
    before = open_shop.tree()
    open_shop.edit("transformations/helpers.py", "amount * 100 // (100 + rate)", "-amount")
    done = open_shop.headgate("run", code=1)
    assert "net" in done.out
    assert open_shop.tree() == before


def test_a_missing_file_is_held_with_a_way_out(open_shop: Shop) -> None:
    (open_shop.root / "data" / "raw" / "stores.csv").unlink()
    done = open_shop.headgate("run", code=1)
    assert "data/raw/stores.csv" in done.out + done.err
    assert open_shop.served("totals")
    open_shop.write("data/raw/stores.csv", STORES)
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_directory_in_place_of_a_file_is_held(open_shop: Shop) -> None:
    path = open_shop.root / "data" / "raw" / "stores.csv"
    path.unlink()
    path.mkdir()
    done = open_shop.headgate("run", code=1)
    assert "folder" in done.out + done.err


def test_failing_rows_are_all_kept_with_rule_file_and_line(open_shop: Shop) -> None:
    rows = "".join(f"{n},2024-02-01,{amount},0\n" for n, amount in ((1, -1), (2, 7), (3, -2)))
    open_shop.deliver(HEAD + rows, "sales_2.csv")
    done = open_shop.headgate("run", code=1)
    assert "sales_2.csv:2" in done.out
    run = open_shop.headgate("status", "--json").document["pipelines"][0]["last_run"]["run"]
    kept = open_shop.headgate("data", "rows", run, "--gate", "sales", "--json").document
    assert kept["total"] == 2
    assert [(row["store"], row["amount"]) for row in kept["rows"]] == [(1, -1), (3, -2)]
    assert [Path(row["_file"]).name for row in kept["rows"]] == ["sales_2.csv"] * 2
    assert [row["_line"] for row in kept["rows"]] == [2, 4]
    assert all("amount" in row["_reason"] for row in kept["rows"])
    for kind in ("csv", "parquet"):
        open_shop.headgate("data", "rows", run, "--gate", "sales", "--out", f"bad.{kind}")
    import polars as pl

    assert pl.read_parquet(open_shop.root / "bad.parquet")["amount"].to_list() == [-1, -2]
    assert pl.read_csv(open_shop.root / "bad.csv")["_line"].to_list() == [2, 4]
    again = open_shop.headgate("data", "rows", run, "--gate", "sales", "--out", "bad.csv", code=2)
    assert "there already" in again.err
    wrong = open_shop.headgate("data", "rows", run, "--gate", "sales", "--out", "bad.xls", code=2)
    assert ".parquet" in wrong.err
    slip = open_shop.headgate("data", "rows", run, "--gate", "sale", code=2)
    assert "no gate named 'sale'" in slip.err
    assert "did you mean 'sales'" in slip.err


def test_rows_are_shown_as_they_are_in_the_data_and_not_where_they_are_written(
    open_shop: Shop,
) -> None:
    rows = "".join(f"{2013 + n},2024-02-01,{-1357 - n},0\n" for n in range(2))
    open_shop.deliver(HEAD + rows, "sales_2.csv")
    open_shop.headgate("run", code=1)
    run = open_shop.headgate("status", "--json").document["pipelines"][0]["last_run"]["run"]
    words = ("data", "rows", run, "--gate", "sales")
    shown = open_shop.headgate(*words).out
    assert " 2013  2024-02-01   -1357  0 " in shown
    written = open_shop.headgate(*words, "--out", "bad.csv")
    assert (written.out, written.err) == ("", "all 2 rows are in bad.csv\n")
    both = open_shop.headgate(*words, "--out", "more.csv", "--limit", "1").out
    assert both == "\n".join(shown.splitlines()[:2]) + "\n"


def test_malformed_rows_can_be_set_aside_up_to_a_limit(open_shop: Shop) -> None:
    open_shop.edit(
        "pipelines/shop.yml",
        "    arrives: upsert\n",
        "    arrives: upsert\n    on_malformed: quarantine\n    malformed_limit: 0.5\n",
    )
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n3,2024-01-04,five,0\n", "sales_2.csv")
    done = open_shop.headgate("run")
    assert "sales_2.csv:3" in done.out + done.err
    assert len(open_shop.served("clean")) == 4
    run = open_shop.headgate("status", "--json").document["pipelines"][0]["last_run"]["run"]
    [row] = open_shop.headgate("data", "rows", run, "--json").document["rows"]
    assert row["_line"] == 3
    assert "'five'" in row["_reason"]


def test_too_many_malformed_rows_close_the_gate_all_the_same(open_shop: Shop) -> None:
    open_shop.edit(
        "pipelines/shop.yml",
        "    arrives: upsert\n",
        "    arrives: upsert\n    on_malformed: quarantine\n    malformed_limit: 0.1\n",
    )
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n3,2024-01-04,five,0\n", "sales_2.csv")
    said = open_shop.headgate("run", code=1).out
    assert "50.00% is more than malformed_limit allows (10.00%)" in said
    assert "data/raw/sales_2.csv:3  amount = 'five'  is not an integer" in said
    assert open_shop.served("clean", at=1) == open_shop.served("clean")


def test_a_step_that_fails_leaves_the_release_and_names_its_line(open_shop: Shop) -> None:
    before = open_shop.tree()
    open_shop.edit("transformations/clean.py", 'on="store"', 'on="shop"')
    done = open_shop.headgate("run", code=3)
    assert "clean.py" in done.err or "shop" in done.err
    assert open_shop.tree() == before
    open_shop.edit("transformations/clean.py", 'on="shop"', 'on="store"')
    assert "nothing changed" in open_shop.headgate("run").out


def test_the_first_delivery_stays_held_under_its_own_name(open_shop: Shop) -> None:
    assert open_shop.served("clean")[0]["amount"] == int(FIRST.splitlines()[1].split(",")[2])
