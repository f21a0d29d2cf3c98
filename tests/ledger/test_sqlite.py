from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from headgate.errors import HeadgateError, StateError
from headgate.ledger import history
from headgate.ledger.events import Event, GateJudged, StageStarted
from headgate.ledger.ledger import Transaction
from headgate.ledger.migrate import LATEST
from headgate.ledger.sqlite import SqliteLedger, open_ledger

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


def positions(ledger: SqliteLedger) -> dict[str, int]:
    with ledger.snapshot() as tx:
        return dict(tx.execute("select name, position from cursor"))


def test_what_was_appended_is_read_back_in_order(ledger: SqliteLedger) -> None:
    ledger.append(started(1), started(2))
    ledger.append(started(3))
    with ledger.snapshot() as tx:
        found = history.events(tx)
    assert [event for _, event in found] == [started(1), started(2), started(3)]
    places = [place for place, _ in found]
    assert places == sorted(set(places))


def test_an_event_may_hold_what_json_has_no_form_for(ledger: SqliteLedger) -> None:
    sample = {"Date": date(2015, 7, 31), "Sales": Decimal("1.50"), "raw": b"\x00", "kinds": {"b"}}
    judged = GateJudged(
        run="r1", at=AT, gate="g", dataset="d", version="v", verdict="closed", passed=0, total=1,
        outcomes=[sample],
    )  # fmt: skip
    ledger.append(judged)
    with ledger.snapshot() as tx:
        ((_, found),) = history.events(tx)
    assert isinstance(found, GateJudged)
    kept = {"Date": "2015-07-31", "Sales": "1.50", "raw": "00", "kinds": ["b"]}
    assert list(found.outcomes) == [kept]


def test_a_transaction_that_fails_leaves_nothing(ledger: SqliteLedger) -> None:
    heard: list[Event] = []
    ledger.subscribe(heard.append)
    with pytest.raises(StateError, match="no such table"), ledger.transaction() as tx:
        _write_and_fail(tx)
    assert positions(ledger) == {}
    assert heard == []


def _write_and_fail(tx: Transaction) -> None:
    tx.append(started(1))
    tx.execute("insert into cursor values ('a', 1)")
    tx.execute("insert into nowhere values (1)")


def test_listeners_hear_of_an_event_after_it_is_recorded(ledger: SqliteLedger) -> None:
    counts: list[int] = []

    def listen(_: Event) -> None:
        with ledger.snapshot() as tx:
            counts.append(len(history.events(tx)))

    ledger.subscribe(listen)
    with ledger.transaction(durable=True) as tx:
        tx.append(started(1))
        tx.append(started(2))
    assert counts == [2, 2]


def test_a_view_stays_while_others_write(ledger: SqliteLedger) -> None:
    with ledger.snapshot() as view:
        before = view.execute("select count(*) from event")
        ledger.append(started(1))
        with ledger.snapshot() as inner:
            assert inner.execute("select count(*) from event") == before == [(0,)]
        assert view.execute("select count(*) from event") == before
    with ledger.snapshot() as view:
        assert view.execute("select count(*) from event") == [(1,)]


def test_a_view_cannot_write(ledger: SqliteLedger) -> None:
    with pytest.raises(StateError), ledger.snapshot() as view:
        view.execute("insert into cursor values ('a', 1)")


def test_a_transaction_inside_another_is_refused_and_the_outer_one_stands(
    ledger: SqliteLedger,
) -> None:
    with ledger.transaction() as tx:
        tx.execute("insert into cursor values ('a', 1)")
        with pytest.raises(StateError, match="already open"):
            ledger.append(started(1))
    assert positions(ledger) == {"a": 1}


def test_many_threads_write_and_none_is_lost(ledger: SqliteLedger) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            ledger.append(started(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.snapshot() as tx:
        assert tx.execute("select count(*), count(distinct id) from event") == [(120, 120)]


def test_many_processes_may_create_one_ledger(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from headgate.ledger.sqlite import open_ledger\n"
        "ledger = open_ledger(Path(sys.argv[1]))\n"
        "with ledger.transaction() as tx:\n"
        "    tx.execute('insert into cursor values (?, 1)', (sys.argv[2],))\n"
        "ledger.close()\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(number)])
        for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    ledger = open_ledger(path)
    assert set(positions(ledger)) == {"0", "1", "2", "3"}
    ledger.close()


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


def test_the_last_migration_is_the_one_that_is_known() -> None:
    folder = (
        Path(sys.modules["headgate.ledger.migrate"].__file__ or "").parent / "migrations" / "sqlite"
    )
    numbers = sorted(int(file.name[:4]) for file in folder.glob("*.sql"))
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == LATEST


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


def test_a_pointer_cannot_name_a_version_that_is_not_there(ledger: SqliteLedger) -> None:
    with pytest.raises(HeadgateError), ledger.transaction() as tx:
        tx.execute("insert into ref values ('prod', 'd', 'nothing', 'visible', 'p')")
