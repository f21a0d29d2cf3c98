"""What Git says of the project's code, and of the data that a commit names."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from headgate.errors import StoreError


def environ() -> dict[str, str]:
    """The environment for Git, which finds a repository by its folder.

    A hook is told of one by variables: for it the folder that it works in is the top, whatever it is.
    """
    return {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}


_OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}


def commit(root: Path) -> str | None:
    """The commit that is checked out; None outside a repository or before its first commit."""
    return _git(root, "rev-parse", "--verify", "--quiet", "HEAD")


def dirty(root: Path) -> bool:
    """Whether files that Git tracks, or could track, differ from the commit."""
    return bool(_git(root, "status", "--porcelain", "--", "."))


def edited(root: Path) -> bool:
    """Whether files of the commit differ from it, but for the pointers that runs write."""
    words = ("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)*.dvc")
    return bool(_git(root, *words))


def resolved(root: Path, name: str) -> str | None:
    """The whole hash of the commit that is called so; None where Git knows none."""
    if name.startswith("-"):
        return None
    return _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")


def is_shallow(root: Path) -> bool:
    """Whether the clone lacks the older part of its history."""
    return _git(root, "rev-parse", "--is-shallow-repository") == "true"


def merge_base(root: Path, commit: str) -> str | None:
    """The last commit that the one checked out has in common with another."""
    return _git(root, "merge-base", commit, "HEAD")


def files_at(root: Path, commit: str, suffix: str, folder: str = ".") -> dict[str, str]:
    """The text of all files of a commit that end so, by their paths in the project."""
    listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", folder) or ""
    paths = [path for path in listed.split("\0") if path.endswith(suffix)]
    found = {path: _git(root, "show", f"{commit}:./{path}") for path in paths}
    return {path: text for path, text in found.items() if text is not None}


def blobs_at(root: Path, commit: str, *folders: str) -> dict[str, str]:
    """The ids of the contents of a commit's files in some folders, by their paths in the project."""
    listed = _git(root, "ls-tree", "-r", "-z", commit, "--", *(f"./{each}/" for each in folders))
    entries = (entry.split("\t", 1) for entry in (listed or "").split("\0") if entry)
    return {path: told.split()[2] for told, path in entries}


def blobs(root: Path, ids: Iterable[str]) -> dict[str, str]:
    """The texts of files by the ids of their contents; what is not UTF-8 reads as damaged."""
    told = _asked(root, "cat-file", "--batch", given="".join(f"{id_}\n" for id_ in ids).encode())
    found: dict[str, str] = {}
    place = 0
    while (end := told.find(b"\n", place)) >= 0:
        id_, _, size = told[place:end].decode().partition(" blob ")
        place = end + 1
        if size:  # one that Git lacks is told in one line
            found[id_] = told[place : place + int(size)].decode("utf-8-sig", errors="replace")
            place += int(size) + 1
    return found


def named_by_pointers(root: Path) -> frozenset[str]:
    """The ids that `.dvc` and `dvc.lock` files name: of all commits that Git knows, and not yet committed.

    Commits that no branch has any more count too, while the reflog knows them. Raises StoreError
    where there is a repository and Git cannot say, or does not have all of its history.
    """
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return frozenset()
    if _asked(root, "rev-parse", "--is-shallow-repository").strip() != b"false":
        raise StoreError(
            "this clone is shallow: Git does not know what its earlier commits name",
            str(root),
            "nothing was removed; git fetch --unshallow brings them",
        )
    commits = _asked(root, "rev-list", "--all", "--reflog")
    staged = _asked(root, "ls-files", "-s", "-z", "--", *_POINTERS)
    told = _told(root, commits, staged)
    shown = _asked(root, "ls-files", "-co", "-z", "--full-name", "--", *_POINTERS).split(b"\0")
    top = Path(_asked(root, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    texts = (_text(top / os.fsdecode(path)) for path in shown if path)
    return told.union(*map(_ids, texts))


_POINTERS = (":(top,glob)**/*.dvc", ":(top,glob)**/dvc.lock")
_DIFF = re.compile(rb":\d{6} \d{6} ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ")
_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?:\.dir)?(?![0-9a-f])")


@lru_cache(maxsize=1)
def _told(root: Path, commits: bytes, staged: bytes) -> frozenset[str]:
    """The ids in all files that came or went with one of the commits, or are staged.

    Each commit is compared with each of its parents: no simplified history leaves one out.
    """
    diffs = _asked(root, "diff-tree", "--stdin", "-m", "-r", "-z", "--root", "--no-renames",
                   "--no-commit-id", "--", *_POINTERS, given=commits)  # fmt: skip
    blobs = {blob for both in _DIFF.findall(diffs) for blob in both if blob.strip(b"0")}
    blobs |= {entry.split()[1] for entry in staged.split(b"\0") if entry}
    given = b"".join(blob + b"\n" for blob in blobs)
    return frozenset(_ids(_asked(root, "cat-file", "--batch", given=given)))


def _ids(text: bytes) -> set[str]:
    return {found.decode() for found in _ID.findall(text)}


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it is in the index, and not in the working tree


def _asked(root: Path, *words: str, given: bytes = b"", seconds: float = 600) -> bytes:
    """What Git answers. Raises StoreError where it cannot: no answer is not an empty one."""
    try:
        done = subprocess.run(
            ["git", *words],
            cwd=root,
            env=environ(),
            input=given,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unanswered(root, str(error)) from error
    if done.returncode:
        raise _unanswered(root, done.stderr.decode(errors="replace").strip())
    return done.stdout


def _unanswered(root: Path, why: str) -> StoreError:
    return StoreError(
        f"Git cannot say what its history names: {why}", str(root), "nothing was removed"
    )


def _git(root: Path, *words: str) -> str | None:
    """What Git answers, in text. None where it cannot: the release then names no commit."""
    try:
        return _asked(root, *words, seconds=60).decode(errors="surrogateescape").strip() or None
    except StoreError:
        return None


class Commit(Struct, frozen=True):
    """A commit, and the day it was made."""

    id: str
    day: str


def commits_of(root: Path, *patterns: str, branch: str = "HEAD") -> list[Commit]:
    """The commits of the branch that touched files of a pattern, oldest first."""
    words = ("log", "--reverse", "--first-parent", "--format=%H %cs", branch, "--", *patterns)
    told = _git(root, *words) or ""
    return [Commit(*line.split(" ", 1)) for line in told.splitlines()]
