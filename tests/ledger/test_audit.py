"""The audit log shows where it was tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.errors import StateError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Ledger
from headgate.ledger.open import open_ledger

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)
ACTS = [
    Act(AT + timedelta(minutes=n), user, action, "prod", f"prod@{n}", {"because": "é", "n": n})
    for n, (user, action) in enumerate(
        [("ana", "promote"), ("ben", "approve"), ("ana", "waive"), ("ben", "rollback")], 1
    )
]
COLUMNS = ("at", "author", "action", "environment", "subject", "body", "digest")


@pytest.fixture
def ledger(state: str | Path) -> Iterator[Ledger]:
    ledger = open_ledger(state)
    with ledger.transaction() as tx:
        for act in ACTS:
            audit.record(tx, act)
    yield ledger
    ledger.close()


def verified(ledger: Ledger) -> audit.Entry | None:
    with ledger.snapshot() as tx:
        return audit.verify(tx)


def test_acts_are_read_back_newest_first_and_verify(ledger: Ledger) -> None:
    with ledger.snapshot() as tx:
        found = audit.entries(tx)
    assert [entry.act for entry in found] == ACTS[::-1]
    assert [entry.number for entry in found] == [4, 3, 2, 1]
    assert verified(ledger) == found[0]


def test_an_empty_log_verifies(state: str | Path) -> None:
    ledger = open_ledger(state)
    assert verified(ledger) is None
    ledger.close()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_row_that_was_changed_is_found(ledger: Ledger, column: str, number: int) -> None:
    with ledger.transaction() as tx:
        statement = f"update audit set {column} = {column} || ' ' where number = ?"  # noqa: S608
        tx.execute(statement, (number,))
    with pytest.raises(StateError, match=f"row {number} "):
        verified(ledger)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_row_that_was_removed_is_found(ledger: Ledger, number: int) -> None:
    with ledger.transaction() as tx:
        tx.execute("delete from audit where number = ?", (number,))
    with pytest.raises(StateError, match=f"row {number}"):
        verified(ledger)


def test_rows_that_changed_places_are_found(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for old, new in ((2, 9), (3, 2), (9, 3)):
            tx.execute("update audit set number = ? where number = ?", (new, old))
    with pytest.raises(StateError, match="row 2 "):
        verified(ledger)
