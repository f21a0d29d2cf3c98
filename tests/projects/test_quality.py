"""Profiles and suggestions at the command line: of any file, and of datasets as they are held."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from headgate.project.suites import read_expected
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


def test_suggestions_say_the_same_in_yaml_and_in_json(desk: Shop) -> None:
    odd = rows(1).replace("day", '"день, ""day"""', 1).replace(",a,", ",NA,")
    desk.write("odd.csv", odd)
    said = {}
    for target in ("checks.yml", "checks.json"):
        words = ["quality", "suggest", "odd.csv", "--nulls", "NA", "--write", target]
        told = f"headgate validate odd.csv --expect {target} --nulls NA"
        assert told in desk.headgate(*words).err
        desk.headgate(*told.split()[1:])
        checks = read_expected((desk.root / target).read_text(), target)
        said[target] = [(each.metric, each.bound, each.severity) for each in checks]
    assert len(said["checks.yml"]) > 15
    assert said["checks.yml"] == said["checks.json"]


def test_each_check_in_yaml_has_its_evidence_beside_it(desk: Shop) -> None:
    desk.headgate("quality", "suggest", "sales.csv", "--write", "checks.yml")
    text = (desk.root / "checks.yml").read_text()
    assert "  # 0.95: none missing" in text or "  # 0.80: none missing" in text
    assert "  - not_null: " in text


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
    assert ".yml, .yaml or .json" in desk.headgate(*words, "sales.toml", code=2).err


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


# ------------------------------------------------------------------ backtest

TOO_MUCH = "max: {column: amount, high: 100}"


@pytest.fixture
def grown_shop(open_shop: Shop) -> Shop:
    """Three releases: an odd amount came with the second, and was put right with the third."""
    for name, amount in (("sales2.csv", 450), ("sales3.csv", 45)):
        open_shop.deliver(f"store,day,amount,kind\n3,2024-01-03,{amount},b\n", name)
        open_shop.headgate("run")
    assert open_shop.newest() == 3
    return open_shop


def test_a_stricter_check_is_tried_on_every_release(grown_shop: Shop) -> None:
    words = ["quality", "backtest", "sales", "--check", TOO_MUCH]
    out = grown_shop.headgate(*words).out
    assert out.startswith("sales: 1 check on 3 versions\ngate closed on 1 of 3\n")
    assert "1 of 3" in out.splitlines()[-1]
    assert "prod@2" in out.splitlines()[-1]
    assert out.rstrip().endswith(": 450")
    document = grown_shop.headgate(*words, "--json").document
    assert (document["schema"], document["gone"]) == ("headgate.backtest/1", 0)
    assert [one["release"] for one in document["versions"]] == ["prod@3", "prod@2", "prod@1"]
    [check] = document["checks"]
    assert (check["kind"], check["passed"], check["not_judged"]) == ("max", 2, [])
    assert [(one["release"], one["observed"]) for one in check["fired"]] == [("prod@2", 450)]


def test_an_edited_suite_is_tried_before_it_gates(grown_shop: Shop) -> None:
    grown_shop.edit("expectations/sales.json", '"max_value": 500\n', '"max_value": 100\n')
    out = grown_shop.headgate("quality", "backtest", "sales").out
    assert "sales: 5 checks on 3 versions" in out
    assert "gate closed on 1 of 3" in out
    assert [line for line in out.splitlines() if line.endswith(": 1 of 4 rows")] != []
    words = ["--expect", "expectations/sales.json", "--check", "not_null: amount", "--limit", "1"]
    out = grown_shop.headgate("quality", "backtest", "sales", *words).out
    assert "sales: 6 checks on 1 version\ngate closed on 0 of 1\n" in out


def test_other_datasets_are_those_of_the_same_release(grown_shop: Shop) -> None:
    words = ["--check", "rows_as: sales", "--check", "rows_as: nowhere", "--json"]
    there, gone = grown_shop.headgate("quality", "backtest", "clean", *words).document["checks"]
    assert (there["passed"], there["fired"]) == (3, [])
    assert [one["release"] for one in gone["not_judged"]] == ["prod@3", "prod@2", "prod@1"]
    out = grown_shop.headgate("quality", "backtest", "clean", *words[:-1]).out
    assert "not judged, last on prod@3: no dataset 'nowhere'" in out


def test_a_version_that_came_back_is_tried_once(grown_shop: Shop) -> None:
    grown_shop.headgate("data", "rollback", "--release", "1")
    words = ["quality", "backtest", "sales", "--check", TOO_MUCH, "--json"]
    document = grown_shop.headgate(*words).document
    assert [one["release"] for one in document["versions"]] == ["prod@3", "prod@2", "prod@1"]


def test_versions_whose_data_is_gone_are_counted(grown_shop: Shop) -> None:
    words = ["quality", "backtest", "sales", "--check", TOO_MUCH]
    version = grown_shop.headgate(*words, "--json").document["versions"][1]["version"]
    store = grown_shop.root / ".headgate" / "store"
    [kept] = [each for each in store.rglob(version[2:]) if each.parent.name == version[:2]]
    kept.unlink()
    done = grown_shop.headgate(*words)
    assert "sales: 1 check on 2 versions\ngate closed on 0 of 2\n" in done.out
    assert "1 version is left out, because the data is no longer in the store" in done.err


def test_freshness_is_judged_at_the_time_of_the_release(grown_shop: Shop) -> None:
    grown_shop.edit(
        "pipelines/shop.yml",
        "publish: [clean, totals]",
        "publish: [clean, totals]\nquality_checks:\n"
        "  - {type: freshness, max_delay_hours: 1}\n"
        "  - {type: freshness, max_delay_hours: 1, column: day}",
    )
    document = grown_shop.headgate("quality", "backtest", "totals", "--json").document
    delivered, days = document["checks"]
    assert (delivered["passed"], len(delivered["fired"])) == (3, 0)
    assert (days["passed"], len(days["not_judged"])) == (0, 3)
    clean = grown_shop.headgate("quality", "backtest", "clean", "--json").document["checks"]
    ages = [one["observed"] for one in clean[-1]["fired"]]
    assert len(ages) == 3
    assert 23.9 < ages[2] - ages[1] < 24.1  # the second release brought a newer day


def test_what_has_no_checks_or_no_past_says_so(shop: Shop) -> None:
    words = ["quality", "backtest"]
    told = shop.headgate(*words, "clean", code=2).err
    assert "nothing of clean has been released" in told
    assert "has no past" in shop.headgate(*words, "data/raw/sales.csv", code=2).err
    assert "totals has no checks" in shop.headgate(*words, "totals", code=2).err
    assert "did you mean 'clean'" in shop.headgate(*words, "claen", code=2).err
    assert "--check" in shop.headgate(*words, "clean", "--check", "betwen: amount", code=2).err
    assert "--check" in shop.headgate(*words, "clean", "--check", "a: [", code=2).err


def test_a_dataset_that_was_never_released_says_so(shop: Shop) -> None:
    told = shop.headgate("quality", "suggest", "clean", code=2).err
    assert "nothing of clean has been released" in told
