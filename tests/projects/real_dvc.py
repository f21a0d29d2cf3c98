"""A real DVC, in an environment of its own, and Git beside it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Dvc:
    """The command of DVC."""

    words: tuple[str, ...]

    def __call__(self, folder: Path, *words: str) -> str:
        return call([*self.words, *words], folder)


def installed() -> Dvc:
    """DVC, installed when it is first asked for; the test is skipped where that cannot be."""
    made = subprocess.run(
        ["sh", "scripts/peers.sh", "dvc"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode and not os.environ.get("CI"):
        pytest.skip(f"DVC cannot be installed here: {made.stderr[-300:]}")
    assert made.returncode == 0, made.stderr
    return Dvc((made.stdout.strip().splitlines()[-1], "-m", "dvc"))


def call(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DVC_NO_ANALYTICS": "1", "PYTHONWARNINGS": "ignore"},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def git(folder: Path, *words: str) -> str:
    person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return call(["git", *person, *words], folder)


def commit(folder: Path, message: str) -> str:
    """Everything in a commit; gives its id."""
    git(folder, "add", ".")
    git(folder, "commit", "-qm", message)
    return git(folder, "rev-parse", "HEAD").strip()
