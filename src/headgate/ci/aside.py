"""The record with the events of a trial kept out of it.

Alerts are for what happens to the data that people read. A gate that closes in a trial is told in
the verdict, so its events never become part of what alerts, metrics and pages are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.ledger.events import Event
from headgate.ledger.ledger import Ledger, Listener, Row, Transaction


class Aside(Struct, frozen=True):
    """Implements `Ledger`: everything goes to the ledger behind it but the events."""

    behind: Ledger
    told: list[Event] = []
    """What happened, in order."""
    listeners: list[Listener] = []

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Transaction]:
        with self.behind.transaction(durable=durable) as tx:
            held = _Held(tx)
            yield held
        self._tell(held.events)

    def snapshot(self) -> AbstractContextManager[Transaction]:
        return self.behind.snapshot()

    def append(self, *events: Event) -> None:
        self._tell(events)

    def subscribe(self, listener: Listener) -> None:
        self.listeners.append(listener)

    def close(self) -> None:
        """Nothing: whoever opened the ledger behind it closes that."""

    def _tell(self, events: Sequence[Event]) -> None:
        self.told.extend(events)
        for event in events:
            for listener in self.listeners:
                listener(event)


class _Held(Struct, frozen=True):
    """Implements `Transaction`: events wait until it has taken effect."""

    behind: Transaction
    events: list[Event] = []

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self.behind.execute(statement, parameters)

    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        return self.behind.changed(statement, parameters)

    def append(self, *events: Event) -> None:
        self.events.extend(events)

    def now(self) -> datetime:
        return self.behind.now()
