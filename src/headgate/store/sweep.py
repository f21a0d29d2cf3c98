"""Removing objects that nobody needs, while others go on reading and writing."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from headgate.store import locks
from headgate.store.objects import DIGEST, Objects

AT_ONCE = 2_000
"""Objects that are removed before others are let in again, for a moment."""


class Lying(Struct, frozen=True):
    """An object that lies in the store, needed or not."""

    digest: str
    size: int
    changed: float
    """When it was written or used again, in seconds since 1970."""


class Swept(Struct, frozen=True):
    """What was removed."""

    objects: int = 0
    size: int = 0


def lying(objects: Objects) -> Iterator[Lying]:
    """All objects of the store; files of other names are not ours to look at."""
    for folder in sorted((objects.root / "files" / "md5").glob("[0-9a-f][0-9a-f]")):
        for path in sorted(folder.iterdir()):
            if found := _lying(path):
                yield found


def sweep(
    objects: Objects,
    digests: Sequence[str],
    needed: Callable[[], Collection[str]],
    grace: timedelta,
) -> Swept:
    """Removes objects, except those that are `needed` by then, or younger than the grace.

    What is needed is asked anew while nobody can begin to need more: an object that a release, a
    tag or a reader came to name since the digests were gathered stays.
    """
    count = size = 0
    for start in range(0, len(digests), AT_ONCE):
        with locks.sweeping(objects.root):
            spared = needed()
            for digest in digests[start : start + AT_ONCE]:
                if digest not in spared and (gone := _removed(objects, digest, grace)):
                    count, size = count + 1, size + gone.size
    return Swept(count, size)


def _removed(objects: Objects, digest: str, grace: timedelta) -> Lying | None:
    """The object, which is no more; None where it was young, or gone already."""
    found = _lying(objects.path(digest))
    if found is None or is_young(found, grace):
        return None
    objects.remove(digest)
    return found


def is_young(found: Lying, grace: timedelta) -> bool:
    """Whether an object was written or used so lately that somebody may be about to name it."""
    return found.changed > time.time() - grace.total_seconds()


def _lying(path: Path) -> Lying | None:
    digest = f"{path.parent.name}{path.name}"
    if not DIGEST.fullmatch(digest):
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return Lying(digest, found.st_size, found.st_mtime)
