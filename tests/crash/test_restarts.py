"""The server of the record restarts while something is going on: it goes on, or says so and is whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.crash.ground import prepared
from tests.crash.operations import PROMOTE, PULL, ROLLBACK, RUN, SANDBOX, Operation
from tests.crash.whole import reading, require_settled, require_whole, require_whole_reads, served
from tests.postgres import Server
from tests.warm import Warm

MOMENTS = [
    (RUN, "before headgate.runs.execute:plan"),
    (RUN, "before headgate.runs.stages:result"),
    (RUN, "before headgate.runs.publish:_move"),
    (RUN, "before headgate.store.releases:append"),
    (RUN, "after headgate.runs.publish:_move"),
    (PROMOTE, "after headgate.store.releases:append"),
    (ROLLBACK, "before headgate.store.releases:append"),
    (ROLLBACK, "before headgate.workspace.links:link_outputs"),
    (PULL, "before headgate.store.facts:serve"),
    (SANDBOX, "after headgate.store.sandboxes:begin"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that a test may stop."""
    server = Server()
    yield server
    server.remove()


@pytest.mark.parametrize(
    ("operation", "border"),
    [
        pytest.param(
            operation,
            border,
            id=f"{operation.name}-{border.replace(' ', '-')}",
            marks=[pytest.mark.integration] if place % 3 else [],
        )
        for place, (operation, border) in enumerate(MOMENTS)
    ],
)
def test_what_a_restart_meets_there_is_whole_and_is_completed(
    operation: Operation, border: str, server: Server, warm: Warm
) -> None:
    with prepared(server, warm, *operation.prepare) as ground:
        with reading(warm, ground.root, "prod") as reader:
            reader.look()
            child = warm.fork(ground.root, ("stop_at", border), ("command", *operation.words))
            assert child.stops(), child.said()
            server.stop()
            server.start()
            os.kill(child.pid, signal.SIGCONT)
            assert child.wait() in {0, 3}, child.said()
            assert "Traceback" not in child.said()
            require_whole(ground)
            assert served(ground)[1] in {operation.before, operation.after}
            warm.headgate(ground.root, *operation.words, codes=operation.again)
            require_whole(ground)
            require_settled(ground, warm, operation.after, operation.release)
            reader.look()
        values = {operation.before, operation.after}
        assert require_whole_reads(reader, values, restarts=True) > 0
