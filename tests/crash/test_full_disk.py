"""A disk that is full at any moment is an error in plain words, and what was served stays whole."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.crash.ground import Ground
from tests.crash.operations import (
    BOTH,
    PROMOTE,
    PULL,
    ROLLBACK,
    RUN,
    SANDBOX,
    SQLITE,
    Operation,
)
from tests.crash.whole import (
    reading,
    require_settled,
    require_whole,
    require_whole_reads,
    served,
)
from tests.projects.shop import Shop
from tests.warm import Child, Warm

Ready = Callable[[Operation, str], Ground]
WRITING = [RUN, PROMOTE, ROLLBACK, PULL, SANDBOX]


def met_full_disk(child: Child) -> bool:
    """Whether a process met a full disk, and said so in plain words."""
    code = child.wait()
    assert code in {0, 3}, child.said()
    assert "Traceback" not in child.said()
    assert "unexpected" not in child.said()
    return code == 3


def fill(
    operation: Operation, database: str, ready: Ready, warm: Warm, calls: Iterable[int]
) -> int:
    """Lets the disk be full after so many calls, and so on until it never is; gives how often."""
    met = 0
    for number in calls:
        with ready(operation, database).copied() as ground:
            with reading(warm, ground.root, "prod") as reader:
                full = ("full_after", str(number))
                child = warm.fork(ground.root, full, ("command", *operation.words))
                was_full = met_full_disk(child)
                require_whole(ground)
                assert served(ground)[1] in {operation.before, operation.after}
                if was_full:
                    met += 1
                    warm.headgate(ground.root, *operation.words, codes=operation.again)
                require_settled(ground, warm, operation.after, operation.release)
                reader.look()
            assert require_whole_reads(reader, {operation.before, operation.after}) > 0
        if not was_full and number > 8:
            break
    return met


@pytest.mark.parametrize("database", BOTH)
def test_a_run_that_meets_a_full_disk_is_completed(database: str, ready: Ready, warm: Warm) -> None:
    assert fill(RUN, database, ready, warm, (2, 20)) == 2


@pytest.mark.integration
@pytest.mark.parametrize("operation", WRITING, ids=[each.name for each in WRITING])
def test_a_disk_that_is_full_from_any_call_on_harms_nothing(
    operation: Operation, ready: Ready, warm: Warm
) -> None:
    assert fill(operation, SQLITE, ready, warm, count(step=12)) >= 2


# ------------------------------------------------------------------ a disk that is small indeed


@contextmanager
def small_disk(at: Path, kilobytes: int) -> Iterator[Callable[[], object]]:
    """A file system of its own of that size; what it gives makes it large."""
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(at)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        more = ["mount", "-o", "remount,size=64m", str(at)]
        yield lambda: subprocess.run(more, check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


@pytest.mark.integration
@pytest.mark.parametrize("operation", [RUN, PULL, SANDBOX], ids=lambda operation: operation.name)
def test_a_small_disk_holds_whole_releases_and_takes_the_rest_when_it_grows(
    operation: Operation, ready: Ready, warm: Warm, tmp_path: Path
) -> None:
    source = ready(operation, SQLITE)
    used = int(subprocess.check_output(["du", "-sk", source.root.parent]).split()[0])
    met = 0
    for room in (16, 64, 256, 1024):
        at = tmp_path / str(room)
        with small_disk(at, used + room) as grow:
            subprocess.run(["cp", "-a", f"{source.root.parent}/.", at], check=True)
            ground = Ground(Shop(at / source.root.name))
            child = warm.fork(ground.root, ("command", *operation.words))
            met += met_full_disk(child)
            grow()  # where not a byte is left, SQLite cannot even be read
            require_whole(ground)
            assert served(ground)[1] in {operation.before, operation.after}
            warm.headgate(ground.root, *operation.words, codes=operation.again)
            require_whole(ground)
            require_settled(ground, warm, operation.after, operation.release)
    assert met > 0
