"""Content digests of files that were read before, so that an unchanged file is not read again."""

from __future__ import annotations

import os
import time
from pathlib import Path

from headgate.ledger.ledger import Transaction

RACY_NS = 2_000_000_000
"""A file changed this shortly before it was noted may change again under the same times.

Two seconds is the coarsest clock of the file systems in use (FAT).
"""


def digest_of(tx: Transaction, path: Path) -> str | None:
    """The SHA-256 that was noted for the file, if it is surely the same file still."""
    try:
        found = path.stat()
    except OSError:
        return None
    rows = tx.execute(
        "select digest, noted_ns from seen_file where path = ? and size = ? and mtime_ns = ?"
        " and ctime_ns = ? and inode = ?",
        (_key(path), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino),
    )
    if not rows or rows[0][1] - found.st_mtime_ns < RACY_NS:
        return None
    digest: str = rows[0][0]
    return digest


def note(tx: Transaction, path: Path, stat: os.stat_result, digest: str) -> None:
    """Remembers the digest of a file. `stat` is from before the file was read."""
    tx.execute(
        "insert into seen_file (path, size, mtime_ns, ctime_ns, inode, digest, noted_ns)"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict (path) do update set size = excluded.size,"
        " mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, inode = excluded.inode,"
        " digest = excluded.digest, noted_ns = excluded.noted_ns",
        (
            _key(path),
            stat.st_size,
            stat.st_mtime_ns,
            stat.st_ctime_ns,
            stat.st_ino,
            digest,
            time.time_ns(),
        ),
    )


def _key(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - a symbolic link is a place of its own
