"""What Git ever named in a `.dvc` file is found, wherever in its history it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from headgate.errors import StoreError
from headgate.project.git import named_by_pointers

IDS = [f"{n:032x}" for n in range(20)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def pointer(root: Path, name: str, id_: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(f"outs:\n- md5: {id_}\n  size: 1\n  hash: md5\n  path: x\n")


def commit(root: Path, name: str, id_: str) -> None:
    pointer(root, name, id_)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", name)


def test_a_folder_without_git_names_nothing(tmp_path: Path) -> None:
    assert named_by_pointers(tmp_path) == set()


def test_a_repository_without_a_commit_names_what_lies_there(repository: Path) -> None:
    assert named_by_pointers(repository) == set()
    pointer(repository, "a.dvc", IDS[0])
    assert named_by_pointers(repository) == {IDS[0]}


def test_every_commit_counts_that_any_name_or_the_reflog_reaches(repository: Path) -> None:
    commit(repository, "data/a.dvc", IDS[0])
    commit(repository, "data/a.dvc", f"{IDS[1]}.dir")
    git(repository, "checkout", "--quiet", "-b", "side")
    commit(repository, "b.dvc", IDS[2])
    git(repository, "rm", "--quiet", "b.dvc")
    git(repository, "commit", "--quiet", "-m", "gone")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, "data/a.dvc", IDS[3])
    git(repository, "merge", "--quiet", "-s", "ours", "side", "-m", "ours")
    git(repository, "tag", "v1")
    git(repository, "branch", "--quiet", "-D", "side")
    commit(repository, "c.dvc", IDS[4])
    git(repository, "reset", "--quiet", "--hard", "v1")
    assert named_by_pointers(repository) == {IDS[0], f"{IDS[1]}.dir", *IDS[2:5]}


def test_what_is_staged_stashed_or_in_the_working_tree_counts(repository: Path) -> None:
    commit(repository, "a.dvc", IDS[0])
    pointer(repository, "a.dvc", IDS[1])
    git(repository, "stash", "--quiet")
    pointer(repository, "a.dvc", IDS[2])
    git(repository, "add", "a.dvc")
    pointer(repository, "a.dvc", IDS[3])
    pointer(repository, "new/b.dvc", IDS[4])
    assert named_by_pointers(repository) == set(IDS[:5])


def test_a_pointer_that_was_first_committed_under_another_name_counts(repository: Path) -> None:
    commit(repository, "a.dvc.bak", IDS[0])
    assert named_by_pointers(repository) == set()
    git(repository, "mv", "a.dvc.bak", "ä b.dvc")
    git(repository, "commit", "--quiet", "-m", "renamed")
    (repository / "ä b.dvc").unlink()
    assert named_by_pointers(repository) == {IDS[0]}


def test_the_lock_of_a_dvc_pipeline_counts_and_a_merge_of_its_own(repository: Path) -> None:
    commit(repository, "dvc.lock", IDS[0])
    git(repository, "checkout", "--quiet", "-b", "side")
    commit(repository, "x.dvc", IDS[1])
    git(repository, "checkout", "--quiet", "main")
    commit(repository, "x.dvc", IDS[2])
    subprocess.run(["git", "merge", "side"], cwd=repository, check=False, capture_output=True)
    commit(repository, "x.dvc", IDS[3])
    commit(repository, "x.dvc", IDS[4])
    assert named_by_pointers(repository) == set(IDS[:5])


def test_a_project_inside_a_repository_keeps_what_the_whole_of_it_names(repository: Path) -> None:
    commit(repository, "other/a.dvc", IDS[0])
    (repository / "mine").mkdir()
    assert named_by_pointers(repository / "mine") == {IDS[0]}


def test_a_clone_without_the_whole_history_is_told_how_to_get_it(
    repository: Path, tmp_path: Path
) -> None:
    for n in (1, 2):
        (repository / "a.dvc").write_text(f"outs:\n- md5: {str(n) * 32}\n  path: a\n")
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", str(n))
    target = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), str(target))
    with pytest.raises(StoreError, match="this clone is shallow") as refused:
        named_by_pointers(target)
    assert "git fetch --unshallow" in (refused.value.hint or "")
    git(target, "fetch", "-q", "--unshallow")
    assert {"1" * 32, "2" * 32} <= named_by_pointers(target)


def test_where_git_cannot_say_nothing_is_guessed(repository: Path) -> None:
    commit(repository, "a.dvc", IDS[0])
    (repository / ".git" / "HEAD").write_text("broken")
    with pytest.raises(StoreError, match="Git cannot say what its history names"):
        named_by_pointers(repository)
