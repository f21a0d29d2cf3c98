"""The tests in YAML of a project, found and read."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from headgate.errors import DeclarationError
from headgate.pipelines.step import read_text
from headgate.project.yaml import Document, read_yaml, validate
from headgate.testing.logic_test import LogicTest, LogicTests

FOLDER = "tests"


class Found(Struct, frozen=True):
    """A test in its file, at its place there."""

    test: LogicTest
    document: Document
    number: int

    @property
    def where(self) -> str:
        return self.place("name")

    @property
    def id(self) -> str:
        """What a pattern is held against: `tests/features.yml::a lag is a day`."""
        return f"{self.document.where}::{self.test.name}"

    def place(self, *keys: str | int) -> str:
        """File and line of a key of the test, or of the file where that says it."""
        own = self.has(*keys[:2])
        return self.document.place(("tests", self.number, *keys) if own else keys)

    def has(self, *keys: str | int) -> bool:
        """Whether a key is written in the test itself."""
        return ("tests", self.number, *keys) in self.document.lines


def matches(id_: str, pattern: str) -> bool:
    """Whether a pattern names a test.

    >>> matches("tests/a.yml::a lag", "lag"), matches("tests/a.yml::a lag", "tests/b*")
    (True, False)
    """
    return not pattern or pattern in id_ or fnmatchcase(id_, pattern)


def files_of_tests(root: Path) -> list[Path]:
    """The files of tests in YAML. One whose name starts with `_` is a template."""
    folder = root / FOLDER
    if not folder.is_dir():
        return []
    found = (file for kind in ("*.yml", "*.yaml") for file in folder.rglob(kind))
    return sorted(file for file in found if is_test_file(file))


def is_test_file(file: Path) -> bool:
    """Whether a file in `tests/` is one of tests in YAML, by its name."""
    return file.suffix in {".yml", ".yaml"} and not file.name.startswith(("_", "."))


def read_tests(file: Path, root: Path) -> Iterator[Found]:
    """The tests of a file. Raises DeclarationError, with file and line, where it is not understood."""
    document = read_yaml(read_text(file, root), file.relative_to(root).as_posix())
    written = validate(LogicTests, document)
    names: dict[str, str] = {}
    for number, test in enumerate(written.tests):
        found = Found(_filled(test, written), document, number)
        if other := names.get(test.name):
            hint = f"the other is at {other}"
            raise DeclarationError(f"two tests named {test.name!r}", found.where, hint)
        names[test.name] = found.where
        if found.test.step is None:
            raise DeclarationError("key 'step' is missing", found.where, "name the step to run")
        yield found


def _filled(test: LogicTest, file: LogicTests) -> LogicTest:
    """A test with what its file says for all of them."""
    return test.model_copy(
        update={
            "step": test.step or file.step,
            "given": {**file.given, **test.given},
            "types": {**file.types, **test.types},
            "params": {**file.params, **test.params},
            "clock": test.clock or file.clock,
        }
    )
