"""The verdicts on commits, as the record has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.ci.verdict import Status, Verdict
from headgate.ledger.clock import moment, stamp
from headgate.ledger.events import ChangeJudged
from headgate.ledger.ledger import Ledger, Row, Transaction


class Recorded(Struct, frozen=True):
    """A verdict in the record. `dirty` says that more was judged than the commit has."""

    number: int
    commit: str
    base: str
    status: Status
    dirty: bool
    at: datetime
    user: str
    body: Mapping[str, Any]

    @property
    def is_green(self) -> bool:
        """Whether the commit may be deployed: all of it was judged, and nothing failed."""
        well = self.status in {Status.PASSED, Status.WARNED}
        return well and not self.dirty and not self.left_out

    @property
    def left_out(self) -> tuple[str, ...]:
        """The stages that could not be judged."""
        return tuple(self.body.get("left_out", ()))


def record(ledger: Ledger, verdict: Verdict) -> bool:
    """Keeps a verdict, and says whether it did.

    One of some stages alone, or outside of Git, is of no commit, and is not kept; nor is one that
    compared a commit with itself, which says nothing of it.
    """
    commit = verdict.origin.commit
    if commit is None or not verdict.whole or verdict.origin.is_own_base:
        return False
    dirty, base = bool(verdict.origin.beside), verdict.origin.base or ""
    body = json.dumps(verdict.as_json(), default=str)  # ASCII: no database takes half a character
    with ledger.transaction(durable=True) as tx:
        tx.execute(
            "insert into ci_verdict (code, base, status, dirty, at, author, body)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (commit, base, verdict.status.value, int(dirty), stamp(verdict.at), verdict.user, body),
        )
        tx.append(
            ChangeJudged(
                run="",
                at=verdict.at,
                code=commit,
                base=base,
                status=verdict.status.value,
                dirty=dirty,
                user=verdict.user,
            )
        )
    return True


def newest(tx: Transaction, commit: str) -> Recorded | None:
    """The newest verdict on a commit as it is; on what was edited beside it, where that is all."""
    rows = tx.execute(
        "select number, code, base, status, dirty, at, author, body from ci_verdict"
        " where code = ? order by dirty, number desc limit 1",
        (commit,),
    )
    return _recorded(rows[0]) if rows else None


def _recorded(row: Row) -> Recorded:
    number, commit, base, status, dirty, at, user, body = row
    told = json.loads(body)
    return Recorded(number, commit, base, Status(status), bool(dirty), moment(at), user, told)
