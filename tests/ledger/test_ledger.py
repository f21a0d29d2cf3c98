"""What every ledger promises, whichever database holds it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import HeadgateError, StateError
from headgate.ledger import clock, history, results
from headgate.ledger.events import Event, GateJudged, StageStarted
from headgate.ledger.ledger import Ledger, Transaction
from headgate.ledger.open import open_ledger

AT = datetime(2015, 7, 31, 12, 0, 0, 250_000, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.none() | TEXT | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)


def started(number: int) -> StageStarted:
    return StageStarted(run="r1", at=AT, number=number, title=f"Stage {number}")


def positions(ledger: Ledger) -> dict[str, int]:
    with ledger.snapshot() as tx:
        return dict(tx.execute("select name, position from cursor"))


@pytest.fixture(scope="module")
def scratch(new_state: Callable[[], str | Path]) -> Iterator[Ledger]:
    """One ledger for many examples."""
    opened = open_ledger(new_state())
    yield opened
    opened.close()


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    heard: list[Event] = []
    ledger.subscribe(heard.append)
    with pytest.raises(StateError, match="nowhere"), ledger.transaction() as tx:
        _write_and_fail(tx)
    assert positions(ledger) == {}
    assert heard == []
    ledger.append(started(1))
    assert heard == [started(1)]


def _write_and_fail(tx: Transaction) -> None:
    tx.append(started(1))
    tx.execute("insert into cursor values ('a', 1)")
    tx.execute("insert into nowhere values (1)")


def test_what_was_appended_is_read_back_in_order(ledger: Ledger) -> None:
    ledger.append(started(1), started(2))
    ledger.append(started(3))
    with ledger.snapshot() as tx:
        found = history.events(tx)
    assert [event for _, event in found] == [started(1), started(2), started(3)]
    places = [place for place, _ in found]
    assert places == sorted(set(places))


def test_an_event_may_hold_what_json_has_no_form_for(ledger: Ledger) -> None:
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


def test_listeners_hear_of_an_event_after_it_is_recorded(ledger: Ledger) -> None:
    counts: list[int] = []

    def listen(_: Event) -> None:
        with ledger.snapshot() as tx:
            counts.append(len(history.events(tx)))

    ledger.subscribe(listen)
    with ledger.transaction(durable=True) as tx:
        tx.append(started(1))
        tx.append(started(2))
    assert counts == [2, 2]


def test_a_view_stays_while_others_write(ledger: Ledger) -> None:
    with ledger.snapshot() as view:
        before = view.execute("select count(*) from event")
        ledger.append(started(1))
        with ledger.snapshot() as inner:
            assert inner.execute("select count(*) from event") == before == [(0,)]
        assert view.execute("select count(*) from event") == before
    with ledger.snapshot() as view:
        assert view.execute("select count(*) from event") == [(1,)]


def test_a_view_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(StateError), ledger.snapshot() as view:
        view.execute("insert into cursor values ('a', 1)")


def test_a_transaction_inside_another_is_refused_and_the_outer_one_stands(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as tx:
        tx.execute("insert into cursor values ('a', 1)")
        with pytest.raises(StateError, match="already open"):
            ledger.append(started(1))
    assert positions(ledger) == {"a": 1}


def test_many_threads_write_and_none_is_lost(ledger: Ledger) -> None:
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


def test_a_pointer_cannot_name_a_version_that_is_not_there(ledger: Ledger) -> None:
    with pytest.raises(HeadgateError), ledger.transaction() as tx:
        tx.execute("insert into ref values ('prod', 'd', 'nothing', 'visible', 'p')")


def test_numbers_that_follow_the_last_one_never_meet(ledger: Ledger) -> None:
    def write() -> None:
        for _ in range(15):
            with ledger.transaction() as tx:
                ((last,),) = tx.execute("select max(position) from cursor")
                number = (last or 0) + 1
                tx.execute("insert into cursor values (?, ?)", (f"n{number}", number))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(positions(ledger).values()) == list(range(1, 61))


def test_many_processes_may_create_one_ledger(state: str | Path) -> None:
    script = (
        "import sys; from headgate.ledger.open import open_ledger\n"
        "ledger = open_ledger(sys.argv[1])\n"
        "with ledger.transaction() as tx:\n"
        "    tx.execute('insert into cursor values (?, 1)', (sys.argv[2],))\n"
        "ledger.close()\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(state), str(number)])
        for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    ledger = open_ledger(state)
    assert set(positions(ledger)) == {"0", "1", "2", "3"}
    ledger.close()


def test_what_was_committed_survives_a_process_that_is_killed(state: str | Path) -> None:
    script = (
        "import os, signal, sys; from headgate.ledger.open import open_ledger\n"
        "ledger = open_ledger(sys.argv[1])\n"
        "with ledger.transaction() as tx:\n"
        "    tx.execute('insert into cursor values (?, 1)', ('committed',))\n"
        "with ledger.transaction() as tx:\n"
        "    tx.execute('insert into cursor values (?, 1)', ('not',))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(state)], check=False).returncode == -9
    ledger = open_ledger(state)
    ledger.append(started(1))
    assert set(positions(ledger)) == {"committed"}
    ledger.close()


@settings(deadline=None, max_examples=150)
@given(name=TEXT, value=VALUES)
def test_every_value_is_read_back_as_it_was_bound(
    scratch: Ledger, name: str, value: str | float | None
) -> None:
    kept = {str: "columns", int: "number", float: "value"}.get(type(value), "value")
    table = {"columns": "seen_file", "number": "cursor", "value": "measurement"}[kept]
    with suppress(_Undone), scratch.transaction() as tx:
        tx.execute(f"delete from {table}")  # noqa: S608
        if table == "cursor":
            tx.execute("insert into cursor values (?, ?)", (name, value))
            assert tx.execute("select name, position from cursor") == [(name, value)]
        elif table == "seen_file":
            tx.execute("insert into seen_file values (?, 1, 1, 1, 1, ?, 1)", (name, value))
            assert tx.execute("select path, digest from seen_file") == [(name, value)]
        else:
            row = ("r", "d", "v", name, value, "now")
            tx.execute("insert into measurement values (?, ?, ?, ?, ?, ?)", row)
            assert tx.execute("select * from measurement where metric = ?", (name,)) == [row]
        raise _Undone


class _Undone(Exception):  # noqa: N818 - it ends an example, and nothing went wrong
    pass


@given(body=st.binary())
@settings(deadline=None, max_examples=50)
def test_bytes_are_read_back_as_bytes(scratch: Ledger, body: bytes) -> None:
    with suppress(_Undone), scratch.transaction() as tx:
        tx.execute("insert into partial values ('a', 'b', ?)", (body,))
        ((found,),) = tx.execute("select body from partial")
        assert type(found) is bytes
        assert found == body
        raise _Undone


@settings(deadline=None, max_examples=50)
@given(names=st.lists(TEXT, unique=True))
def test_text_sorts_by_its_bytes(scratch: Ledger, names: list[str]) -> None:
    with suppress(_Undone), scratch.transaction() as tx:
        for name in names:
            tx.execute("insert into cursor values (?, 0)", (name,))
        found = [name for (name,) in tx.execute("select name from cursor order by name")]
        assert found == sorted(names, key=str.encode)
        raise _Undone


def test_a_mark_in_quotes_is_no_parameter(ledger: Ledger) -> None:
    with ledger.snapshot() as tx:
        rows = tx.execute("select '100%', 'a ''?'' %s', ? as \"b?%\" -- ?\n", ("x",))
    assert rows == [("100%", "a '?' %s", "x")]


def test_what_is_not_a_number_is_kept_as_unknown(ledger: Ledger) -> None:
    values = {"a": float("nan"), "b": None, "c": float("inf"), "d": 0.1}
    with ledger.transaction() as tx:
        results.keep_measurements(tx, run="r", dataset="d", version="v", at=AT, values=values)
        found = {name: results.measurements(tx, "d", name)[0][1] for name in values}
    assert found == {**values, "a": None}


def test_the_ledger_has_a_clock(ledger: Ledger) -> None:
    before = clock.now() - timedelta(seconds=1)
    with ledger.snapshot() as view, ledger.transaction() as tx:
        times = [before, view.now(), tx.now(), tx.now(), clock.now() + timedelta(seconds=1)]
    assert times == sorted(times)
    assert all(time.utcoffset() == timedelta() for time in times)


def test_opening_again_keeps_everything(state: str | Path) -> None:
    first = open_ledger(state)
    first.append(started(1))
    first.close()
    second = open_ledger(state)
    with second.snapshot() as tx:
        assert len(history.events(tx)) == 1
    second.close()


def test_a_ledger_that_was_closed_may_be_used_again(ledger: Ledger) -> None:
    ledger.append(started(1))
    ledger.close()
    ledger.append(started(2))
    with ledger.snapshot() as tx:
        assert len(history.events(tx)) == 2
