"""What Git says of the project's code, and of the data that a commit names."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit(root: Path) -> str | None:
    """The commit that is checked out; None outside a repository or before its first commit."""
    return _git(root, "rev-parse", "--verify", "--quiet", "HEAD")


def dirty(root: Path) -> bool:
    """Whether files that Git tracks, or could track, differ from the commit."""
    return bool(_git(root, "status", "--porcelain", "--", "."))


def resolve(root: Path, start: str) -> str | None:
    """The commit whose id begins so; None where there is none, or more than one."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"{start}^{{commit}}")


def pointers(root: Path, commit: str) -> dict[str, str]:
    """The `.dvc` files of the project in a commit: the text of each by its path in the project."""
    listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit) or ""
    paths = [path for path in listed.split("\0") if path.endswith(".dvc")]
    return {path: _git(root, "show", f"{commit}:./{path}") or "" for path in paths}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no Git is no error: the release then names no commit
    return done.stdout.strip() or None if done.returncode == 0 else None
