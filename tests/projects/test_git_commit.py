"""Pointers of released data are committed for the team, and nothing else ever is."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate import read
from tests.projects.shop import Shop
from tests.projects.test_commits import committed, git
from tests.projects.test_triggers import killed_before

HEAD = "store,day,amount,kind\n"
POINTERS = ["data/out/clean.parquet.dvc", "data/out/totals.parquet.dvc"]
JUST_MADE = [".dvc/.gitignore", ".dvc/config", ".dvcignore", "data/out/.gitignore"]
IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
}


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests import warm

    for name, value in IDENTITY.items():
        monkeypatch.setitem(warm.ENVIRONMENT, name, value)


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """The shop in Git with its code committed, not run yet."""
    shop.write("headgate.yml", "name: shop\nversioning: {git_commit: true}\n")
    shop.write(".gitignore", ".headgate/\n__pycache__/\n/data/raw/\n")
    git(shop, "init", "-q", "-b", "main")
    committed(shop, "code")
    return shop


def second(shop: Shop, code: int = 0) -> str:
    shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    return shop.headgate("run", code=code).out


def files(shop: Shop, commit: str = "HEAD") -> list[str]:
    return git(shop, "show", "--name-only", "--format=", commit).splitlines()


def subjects(shop: Shop) -> list[str]:
    return git(shop, "log", "--format=%s").splitlines()


def test_what_was_just_made_and_then_only_the_pointers_are_committed(kept: Shop) -> None:
    said = kept.headgate("run").out
    assert f"✓ Committed: {git(kept, 'rev-parse', 'HEAD')[:8]} (6 files)" in said
    assert files(kept) == sorted([*JUST_MADE, *POINTERS])
    second(kept)
    assert files(kept) == POINTERS
    assert subjects(kept) == ["data: prod@2, 2 datasets", "data: prod@1, 2 datasets", "code"]
    assert git(kept, "status", "--porcelain") == ""
    [first, last] = kept.events("data_committed")
    assert (last["commit"], last["files"]) == (git(kept, "rev-parse", "HEAD"), POINTERS)
    assert read("clean", at=first["commit"], project=kept.root).collect().height == 3


def test_the_message_has_rows_checks_release_and_reason(kept: Shop) -> None:
    code = git(kept, "rev-parse", "HEAD")
    kept.headgate("run")
    run = kept.headgate("show", "prod@1", "--json").document["run"]
    assert git(kept, "log", "-1", "--format=%B") == (
        "data: prod@1, 2 datasets\n\n"
        "clean   3 rows\ntotals  2 rows\n\n"
        "Checks: clean open, sales open, stores open\n"
        f"Release: prod@1 (publish) by run {run}, code {code[:8]}\n"
        "Because: sales: first delivery; stores: first delivery; clean: first run; totals: first run"
    )


def test_a_rollback_is_committed_too_and_an_unchanged_run_is_not(kept: Shop) -> None:
    kept.headgate("run")
    second(kept)
    kept.headgate("run")
    kept.headgate("data", "rollback", "--reason", "store 3 is closed")
    kept.headgate("run")
    assert subjects(kept)[:2] == ["data: prod@3, 2 datasets", "data: prod@2, 2 datasets"]
    assert "Because: store 3 is closed" in git(kept, "log", "-1", "--format=%B")


def test_another_environment_and_a_project_that_did_not_ask_commit_nothing(kept: Shop) -> None:
    kept.headgate("run")
    kept.headgate("env", "create", "dev", "--moving")
    kept.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    kept.headgate("run", "--env", "dev")
    assert subjects(kept) == ["data: prod@1, 2 datasets", "code"]
    kept.write("headgate.yml", "name: shop\n")
    kept.headgate("run")
    assert subjects(kept) == ["data: prod@1, 2 datasets", "code"]


def test_work_of_a_person_is_left_as_it_is(kept: Shop) -> None:
    kept.headgate("run")
    kept.write("staged.txt", "staged")
    kept.write("both.txt", "one")
    git(kept, "add", "staged.txt", "both.txt")
    kept.write("both.txt", "two")
    git(kept, "mv", "transformations/helpers.py", "transformations/tools.py")
    git(kept, "mv", "transformations/tools.py", "transformations/helpers.py")
    kept.edit("headgate.yml", "name: shop", "name: the_shop")
    git(kept, "rm", "-q", "--cached", "expectations/clean.json")
    kept.write("new.txt", "not staged")
    kept.write(".gitignore", ".headgate/\n__pycache__/\n/data/raw/\n/mine\n")
    before, staged = status(kept), git(kept, "diff", "--cached")
    second(kept)
    assert files(kept) == POINTERS
    assert (status(kept), git(kept, "diff", "--cached")) == (before, staged)
    assert git(kept, "show", ":both.txt") == "one"


def status(shop: Shop) -> str:
    return git(shop, "status", "--porcelain", "-uall")


def test_a_gitignore_with_changes_of_a_person_is_left_to_them(kept: Shop) -> None:
    kept.write("data/out/.gitignore", "*.tmp\n")
    git(kept, "add", "-f", "data/out/.gitignore")
    git(kept, "commit", "-qm", "ignore")
    kept.write("data/out/.gitignore", "*.tmp\n/secret\n")
    said = kept.headgate("run").out
    assert "! Not committed: data/out/.gitignore has changes of your own" in said
    assert files(kept) == sorted({*JUST_MADE, *POINTERS} - {"data/out/.gitignore"})
    git(kept, "commit", "-qam", "mine")
    assert "Not committed" not in second(kept)


def test_a_project_in_a_folder_of_a_repository_commits_its_own_files(shop: Shop) -> None:
    outer = Shop(shop.root.parent)
    git(outer, "init", "-q", "-b", "main")
    shop.write("headgate.yml", "name: shop\nversioning: {git_commit: true}\n")
    shop.write(".gitignore", ".headgate/\n__pycache__/\n")
    committed(outer, "code")
    outer.write("beside.txt", "of somebody")
    git(outer, "add", "beside.txt")
    shop.headgate("run")
    assert files(outer) == sorted(f"shop/{name}" for name in [*JUST_MADE, *POINTERS])
    assert git(outer, "diff", "--cached", "--name-only") == "beside.txt"


def test_a_hook_that_fails_leaves_the_release_and_the_next_run_commits_it(kept: Shop) -> None:
    hook = kept.write(".git/hooks/pre-commit", "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    kept.write("staged.txt", "staged")
    git(kept, "add", "staged.txt")
    said = kept.headgate("run").out
    assert "! Not committed: Git refused the commit: not on a Friday" in said
    assert "the next run commits what is left" in said
    assert (kept.newest(), subjects(kept)) == (1, ["code"])
    assert git(kept, "diff", "--cached", "--name-only") == "staged.txt"
    hook.unlink()
    assert "Committed" in kept.headgate("run").out
    assert subjects(kept) == ["data: prod@1, 2 datasets", "code"]
    assert git(kept, "diff", "--cached", "--name-only") == "staged.txt"


def test_a_crash_before_the_commit_is_made_good_by_the_next_run(kept: Shop) -> None:
    killed_before(kept, "headgate.runs.pointers:message", "run")
    assert (kept.newest(), subjects(kept)) == (1, ["code"])
    kept.headgate("run")
    kept.headgate("run")
    assert subjects(kept) == ["data: prod@1, 2 datasets", "code"]


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (("checkout", "-q", "--detach"), "no branch is checked out (a detached HEAD)"),
        ("MERGE_HEAD", "a merge is going on"),
        ("rebase-merge/done", "a rebase is going on"),
        ("CHERRY_PICK_HEAD", "a cherry-pick is going on"),
        ("index.lock", "another Git is at work, or left"),
    ],
)
def test_nothing_is_committed_into_something_that_is_going_on(
    kept: Shop, arrange: tuple[str, ...] | str, reason: str
) -> None:
    head = git(kept, "rev-parse", "HEAD")
    if isinstance(arrange, tuple):
        git(kept, *arrange)
    else:
        kept.write(f".git/{arrange}", f"{head}\n")
    said = kept.headgate("run").out
    assert f"! Not committed: {reason}" in said
    assert (kept.newest(), git(kept, "rev-parse", "HEAD")) == (1, head)
    [event] = kept.events("data_not_committed")
    assert event["release"] == "prod@1"


def test_no_repository_no_commit_and_no_name_are_said(shop: Shop, tmp_path: Path) -> None:
    shop.write("headgate.yml", "name: shop\nversioning: {git_commit: true}\n")
    assert "in no Git repository" in shop.headgate("run").out
    git(shop, "init", "-q", "-b", "main")
    assert "has no commit yet" in shop.headgate("run").out
    shop.write(".gitignore", ".headgate/\n__pycache__/\ndata/\n")
    git(shop, "add", "headgate.yml", ".gitignore")
    git(shop, "commit", "-qm", "first")
    assert "data/out/clean.parquet.dvc is ignored by Git" in shop.headgate("run").out
    shop.write(".gitignore", ".headgate/\n__pycache__/\n")
    git(shop, "config", "user.useConfigOnly", "true")
    nobody = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    said = shop.headgate("run", code=0, **nobody, **dict.fromkeys(IDENTITY, "")).out
    assert "Git does not know who commits" in said
    assert subjects(shop) == ["first"]


def test_in_a_hook_of_git_nothing_is_committed(kept: Shop) -> None:
    index = kept.root / ".git" / "index"
    said = kept.headgate("run", GIT_INDEX_FILE=str(index)).out
    assert "! Not committed: a hook of Git is going on" in said


def test_a_name_that_git_would_take_for_a_pattern_is_a_name(kept: Shop) -> None:
    kept.edit("pipelines/shop.yml", "data/out/clean.parquet", "data/out/clean[ab]*.parquet")
    kept.write("data/out/cleana.parquet.dvc", "mine")
    kept.headgate("run")
    assert "data/out/clean[ab]*.parquet.dvc" in files(kept)
    assert "data/out/cleana.parquet.dvc" not in files(kept)


def test_committing_pointers_that_are_not_written_is_refused(shop: Shop) -> None:
    shop.write("headgate.yml", "name: shop\nversioning: {git_commit: true, dvc: false}\n")
    assert "there are none with dvc: false" in shop.headgate("run", code=2).err
