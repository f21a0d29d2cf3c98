"""The lock between those who use objects and the sweep that removes them.

Whoever is about to rely on an object holds it shared while looking that the object is there; a
sweep holds it alone while it removes some. It is let go in milliseconds, and by the death of its
process.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = "readers"
"""The folder of a store that has the lock, and one file for each process that reads."""

_NAME = ".sweep"


@contextmanager
def using(root: Path) -> Iterator[bool]:
    """Keeps a sweep of the store away until the block ends.

    False where the store is read-only or its file system keeps no locks: a sweep then spares only
    what is younger than its grace.
    """
    try:
        handle = _taken(root, fcntl.LOCK_SH)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        os.close(handle)


@contextmanager
def sweeping(root: Path) -> Iterator[None]:
    """Keeps all others from relying on objects of the store until the block ends."""
    handle = _taken(root, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(handle)


def _taken(root: Path, kind: int) -> int:
    path = f"{root}/{FOLDER}/{_NAME}"
    flags = os.O_RDWR | os.O_CREAT
    try:
        handle = os.open(path, flags, 0o666)
    except FileNotFoundError:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        handle = os.open(path, flags, 0o666)
    try:
        fcntl.flock(handle, kind)
    except BaseException:
        os.close(handle)
        raise
    return handle
