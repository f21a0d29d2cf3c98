"""The ledger in one SQLite file, for one machine and any number of processes and threads on it.

Writers are one after another and wait for each other; readers wait for nobody.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import sleep
from typing import TYPE_CHECKING, Any

from headgate.errors import BusyError, HeadgateError, StateError
from headgate.ledger import clock
from headgate.ledger.migrate_sqlite import is_current, migrate
from headgate.ledger.mounts import refuse_network
from headgate.ledger.threads import PerThread
from headgate.ledger.writing import write

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from headgate.ledger.events import Event
    from headgate.ledger.ledger import Listener, Row

WAIT_SECONDS = 30.0
"""How long a statement waits for another process that is writing."""
ROOM = 65_536
"""Bytes that SQLite needs beside its file, for what it shares between processes."""


def open_ledger(path: Path) -> SqliteLedger:
    """The ledger in that file, which is created, or brought up to date, when it must be.

    Raises StateError when the file is no ledger, is damaged, was written by a newer Headgate, or
    lies on a network file system.
    """
    refuse_network(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"the state cannot be created: {error.strerror}", str(path)) from error
    ledger = SqliteLedger(path)
    try:
        ledger.prepare()
    except BaseException:
        ledger.close()
        raise
    return ledger


class SqliteLedger:
    """Implements `Ledger`. Each thread has its own connections, opened when first used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = PerThread(lambda: _Connections(path), _Connections.close)
        self._listeners: list[Listener] = []

    def prepare(self) -> None:
        """Brings the file up to date."""
        here = self._threads.here()
        try:
            if not is_current(here.reader, str(self.path)):
                migrate(here.writer, str(self.path))
        except sqlite3.Error as error:
            raise explained(error, self.path) from error

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[SqliteTransaction]:
        here = self._threads.here()
        if here.writing:
            raise StateError(
                "a transaction is already open in this thread", str(self.path), "use that one"
            )
        here.writing = True
        try:
            transaction = SqliteTransaction(here.writer, self.path)
            # the safety level cannot change inside a transaction
            transaction.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
            transaction.execute("begin immediate")
            try:
                yield transaction
                transaction.execute("commit")
            except BaseException:
                if here.writer.in_transaction:
                    here.writer.execute("rollback")
                raise
        finally:
            here.writing = False
        self._tell(transaction.events)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteTransaction]:
        """A view of the moment of its first read; one inside another is the same view."""
        here = self._threads.here()
        transaction = SqliteTransaction(here.reader, self.path)
        if here.reader.in_transaction:
            yield transaction
            return
        transaction.execute("begin")
        try:
            yield transaction
        finally:
            if here.reader.in_transaction:
                here.reader.execute("rollback")

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


class SqliteTransaction:
    """Implements `Transaction` on one connection."""

    __slots__ = ("_connection", "_path", "events")

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self.events: list[Event] = []

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise explained(error, self._path) from error

    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        try:
            return self._connection.execute(statement, parameters).rowcount
        except sqlite3.Error as error:
            raise explained(error, self._path) from error

    def append(self, *events: Event) -> None:
        write(self, events)
        self.events.extend(events)

    def now(self) -> datetime:
        return clock.now()


class _Connections:
    """One thread's way to write and its way to read, so that a view outlives a write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self.writing = False

    @property
    def reader(self) -> sqlite3.Connection:
        if self._reader is None:
            # a view ends in a rollback: what was written in one would be lost without a word
            self._reader = self._connect("pragma query_only = on")
        return self._reader

    @property
    def writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._connect("pragma foreign_keys = on")
            _enter_wal(self._writer, self._path)
        return self._writer

    def close(self) -> None:
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None

    def _connect(self, setting: str) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute(setting)
        except sqlite3.Error as error:
            raise explained(error, self._path) from error
        return connection


def _enter_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Chooses write-ahead logging, which a new database and one restored from a copy lack."""
    for attempt in range(100):
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            # two processes that create one database may refuse each other without waiting
            if attempt == 99 or "locked" not in str(error):
                raise explained(error, path) from error
            sleep(0.02)
        except sqlite3.Error as error:
            raise explained(error, path) from error
        else:
            return


def explained(error: sqlite3.Error, path: Path) -> HeadgateError:
    """What SQLite reports, in words that say what to do."""
    name = getattr(error, "sqlite_errorname", "") or ""
    where = str(path)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(
            f"another process has been writing to the state for {WAIT_SECONDS:.0f} seconds",
            where,
            "try again when it has ended",
        )
    if name.startswith("SQLITE_IOERR") and _is_full(path):
        name = "SQLITE_FULL"  # what SQLite keeps beside its file has no place
    for start, what, hint in _EXPLANATIONS:
        if name.startswith(start):
            return StateError(f"{what} ({error})", where, hint)
    return StateError(f"the state cannot be used: {error}", where)


def _is_full(path: Path) -> bool:
    import shutil

    try:
        return shutil.disk_usage(path.parent).free < ROOM
    except OSError:
        return False


_EXPLANATIONS = (
    ("SQLITE_FULL", "the disk is full", "free some space and run again; nothing was lost"),
    ("SQLITE_IOERR", "the disk cannot be read or written", "check the disk, then run again"),
    ("SQLITE_READONLY", "the state is read-only", "make the file and its folder writable"),
    ("SQLITE_PERM", "the state may not be opened", "make the file and its folder writable"),
    ("SQLITE_CANTOPEN", "the state cannot be opened", "make the file and its folder writable"),
    (
        "SQLITE_NOTADB",
        "this file is not a state database",
        "move it away, or set `state:` in headgate.yml to another file",
    ),
    (
        "SQLITE_CORRUPT",
        "the state is damaged",
        "restore it from a backup; the data itself lies beside it in `store`",
    ),
)
