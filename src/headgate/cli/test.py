"""`test`: the tests of a project's logic, in YAML and of pytest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.amounts import counted, elapsed
from headgate.cli.colours import Role
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.errors import UsageError
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.testing.logic import TestResult

MARKS: dict[str, tuple[str, Role]] = {
    "passed": ("✓", "good"),
    "failed": ("✗", "bad"),
    "error": ("✗", "bad"),
    "skipped": ("-", "dim"),
}


@click.command()
@click.argument("pattern", default="")
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML, too.")
@click.option("--create", "step", metavar="STEP", help="Write a test of real rows, to be read.")
@click.option(
    "--where", multiple=True, metavar="CONDITION", help="With --create: only such rows of an input."
)
@click.option("--rows", type=COUNT, help="With --create: rows of the main input, 10.")
@click.pass_obj
def command(
    output: Output,
    *,
    pattern: str,
    junit: str | None,
    step: str | None,
    where: Sequence[str],
    rows: int | None,
) -> int:
    """Run the tests in tests/: *.yml, and test_*.py with pytest.

    PATTERN is a part of `tests/file.yml::name of the test`, or a glob of it; without one all tests
    are run. Steps run on the rows that the tests give: no data is read, and no state is opened.

    --create writes tests/STEP.yml, of rows of the current release that belong together, redacted as
    contracts say. What the step gives of them today is its expectation: read whether it is right.
    """
    if step is not None:
        from headgate.cli.test_create import made_of_rows

        if pattern or junit:
            raise UsageError("--create runs no tests", hint="say --where and --rows alone")
        made_of_rows(output, step, where, rows)
        return 0
    if where or rows:
        raise UsageError("--where and --rows belong to --create", hint="--create STEP")
    from headgate.testing.junit import write_junit
    from headgate.testing.logic import run_tests

    root = find_root(Path(output.directory))
    results = run_tests(root, pattern)
    if junit is not None:
        write_junit(results, Path(output.directory, junit))
    if not results and pattern:
        raise UsageError(f"no test is named {pattern!r}", hint="headgate test -v lists them")
    counts: Counter[str] = Counter(one.status for one in results)
    if output.json:
        output.document("headgate.test/1", _as_json(results, counts))
    for one in results:
        _show(output, one)
    output.echo(_summary(results, counts))
    return 1 if counts["failed"] or counts["error"] else 0


def _show(output: Output, one: TestResult) -> None:
    """A test that did not pass; with -v every test."""
    if one.status in {"passed", "skipped"} and not output.verbose:
        return
    mark, role = MARKS[one.status]
    output.echo(f"{output.paint(mark, role)} {one.name}")
    if one.status != "passed":
        output.echo(f"  {output.paint('-->', 'place')} {one.where}")
    for line in one.message.splitlines():
        output.echo(f"  {line}".rstrip())


def _summary(results: list[TestResult], counts: Counter[str]) -> str:
    if not results:
        return "no tests: write tests/*.yml, or tests/test_*.py"
    words = {"failed": "failed", "error": "could not run", "passed": "passed", "skipped": "skipped"}
    told = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    seconds = sum(one.seconds for one in results)
    return f"{counted(len(results), 'test')}: {', '.join(told)} in {elapsed(seconds)}"


def _as_json(results: list[TestResult], counts: Counter[str]) -> dict[str, object]:
    return {
        "tests": len(results),
        **{status: counts[status] for status in MARKS},
        "results": [
            {
                "name": one.name,
                "where": one.where,
                "status": one.status,
                "seconds": round(one.seconds, 3),
                "message": one.message,
            }
            for one in results
        ],
    }
