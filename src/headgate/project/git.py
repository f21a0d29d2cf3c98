"""What Git says of the project's code."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


def commit(root: Path) -> str | None:
    """The commit that is checked out; None outside a repository or before its first commit."""
    return _git(root, "rev-parse", "--verify", "--quiet", "HEAD")


def dirty(root: Path) -> bool:
    """Whether files that Git tracks, or could track, differ from the commit."""
    return bool(_git(root, "status", "--porcelain", "--", "."))


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no Git is no error: the release then names no commit
    return done.stdout.strip() or None if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, and the day it was made."""

    id: str
    day: str


def commits_of(root: Path, pattern: str) -> list[Commit]:
    """The commits of the branch that touched files of a pattern, oldest first."""
    words = ("log", "--reverse", "--first-parent", "--format=%H %cs", "--", pattern)
    told = _git(root, *words) or ""
    return [Commit(*line.split(" ", 1)) for line in told.splitlines()]


def texts_of(root: Path, commit: str, ending: str) -> dict[str, str]:
    """The text of each file of a commit whose name ends so, by its path in the project."""
    told = _git(root, "ls-tree", "-r", "-z", "--name-only", commit) or ""
    names = [name for name in told.split("\0") if name.endswith(ending)]
    return {name: _git(root, "show", f"{commit}:./{name}") or "" for name in names}
