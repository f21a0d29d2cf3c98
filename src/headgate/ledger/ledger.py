"""The ledger: one transactional store for events, versions, releases, leases and measurements.

Statements use `?` for parameters and plain SQL that SQLite and Postgres both read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from headgate.ledger.events import Event

Row = tuple[Any, ...]
Listener = Callable[[Event], None]


class Transaction(Protocol):
    """Statements that take effect together or not at all."""

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows a statement gives; an empty list for one that gives none."""
        ...

    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """How many rows a statement changed."""
        ...

    def append(self, *events: Event) -> None:
        """Events that become part of the record when the transaction does."""
        ...

    def now(self) -> datetime:
        """The present moment by the one clock that all who share this database go by."""
        ...


class Ledger(Protocol):
    """Where everything that happened is kept."""

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Transaction]:
        """A write transaction, begun at once so that it never fails to become one.

        Others wait for it, so that events are in the order in which they took effect. A durable one
        survives power loss when it returns; others survive the process.
        """
        ...

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """A consistent view of one moment, for reading."""
        ...

    def append(self, *events: Event) -> None:
        """Events in a transaction of their own."""
        ...

    def subscribe(self, listener: Listener) -> None:
        """Calls the listener with each event of this process, after it is recorded."""
        ...

    def close(self) -> None: ...
