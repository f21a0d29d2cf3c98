"""The parts of versions, as the ledger remembers them: each once, whoever shares it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from headgate.errors import StateError
from headgate.ledger.ledger import Row, Transaction
from headgate.schema.statistics import Encoded, encoded
from headgate.store.manifest import Part

AT_ONCE = 500
"""Parameters of one statement; SQLite allowed no more than 999 for long."""


def remember(tx: Transaction, parts: Sequence[Part]) -> None:
    """Remembers parts; one that is known stays, and may only become known to be unique."""
    before = dict(_rows(tx, "digest, unique_key", [part.digest for part in parts]))
    for part in parts:
        if part.digest not in before:
            unique = before[part.digest] = json.dumps(part.unique)
            tx.execute(
                "insert into part (digest, size, rows, unique_key, statistics)"
                " values (?, ?, ?, ?, ?)",
                (part.digest, part.size, part.rows, unique, encoded(part.statistics)),
            )
        elif part.unique and before[part.digest] == "[]":
            unique = json.dumps(part.unique)
            tx.execute("update part set unique_key = ? where digest = ?", (unique, part.digest))


def known(tx: Transaction, listed: Sequence[tuple[str, str]]) -> tuple[Part, ...]:
    """The parts of those digests, each at its path. Their statistics are not decoded yet."""
    digests = [digest for digest, _ in listed]
    found = {
        row[0]: row for row in _rows(tx, "digest, size, rows, unique_key, statistics", digests)
    }
    try:
        return tuple(_part(found[digest], path) for digest, path in listed)
    except KeyError as gone:
        raise StateError(f"the state names a part that it does not know: {gone}") from gone


def _part(row: Row, path: str) -> Part:
    digest, size, rows, unique, statistics = row
    return Part(digest, size, rows, Encoded(statistics), path, _names(unique))


@lru_cache(maxsize=64)
def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _rows(tx: Transaction, columns: str, digests: Sequence[str]) -> Iterator[Row]:
    for start in range(0, len(digests), AT_ONCE):
        some = digests[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        yield from tx.execute(f"select {columns} from part where digest in ({marks})", some)  # noqa: S608 - marks alone
