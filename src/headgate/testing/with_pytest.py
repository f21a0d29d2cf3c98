"""The tests of a project that pytest runs: started as a process of their own, and read back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from headgate.testing.logic import Status, TestResult

FOLDER = "tests"
PLUGIN = "headgate.testing.plugin"
PATTERN = "--headgate-pattern"
COUNT = "--headgate-count"
NOTHING_RAN = 5
"""The exit code of pytest where no test was collected."""


def run_pytest(root: Path, pattern: str = "") -> list[TestResult]:
    """The results of the project's `test_*.py`; an error for each file where there is no pytest."""
    from headgate.testing.logic import TestResult

    files = pytest_files(root)
    if not files:
        return []
    names = [file.relative_to(root).as_posix() for file in files]
    if find_spec("pytest") is None:
        told = "pytest is not installed, so the tests of this file were not run: pip install pytest"
        return [TestResult(name, name, "error", 0.0, told) for name in names if pattern in name]
    with TemporaryDirectory(prefix="headgate-test-") as folder:
        report, count = Path(folder) / "report.xml", Path(folder) / "count"
        command = [
            *(sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", PLUGIN),
            *("--rootdir", str(root)),
            *("--junitxml", str(report), "-o", "junit_family=xunit1", COUNT, str(count)),
            *(PATTERN, pattern, *names),
        ]
        environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_")}
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        found = list(_read(report)) if report.exists() else []
        wanted = int(count.read_text()) if count.exists() else 0
        if any(one.status in {"failed", "error"} for one in found):
            return found
        # whoever ends pytest early, or has it end otherwise, may do so with 0 and no failed test
        if report.exists() and done.returncode in {0, NOTHING_RAN} and len(found) >= wanted:
            return found
    said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
    told = f"pytest ended with {done.returncode}:\n{said}"
    if wanted > len(found):
        told = f"{len(found)} of {wanted} tests were run; {told}"
    return [*found, TestResult(FOLDER, FOLDER, "error", 0.0, told)]


def pytest_files(root: Path) -> list[Path]:
    """The files of a project that pytest takes for tests."""
    folder = root / FOLDER
    found = [*folder.rglob("test_*.py"), *folder.rglob("*_test.py")] if folder.is_dir() else []
    return sorted(set(found))


def _read(report: Path) -> Iterator[TestResult]:
    """The results in a report in JUnit's form."""
    from headgate.testing.logic import TestResult

    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it just now
        file, line = case.get("file"), case.get("line")
        place = str(file or case.get("classname", ""))
        where = f"{file}:{int(line) + 1}" if file and line else place
        status, message = _status(case)
        name = f"{place}::{case.get('name', '')}"
        yield TestResult(name, where, status, float(case.get("time", 0)), message)


def _status(case: ET.Element) -> tuple[Status, str]:
    for tag, status in _STATUSES.items():
        found = case.find(tag)
        if found is not None:
            text = found.text if tag != "skipped" else None
            return status, (text or found.get("message") or "").strip()
    return "passed", ""


_STATUSES: dict[str, Status] = {"error": "error", "failure": "failed", "skipped": "skipped"}
