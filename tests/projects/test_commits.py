"""A commit says which data belongs to it: by its `.dvc` files, else by what was released of it."""

from __future__ import annotations

import subprocess

import pytest

from headgate import read
from headgate.errors import StoreError, UnknownNameError, UsageError
from tests.projects.shop import FIRST, Shop

HEAD = "store,day,amount,kind\n"
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def git(shop: Shop, *words: str) -> str:
    done = subprocess.run(
        ["git", *WHO, *words], cwd=shop.root, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def committed(shop: Shop, message: str) -> str:
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", message)
    return git(shop, "rev-parse", "HEAD")


def rows(shop: Shop, dataset: str, at: str) -> int:
    return read(dataset, at=at, project=shop.root).collect().height


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """The shop in Git: its code was committed, run, and its first data committed."""
    shop.write(".gitignore", ".headgate/\n__pycache__/\n")
    git(shop, "init", "-q", "-b", "main")
    committed(shop, "code")
    shop.headgate("run")
    committed(shop, "first data")
    return shop


def second(shop: Shop) -> str:
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    shop.headgate("run")
    return committed(shop, "second data")


def test_data_is_read_as_a_commit_names_it_by_its_dvc_files(kept: Shop) -> None:
    first = git(kept, "rev-parse", "HEAD")
    later = second(kept)
    assert (rows(kept, "clean", first), rows(kept, "clean", later)) == (3, 4)
    # seven digits alone may be a day or a release, and are refused
    short = next(first[:n] for n in range(7, 41) if not first[:n].isdecimal())
    assert rows(kept, "clean", short) == 3
    kept.headgate("data", "rollback")
    assert rows(kept, "clean", later) == 4


def test_a_commit_without_a_dvc_file_is_that_of_the_code_of_a_release(kept: Shop) -> None:
    code = git(kept, "rev-parse", "HEAD~1")
    second(kept)
    assert rows(kept, "clean", code) == 3


def test_a_dataset_without_a_file_goes_with_those_that_have_one(kept: Shop) -> None:
    kept.edit("pipelines/shop.yml", "    path: data/out/totals.parquet\n", "")
    (kept.root / "data/out/totals.parquet.dvc").unlink()
    pinned = committed(kept, "totals are not linked")
    later = second(kept)
    assert (rows(kept, "totals", pinned), rows(kept, "totals", later)) == (2, 3)


def test_two_releases_of_one_commit_are_refused_where_they_differ(kept: Shop) -> None:
    code = committed_code_only(kept)
    kept.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    kept.headgate("run")
    kept.deliver(HEAD + "3,2024-01-04,6,0\n", "sales_3.csv")
    kept.headgate("run")
    with pytest.raises(UsageError, match=f"2 versions of clean belong to commit {code[:8]}"):
        read("clean", at=code, project=kept.root)


def committed_code_only(shop: Shop) -> str:
    for name in ("clean", "totals"):
        git(shop, "rm", "-q", "--cached", f"data/out/{name}.parquet.dvc")
    shop.write(".gitignore", ".headgate/\n__pycache__/\n*.dvc\ndata/raw\n")
    return committed(shop, "no pointers")


def test_a_number_or_a_time_comes_first_and_what_may_be_two_is_refused(kept: Shop) -> None:
    assert rows(kept, "clean", "1") == 3
    with pytest.raises(UnknownNameError, match="no release 1234567"):
        read("clean", at="1234567", project=kept.root)
    head = git(kept, "rev-parse", "HEAD")
    branch = "20260101"  # what Git takes for a commit, and a calendar for a day
    git(kept, "branch", branch, head)
    with pytest.raises(UsageError, match="may be a release or a day, and begins a commit"):
        read("clean", at=branch, project=kept.root)


def test_what_no_commit_or_no_data_has_is_said(kept: Shop) -> None:
    with pytest.raises(UnknownNameError, match="no commit begins with 'abcdef0'"):
        read("clean", at="abcdef0", project=kept.root)
    kept.write("note.txt", "nothing")
    kept.edit("data/out/clean.parquet.dvc", "- md5: ", "- md5: 0" * 1)
    foreign = committed(kept, "made elsewhere")
    with pytest.raises(UnknownNameError, match="which the record does not know"):
        read("clean", at=foreign, project=kept.root)
    first = git(kept, "rev-parse", "HEAD~1")
    version = kept.headgate("show", "totals", "--json").document["version"]
    (kept.root / ".headgate/store/files/md5" / version[:2] / version[2:]).unlink()
    with pytest.raises(StoreError, match="is no longer in the store"):
        read("totals", at=first, project=kept.root)


def test_the_log_of_a_commit_has_its_releases_and_the_data_that_it_names(kept: Shop) -> None:
    code, first = git(kept, "rev-parse", "HEAD~1"), git(kept, "rev-parse", "HEAD")
    later = second(kept)
    document = kept.headgate("data", "log", "--commit", first[:9], "--json").document
    assert document["commit"] == first
    assert [release["release"] for release in document["releases"]] == ["prod@2"]
    versions = {each["path"]: each["version"] for each in document["pointers"]}
    one = kept.headgate("show", "prod@1", "--json").document["versions"]
    assert versions == {f"data/out/{name}.parquet.dvc": id_ for name, id_ in one.items()}
    said = kept.headgate("data", "log", "--commit", code).out
    assert "prod@1" in said
    assert "no .dvc file of it names data" in said
    said = kept.headgate("data", "log", "clean", "--commit", later).out
    assert "releases: none of its code" in said
    assert "data/out/clean.parquet.dvc  clean" in said
    assert "totals" not in said
    for words, told in (("abc", "no id of a commit"), ("abcdef0", "no commit begins")):
        assert told in kept.headgate("data", "log", "--commit", words, code=2).err


def test_a_project_in_a_folder_of_a_repository_has_its_own_pointers_alone(shop: Shop) -> None:
    outer = Shop(shop.root.parent)
    git(outer, "init", "-q", "-b", "main")
    outer.write(
        "other/clean.parquet.dvc", "outs:\n- md5: " + "0" * 32 + "\n  path: clean.parquet\n"
    )
    shop.write(".gitignore", ".headgate/\n__pycache__/\n")
    shop.headgate("run")
    sha = committed(outer, "all")
    document = shop.headgate("data", "log", "--commit", sha, "--json").document
    assert [each["datasets"] for each in document["pointers"]] == [["clean"], ["totals"]]
    assert rows(shop, "clean", sha) == FIRST.count("\n") - 1
