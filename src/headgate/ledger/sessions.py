"""Connections to Postgres: opened when first used, and opened anew where one was lost."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from headgate.errors import HeadgateError, StateError
from headgate.ledger.address import Address
from headgate.ledger.postgres_errors import explained, lost, unknown, unreachable

Connection = psycopg.Connection[tuple[Any, ...]]

RESTART_SECONDS = 15.0
"""How long a connection that was lost is tried anew: a server that restarts is back by then."""

PATIENCE_SECONDS = 0.2
"""How often it is tried."""


class Session:
    """One connection of one thread. It is in a transaction from `begin` to `commit` or `rollback`."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._patience = 0.0  # one that was never open is not waited for

    def begin(self, statements: str) -> Connection:
        """A connection on which these statements have begun a transaction.

        One that was lost meanwhile is opened anew, since nothing had been done on it yet. Raises
        StateError where there is none to be had, BusyError where the wait for a lock was too long.
        """
        if self._connection is not None:
            try:
                self._connection.execute(statements.encode())
            except psycopg.Error as error:
                if not self._connection.closed:
                    raise self._refused(self._connection, error) from error
            except BaseException:  # Ctrl-C while it waits for the lock
                self.rollback()
                raise
            else:
                return self._connection
        # a server that did not come back is not waited for again and again
        patience, self._patience = self._patience, 0.0
        connection = self._connection = _connected(self._address, patience)
        self._patience = RESTART_SECONDS
        try:
            connection.execute(statements.encode())
        except psycopg.Error as error:
            raise self._refused(connection, error) from error
        except BaseException:
            self.rollback()
            raise
        return connection

    def commit(self) -> None:
        """Ends the transaction. Raises StateError where it did not take effect, or may not have."""
        assert self._connection is not None
        try:
            done = self._connection.execute(b"commit")
        except psycopg.Error as error:
            if self._connection.closed:
                raise unknown(error, self._address) from error
            raise explained(error, self._address) from error
        if done.statusmessage != "COMMIT":  # Postgres answers so, and calls it no error
            raise StateError(
                "a statement of this transaction failed, so nothing of it was kept",
                self._address.shown,
            )

    def rollback(self) -> None:
        """Ends the transaction without any effect, if one is open."""
        if self._connection is None or self._connection.closed:
            return
        if self._connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE:
            return
        try:
            self._connection.execute(b"rollback")
        except psycopg.Error:
            self._connection.close()  # the server rolls back what has no connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _refused(self, connection: Connection, error: psycopg.Error) -> HeadgateError:
        self.rollback()
        return told(connection, error, self._address)


def told(connection: Connection, error: Exception, address: Address) -> HeadgateError:
    """The error of a statement inside a transaction."""
    if connection.closed:
        return lost(error, address)
    return explained(error, address)


def _connected(address: Address, patience: float) -> Connection:
    """A new connection, after trying for that many seconds. No transaction begins by itself."""
    until = time.monotonic() + patience
    while True:
        try:
            return psycopg.connect(
                make_conninfo("", **address.parameters),
                autocommit=True,
                # values are quoted here, by libpq: the server could not tell the type of a
                # parameter in `? is null`
                cursor_factory=psycopg.ClientCursor,
                prepare_threshold=None,
            )
        except psycopg.Error as error:
            if time.monotonic() >= until:
                raise unreachable(error, address) from None
            time.sleep(PATIENCE_SECONDS)
