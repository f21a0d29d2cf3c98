"""The ledger in a schema of a Postgres database, for any number of machines.

Writers are one after another and wait for each other; readers wait for nobody. This module needs
the extra `postgres`, so it is imported only where `state:` names such a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from headgate.errors import StateError
from headgate.ledger.address import Address
from headgate.ledger.clock import moment
from headgate.ledger.marks import translated
from headgate.ledger.migrate_postgres import is_current, migrate
from headgate.ledger.postgres_errors import WAIT_SECONDS
from headgate.ledger.sessions import Connection, Session, told
from headgate.ledger.threads import PerThread
from headgate.ledger.writing import write

if TYPE_CHECKING:
    from headgate.ledger.events import Event
    from headgate.ledger.ledger import Listener, Row

IDLE_SECONDS = 60.0
"""How long a writer may be silent: one whose machine froze must not stop all others for good."""

LOCK = 0x48454144
"""The first half of the lock that the writers of a schema take in turn: `HEAD`."""


def open_ledger(address: Address) -> PostgresLedger:
    """The ledger at that address, whose tables are created, or brought up to date, when they must be.

    Raises StateError when the server cannot be reached, or the schema is another program's or was
    written by a newer Headgate.
    """
    ledger = PostgresLedger(address)
    try:
        ledger.prepare()
    except BaseException:
        ledger.close()
        raise
    return ledger


class PostgresLedger:
    """Implements `Ledger`. Each thread has its own connections, opened when first used."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._threads = PerThread(lambda: _Sessions(address), _Sessions.close)
        self._listeners: list[Listener] = []

    def prepare(self) -> None:
        """Brings the schema up to date."""
        with self.snapshot() as view, view.explaining():
            current = is_current(view.connection, self.address.shown)
        if not current:
            with self.transaction(durable=True) as tx, tx.explaining():
                migrate(tx.connection, self.address.shown)

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[PostgresTransaction]:
        here = self._threads.here()
        if here.writing:
            raise StateError(
                "a transaction is already open in this thread", self.address.shown, "use that one"
            )
        here.writing = True
        try:
            connection = here.writer.begin(_writing("on" if durable else "off"))
            transaction = PostgresTransaction(connection, self.address)
            try:
                yield transaction
                here.writer.commit()
            except BaseException:
                here.writer.rollback()
                raise
        finally:
            here.writing = False
        self._tell(transaction.events)

    @contextmanager
    def snapshot(self) -> Iterator[PostgresTransaction]:
        """A view of the moment of its first read; one inside another is the same view."""
        here = self._threads.here()
        if here.view is not None:
            yield here.view
            return
        here.view = PostgresTransaction(here.reader.begin(_READING), self.address)
        try:
            yield here.view
        finally:
            here.view = None
            here.reader.rollback()

    def append(self, *events: Event) -> None:
        with self.transaction() as transaction:
            transaction.append(*events)

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def close(self) -> None:
        """Ends all connections, those of other threads too; the next use opens new ones."""
        self._threads.close()

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            for listener in self._listeners:
                listener(event)


class PostgresTransaction:
    """Implements `Transaction` on one connection."""

    __slots__ = ("_address", "connection", "events")

    def __init__(self, connection: Connection, address: Address) -> None:
        self.connection, self._address = connection, address
        self.events: list[Event] = []

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self.explaining():
            done = self.connection.execute(translated(statement), tuple(parameters))
            return done.fetchall() if done.description else []

    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        with self.explaining():
            return self.connection.execute(translated(statement), tuple(parameters)).rowcount

    def append(self, *events: Event) -> None:
        write(self, events)
        self.events.extend(events)

    def now(self) -> datetime:
        ((text,),) = self.execute(_NOW)
        return moment(text)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Says in our words what goes wrong inside."""
        try:
            yield
        except psycopg.Error as error:
            raise told(self.connection, error, self._address) from error


class _Sessions:
    """One thread's way to write and its way to read, so that a view outlives a write."""

    def __init__(self, address: Address) -> None:
        self.reader, self.writer = Session(address), Session(address)
        self.view: PostgresTransaction | None = None
        self.writing = False

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


def _writing(synchronous: str) -> str:
    """Begins a transaction that sees all that earlier writers did, once it is its turn.

    Each statement must see what is committed by then: a view of the moment when the transaction
    began would be older than the lock.
    """
    return (
        "begin isolation level read committed read write;"
        f" set local lock_timeout = '{WAIT_SECONDS * 1000:.0f}';"
        f" set local idle_in_transaction_session_timeout = '{IDLE_SECONDS * 1000:.0f}';"
        f" set local synchronous_commit = {synchronous};"
        f" select pg_advisory_xact_lock({LOCK}, hashtext(current_schema()))"
    )


_READING = "begin isolation level repeatable read read only"

_NOW = (
    "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    " || '+00:00'"
)
