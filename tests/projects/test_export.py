"""A dataset leaves the store as one file, however many files it is kept in."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from headgate.cli import export as exporting
from headgate.cli.export import export
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.projects.shop import Shop


@pytest.fixture
def divided(shop: Shop) -> Shop:
    """The shop with two releases, whose table `clean` has a file for each day."""
    old = "path: data/out/clean.parquet\n"
    shop.edit("pipelines/shop.yml", old, f"{old}    partition_by: day\n")
    shop.headgate("run")
    shop.deliver("store,day,amount,kind\n3,2024-01-03,40,\n", "sales_2.csv")
    shop.headgate("run")
    return shop


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_dataset_of_several_files_is_written_as_one(divided: Shop, kind: str) -> None:
    import polars as pl

    done = divided.headgate("data", "export", "clean", f"out.{kind}")
    assert done.out == f"✓ 4 rows of clean@prod@2 are in out.{kind}\n"
    assert sorted(path.name for path in divided.root.glob("*out*")) == [f"out.{kind}"]
    path = divided.root / f"out.{kind}"
    frame = pl.read_csv(path, try_parse_dates=True) if kind == "csv" else pl.read_parquet(path)
    key = ["store", "day"]
    served = pl.DataFrame(divided.served("clean")).sort(key)
    assert frame.sort(key).select(pl.exclude("kind")).equals(served.select(pl.exclude("kind")))


def test_an_earlier_release_or_a_version_is_written_by_its_name(divided: Shop) -> None:
    version = divided.headgate("show", "clean@1", "--json").document["version"]
    for number, name in enumerate(("clean@1", "clean@prod@1", f"clean@{version[:6]}")):
        words = ("data", "export", name, f"{number}.csv", "--json")
        document = divided.headgate(*words).document
        assert (document["rows"], document["version"], document["dataset"]) == (3, version, "clean")
        assert len((divided.root / f"{number}.csv").read_text().splitlines()) == 4


def test_what_cannot_be_written_leaves_no_file(divided: Shop) -> None:
    divided.write("there.csv", "mine")
    for words, code, said in (
        (("clean", "there.csv"), 2, "is there already"),
        (("clean", "out.xlsx"), 2, "name a .csv or a .parquet file"),
        (("claen", "out.csv"), 2, "did you mean 'clean'?"),
        (("clean@prod@9", "out.csv"), 2, "prod has no release 9"),
        (("clean", "nowhere/out.csv"), 2, "no such folder: nowhere"),
    ):
        assert said in divided.headgate("data", "export", *words, code=code).err, words
    assert (divided.root / "there.csv").read_text() == "mine"
    assert not list(divided.root.glob("*out*"))


def test_data_that_is_no_longer_in_the_store_is_said(divided: Shop) -> None:
    version = divided.headgate("show", "totals", "--json").document["version"]
    (divided.root / ".headgate/store/files/md5" / version[:2] / version[2:]).unlink()
    for name in ("out.csv", "out.parquet"):
        said = divided.headgate("data", "export", "totals", name, code=3).err
        assert "is no longer in the store" in said
        assert not (divided.root / name).exists()


def test_rows_keep_their_order_over_files_and_portions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    monkeypatch.setattr(exporting, "PORTION", 2)
    engine, n = EmbeddedEngine(), 0
    paths: list[Path] = []
    for rows in (5, 0, 2, 4):
        path = tmp_path / f"{len(paths)}.parquet"
        values = list(range(n, n + rows))
        frame = pl.DataFrame(
            {"n": values, "a b": [f"t{v}" for v in values]}, {"n": pl.Int64, "a b": pl.String}
        )
        schema = engine.write(frame, path).schema
        paths.append(path)
        n += rows
    table = Table("t", tuple(paths), schema, n)

    export(engine, table, tmp_path / "all.csv")
    export(engine, table, tmp_path / "all.parquet")

    expected = [(v, f"t{v}") for v in range(n)]
    assert pl.read_parquet(tmp_path / "all.parquet").rows() == expected
    with (tmp_path / "all.csv").open(newline="") as file:
        header, *rest = csv.reader(file)
    assert (header, rest) == (["n", "a b"], [[str(v), text] for v, text in expected])


def test_rows_set_aside_that_are_no_longer_in_the_store_are_said(shop: Shop) -> None:
    shop.headgate("run")
    shop.deliver("store,day,amount,kind\n3,2024-01-03,-5,0\n", "sales_2.csv")
    shop.headgate("run", code=1)
    run = shop.headgate("status", "--json").document["pipelines"][0]["last_run"]["run"]
    kept = [event["failing_rows"] for event in shop.events("gate_judged")][-1]
    (shop.root / ".headgate/store/files/md5" / kept[:2] / kept[2:]).unlink()
    for words in ((), ("--out", "bad.csv"), ("--out", "bad.parquet")):
        said = shop.headgate("data", "rows", run, "--gate", "sales", *words, code=2).err
        assert "the failing rows of sales are no longer kept" in said
    assert not list(shop.root.glob("*bad*"))
