"""The parts of versions, as the ledger remembers them: each once, whoever shares it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from headgate.errors import StateError
from headgate.ledger.ledger import Row, Transaction
from headgate.ledger.pieces import pieces
from headgate.schema.statistics import Encoded, encoded
from headgate.store.manifest import Part

Listed = Sequence[tuple[str, str]]
"""The parts of a version: the digest and the path of each."""


def remember(tx: Transaction, parts: Sequence[Part]) -> None:
    """Remembers parts; one that is known stays, and may only become known to be unique."""
    before = dict(_rows(tx, "digest, unique_key", [part.digest for part in parts]))
    proved: dict[str, str] = {}
    rows: list[Row] = []
    for part in parts:
        unique = json.dumps(part.unique)
        if part.digest not in before:
            before[part.digest] = unique
            rows.append((part.digest, part.size, part.rows, unique, encoded(part.statistics)))
        elif part.unique and before[part.digest] == "[]":
            proved[part.digest] = unique
    for marks, values in pieces(rows):
        tx.execute(
            f"insert into part (digest, size, rows, unique_key, statistics) values {marks}",  # noqa: S608 - marks alone
            values,
        )
    for digest, unique in proved.items():
        tx.execute("update part set unique_key = ? where digest = ?", (unique, digest))


def known(tx: Transaction, listed: Sequence[Listed]) -> list[tuple[Part, ...]]:
    """The parts of each list, each at its path. Their statistics are not decoded yet."""
    digests = list(dict.fromkeys(digest for each in listed for digest, _ in each))
    found = {
        row[0]: row for row in _rows(tx, "digest, size, rows, unique_key, statistics", digests)
    }
    try:
        return [tuple(_part(found[digest], path) for digest, path in each) for each in listed]
    except KeyError as gone:
        raise StateError(f"the state names a part that it does not know: {gone}") from gone


def _part(row: Row, path: str) -> Part:
    digest, size, rows, unique, statistics = row
    return Part(digest, size, rows, Encoded(statistics), path, _names(unique))


@lru_cache(maxsize=64)
def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _rows(tx: Transaction, columns: str, digests: Sequence[str]) -> Iterator[Row]:
    for marks, values in pieces([(digest,) for digest in digests]):
        yield from tx.execute(
            f"select {columns} from part where digest in (values {marks})",  # noqa: S608 - marks alone
            values,
        )
