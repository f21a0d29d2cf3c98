from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headgate.errors import StateError
from headgate.ledger import history
from headgate.ledger.events import StageStarted
from headgate.ledger.migrate import LATEST
from headgate.ledger.sqlite import SqliteLedger, explained, open_ledger

AT = datetime(2015, 7, 31, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".headgate" / "state.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    opened = open_ledger(path)
    yield opened
    opened.close()


def started(number: int) -> StageStarted:
    return StageStarted(run="r1", at=AT, number=number, title=f"Stage {number}")


def test_opening_again_changes_nothing_and_keeps_everything(path: Path) -> None:
    first = open_ledger(path)
    first.append(started(1))
    first.close()
    before = path.read_bytes()
    second = open_ledger(path)
    with second.snapshot() as tx:
        assert len(history.events(tx)) == 1
    second.close()
    assert path.read_bytes() == before


def test_a_database_of_a_newer_release_is_refused_and_left_alone(path: Path) -> None:
    open_ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"pragma user_version = {LATEST + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer Headgate") as refusal:
        open_ledger(path)
    assert "upgrade" in (refusal.value.hint or "")
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="another program"):
        open_ledger(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, but long enough" * 40, b"x" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    with pytest.raises(StateError, match="not a state database") as refusal:
        open_ledger(path)
    assert refusal.value.where == str(path)
    assert path.read_bytes() == content


def test_a_damaged_database_says_so(path: Path) -> None:
    open_ledger(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StateError, match="damaged"), closing(open_ledger(path)) as ledger:
        ledger.append(started(1))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be opened"):
        open_ledger(tmp_path)


def test_a_place_where_nothing_can_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be created"):
        open_ledger(tmp_path / "file" / "state.db")


def test_a_full_disk_is_told_and_nothing_is_lost(ledger: SqliteLedger) -> None:
    ledger.append(started(1))
    with ledger.transaction() as tx:
        ((pages,),) = tx.execute("pragma page_count")
        tx.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StateError, match="the disk is full"), ledger.transaction() as tx:
        tx.append(*(started(number) for number in range(2000)))
    with ledger.snapshot() as tx:
        assert tx.execute("select count(*) from event") == [(1,)]


def test_a_disk_without_room_for_what_lies_beside_the_state_is_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite calls it an error of the disk where not even its index of the log has a place."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"
    assert "cannot be read or written" in str(explained(error, tmp_path / "state.db"))
    monkeypatch.setattr("headgate.ledger.sqlite.ROOM", shutil.disk_usage(tmp_path).total + 1)
    told = explained(error, tmp_path / "state.db")
    assert "the disk is full" in str(told)
    assert "nothing was lost" in str(told)
