"""What Git says of the project's code."""

from __future__ import annotations

import subprocess
from pathlib import Path


def commit(root: Path) -> str | None:
    """The commit that is checked out; None outside a repository or before its first commit."""
    return _git(root, "rev-parse", "--verify", "--quiet", "HEAD")


def dirty(root: Path) -> bool:
    """Whether files that Git tracks, or could track, differ from the commit."""
    return bool(_git(root, "status", "--porcelain", "--", "."))


def resolved(root: Path, name: str) -> str | None:
    """The whole hash of the commit that is called so; None where Git knows none."""
    if name.startswith("-"):
        return None
    return _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")


def files_at(root: Path, commit: str, suffix: str) -> dict[str, str]:
    """The text of all files of a commit that end so, by their paths in the project."""
    listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", ".") or ""
    paths = [path for path in listed.split("\0") if path.endswith(suffix)]
    found = {path: _git(root, "show", f"{commit}:./{path}") for path in paths}
    return {path: text for path, text in found.items() if text is not None}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no Git is no error: the release then names no commit
    return done.stdout.strip() or None if done.returncode == 0 else None
