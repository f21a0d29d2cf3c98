"""The plugin of pytest: logic tests in YAML are collected, and `headgate_project` runs steps.

It does nothing in a folder that is no project of headgate.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options by which `headgate test PATTERN` names tests, and learns how many there are."""
    group = parser.getgroup("headgate")
    group.addoption(
        "--headgate-pattern", default="", help="only tests that `headgate test PATTERN` would run"
    )
    group.addoption("--headgate-count", default="", help="a file for the number of tests to be run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what the pattern does not name."""
    pattern = config.getoption("--headgate-pattern")
    if not pattern:
        return
    from headgate.testing.found import matches

    kept = [item for item in items if matches(item.nodeid, pattern)]
    left = [item for item in items if item not in kept]
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def pytest_collection_finish(session: pytest.Session) -> None:
    """Says how many tests are to be run, so that one that is not run is missed."""
    if session.items and (file := session.config.getoption("--headgate-count")):
        Path(file).write_text(str(len(session.items)))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> YamlFile | None:
    """A file of logic tests, where it lies in `tests/` of a project."""
    if file_path.suffix not in {".yml", ".yaml"} or file_path.name.startswith(("_", ".")):
        return None
    root = _project_of(file_path)
    return None if root is None else YamlFile.from_parent(parent, path=file_path, project=root)


def _project_of(file: Path) -> Path | None:
    """The project in whose `tests/` a file lies."""
    for folder in file.parents:
        if folder.name == "tests" and (folder.parent / "headgate.yml").is_file():
            return folder.parent
    return None


class YamlFile(pytest.File):
    """A file of logic tests."""

    def __init__(self, *, project: Path, **keywords: object) -> None:
        super().__init__(**keywords)  # type: ignore[arg-type] # pytest's own
        self.project = project

    def collect(self) -> Iterator[pytest.Item]:
        """Its tests. Raises CollectError where the file is not understood."""
        from headgate.errors import HeadgateError
        from headgate.testing.found import read_tests

        try:
            found = list(read_tests(self.path, self.project))
        except HeadgateError as error:
            raise self.CollectError(str(error)) from error
        for one in found:
            yield YamlTest.from_parent(self, name=one.test.name, found=one)


class YamlTest(pytest.Item):
    """One logic test."""

    parent: YamlFile

    def __init__(self, *, found: object, **keywords: object) -> None:
        super().__init__(**keywords)  # type: ignore[arg-type] # pytest's own
        self.found = found

    def runtest(self) -> None:
        """Raises NotAsExpectedError where the test does not pass."""
        from headgate.testing.found import Found
        from headgate.testing.logic import outcome
        from headgate.testing.steps import ProjectSteps

        assert isinstance(self.found, Found)
        result = outcome(self.found, ProjectSteps(self.parent.project))
        if result.status != "passed":
            raise NotAsExpectedError(f"{result.where}: {result.status}\n{result.message}")

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """What differs, without a traceback of ours."""
        if isinstance(excinfo.value, NotAsExpectedError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file and line of the test."""
        from headgate.testing.found import Found

        assert isinstance(self.found, Found)
        line = int(self.found.where.rpartition(":")[2]) - 1
        return self.path, line, self.name


class NotAsExpectedError(Exception):
    """A logic test that did not pass."""


@pytest.fixture
def headgate_project(request: pytest.FixtureRequest) -> object:
    """The steps of the project around a test: `headgate_project.run("step", {...})`."""
    from headgate.project.root import find_root
    from headgate.testing.steps import ProjectSteps

    return ProjectSteps(find_root(request.path.parent))
