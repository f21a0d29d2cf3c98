"""Objects on their way to a remote and from one: several at once, each checked, none twice.

A list of parts goes after the parts that it names, so that whoever finds it finds them too. What
was broken off goes on where it was: an object that is there is not moved again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from headgate.errors import StoreError
from headgate.store.objects import Objects
from headgate.store.remote import Remote, object_key

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

Wanted = Mapping[str, int | None]
"""Digests of objects, each with its bytes where they are known."""

Told = Callable[[int, int, int], None]
"""Called while objects move: how many did, how many will, and the bytes of those that did."""

AT_ONCE = 16
"""Objects that are under way together."""


class Moved(Struct, frozen=True):
    """What a transfer did: objects and bytes that moved, and objects that were there before."""

    objects: int = 0
    size: int = 0
    skipped: int = 0


def silent(_done: int, _all: int, _size: int) -> None:
    """Tells nobody."""


def send(objects: Objects, remote: Remote, wanted: Wanted, told: Told = silent) -> Moved:
    """Sends objects to a remote that it has not, or not at their size.

    Raises StoreError for an object that is missing or damaged here; nothing damaged is sent.
    """
    there = remote.sizes([object_key(digest) for digest in wanted])
    missing = [digest for digest, size in wanted.items() if not _is_there(there, digest, size)]
    objects.bring({digest: wanted[digest] for digest in missing})

    def one(digest: str) -> int:
        path = objects.path(digest)
        if not objects.verify(digest):
            what = f"object {digest} is missing or damaged here"
            raise StoreError(what, str(path), "headgate data verify --repair")
        remote.put(path, object_key(digest))
        return path.stat().st_size

    return _move(missing, one, len(wanted), told)


def fetch(objects: Objects, remote: Remote, wanted: Wanted, told: Told = silent) -> Moved:
    """Brings objects from a remote that are not in the store.

    Raises StoreError for one that is not in the remote, or is damaged there.
    """
    objects.drop_incoming()
    missing = objects.lacking(wanted)
    return _move(missing, lambda digest: bring_one(objects, remote, digest), len(wanted), told)


def bring_one(objects: Objects, remote: Remote, digest: str) -> int:
    """Brings an object, in the place of the one that is there; gives its bytes.

    One whose content is not what its name says is asked for once more, and then refused.
    """
    for _ in range(2):
        temporary = objects.incoming()
        try:
            if not remote.get(object_key(digest), temporary):
                what = f"object {digest} is not there"
                hint = "push it again from a machine that has it: headgate data push --all"
                raise StoreError(what, remote.name, hint)
            if (size := objects.receive(temporary, digest)) is not None:
                return size
        finally:
            temporary.unlink(missing_ok=True)
    what = f"object {digest} is damaged there: its content is not what its name says"
    hint = "remove it there and push it again from a machine that has it; nothing was changed here"
    raise StoreError(what, remote.name, hint)


def read(objects: Objects, remote: Remote, key: str) -> bytes | None:
    """The bytes of a small file of the remote; None where there is none."""
    temporary = objects.incoming()
    try:
        return temporary.read_bytes() if remote.get(key, temporary) else None
    finally:
        temporary.unlink(missing_ok=True)


def write(objects: Objects, remote: Remote, key: str, text: bytes) -> None:
    """A small file of the remote, in the place of what was there."""
    with _as_file(objects, text) as temporary:
        remote.put(temporary, key)


def write_once(objects: Objects, remote: Remote, key: str, text: bytes) -> bytes:
    """A small file of the remote that never changes; gives what it says from now on."""
    with _as_file(objects, text) as temporary:
        remote.create(temporary, key)
    # another may have been there, or have come at the same moment: the remote has the last word
    found = read(objects, remote, key)
    if found is None:
        raise StoreError(f"{key} did not arrive", remote.name, "push again")
    return found


@contextmanager
def _as_file(objects: Objects, text: bytes) -> Iterator[Path]:
    temporary = objects.incoming()
    try:
        temporary.write_bytes(text)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def each(ask: Callable[[Asked], Answer], all_of: Iterable[Asked]) -> list[Answer]:
    """The answers to several requests that are under way together, in order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, all_of))


def _is_there(there: Mapping[str, int], digest: str, size: int | None) -> bool:
    found = there.get(object_key(digest))
    return found is not None and size in (None, found)


def _move(missing: Iterable[str], one: Callable[[str], int], every: int, told: Told) -> Moved:
    parts = [digest for digest in missing if not digest.endswith(".dir")]
    lists = [digest for digest in missing if digest.endswith(".dir")]
    moved, size, total = 0, 0, len(parts) + len(lists)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for batch in (parts, lists):
            going = [pool.submit(one, digest) for digest in batch]
            try:
                for done in as_completed(going):
                    size += done.result()
                    moved += 1
                    told(moved, total, size)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return Moved(moved, size, every - total)
