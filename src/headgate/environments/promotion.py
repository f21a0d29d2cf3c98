"""What somebody asked to promote, and who approved it, as the ledger remembers them.

A request is for one exact set of moves, named by their digest. Where either environment moves, the
digest is another one, and what was approved does not count any more.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Row, Transaction

ASKED, DONE, OVERTAKEN = "asked", "done", "overtaken"


class Approval(Struct, frozen=True):
    """A reviewer's word for a request."""

    user: str
    at: datetime
    comment: str = ""


class Promotion(Struct, frozen=True):
    """A request to move versions of `source` to `target`. `status` is asked, done or overtaken."""

    id: str
    source: str
    target: str
    digest: str
    user: str
    asked_at: datetime
    moves: tuple[Mapping[str, Any], ...]
    status: str = ASKED
    approvals: tuple[Approval, ...] = ()


def ask(
    tx: Transaction,
    source: str,
    target: str,
    digest: str,
    moves: Sequence[Mapping[str, Any]],
    *,
    user: str,
    at: datetime,
) -> Promotion:
    """Remembers a request, which takes the place of an open one between the two."""
    tx.execute(
        "update promotion set status = ? where source = ? and target = ? and status = ?",
        (OVERTAKEN, source, target, ASKED),
    )
    id_ = secrets.token_hex(4)
    tx.execute(
        "insert into promotion (id, source, target, digest, author, asked, moves, status)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (id_, source, target, digest, user, stamp(at), json.dumps(list(moves)), ASKED),
    )
    return Promotion(id_, source, target, digest, user, at, tuple(moves))


def asked(tx: Transaction, source: str, target: str) -> Promotion | None:
    """The open request between two environments, if there is one."""
    rows = tx.execute(
        f"{_SELECT} where source = ? and target = ? and status = ?", (source, target, ASKED)
    )
    return _promotion(tx, rows[0]) if rows else None


def approve(tx: Transaction, request: Promotion, approval: Approval) -> None:
    """Remembers an approval. A second one of the same person says the same, with other words."""
    tx.execute(
        "insert into approval (promotion, author, at, comment) values (?, ?, ?, ?)"
        " on conflict (promotion, author) do update set at = excluded.at,"
        " comment = excluded.comment",
        (request.id, approval.user, stamp(approval.at), approval.comment),
    )


def finish(tx: Transaction, request: Promotion) -> None:
    """Remembers that a request was carried out. Its approvals are used up by it."""
    tx.execute("update promotion set status = ? where id = ?", (DONE, request.id))


_SELECT = "select id, source, target, digest, author, asked, moves, status from promotion"


def _promotion(tx: Transaction, row: Row) -> Promotion:
    id_, source, target, digest, author, at, moves, status = row
    given = tx.execute(
        "select author, at, comment from approval where promotion = ? order by at, author", (id_,)
    )
    approvals = tuple(Approval(user, moment(when), comment) for user, when, comment in given)
    return Promotion(
        id_, source, target, digest, author, moment(at), tuple(json.loads(moves)), status, approvals
    )
