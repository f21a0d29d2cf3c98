"""A process that slept past its lease while another went on: it wakes, and changes nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.workspace.workspace import opened
from tests.crash.ground import Ground, deliver
from tests.crash.operations import BOTH, POSTGRES, PROMOTE, PULL, ROLLBACK, RUN, SQLITE, Operation
from tests.crash.whole import reading, require_settled, require_whole, require_whole_reads, served
from tests.warm import Warm

Ready = Callable[[Operation, str], Ground]
PAST = "2000-01-01T00:00:00.000000+00:00"
SLEEPERS = [
    (RUN, "before headgate.runs.stages:result"),
    (RUN, "before headgate.runs.publish:_move"),
    (RUN, "after headgate.runs.publish:_move"),
    (RUN, "before headgate.runs.outputs:refresh"),
    (PROMOTE, "before headgate.runs.transfer:_move"),
    (PROMOTE, "before headgate.runs.outputs:refresh"),
    (ROLLBACK, "before headgate.runs.claim:renewed"),
    (ROLLBACK, "before headgate.workspace.links:link_outputs"),
    (PULL, "before headgate.workspace.links:link_outputs"),
]


def expire(ground: Ground) -> None:
    """Lets all leases pass."""
    with opened(ground.root) as workspace, workspace.tools.ledger.transaction() as tx:
        tx.execute("update lease set expires = ?", (PAST,))


def tree(root: Path) -> dict[Path, tuple[int, bytes]]:
    """Every published file, with its inode and its bytes."""
    found = sorted((root / "data" / "out").rglob("*"))
    return {path: (path.stat().st_ino, path.read_bytes()) for path in found if path.is_file()}


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize(
    ("operation", "border"),
    SLEEPERS,
    ids=[f"{operation.name}-{border.split()[1]}" for operation, border in SLEEPERS],
)
def test_one_that_slept_while_another_published_changes_nothing_when_it_wakes(
    operation: Operation, border: str, database: str, ready: Ready, warm: Warm
) -> None:
    with ready(operation, database).copied() as ground:
        with reading(warm, ground.root, "prod") as reader:
            reader.look()
            zombie = warm.fork(ground.root, ("stop_at", border), ("command", *operation.words))
            assert zombie.stops(), zombie.said()
            expire(ground)
            deliver(ground.shop, 5)
            warm.headgate(ground.root, "run")
            there, files = served(ground), tree(ground.root)
            os.kill(zombie.pid, signal.SIGCONT)
            assert zombie.wait() in {0, 3}, zombie.said()
            assert "Traceback" not in zombie.said()
            assert served(ground) == there
            assert tree(ground.root) == files
            require_whole(ground)
            require_settled(ground, warm, there[1], there[0])
            reader.look()
        value = {5, 6} if operation is PROMOTE else {5}
        assert there[1] in value
        assert require_whole_reads(reader, {operation.before, operation.after, *value}) > 0


@pytest.mark.parametrize("database", [SQLITE, POSTGRES])
def test_four_processes_on_one_run_publish_once(database: str, ready: Ready, warm: Warm) -> None:
    run = ("command", "run", "--wait", "60")
    with ready(RUN, database).copied() as ground:
        with reading(warm, ground.root, "prod") as reader:
            children = [warm.fork(ground.root, run) for _ in range(4)]
            for child in children:
                assert child.wait() == 0, child.said()
            said = [child.said() for child in children]
            assert sum("Published prod@2" in each for each in said) == 1
            assert sum("nothing changed" in each for each in said) == 3
            require_whole(ground)
            require_settled(ground, warm, 2, 2)
            reader.look()
        assert require_whole_reads(reader, {1, 2}) > 0


@pytest.mark.parametrize("database", BOTH)
@pytest.mark.parametrize(
    "border", ["before headgate.runs.stages:result", "before headgate.runs.publish:_move"]
)
def test_three_processes_that_wait_for_one_that_is_killed_publish_once(
    database: str, border: str, ready: Ready, warm: Warm
) -> None:
    run = ("command", "run", "--wait", "60")
    with ready(RUN, database).copied() as ground:
        with reading(warm, ground.root, "prod") as reader:
            doomed = warm.fork(ground.root, ("stop_at", border), run)
            assert doomed.stops(), doomed.said()
            others = [warm.fork(ground.root, run) for _ in range(3)]
            reader.look()
            os.kill(doomed.pid, signal.SIGKILL)
            for child in [doomed, *others]:
                assert child.wait() == (-signal.SIGKILL if child is doomed else 0), child.said()
            require_whole(ground)
            require_settled(ground, warm, 2, 2)
            reader.look()
        assert require_whole_reads(reader, {1, 2}) > 0
