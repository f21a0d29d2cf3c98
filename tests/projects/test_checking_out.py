"""The working tree goes to any release or commit and back; readers see what they saw."""

from __future__ import annotations

import subprocess

import pytest

from headgate.runs.claim import claim
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"


def git(shop: Shop, *words: str) -> str:
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", *identity, *words], cwd=shop.root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def files(shop: Shop) -> dict[str, bytes]:
    return {path: data for path, (_, data) in shop.tree().items() if not path.endswith("ignore")}


@pytest.fixture
def two(open_shop: Shop) -> Shop:
    """Two releases, each with a commit of its own."""
    git(open_shop, "init", "--quiet")
    open_shop.write(".gitignore", ".headgate/\n__pycache__/\n")
    git(open_shop, "add", ".")
    git(open_shop, "commit", "--quiet", "-m", "one")
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    open_shop.headgate("run")
    git(open_shop, "add", ".")
    git(open_shop, "commit", "--quiet", "-m", "two")
    return open_shop


def test_every_way_to_name_the_first_release_brings_its_files(two: Shop) -> None:
    served = files(two)
    two.headgate("data", "tag", "q2-audit", "prod@1")
    log = two.headgate("data", "log", "--json").document["releases"]
    first = git(two, "rev-parse", "HEAD~1")
    two.headgate("data", "checkout", "1")
    old = files(two)
    assert old != served
    for name in ("prod@1", "q2-audit", log[1]["published_at"], first, first[:8], "HEAD~1"):
        two.headgate("data", "checkout")
        assert files(two) == served
        two.headgate("data", "checkout", name)
        assert files(two) == old, name
    assert len(two.served("clean")) == 4
    assert two.newest() == 2


def test_status_says_that_the_tree_is_not_what_is_served_and_the_next_run_mends_it(
    two: Shop,
) -> None:
    served = files(two)
    assert "not what is served" not in two.headgate("status").out
    done = two.headgate("data", "checkout", "1")
    assert "readers see what they saw" in done.err
    said = two.headgate("status")
    assert "data/out/clean.parquet and 1 more are not what is served" in said.out
    linked = {
        d["dataset"]: d["linked"]
        for d in two.headgate("status", "--json").document["serving"]["datasets"]
    }
    assert linked == {"clean": False, "totals": False}
    two.headgate("run")
    assert files(two) == served
    assert "not what is served" not in two.headgate("status").out


def test_where_an_object_is_missing_nothing_is_replaced(two: Shop) -> None:
    served = files(two)
    with opened(two.root) as workspace:
        log = two.headgate("data", "log", "--json").document["releases"]
        workspace.tools.objects.path(log[1]["versions"]["totals"]).unlink()
    for name in ("1", "HEAD~1"):
        done = two.headgate("data", "checkout", name, code=3)
        assert "of totals is no longer in the store" in done.err
        assert files(two) == served


def test_a_commit_without_dvc_files_brings_the_release_of_its_code(shop: Shop) -> None:
    shop.write("headgate.yml", "name: shop\nversioning: {dvc: false}\n")
    shop.write(".gitignore", ".headgate/\n__pycache__/\ndata/\n")
    git(shop, "init", "--quiet")
    git(shop, "add", ".")
    git(shop, "commit", "--quiet", "-m", "one")
    shop.headgate("run")
    old = files(shop)
    shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    git(shop, "commit", "--quiet", "-am", "two")
    shop.headgate("run")
    assert files(shop) != old
    shop.headgate("data", "checkout", "HEAD~1")
    assert files(shop) == old
    git(shop, "commit", "--quiet", "--allow-empty", "-m", "three")
    done = shop.headgate("data", "checkout", "HEAD", code=2)
    assert "nothing was published by its code" in done.err


def test_a_version_that_only_the_store_and_git_know_comes_too(two: Shop) -> None:
    old = git(two, "rev-parse", "HEAD~1")
    two.headgate("data", "checkout", "1")
    first = files(two)
    for path in (two.root / ".headgate").glob("state.db*"):
        path.unlink()
    two.headgate("run")
    assert files(two) != first
    two.headgate("data", "checkout", old)
    assert files(two) == first


def test_a_file_of_ones_own_is_moved_aside(two: Shop) -> None:
    path = two.root / "data" / "out" / "clean.parquet"
    path.unlink()
    path.write_text("mine")
    done = two.headgate("data", "checkout", "1")
    assert "your own file is data/out/clean.parquet.yours-1 now" in done.out
    assert path.with_name("clean.parquet.yours-1").read_text() == "mine"


def test_a_run_that_goes_on_is_waited_for_and_not_disturbed(two: Shop) -> None:
    served = files(two)
    with opened(two.root) as workspace, claim(workspace.tools.ledger, "shop@prod", run="other"):
        assert "is held by run other" in two.headgate("data", "checkout", "1", code=3).err
    assert files(two) == served


@pytest.mark.parametrize("name", ["nonsense", "99", "--help-me", "cafecafe"])
def test_what_names_nothing_is_refused(two: Shop, name: str) -> None:
    done = two.headgate("data", "checkout", name, code=2)
    told = {"99": "prod has no release 99", "--help-me": "no such option"}
    assert told.get(name, "no release, tag, time or commit") in done.err
