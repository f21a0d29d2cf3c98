"""DVC works on what a run published: status, checkout of an older pointer, push and pull."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects.real_dvc import call, installed
from tests.projects.shop import Shop

pytestmark = pytest.mark.integration
HEAD = "store,day,amount,kind\n"


@pytest.fixture(scope="session")
def dvc() -> list[str]:
    """The command of a real DVC, in an environment of its own."""
    return list(installed().words)


def git(shop: Shop, *words: str) -> str:
    person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return call(["git", *person, *words], shop.root)


def test_dvc_and_git_bring_back_what_a_commit_had(
    shop: Shop, dvc: list[str], tmp_path: Path
) -> None:
    git(shop, "init", "-q")
    shop.write(".gitignore", ".headgate/\ndata/raw/\n__pycache__/\n")
    shop.headgate("run")
    git(shop, "add", ".")
    git(shop, "commit", "-qm", "first release")
    assert "up to date" in call([*dvc, "status"], shop.root)
    first = {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}

    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")
    git(shop, "add", ".")
    git(shop, "commit", "-qm", "second release")
    assert "up to date" in call([*dvc, "status"], shop.root)
    second = {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}
    assert first.keys() == second.keys()
    assert first != second

    remote = tmp_path / "remote"
    call([*dvc, "remote", "add", "-d", "shelf", str(remote)], shop.root)
    assert "2 files pushed" in call([*dvc, "push"], shop.root)

    git(shop, "checkout", "-q", "HEAD~1", "--", "data/out")
    call([*dvc, "checkout"], shop.root)
    older = {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}
    assert older == first
    assert shop.served("clean")[-1]["store"] == 3  # readers of the release see what was released

    git(shop, "checkout", "-q", "HEAD", "--", "data/out")
    git(shop, "add", ".")
    git(shop, "commit", "-qm", "name the shelf")
    clone = tmp_path / "clone"
    call(["git", "clone", "-q", str(shop.root), str(clone)], tmp_path)
    call([*dvc, "pull"], clone)
    assert (clone / "data/out/clean.parquet").read_bytes() == second["data/out/clean.parquet"]


def test_dvc_brings_back_a_folder_of_parts(shop: Shop, dvc: list[str], tmp_path: Path) -> None:
    old = "path: data/out/clean.parquet\n"
    shop.edit("pipelines/shop.yml", old, f"{old}    partition_by: [kind, day]\n")
    shop.deliver(HEAD + "1,2024-01-01,5,0\n1,2024-01-02,5,\n1,2024-01-03,5,a/b %\n")
    shop.suite("sales", [])
    git(shop, "init", "-q")
    shop.write(".gitignore", ".headgate/\ndata/raw/\n__pycache__/\n")
    shop.headgate("run")
    first = {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}
    assert len(first) == 4, "three parts and the totals"
    git(shop, "add", ".")
    git(shop, "commit", "-qm", "first release")
    assert "up to date" in call([*dvc, "status"], shop.root)

    shop.deliver(HEAD + "1,2024-01-04,5,0\n", "sales_2.csv")
    shop.headgate("run")
    assert "up to date" in call([*dvc, "status"], shop.root)
    remote = tmp_path / "remote"
    call([*dvc, "remote", "add", "-d", "shelf", str(remote)], shop.root)
    # four parts, the list of them, and the totals
    assert "6 files pushed" in call([*dvc, "push"], shop.root)

    git(shop, "checkout", "-q", "HEAD", "--", "data/out")
    call([*dvc, "checkout"], shop.root)
    older = {path: data for path, (_, data) in shop.tree().items() if path.endswith(".parquet")}
    assert older == first
    shop.headgate("run")
    assert "up to date" in call([*dvc, "status"], shop.root)
    assert len(shop.served("clean")) == 4
