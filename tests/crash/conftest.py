from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.crash.ground import Ground, prepared
from tests.crash.operations import POSTGRES, Operation
from tests.warm import Warm


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """The process that all others are forked from."""
    found = Warm()
    yield found
    found.close()


@pytest.fixture(scope="session")
def ready(
    warm: Warm, request: pytest.FixtureRequest
) -> Iterator[Callable[[Operation, str], Ground]]:
    """What an operation begins with, its record in one of the databases; made once, to be copied."""
    known: dict[tuple[str, str], Ground] = {}
    with ExitStack() as grounds:

        def found(operation: Operation, database: str) -> Ground:
            key = (operation.name, database)
            if key not in known:
                server = request.getfixturevalue("postgres") if database == POSTGRES else None
                made = prepared(server, warm, *operation.prepare)
                known[key] = grounds.enter_context(made)
            return known[key]

        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was killed, and how often readers read beside it."""
    kills: Counter[tuple[str, str]] = Counter()
    reads: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "kill" and report.when == "call":
                operation, database, count = value
                kills[operation, database] += 1
                reads[operation, database] += count
    if not kills:
        return
    write = terminalreporter.write_line
    terminalreporter.section("kills, and whole releases that readers read beside them")
    write(f"{'operation':16} {'database':10} {'kills':>6} {'reads':>8}")
    for key in kills:
        write(f"{key[0]:16} {key[1]:10} {kills[key]:6,} {reads[key]:8,}")
    write(f"{'all':27} {kills.total():6,} {reads.total():8,}")
