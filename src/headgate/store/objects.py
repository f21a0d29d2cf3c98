"""Objects: files that are named by their content, written once and never changed.

The layout is that of a DVC cache, so that DVC finds them: `files/md5/ab/cdef...`. An object is
written under a temporary name, brought to the disk, and only then given its own name; whoever
sees an object sees all of it.

Where a store has a remote, the objects are there, and the folder is a cache of them: an object is
given its name here after the remote has it, and is brought when it is wanted and not here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import Struct

from headgate.errors import StoreError
from headgate.store import locks
from headgate.store.remote import Remote, object_key

DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
LARGE = 4_000_000
"""Bytes from which hashing and flushing a file are worth two threads."""


class Kept(Struct, frozen=True):
    """An object that is in the store now. `new` is False when it was there before."""

    digest: str
    size: int
    new: bool


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects below a folder, `.headgate/store` of a project."""

    root: Path
    remote: Remote | None = None
    """Where they are kept, if not in the folder itself."""
    _seen: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    """What the remote was found to have, so that it is asked once."""

    def path(self, digest: str) -> Path:
        """Where the object of that digest is, or would be; `bring` sees to it that it is.

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
        self.bring({digest: None})
        entries = json.loads(self.path(digest).read_bytes())
        return [(str(entry["md5"]), str(entry["relpath"])) for entry in entries]

    def has(self, digest: str, size: int | None = None) -> bool:
        """Whether the object is kept, and of that size; the content is not read."""
        return self._is_here(digest, size) or not self.lacking({digest: size})

    def lacking(self, wanted: Mapping[str, int | None]) -> list[str]:
        """Those of the objects that are not kept, or not at their size."""
        away = self._away(wanted)
        if not away or self.remote is None:
            return away
        asked = {digest: object_key(digest) for digest in away if digest not in self._seen}
        sizes = self.remote.sizes(list(asked.values()))
        self._seen.update({d: sizes[key] for d, key in asked.items() if key in sizes})
        return [
            digest
            for digest in away
            if digest not in self._seen or wanted[digest] not in (None, self._seen[digest])
        ]

    def bring(self, wanted: Mapping[str, int | None]) -> None:
        """Brings the objects that are not in the folder from the remote, where there is one."""
        if self.remote is None or not (away := self._away(wanted)):
            return
        from headgate.store.transfer import fetch

        cache = replace(self, remote=None)
        fetch(cache, self.remote, {digest: wanted[digest] for digest in away})

    def remove(self, digest: str) -> None:
        """Takes an object away, from the remote too.

        The folder goes first: what is here is taken to be there.
        """
        self.path(digest).unlink(missing_ok=True)
        self._seen.pop(digest, None)
        if self.remote is not None:
            self.remote.remove(object_key(digest))

    def asked_anew(self) -> Objects:
        """The same objects, with nothing known of what the remote has."""
        return replace(self, _seen={})

    def incoming(self) -> Path:
        """A new file name for an object that comes from elsewhere."""
        folder = self.root / "incoming"
        with _spoken(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / os.urandom(12).hex()

    def receive(self, temporary: Path, digest: str) -> int | None:
        """Keeps a file that came from elsewhere as the object of that digest; gives its bytes.

        None, and nothing done, where its content is not what the digest says. A damaged object of
        that digest is replaced, whatever its size.
        """
        with _spoken(temporary):
            if digest_of(temporary) != digest.removesuffix(".dir"):
                return None
            size = temporary.stat().st_size
            flush(temporary)
            self._settle(temporary, digest, size)
            return size

    def drop_incoming(self, older: float = 86_400) -> None:
        """Removes what broken transfers left half written, that many seconds ago or before."""
        with suppress(OSError):
            for left in (self.root / "incoming").iterdir():
                if left.stat().st_mtime < time.time() - older:
                    left.unlink(missing_ok=True)

    def _is_here(self, digest: str, size: int | None) -> bool:
        try:
            found = os.stat(self._name(digest)).st_size  # noqa: PTH116 - a version has thousands
        except OSError:
            return False
        return size is None or found == size

    def _away(self, wanted: Mapping[str, int | None]) -> list[str]:
        return [digest for digest, size in wanted.items() if not self._is_here(digest, size)]

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
            if there := self._is_here(digest + suffix, size):
                os.utime(target)
        if there:
            temporary.unlink()
            return Kept(digest + suffix, size, new=False)
        if size < LARGE:  # and not before: the parts of a table that did not change are many
            flush(temporary)
        self._settle(temporary, digest + suffix, size)
        return Kept(digest + suffix, size, new=True)

    def _settle(self, temporary: Path, digest: str, size: int) -> None:
        """Gives a file that is on the disk its name; the remote has it then."""
        target = self.path(digest)
        if self.remote is not None:
            self._upload(self.remote, temporary, digest, size)
        temporary.chmod(0o444)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            flush(target.parent.parent)
        temporary.replace(target)
        flush(target.parent)

    def _upload(self, remote: Remote, temporary: Path, digest: str, size: int) -> None:
        key = object_key(digest)
        # to ask for a small object costs as much as to send it
        if size < LARGE or remote.sizes([key]).get(key) != size:
            remote.put(temporary, key)
        self._seen[digest] = size


def digest_of(path: Path) -> str:
    """The MD5 of a file, the name its object would have."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _md5).hexdigest()


def _flushed_digest(path: Path) -> str:
    """The digest of a large file whose bytes are on the disk when this returns.

    The disk takes them while the processor reads them.
    """
    from concurrent.futures import ThreadPoolExecutor  # brings logging, and many runs write nothing

    with ThreadPoolExecutor(1) as beside:
        flushing = beside.submit(flush, path)
        digest = digest_of(path)
    flushing.result()
    return digest


def flush(path: Path) -> None:
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
