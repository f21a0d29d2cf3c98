"""What processes read now, so that a sweep leaves it to them while they live.

Each process has one file below `<store>/readers/`, with the ids of the versions it reads. It holds
a lock on the file for as long as it lives: what kill -9 leaves behind is seen to be nobody's.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from headgate.errors import StoreError
from headgate.store import locks, versions
from headgate.store.manifest import Version
from headgate.store.objects import Objects


class Lease:
    """What one process, or one part of it, reads. `close` gives all of it back."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._ids: set[str] = set()
        self._handle: int | None = None
        self._path: Path | None = None
        self._lock = threading.Lock()

    def hold(self, wanted: Iterable[Version]) -> bool:
        """Whether all of these versions are in the store; if so, they stay there.

        What came of rows set aside belongs to a version: both are held with it.
        """
        found = list(wanted)
        ids = {id_ for each in found for id_ in (each.id, each.whole, each.aside) if id_}
        with self._lock, locks.using(self._objects.root) as locked:
            if locked:
                with suppress(OSError):  # a full disk: the grace of a sweep protects
                    self._note(ids - self._ids)
            return all(versions.present(self._objects, each) for each in found)

    def require(self, wanted: Iterable[Version]) -> None:
        """Holds these versions. Raises StoreError for the first that is not there."""
        found = list(wanted)
        if self.hold(found):
            return
        for each in found:
            if not versions.present(self._objects, each):
                raise StoreError(
                    f"version {each.id[:8]} of {each.dataset} is no longer in the store",
                    None,
                    "fetch it where it was pushed (headgate data pull), or take another release",
                )

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of everything."""
        with self._lock:
            if self._handle is not None and self._path is not None:
                self._path.unlink(missing_ok=True)
                os.close(self._handle)
            self._handle, self._path, self._ids = None, None, set()

    def _note(self, ids: set[str]) -> None:
        if not ids:
            return
        if self._handle is None:
            name = f"{os.getpid()}-{os.urandom(6).hex()}"
            self._path = self._objects.root / locks.FOLDER / name
            self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        os.write(self._handle, "".join(f"{each}\n" for each in sorted(ids)).encode())
        self._ids |= ids


def require_held(objects: Objects, *wanted: Version) -> None:
    """Keeps versions in the store as long as this process lives: it reads them, who knows how long.

    Raises StoreError for the first that is not there. For a work that ends, take a `Lease`.
    """
    key = (os.getpid(), str(objects.root))  # a forked process has a file of its own
    if (lease := _OURS.get(key)) is None:
        lease = _OURS.setdefault(key, Lease(objects))
    lease.require(wanted)


def held(objects: Objects) -> set[str]:
    """The ids of all versions that living processes read; files of dead ones are removed.

    Call it while `locks.sweeping`, so that nobody begins to read meanwhile.
    """
    return {id_ for path in _files(objects) for id_ in _living(path)}


_OURS: dict[tuple[int, str], Lease] = {}


def _files(objects: Objects) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        for path in (objects.root / locks.FOLDER).iterdir():
            if not path.name.startswith("."):
                yield path


def _living(path: Path) -> list[str]:
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return []
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return path.read_text(encoding="ascii").split()
    else:
        path.unlink(missing_ok=True)
        return []
    finally:
        os.close(handle)
