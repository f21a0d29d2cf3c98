"""The audit log shows where it was tampered with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.errors import StateError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.sqlite import SqliteLedger, open_ledger

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)
ACTS = [
    Act(AT + timedelta(minutes=n), user, action, "prod", f"prod@{n}", {"because": "é", "n": n})
    for n, (user, action) in enumerate(
        [("ana", "promote"), ("ben", "approve"), ("ana", "waive"), ("ben", "rollback")], 1
    )
]
COLUMNS = ("at", "author", "action", "environment", "subject", "body", "digest")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    ledger = open_ledger(path)
    with ledger.transaction() as tx:
        for act in ACTS:
            audit.record(tx, act)
    yield ledger
    ledger.close()


def verified(ledger: SqliteLedger) -> audit.Entry | None:
    with ledger.snapshot() as tx:
        return audit.verify(tx)


def test_acts_are_read_back_newest_first_and_verify(ledger: SqliteLedger) -> None:
    with ledger.snapshot() as tx:
        found = audit.entries(tx)
    assert [entry.act for entry in found] == ACTS[::-1]
    assert [entry.number for entry in found] == [4, 3, 2, 1]
    assert verified(ledger) == found[0]


def test_an_empty_log_verifies(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "empty.db")
    assert verified(ledger) is None
    ledger.close()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_row_that_was_changed_is_found(
    ledger: SqliteLedger, path: Path, column: str, number: int
) -> None:
    with sqlite3.connect(path) as connection:
        statement = f"update audit set {column} = {column} || ' ' where number = ?"  # noqa: S608
        connection.execute(statement, (number,))
    connection.close()
    with pytest.raises(StateError, match=f"row {number} "):
        verified(ledger)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_row_that_was_removed_is_found(ledger: SqliteLedger, path: Path, number: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("delete from audit where number = ?", (number,))
    connection.close()
    with pytest.raises(StateError, match=f"row {number}"):
        verified(ledger)


def test_rows_that_changed_places_are_found(ledger: SqliteLedger, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        for old, new in ((2, 9), (3, 2), (9, 3)):
            connection.execute("update audit set number = ? where number = ?", (new, old))
    connection.close()
    with pytest.raises(StateError, match="row 2 "):
        verified(ledger)
