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


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # no Git is no error: the release then names no commit
    return done.stdout.strip() or None if done.returncode == 0 else None
