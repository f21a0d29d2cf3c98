"""Objects: files that are named by their content, written once and never changed.

The layout is that of a DVC cache, so that DVC finds them: `files/md5/ab/cdef...`. An object is
written under a temporary name, brought to the disk, and only then given its own name; whoever
sees an object sees all of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import StoreError
from headgate.store import locks

DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
LARGE = 4_000_000
"""Bytes from which hashing and flushing a file are worth two threads."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that is in the store now. `new` is False when it was there before."""

    digest: str
    size: int
    new: bool


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects below a folder, `.headgate/store` of a project."""

    root: Path

    def path(self, digest: str) -> Path:
        """Where the object of that digest is, or would be.

        Raises StoreError for text that is no digest, so that no name leads out of the store.
        """
        return Path(self._name(digest))

    def _name(self, digest: str) -> str:
        if not DIGEST.fullmatch(digest):
            raise StoreError(f"{digest!r} is not the digest of an object")
        return f"{self.root}/files/md5/{digest[:2]}/{digest[2:]}"

    def temporary(self, run: str) -> Path:
        """A new file name for what a run is about to write."""
        if not NAME.fullmatch(run):
            raise StoreError(f"{run!r} cannot be the name of a folder")
        folder = self.root / "tmp" / run
        with _spoken(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / os.urandom(12).hex()

    def keep(self, temporary: Path) -> Kept:
        """Turns a written file into an object; the temporary name is gone afterwards.

        A damaged object of the same digest is replaced.
        """
        with _spoken(temporary):
            return self._keep(temporary, "")

    def keep_listing(self, listing: bytes, run: str) -> Kept:
        """Keeps the list of a version's parts, whose digest ends in `.dir`."""
        temporary = self.temporary(run)
        with _spoken(temporary):
            temporary.write_bytes(listing)
            return self._keep(temporary, ".dir")

    def listing(self, digest: str) -> list[tuple[str, str]]:
        """The digests and paths that a `.dir` object lists. Raises OSError where it is not there."""
        entries = json.loads(self.path(digest).read_bytes())
        return [(str(entry["md5"]), str(entry["relpath"])) for entry in entries]

    def has(self, digest: str, size: int | None = None) -> bool:
        """Whether the object is there, and of that size; the content is not read."""
        try:
            found = os.stat(self._name(digest)).st_size  # noqa: PTH116 - a version has thousands
        except OSError:
            return False
        return size is None or found == size

    def verify(self, digest: str) -> bool:
        """Whether the object is there and its content is what its name says."""
        try:
            with self.path(digest).open("rb") as file:
                found = hashlib.file_digest(file, _md5).hexdigest()
        except OSError:
            return False
        return found == digest.removesuffix(".dir")

    def drop_temporaries(self, alive: Collection[str]) -> int:
        """Removes what runs that are not alive left half written; gives the count of folders.

        `alive` must not grow while this works: ask for it in a write transaction, and call this
        before that ends, so that no run can take its claim in between.
        """
        import shutil

        dropped = 0
        with _spoken(self.root / "tmp"):
            try:
                folders = list((self.root / "tmp").iterdir())
            except FileNotFoundError:
                return 0
            for folder in folders:
                if folder.name not in alive:
                    shutil.rmtree(folder, ignore_errors=True)
                    dropped += 1
        return dropped

    def _keep(self, temporary: Path, suffix: str) -> Kept:
        size = temporary.stat().st_size
        digest = _flushed_digest(temporary) if size >= LARGE else digest_of(temporary)
        target = self.path(digest + suffix)
        with locks.using(self.root):  # a sweep has looked at it already, or spares what is young
            if there := self.has(digest + suffix, size):
                os.utime(target)
        if there:
            temporary.unlink()
            return Kept(digest + suffix, size, new=False)
        if size < LARGE:  # and not before: the parts of a table that did not change are many
            _flush(temporary)
        temporary.chmod(0o444)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            _flush(target.parent.parent)
        temporary.replace(target)
        _flush(target.parent)
        return Kept(digest + suffix, size, new=True)


def digest_of(path: Path) -> str:
    """The MD5 of a file, the name its object would have."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _md5).hexdigest()


def _flushed_digest(path: Path) -> str:
    """The digest of a large file whose bytes are on the disk when this returns.

    The disk takes them while the processor reads them.
    """
    with ThreadPoolExecutor(1) as beside:
        flushing = beside.submit(_flush, path)
        digest = digest_of(path)
    flushing.result()
    return digest


def _flush(path: Path) -> None:
    """Brings the bytes of a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _md5() -> hashlib._Hash:
    # a name, not a secret: a machine in FIPS mode must allow it
    return hashlib.md5(usedforsecurity=False)


@contextmanager
def _spoken(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the store cannot be written: {error.strerror or error}",
            str(error.filename or path),
            "check the disk and the permissions, then run again; nothing was published",
        ) from error
