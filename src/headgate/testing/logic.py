"""The tests of a project, found and run: those in YAML here, those of pytest beside it.

Nothing of the project's data is read, and its state is not opened.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, ClassVar, Literal

from headgate.errors import DeclarationError, HeadgateError, UnknownNameError
from headgate.pipelines.paths import inside
from headgate.pipelines.step import read_text
from headgate.project.yaml import Document, read_yaml, validate
from headgate.schema.types import LogicalType
from headgate.testing.clock import moment_of
from headgate.testing.compare import differences, require_rows
from headgate.testing.given import Typing, frame_of, types_of_words
from headgate.testing.logic_test import Expectation, LogicTest, LogicTests, Rows
from headgate.testing.rows_apart import Comparison
from headgate.testing.steps import Asked, Bench, ProjectSteps

FOLDER = "tests"
Status = Literal["passed", "failed", "error", "skipped"]


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of one test. `where` is its file and line; `error` is a test that could not run."""

    __test__: ClassVar[bool] = False  # for pytest, where somebody imports it into a test

    name: str
    where: str
    status: Status
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Found:
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


def run_tests(root: Path, pattern: str = "") -> list[TestResult]:
    """The results of all tests of a project that a pattern names, in the order of their files.

    A pattern is a part of `file::name`, or a glob of it. A file that cannot be read is a result of
    its own. Raises DeclarationError where the project itself cannot be understood.
    """
    from headgate.testing.with_pytest import run_pytest

    return [*run_logic_tests(root, pattern), *run_pytest(root, pattern)]


def run_logic_tests(root: Path, pattern: str = "") -> list[TestResult]:
    """The results of the tests in YAML."""
    steps = ProjectSteps(root.resolve())
    results: list[TestResult] = []
    for file in test_files(root):
        where = file.relative_to(root).as_posix()
        try:
            found = list(read_tests(file, root))
        except HeadgateError as error:
            if matches(where, pattern) or "::" in pattern:
                results.append(_result(where, error.where or where, "error", _told(error, where)))
            continue
        results += [outcome(one, steps) for one in found if matches(one.id, pattern)]
    return results


def matches(id_: str, pattern: str) -> bool:
    """Whether a pattern names a test.

    >>> matches("tests/a.yml::a lag", "lag"), matches("tests/a.yml::a lag", "tests/b*")
    (True, False)
    """
    return not pattern or pattern in id_ or fnmatchcase(id_, pattern)


def test_files(root: Path) -> list[Path]:
    """The files of tests in YAML. One whose name starts with `_` is a template."""
    folder = root / FOLDER
    if not folder.is_dir():
        return []
    found = (file for kind in ("*.yml", "*.yaml") for file in folder.rglob(kind))
    return sorted(file for file in found if is_test_file(file))


test_files.__test__ = False  # type: ignore[attr-defined] # pytest takes its name for a test's


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


# ------------------------------------------------------------------ one test


def outcome(found: Found, steps: ProjectSteps) -> TestResult:
    """What comes of one test."""
    started = time.perf_counter()
    try:
        lines = problems(found, steps)
    except HeadgateError as error:
        return _result(found.id, found.where, "error", _told(error, found.where), started)
    if lines:
        return _result(found.id, found.where, "failed", "\n".join(lines), started)
    return _result(found.id, found.where, "passed", "", started)


def problems(found: Found, steps: ProjectSteps) -> list[str]:
    """What is not as the test expects, in lines; none where it passes.

    Raises HeadgateError where the test itself is wrong: its step, its rows, or their types.
    """
    from tempfile import TemporaryDirectory

    test = found.test
    assert test.step is not None
    asked = _asked(found, steps)
    bench = _bench(found, asked, steps)
    with TemporaryDirectory(prefix="headgate-test-") as folder:
        bench.prepare(asked, Path(folder))
        try:
            frame = bench.result(asked, Path(folder))
        except HeadgateError as error:
            return _refused(error, test)
    if test.error is not None:
        return [f"the step gave {frame.height} rows, and was to refuse: {test.error!r}"]
    assert test.expect is not None
    return _differences(frame, test.expect, asked, found, steps)


def _asked(found: Found, steps: ProjectSteps) -> Asked:
    test = found.test
    assert test.step is not None
    try:
        return steps.found(test.step, tuple(test.given), test.params)
    except UnknownNameError as error:
        place = found.place("step")
        raise UnknownNameError(error.what, error.where or place, error.hint) from error


def _bench(found: Found, asked: Asked, steps: ProjectSteps) -> Bench:
    """The inputs of a test. Raises UnknownNameError for one that nothing reads."""
    test = found.test
    known = steps.reachable(asked)
    for name in test.given:
        if name not in known and found.has("given", name):
            where = found.place("given", name)
            raise UnknownNameError.of("input", name, known, where)
    if test.clock is not None:
        moment_of(test.clock, found.place("clock"))
    given: dict[str, Any] = {}
    typings: dict[str, Typing] = {}
    for name, rows in test.given.items():
        if name in known:
            typings[name] = _typing(name, rows, found, asked, steps)
            given[name] = _content(rows, found.place("given", name), steps.root)
    return Bench(steps, given, test.types, test.clock, typings)


def _typing(name: str, rows: Rows, found: Found, asked: Asked, steps: ProjectSteps) -> Typing:
    known = steps.typing(name, asked.declared, found.test.types)
    types = {**types_of_words(rows.rows or []), **known.types}

    def place(row: int) -> str:
        if rows.csv is not None:
            file, _, line = found.place("given", name, "csv").rpartition(":")
            return f"{file}:{int(line) + row + 2}"  # below the key and the names of the columns
        listed = found.has("given", name, "rows")
        return found.place("given", name, *(("rows", row) if listed else (row,)))

    return Typing(name, types, known.form, place)


def _content(rows: Rows | Expectation, where: str, root: Path) -> Any:
    if rows.csv is not None:
        return rows.csv
    if rows.file is None:
        return rows.rows
    path = inside(root, rows.file, where)
    if not path.is_file():
        raise DeclarationError(f"no file {rows.file!r}", where, "paths start at the project")
    return path


def _refused(error: HeadgateError, test: LogicTest) -> list[str]:
    told = f"{error.what} {error.hint or ''}"
    if test.error is not None and test.error in told:
        return []
    if test.error is not None:
        return [f"the step was to refuse with {test.error!r}, and said:", f"  {error}"]
    return ["the step failed:", *(f"  {line}" for line in str(error).splitlines())]


def _differences(
    frame: Any, expect: Expectation, asked: Asked, found: Found, steps: ProjectSteps
) -> list[str]:
    if isinstance(expect.rows, int):
        return require_rows(frame.height, expect.rows)
    names: list[str] | None = None
    rows: Sequence[Mapping[str, Any]]
    if expect.includes is not None or expect.rows is not None:
        rows = expect.includes or expect.rows or []
    else:
        where = found.place("expect")
        typing = Typing("expect", _texts(frame), place=lambda _row: where, fills=False)
        read = frame_of(_content(expect, where, steps.root), typing)
        rows, names = read.rows(named=True), read.columns
    columns = names or {name for row in rows for name in row}
    key = expect.key or [n for n in asked.step.key if set(asked.step.key) <= set(columns)]
    how = Comparison(
        key=key,
        ordered=expect.ordered,
        exact=expect.exact,
        among=expect.includes is not None,
        tolerance=expect.tolerance,
    )
    return differences(frame, rows, how, names)


def _texts(frame: Any) -> dict[str, LogicalType]:
    """The columns of text that a step gives: those of the rows expected are text too."""
    import polars as pl

    return {n: LogicalType.STRING for n, dtype in frame.schema.items() if dtype == pl.String}


def _told(error: HeadgateError, where: str) -> str:
    """An error in a message that stands below the place of the test."""
    place = f"{error.where}: " if error.where and error.where != where else ""
    return f"{place}{error.what}" + (f"\n  {error.hint}" if error.hint else "")


def _result(
    name: str, where: str, status: Status, message: str = "", started: float | None = None
) -> TestResult:
    seconds = 0.0 if started is None else time.perf_counter() - started
    return TestResult(name, where, status, seconds, message)
