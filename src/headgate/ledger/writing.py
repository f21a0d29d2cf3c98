"""Events as rows of the record, the same in every database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, time
from pathlib import PurePath

from headgate.ledger.clock import stamp
from headgate.ledger.events import Event
from headgate.ledger.ledger import Transaction


def write(tx: Transaction, events: Iterable[Event]) -> None:
    """Adds events to the end of the record, in their order."""
    for event in events:
        body = json.dumps(event.as_json(), default=_plain, ensure_ascii=False)
        tx.execute(
            "insert into event (run, kind, at, body) values (?, ?, ?, ?)",
            (event.run, event.kind, stamp(event.at), body),
        )


def _plain(value: object) -> object:
    """What JSON has no form for, as text."""
    from decimal import Decimal

    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | PurePath):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not for an event: {value!r}")
