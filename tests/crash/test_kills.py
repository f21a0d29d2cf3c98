"""kill -9 at every border of everything that changes something, beside a reader, on both databases."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.crash.ground import Ground
from tests.crash.operations import Kill, Operation, rest, some
from tests.crash.whole import (
    reading,
    require_settled,
    require_whole,
    require_whole_reads,
    served,
)
from tests.warm import Warm

Ready = Callable[[Operation, str], Ground]
SOME, REST = some(), rest()


def test_the_whole_matrix_has_more_than_two_hundred_kills() -> None:
    names = {str(kill) for kill in [*SOME, *REST]}
    assert len(names) == len(SOME) + len(REST) >= 200


def die(kill: Kill, ready: Ready, warm: Warm) -> int:
    """Kills an operation at a border and completes it. Gives how often readers read beside."""
    operation = kill.operation
    is_collection = operation.name == "gc"
    with ready(operation, kill.database).copied() as ground:
        calls = ("stop_at", kill.border), ("command", *operation.words)
        if operation.is_first:
            dying = warm.fork(ground.root, *calls)
            assert dying.stops(), dying.said()
        with reading(warm, ground.root, *operation.environments) as reader:
            if operation.is_first:
                reader.look(0.1)  # who opens the record waits for the one that is stopped
            else:
                reader.look()
                dying = warm.fork(ground.root, *calls)
                assert dying.stops(), dying.said()
                reader.look(0.2)  # a collection that is stopped may keep it waiting
            os.kill(dying.pid, signal.SIGKILL)
            assert dying.wait() == -signal.SIGKILL
            require_whole(ground, collected=is_collection)
            assert served(ground)[1] in {operation.before, operation.after}
            warm.headgate(ground.root, *operation.words, codes=operation.again)
            require_whole(ground, collected=is_collection)
            require_settled(ground, warm, operation.after, operation.release)
            reader.look()
        return require_whole_reads(reader, {operation.before, operation.after})


@pytest.mark.parametrize("kill", SOME, ids=str)
def test_what_dies_there_is_completed_and_readers_see_whole_releases(
    kill: Kill, ready: Ready, warm: Warm, record_property: Callable[[str, object], None]
) -> None:
    reads = die(kill, ready, warm)
    assert reads > 0
    record_property("kill", [kill.operation.name, kill.database, reads])


@pytest.mark.integration
@pytest.mark.parametrize("kill", REST, ids=str)
def test_it_is_so_at_all_other_borders_and_moments(
    kill: Kill, ready: Ready, warm: Warm, record_property: Callable[[str, object], None]
) -> None:
    reads = die(kill, ready, warm)
    assert reads > 0
    record_property("kill", [kill.operation.name, kill.database, reads])
