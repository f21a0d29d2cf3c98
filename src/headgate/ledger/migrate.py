"""Bringing a state database to the form this release of Headgate reads: forward only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from headgate.errors import StateError

LATEST = 7
"""The number of the newest file in each folder of `migrations`."""

APPLICATION = 0x48454144
"""How SQLite's own header says that a database is a ledger: `HEAD`."""


def is_current(connection: sqlite3.Connection, where: str) -> bool:
    """Whether nothing is missing, at the price of one read.

    Raises StateError for a database of a newer release, or of another program.
    """
    return _state(connection, where) == LATEST


def migrate(connection: sqlite3.Connection, where: str) -> None:
    """Applies what is missing, all of it or nothing, while no other process looks on."""
    connection.execute("begin exclusive")
    try:
        for statement in _missing(_state(connection, where)):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {LATEST:d}")
        connection.execute(f"pragma application_id = {APPLICATION:d}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _state(connection: sqlite3.Connection, where: str) -> int:
    """The number of the last migration that was applied; 0 for an empty database."""
    (application,) = connection.execute("pragma application_id").fetchone()
    (number,) = connection.execute("pragma user_version").fetchone()
    if application != APPLICATION:
        (tables,) = connection.execute("select count(*) from sqlite_master").fetchone()
        if tables or application or number:
            raise StateError(
                "this database was written by another program",
                where,
                "set `state:` in headgate.yml to a file of its own",
            )
    if number > LATEST:
        raise StateError(
            f"this state was written by a newer Headgate (schema {number}, this one knows "
            f"{LATEST})",
            where,
            "upgrade Headgate here: pip install --upgrade headgate",
        )
    return int(number)


def _missing(state: int) -> Iterator[str]:
    """The statements of all migrations after that number, in order."""
    from importlib.resources import files

    folder = files("headgate.ledger") / "migrations" / "sqlite"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if state < int(file.name[:4]) <= LATEST:
            yield from _statements(file.read_text(encoding="utf-8"))


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
