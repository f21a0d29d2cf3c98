from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ci.work import Work, make


@pytest.fixture(scope="session")
def _begun(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return make(tmp_path_factory.mktemp("begun") / "sales")


@pytest.fixture(scope="session")
def _released(_begun: Work, tmp_path_factory: pytest.TempPathFactory) -> Work:
    root = tmp_path_factory.mktemp("released") / "sales"
    shutil.copytree(_begun.root, root, symlinks=True)
    work = Work(root)
    work.do("run", "-q")
    work.git("switch", "-q", "-c", "feature")
    return work


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No job of another system is around."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("HEADGATE_USER", "ada")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def begun(_begun: Work, tmp_path: Path) -> Work:
    """The project in Git, with data and no release."""
    return Work(shutil.copytree(_begun.root, tmp_path / "sales", symlinks=True))


@pytest.fixture
def work(_released: Work, tmp_path: Path) -> Work:
    """The project with a release, on a branch with nothing changed yet."""
    return Work(shutil.copytree(_released.root, tmp_path / "sales", symlinks=True))
