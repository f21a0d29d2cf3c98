"""The tests of a project, found and run: those in YAML here, those of pytest beside it.

Nothing of the project's data is read, and its state is not opened.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from msgspec import Struct

from headgate.errors import DeclarationError, HeadgateError, UnknownNameError
from headgate.pipelines.paths import inside
from headgate.schema.types import LogicalType, logical_type
from headgate.testing.clock import moment_of
from headgate.testing.compare import differences, require_rows
from headgate.testing.found import Found, files_of_tests, matches, read_tests
from headgate.testing.given import Typing, frame_of, types_of_words
from headgate.testing.logic_test import Expectation, LogicTest, Rows
from headgate.testing.rows_apart import Comparison
from headgate.testing.steps import Asked, Bench, ProjectSteps

Status = Literal["passed", "failed", "error", "skipped"]


class TestResult(Struct, frozen=True):
    """What came of one test. `where` is its file and line; `error` is a test that could not run."""

    __test__: ClassVar[bool] = False  # for pytest, where somebody imports it into a test

    name: str
    where: str
    status: Status
    seconds: float = 0.0
    message: str = ""


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
    for file in files_of_tests(root):
        where = file.relative_to(root).as_posix()
        try:
            found = list(read_tests(file, root))
        except HeadgateError as error:
            if matches(where, pattern) or "::" in pattern:
                results.append(_result(where, error.where or where, "error", _told(error, where)))
            continue
        results += [outcome(one, steps) for one in found if matches(one.id, pattern)]
    return results


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
    """The inputs of a test. Raises UnknownNameError for one that nothing reads, and for no type."""
    test = found.test
    known = steps.reachable(asked)
    for key, names in (("given", test.given), ("types", test.types)):
        for name in names:
            if name not in known and found.has(key, name):
                raise UnknownNameError.of("input", name, known, found.place(key, name))
    for name, types in test.types.items():
        for column, word in types.items():
            logical_type(word, found.place("types", name, column))
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
