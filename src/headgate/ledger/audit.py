"""The audit log: what people did, in a chain of hashes that shows where a row was changed.

Each row carries the hash of itself and of the row before it. Whoever changes, removes or inserts a
row would have to write all later ones anew; keep the newest digest elsewhere to notice that too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.errors import StateError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Row, Transaction

START = "0" * 64
"""What stands in place of the digest before the first row."""


class Act(Struct, frozen=True):
    """One thing that a person did: `action` on `subject` in an environment."""

    at: datetime
    user: str
    action: str
    environment: str
    subject: str = ""
    body: Mapping[str, Any] = {}


class Entry(Struct, frozen=True):
    """An act in the log, with its place and its seal."""

    number: int
    act: Act
    digest: str


def record(tx: Transaction, act: Act) -> Entry:
    """The act, sealed to the end of the log. It takes effect with the transaction."""
    rows = tx.execute("select number, digest from audit order by number desc limit 1")
    number, before = rows[0] if rows else (0, START)
    body = json.dumps(dict(act.body), sort_keys=True, ensure_ascii=False, default=str)
    row = (number + 1, stamp(act.at), act.user, act.action, act.environment, act.subject, body)
    digest = _seal(before, row)
    tx.execute(
        "insert into audit (number, at, author, action, environment, subject, body, digest)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, digest),
    )
    return _entry((*row, digest))


def entries(tx: Transaction, limit: int = 50, environment: str | None = None) -> list[Entry]:
    """The newest entries, newest first; those of one environment, where it is given."""
    rows = tx.execute(
        f"{_SELECT} where (? is null or environment = ?) order by number desc limit ?",
        (environment, environment, limit),
    )
    return [_entry(row) for row in rows]


def verify(tx: Transaction) -> Entry | None:
    """The newest entry, once every seal was computed anew; None where the log is empty.

    Raises StateError at the first row that was changed, removed or inserted.
    """
    before, entry = START, None
    for place, row in enumerate(tx.execute(f"{_SELECT} order by number"), 1):
        if row[0] != place:
            raise StateError(f"the audit log has no row {place}: it was removed")
        if _seal(before, row[:-1]) != row[-1]:
            raise StateError(
                f"row {place} of the audit log is not what was written, or the row before it",
                None,
                "compare with a backup of the state; later rows cannot be trusted either",
            )
        before, entry = row[-1], _entry(row)
    return entry


def contains(tx: Transaction, digest: str) -> bool:
    """Whether a row has that seal."""
    return bool(tx.execute("select 1 from audit where digest = ?", (digest,)))


_SELECT = "select number, at, author, action, environment, subject, body, digest from audit"


def _seal(before: str, row: Row) -> str:
    """The hash of a row and of the seal before it; `row` has all columns but its own seal."""
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=False).encode()).hexdigest()


def _entry(row: Row) -> Entry:
    number, at, author, action, environment, subject, body, digest = row
    act = Act(moment(at), author, action, environment, subject, json.loads(body))
    return Entry(number, act, digest)
