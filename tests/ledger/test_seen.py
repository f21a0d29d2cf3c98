from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from headgate.ledger import seen
from headgate.ledger.ledger import Ledger

DIGEST = "ab" * 32


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A file that was last changed an hour ago."""
    path = tmp_path / "train.csv"
    path.write_text("Store,Sales\n1,5\n")
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    return path


def remembered(ledger: Ledger, path: Path) -> str | None:
    with ledger.snapshot() as tx:
        return seen.digest_of(tx, path)


def note(ledger: Ledger, path: Path) -> None:
    with ledger.transaction() as tx:
        seen.note(tx, path, path.stat(), DIGEST)


def test_an_unchanged_file_is_known(ledger: Ledger, delivery: Path) -> None:
    assert remembered(ledger, delivery) is None
    note(ledger, delivery)
    assert remembered(ledger, delivery) == DIGEST


def test_a_file_that_is_gone_is_not_known(ledger: Ledger, delivery: Path) -> None:
    note(ledger, delivery)
    delivery.unlink()
    assert remembered(ledger, delivery) is None


def test_other_content_of_the_same_size_is_noticed(ledger: Ledger, delivery: Path) -> None:
    note(ledger, delivery)
    delivery.write_text("Store,Sales\n1,6\n")
    assert remembered(ledger, delivery) is None


def test_other_content_under_the_old_time_is_noticed(ledger: Ledger, delivery: Path) -> None:
    before = delivery.stat()
    note(ledger, delivery)
    delivery.write_text("Store,Sales\n1,6\n")
    os.utime(delivery, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert delivery.stat().st_mtime_ns == before.st_mtime_ns
    assert remembered(ledger, delivery) is None


def test_a_file_in_place_of_another_is_noticed(ledger: Ledger, delivery: Path) -> None:
    before = delivery.stat()
    note(ledger, delivery)
    other = delivery.with_name("other.csv")
    other.write_text("Store,Sales\n1,7\n")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(delivery)
    assert remembered(ledger, delivery) is None


def test_a_file_noted_just_after_it_changed_is_not_trusted(ledger: Ledger, delivery: Path) -> None:
    os.utime(delivery)
    note(ledger, delivery)
    assert remembered(ledger, delivery) is None


def test_a_file_from_the_future_is_not_trusted(ledger: Ledger, delivery: Path) -> None:
    tomorrow = time.time() + 86400
    os.utime(delivery, (tomorrow, tomorrow))
    note(ledger, delivery)
    assert remembered(ledger, delivery) is None
