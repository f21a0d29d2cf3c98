"""Profiles and suggestions at the command line: of any file, and of datasets as they are held."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.projects.shop import Shop

HEAD = "store,day,amount,kind,email\n"


def rows(seed: int) -> str:
    """Three months of six stores, as CSV."""
    random = Random(seed)
    lines = [
        f"{store},{date(2024, 1, 1) + timedelta(days=day)},{random.randrange(10, 200)},"
        f"{random.choice('ab')},s{store}@example.org\n"
        for day in range(90)
        for store in range(1, 7)
    ]
    return HEAD + "".join(lines)


@pytest.fixture
def desk(tmp_path: Path) -> Shop:
    """A folder with a file of sales and no project."""
    shop = Shop(tmp_path)
    shop.write("sales.csv", rows(1))
    return shop


def test_a_file_is_profiled_without_a_project(desk: Shop) -> None:
    out = desk.headgate("quality", "profile", "sales.csv").out
    assert "sales: 540 rows, 5 columns" in out
    assert "key: store, day" in out
    assert "store determines email" in out
    assert "day is increasing down the rows" in out
    assert "email is likely personal (e-mail): 8 of 8" not in out
    assert "email is likely personal (e-mail)" in out
    assert "example.org" not in out
    assert [path.name for path in desk.root.iterdir()] == ["sales.csv"]


def test_a_profile_is_one_document_for_machines(desk: Shop) -> None:
    document = desk.headgate("quality", "profile", "sales.csv", "--json").document
    assert (document["schema"], document["rows"]) == ("headgate.profile/1", 540)
    by_name = {column["name"]: column for column in document["columns"]}
    assert by_name["day"]["high"] == "2024-03-30"
    assert by_name["email"]["low"] == "•••"
    assert document["keys"][0]["columns"] == ["store", "day"]


def test_suggestions_come_with_their_evidence(desk: Shop) -> None:
    out = desk.headgate("quality", "suggest", "sales.csv").out
    assert "unique (store, day)" in out
    assert "kind one of a, b" in out
    assert "none missing in 540 rows" in out
    assert "rule of three" in out
    assert "example.org" not in out


def test_written_suggestions_judge_the_next_file(desk: Shop) -> None:
    target = "expectations/sales.json"
    done = desk.headgate("quality", "suggest", "sales.csv", "--write", target)
    assert f"headgate validate sales.csv --expect {target}" in done.err
    suite = json.loads((desk.root / target).read_text())
    assert suite["name"] == "sales"
    assert {"type", "kwargs", "severity", "meta"} == set(suite["expectations"][0])
    desk.headgate("validate", "sales.csv", "--expect", target)
    desk.write("next.csv", rows(2))
    desk.headgate("validate", "next.csv", "--expect", target)
    desk.write("twice.csv", rows(2) + rows(2).removeprefix(HEAD))
    out = desk.headgate("validate", "twice.csv", "--expect", target, code=1).out
    assert "unique (store, day)" in out


def test_suggestions_are_one_document_for_machines(desk: Shop) -> None:
    document = desk.headgate("quality", "suggest", "sales.csv", "--json").document
    assert (document["schema"], document["rows"]) == ("headgate.suggest/1", 540)
    first = document["suggestions"][0]
    assert first["kwargs"] == {"column_list": ["store", "day", "amount", "kind", "email"]}
    assert 0 < first["confidence"] <= 1


def test_a_suite_that_is_there_is_not_overwritten(desk: Shop) -> None:
    desk.write("expectations/sales.json", "{}")
    words = ["quality", "suggest", "sales.csv", "--write"]
    assert "is there already" in desk.headgate(*words, "expectations/sales.json", code=2).err
    assert (desk.root / "expectations/sales.json").read_text() == "{}"
    assert ".json" in desk.headgate(*words, "sales.yml", code=2).err


def test_rows_that_cannot_be_read_are_left_out_and_told(desk: Shop) -> None:
    desk.write("sales.csv", rows(1) + "7,2024-04-01,5\n")
    done = desk.headgate("quality", "profile", "sales.csv")
    assert "540 rows" in done.out
    assert "1 row of sales.csv cannot be read and are left out" in done.err


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_other_kinds_of_files_are_profiled_too(desk: Shop, kind: str) -> None:
    import polars as pl

    frame = pl.read_csv(desk.root / "sales.csv", try_parse_dates=True)
    if kind == "parquet":
        frame.write_parquet(desk.root / "sales.parquet")
    else:
        frame.with_columns(pl.col("day").cast(pl.String)).write_ndjson(desk.root / "sales.jsonl")
    assert "key: store, day" in desk.headgate("quality", "profile", f"sales.{kind}").out


def test_a_dataset_is_profiled_as_it_is_held(open_shop: Shop) -> None:
    out = open_shop.headgate("quality", "profile", "clean").out
    assert "clean: 3 rows" in out
    document = open_shop.headgate("quality", "suggest", "sales", "--json").document
    assert document["rows"] == 3
    target = "expectations/suggested.json"
    open_shop.headgate("quality", "suggest", "clean", "--write", target)
    open_shop.headgate("validate", "clean", "--expect", target)


def test_an_unknown_subject_is_told_the_nearest(open_shop: Shop) -> None:
    assert "did you mean 'clean'" in open_shop.headgate("quality", "profile", "claen", code=2).err


def test_a_dataset_that_was_never_released_says_so(shop: Shop) -> None:
    told = shop.headgate("quality", "suggest", "clean", code=2).err
    assert "nothing of clean has been released" in told
