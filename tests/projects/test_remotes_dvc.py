"""One remote for both: what DVC pushes Headgate pulls, and the other way round; a repository of DVC
becomes releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.reading import read
from headgate.workspace.workspace import opened
from tests.projects.real_dvc import Dvc, commit, git, installed
from tests.projects.shop import Done, Shop

pytestmark = pytest.mark.integration
HEAD = "store,day,amount,kind\n"


@pytest.fixture(scope="session")
def dvc() -> Dvc:
    return installed()


@pytest.fixture
def versioned(shop: Shop) -> Shop:
    """The shop in Git, with a folder of parts, one release, and a remote that DVC knows too."""
    old = "path: data/out/clean.parquet\n"
    shop.edit("pipelines/shop.yml", old, f"{old}    partition_by: [day]\n")
    shop.write(".gitignore", ".headgate/\ndata/raw/\n__pycache__/\n")
    git(shop.root, "init", "-q")
    shop.headgate("run")
    shop.headgate("data", "remote", "add", "shelf", "../shelf")
    commit(shop.root, "first release")
    return shop


def cloned(shop: Shop, name: str) -> Shop:
    target = shop.root.parent / name
    git(shop.root.parent, "clone", "-q", str(shop.root), str(target))
    return Shop(target)


def pointers(shop: Shop) -> list[tuple[str, str]]:
    """The version of each dataset that readers see."""
    statement = "select dataset, version from ref where kind = 'visible' order by dataset"
    with opened(shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        return [(dataset, version) for dataset, version in tx.execute(statement)]


def files(shop: Shop) -> dict[str, bytes]:
    return {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}


def test_what_headgate_pushes_dvc_pulls(versioned: Shop, dvc: Dvc) -> None:
    versioned.headgate("data", "push")
    told = dvc(versioned.root, "status", "-c", "-r", "shelf")
    assert "in sync" in told
    other = cloned(versioned, "clone")
    dvc(other.root, "pull", "-r", "shelf")
    assert files(other) == files(versioned)
    assert "up to date" in dvc(other.root, "status")
    assert "Everything is up to date" in dvc(other.root, "push", "-r", "shelf")


def test_what_dvc_pushes_headgate_pulls_and_releases(versioned: Shop, dvc: Dvc) -> None:
    dvc(versioned.root, "push", "-r", "shelf")
    other = cloned(versioned, "clone")
    pulled = other.headgate("data", "pull", "--json").document
    assert (pulled["release"], pulled["releases"]) == ("prod@1", 1)
    assert files(other) == files(versioned)
    assert other.served("clean") == versioned.served("clean")
    held = [pointers(shop) for shop in (other, versioned)]
    assert held[0] == held[1], "the ids are the hashes that DVC gave"
    assert "up to date" in dvc(other.root, "status")
    assert other.headgate("data", "pull", "--json").document["objects"] == 0


def test_data_that_dvc_keeps_beside_comes_along(versioned: Shop, dvc: Dvc) -> None:
    versioned.write("models/weights.bin", b"\x00\x01")
    dvc(versioned.root, "add", "models/weights.bin")
    commit(versioned.root, "a model")
    versioned.headgate("data", "push")
    assert "in sync" in dvc(versioned.root, "status", "-c", "-r", "shelf")
    dvc_only = versioned.root.parent / "dvc-only"
    versioned.headgate("data", "remote", "add", "plain", str(dvc_only))
    dvc(versioned.root, "push", "-r", "plain")
    commit(versioned.root, "another remote")
    other = cloned(versioned, "clone")
    other.headgate("data", "pull", "plain")
    assert (other.root / "models/weights.bin").read_bytes() == b"\x00\x01"


def test_dvc_compares_what_two_commits_released(versioned: Shop, dvc: Dvc) -> None:
    versioned.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    versioned.headgate("run")
    commit(versioned.root, "second release")
    told = json.loads(dvc(versioned.root, "diff", "HEAD~1", "--json"))
    assert {entry["path"] for entry in told["added"]} == {
        "data/out/clean.parquet/day=2024-01-03/part.parquet"
    }
    assert {entry["path"] for entry in told["modified"]} >= {"data/out/totals.parquet"}


def test_dvc_gc_takes_older_versions_and_a_pull_brings_them_back(versioned: Shop, dvc: Dvc) -> None:
    first = versioned.served("totals")
    versioned.headgate("data", "push")
    versioned.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    versioned.headgate("run")
    versioned.headgate("data", "push")
    commit(versioned.root, "second release")
    dvc(versioned.root, "gc", "-w", "-f")
    found = versioned.headgate("data", "verify", "--json", code=None).document
    assert found["damaged"] == []
    assert found["gone"], "what only the first release names is gone from the cache"
    assert found["missing"], "sources have no pointer file, so DVC does not know them"
    refused = versioned.headgate("data", "rollback", "--release", "1", code=3)
    assert "headgate data pull" in refused.err or "dvc pull" in refused.err
    versioned.headgate("data", "verify", "--repair", "shelf")
    versioned.headgate("data", "pull", "--release", "1")
    versioned.headgate("data", "rollback", "--release", "1")
    assert versioned.served("totals") == first


# ------------------------------------------------------------------ an existing repository of DVC


@pytest.fixture
def repository(tmp_path: Path, dvc: Dvc) -> Shop:
    """A repository that only DVC knows: a Parquet file, a folder of parts, a CSV, and a model."""
    root = tmp_path / "theirs"
    root.mkdir()
    git(root, "init", "-q")
    dvc(root, "init", "-q")
    theirs = Shop(root)
    theirs.write("models/weights.bin", b"\x00\x01")
    table(root / "data/sales.parquet", 3)
    for month in ("01", "02"):
        table(root / f"data/events/month={month}/part.parquet", int(month))
    theirs.write("data/stores.csv", "store,town\n1,Ulm\n2,Jena\n")
    added = ("data/sales.parquet", "data/events", "data/stores.csv", "models/weights.bin")
    dvc(root, "add", *added)
    commit(root, "the data")
    return theirs


def table(path: Path, rows: int) -> None:
    import polars as pl

    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pl.DataFrame({"store": range(rows), "name": [f"s{n}" for n in range(rows)]}).write_parquet(path)


def enter(theirs: Shop) -> None:
    theirs.write("headgate.yml", "name: theirs\n")
    theirs.write(".gitignore", ".headgate/\n")


def imported(theirs: Shop, *words: str, code: int = 0) -> Done:
    return theirs.headgate("import", "dvc", *words, code=code)


def test_a_repository_of_dvc_becomes_a_release(repository: Shop, dvc: Dvc) -> None:
    enter(repository)
    done = imported(repository)
    assert "✓ prod@1 serves " in done.out
    assert "imported from DVC at commit" in done.out
    assert len(repository.served("sales")) == 3
    assert len(repository.served("events")) == 1 + 2
    assert repository.served("stores") == [
        {"store": 1, "town": "Ulm"},
        {"store": 2, "town": "Jena"},
    ]
    shown = repository.headgate("show", "events", "--json").document
    pointer = (repository.root / "data/events.dvc").read_text()
    assert shown["version"] in pointer, "the id is the hash that DVC gave"
    stores = repository.headgate("show", "stores", "--json").document
    assert list(stores["inputs"]) == ["data/stores.csv"]
    assert "nothing is new" in imported(repository).out
    assert "up to date" in dvc(repository.root, "status")


def test_one_file_is_imported_under_another_name(repository: Shop) -> None:
    enter(repository)
    imported(repository, "data/sales.parquet", "--as", "turnover")
    imported(repository, "data/stores.csv.dvc")
    assert len(repository.served("turnover")) == 3, "and it stays beside what is imported later"
    assert len(repository.served("stores")) == 2
    refused = imported(repository, "data/sale.parquet", code=2)
    assert "did you mean 'data/sales.parquet'?" in refused.err
    assert "is no table" in imported(repository, "models/weights.bin", code=2).err
    assert "--as names one dataset" in imported(repository, "--as", "x", code=2).err


def test_each_commit_that_changed_data_is_a_release(repository: Shop, dvc: Dvc) -> None:
    first = git(repository.root, "rev-parse", "HEAD").strip()
    table(repository.root / "data/sales.parquet", 5)
    dvc(repository.root, "add", "data/sales.parquet")
    second = commit(repository.root, "more sales")
    repository.write("models/weights.bin", b"\x00\x02")
    dvc(repository.root, "add", "models/weights.bin")
    commit(repository.root, "another model")
    enter(repository)
    imported(repository, "--history")
    releases = repository.headgate("data", "log", "--json").document["releases"]
    assert [release["code"] for release in releases] == [second, first]
    assert len(repository.served("sales")) == 5
    assert len(read("sales", at=1, project=repository.root).collect()) == 3

    table(repository.root / "data/sales.parquet", 7)
    dvc(repository.root, "add", "data/sales.parquet")
    commit(repository.root, "still more")
    imported(repository, "--history")
    assert [
        r["number"] for r in repository.headgate("data", "log", "--json").document["releases"]
    ] == [3, 2, 1]
    assert len(repository.served("sales")) == 7
    assert "nothing is new" in imported(repository, "--history").out


def test_the_history_comes_after_what_is_there_was_imported_too(repository: Shop, dvc: Dvc) -> None:
    table(repository.root / "data/sales.parquet", 5)
    dvc(repository.root, "add", "data/sales.parquet")
    commit(repository.root, "more sales")
    enter(repository)
    imported(repository)
    done = imported(repository, "--history", "--json").document["releases"]
    assert [release["number"] for release in done] == [2, 3]
    rows = [len(read("sales", at=at, project=repository.root).collect()) for at in (1, 2, 3)]
    assert rows == [5, 3, 5]
    assert "nothing is new" in imported(repository, "--history").out
    assert "nothing is new" in imported(repository).out


def test_data_that_is_in_no_cache_is_named(repository: Shop, dvc: Dvc) -> None:
    table(repository.root / "data/sales.parquet", 5)
    dvc(repository.root, "add", "data/sales.parquet")
    commit(repository.root, "more sales")
    dvc(repository.root, "gc", "-w", "-f")
    enter(repository)
    refused = imported(repository, "--history", code=3)
    assert "the data of data/sales.parquet is not here" in refused.err
    assert "dvc fetch" in refused.err
    imported(repository)
    assert len(repository.served("sales")) == 5


def test_a_cache_of_dvc_2_is_read(repository: Shop) -> None:
    cache = repository.root / ".dvc/cache"
    for folder in (cache / "files/md5").iterdir():
        folder.rename(cache / folder.name)
    for pointer in repository.root.glob("data/*.dvc"):
        pointer.write_text(pointer.read_text().replace("  hash: md5\n", ""))
    enter(repository)
    imported(repository)
    assert len(repository.served("sales")) == 3
    assert len(repository.served("events")) == 3
    assert len(repository.served("stores")) == 2


def test_a_dataset_of_a_pipeline_is_not_taken_over(versioned: Shop) -> None:
    refused = imported(versioned, "data/out/totals.parquet", code=2)
    assert "totals is a dataset of the pipeline shop already" in refused.err
