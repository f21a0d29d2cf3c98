"""What a process reads is held while it lives, and not a moment longer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from headgate.errors import StoreError
from headgate.store import locks, readers
from headgate.store.manifest import Version
from headgate.store.objects import Objects
from headgate.store.readers import Lease

READ = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from headgate.schema.schema import Schema
from headgate.store import readers
from headgate.store.manifest import Part, Version
from headgate.store.objects import Objects

objects = Objects(Path(sys.argv[1]))
digest = sys.argv[2]
version = Version(digest, "sales", Schema(()), (Part(digest, 1, 1),), datetime.now(UTC), "r")
readers.require_held(objects, version)
print("open", flush=True)
time.sleep(60)
"""


def held(objects: Objects) -> set[str]:
    with locks.sweeping(objects.root):
        return readers.held(objects)


def test_what_is_read_is_held_until_it_is_given_back(
    objects: Objects, version_of: Callable[..., Version]
) -> None:
    one, two = version_of(b"1"), version_of({"a.parquet": b"2", "b.parquet": b"3"})
    lease = Lease(objects)
    assert lease.hold([one])
    assert lease.hold([two, one])
    assert held(objects) == {one.id, two.id}
    lease.close()
    assert held(objects) == set()


def test_a_version_of_which_an_object_is_gone_cannot_be_read(
    objects: Objects, version_of: Callable[..., Version]
) -> None:
    version = version_of({"a.parquet": b"2", "b.parquet": b"3"})
    objects.path(version.parts[1].digest).unlink()
    assert not Lease(objects).hold([version])
    with pytest.raises(StoreError, match="no longer in the store"):
        readers.require_held(objects, version)


def test_kill_9_of_a_reader_frees_what_it_read(
    objects: Objects, version_of: Callable[..., Version]
) -> None:
    version = version_of(b"1")
    words = [sys.executable, "-c", READ, str(objects.root), version.id]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        assert held(objects) == {version.id}
        reader.kill()
    assert held(objects) == set()
    left = [path.name for path in (objects.root / "readers").iterdir()]
    assert left == [".sweep"]


def test_a_reader_waits_for_a_sweep_and_then_finds_what_is_left(
    objects: Objects, version_of: Callable[..., Version]
) -> None:
    version = version_of(b"1")
    answers: list[bool] = []
    lease = Lease(objects)
    thread = threading.Thread(target=lambda: answers.append(lease.hold([version])))
    with locks.sweeping(objects.root):
        thread.start()
        time.sleep(0.05)
        assert answers == []
        objects.path(version.id).unlink()
    thread.join()
    assert answers == [False]


def test_a_process_that_was_forked_has_a_file_of_its_own(
    objects: Objects, version_of: Callable[..., Version]
) -> None:
    one, two = version_of(b"1"), version_of(b"2")
    readers.require_held(objects, one)
    there = set((objects.root / "readers").iterdir())
    child = os.fork()
    if not child:
        readers.require_held(objects, two)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert len(set((objects.root / "readers").iterdir()) - there) == 1
    assert held(objects) == {one.id}


def test_a_store_that_cannot_be_written_is_read_without_a_lease(
    objects: Objects, version_of: Callable[..., Version]
) -> None:
    version = version_of(b"1")
    folder = objects.root / locks.FOLDER
    shutil.rmtree(folder)
    folder.write_text("")  # no file can be made in it now, not even by root
    assert Lease(objects).hold([version])
    assert folder.is_file()
