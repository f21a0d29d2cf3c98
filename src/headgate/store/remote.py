"""A remote: a place elsewhere that keeps files by key, written once and read by many.

Objects lie there as in a remote of DVC 3, `files/md5/ab/cdef...`, so that DVC reads and writes the
same ones. A file appears under its key with all its bytes, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol


class Remote(Protocol):
    """The verbs of a remote. Each raises StoreError where the remote cannot be reached."""

    @property
    def name(self) -> str:
        """Its address as people are shown it, without a secret."""
        ...

    def sizes(self, keys: Collection[str]) -> dict[str, int]:
        """The bytes of each of these files that is there."""
        ...

    def get(self, key: str, path: Path) -> bool:
        """Writes a file of the remote to a path; False where there is none of that key."""
        ...

    def put(self, path: Path, key: str) -> None:
        """A copy of a file under that key, in the place of what was there."""
        ...

    def create(self, path: Path, key: str) -> bool:
        """A copy of a file under that key; False, and nothing done, where there is one already."""
        ...

    def remove(self, key: str) -> None:
        """Takes a file away; nothing where there is none."""
        ...


def object_key(digest: str) -> str:
    """Where the object of that digest lies in a remote."""
    return f"files/md5/{digest[:2]}/{digest[2:]}"
