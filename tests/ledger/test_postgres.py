"""What a Postgres server does to a ledger, and what people are told of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from headgate.errors import BusyError, MissingExtraError, StateError
from headgate.ledger import postgres as module
from headgate.ledger import sessions
from headgate.ledger.address import read_address
from headgate.ledger.ledger import Ledger, Transaction
from headgate.ledger.open import open_ledger
from tests.postgres import Server

SECRET = "p@ss/w:rd%20 'x\\"  # noqa: S105


@pytest.fixture
def state(postgres: Server) -> str:
    return postgres.fresh()


def names(ledger: Ledger) -> list[str]:
    with ledger.snapshot() as tx:
        return [name for (name,) in tx.execute("select name from cursor order by name")]


def note(tx: Transaction, name: str) -> None:
    tx.execute("insert into cursor values (?, 1)", (name,))


def end_connection(server: Server, tx: Transaction) -> None:
    """Ends the connection of a transaction, as a server that stops would."""
    ((pid,),) = tx.execute("select pg_backend_pid()")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))


def _note_and_end(server: Server, tx: Transaction) -> None:
    note(tx, "lost")
    end_connection(server, tx)


# ------------------------------------------------------------------ waiting


def test_a_writer_waits_for_another_and_no_longer_than_it_says(
    ledger: Ledger, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    other = open_ledger(state)
    with ledger.transaction() as tx:
        note(tx, "first")
        with pytest.raises(BusyError, match="another process has been writing"):
            other.append()
        assert names(other) == []  # readers wait for nobody
    with other.transaction() as tx:
        note(tx, "second")
    other.close()
    assert names(ledger) == ["first", "second"]


def test_a_thread_that_was_interrupted_while_it_waited_can_write_again(
    ledger: Ledger, state: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    other = open_ledger(state)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ledger.transaction() as tx:  # its connection is open from now on
            note(tx, "first")
        with other.transaction() as tx:
            note(tx, "second")
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(KeyboardInterrupt), ledger.transaction():
                pass
        with ledger.transaction() as tx:
            note(tx, "third")
    finally:
        signal.signal(signal.SIGALRM, before)
        other.close()
    assert names(ledger) == ["first", "second", "third"]


def test_writers_of_two_schemas_do_not_wait_for_each_other(
    ledger: Ledger, postgres: Server
) -> None:
    other = open_ledger(postgres.fresh())
    with ledger.transaction() as tx, other.transaction() as beside:
        note(tx, "here")
        note(beside, "there")
    assert (names(ledger), names(other)) == (["here"], ["there"])
    other.close()


def test_a_reader_that_stays_stops_no_writer(ledger: Ledger) -> None:
    with ledger.snapshot() as view:
        assert view.execute("select count(*) from cursor") == [(0,)]
        with ledger.transaction(durable=True) as tx:
            note(tx, "a")
        assert view.execute("select count(*) from cursor") == [(0,)]


def test_a_writer_that_froze_gives_way(
    ledger: Ledger, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.2)
    other = open_ledger(state)

    def frozen() -> None:
        with ledger.transaction() as tx:
            note(tx, "frozen")
            with other.transaction() as after:  # waits until the frozen one was given up
                note(after, "went on")

    with pytest.raises(StateError, match="not known whether"):
        frozen()
    assert names(other) == ["went on"]
    other.close()


def test_only_a_durable_transaction_waits_for_the_disk(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        assert tx.execute("show synchronous_commit") == [("off",)]
    with ledger.transaction(durable=True) as tx:
        assert tx.execute("show synchronous_commit") == [("on",)]


def test_no_connection_stays_in_a_transaction(ledger: Ledger, postgres: Server) -> None:
    with pytest.raises(ZeroDivisionError), ledger.transaction() as tx:
        note(tx, str(1 / 0))
    with pytest.raises(StateError), ledger.snapshot() as tx:
        tx.execute("select nothing")
    with ledger.transaction() as tx:
        note(tx, "a")
    names(ledger)
    with psycopg.connect(postgres.url()) as connection:
        states = connection.execute(
            "select distinct state from pg_stat_activity where application_name = 'headgate'"
        ).fetchall()
    assert states == [("idle",)]


# ------------------------------------------------------------------ connections that end


def test_a_connection_that_ended_while_nothing_was_going_on_is_opened_again(
    ledger: Ledger, postgres: Server
) -> None:
    with ledger.transaction() as tx:
        note(tx, "a")
    with ledger.snapshot() as view:
        end_connection(postgres, view)
    assert names(ledger) == ["a"]
    with pytest.raises(StateError), ledger.transaction() as tx:
        _note_and_end(postgres, tx)
    with ledger.transaction() as tx:
        note(tx, "c")
    assert names(ledger) == ["a", "c"]


def test_a_view_whose_connection_ended_is_never_continued_on_another(
    ledger: Ledger, postgres: Server
) -> None:
    with ledger.snapshot() as view:
        end_connection(postgres, view)
        for _ in range(2):
            with pytest.raises(StateError, match="connection to the state was lost") as lost:
                view.execute("select count(*) from cursor")
            assert "run again" in (lost.value.hint or "")
            with pytest.raises(StateError), ledger.snapshot() as inner:
                inner.execute("select count(*) from cursor")
    assert names(ledger) == []


def test_a_connection_that_ends_at_the_commit_leaves_a_doubt_and_says_so(
    ledger: Ledger, postgres: Server
) -> None:
    with pytest.raises(StateError, match="not known whether") as doubt, ledger.transaction() as tx:
        _note_and_end(postgres, tx)
    assert "headgate status" in (doubt.value.hint or "")
    assert names(ledger) == []


def test_a_transaction_in_which_a_statement_failed_keeps_nothing(ledger: Ledger) -> None:
    def swallowed(tx: Transaction) -> None:
        note(tx, "a")
        try:
            tx.execute("insert into nowhere values (1)")
        except StateError:
            note_is_refused(tx)

    def note_is_refused(tx: Transaction) -> None:
        with pytest.raises(StateError):
            note(tx, "b")

    with pytest.raises(StateError, match="nothing of it was kept"), ledger.transaction() as tx:
        swallowed(tx)
    assert names(ledger) == []


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may stop."""
    server = Server()
    yield server
    server.remove()


def test_a_server_that_restarts_is_waited_for(own_server: Server) -> None:
    ledger = open_ledger(own_server.url())
    with ledger.transaction() as tx:
        note(tx, "a")
    own_server.stop()
    back = threading.Timer(0.3, own_server.start)
    back.start()
    assert names(ledger) == ["a"]
    with ledger.transaction() as tx:
        note(tx, "b")
    back.join()
    assert names(ledger) == ["a", "b"]
    ledger.close()


def test_a_server_that_is_gone_is_told(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "RESTART_SECONDS", 0.1)
    ledger = open_ledger(own_server.url())
    own_server.stop()
    for _ in range(2):
        with pytest.raises(StateError, match="cannot be opened") as gone:
            names(ledger)
        assert gone.value.where == "postgresql:///postgres"
        assert "server runs" in (gone.value.hint or "")
    own_server.start()
    assert names(ledger) == []
    ledger.close()


def test_a_server_of_a_test_process_that_is_killed_stops_too() -> None:
    script = (
        "import os, signal; from tests.postgres import Server\n"
        "print(Server().folder, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    folder = Path(killed.stdout.strip())
    for _ in range(600):
        if not folder.exists():
            break
        threading.Event().wait(0.05)
    assert not folder.exists()


# ------------------------------------------------------------------ what cannot be


def test_text_with_a_nul_is_refused_in_plain_words(ledger: Ledger) -> None:
    with pytest.raises(StateError, match="NUL character"), ledger.transaction() as tx:
        note(tx, "a\0b")


def test_a_user_without_rights_is_told_what_to_grant(postgres: Server, state: str) -> None:
    postgres.run("drop role if exists stranger")
    postgres.run("create role stranger login")
    schema = state.rpartition("%3D")[2]
    postgres.run(f"grant usage on schema {schema} to stranger")
    with pytest.raises(StateError, match="may not do this") as refused:
        open_ledger(state.replace("postgres@", "stranger@"))
    assert "create schema" in (refused.value.hint or "")
    postgres.run(f"revoke all on schema {schema} from stranger")


def test_a_server_that_only_reads_is_told(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        tx.execute("set transaction read only")
        with pytest.raises(StateError, match="only reads") as refused:
            note(tx, "a")
        assert "primary" in (refused.value.hint or "")
        tx.execute("rollback and chain")


# ------------------------------------------------------------------ addresses and secrets


@pytest.fixture
def guarded(postgres: Server) -> Server:
    """A server with a user whose password holds every character that a URL minds."""
    postgres.run("drop schema if exists guarded cascade")
    postgres.run("drop role if exists guarded")
    postgres.run("create role guarded login password $q$" + SECRET + "$q$")
    postgres.run("create schema guarded authorization guarded")
    return postgres


def test_a_password_from_the_environment_may_hold_any_character(guarded: Server) -> None:
    url = guarded.url("guarded", user="guarded:${PG_PASSWORD}")
    ledger = open_ledger(url, lambda text: text.replace("${PG_PASSWORD}", SECRET))
    with ledger.transaction() as tx:
        note(tx, "a")
    assert names(ledger) == ["a"]
    ledger.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://guarded:{secret}@/postgres?host={folder}",
        "postgresql://guarded:{secret}@127.0.0.1:1/postgres",
        "postgresql://guarded:{secret}@nowhere.invalid/postgres",
        "postgresql://guarded:x@{secret}@127.0.0.1:1/postgres",
        "postgresql://guarded:{secret}/x@127.0.0.1:1/postgres",
        "postgresql://guarded:%{secret}@127.0.0.1:1/postgres",
        "postgresql://guarded@127.0.0.1:{secret}/postgres",
        "postgresql://127.0.0.1:1/postgres?password={secret}&nothing=1",
        "postgresql://127.0.0.1:1/postgres?password={secret}",
    ],
)
def test_no_error_shows_a_password(guarded: Server, url: str) -> None:
    secret = "tops3cret"  # noqa: S105
    with pytest.raises(StateError) as refused:
        open_ledger(url.format(secret=secret, folder=guarded.folder))
    shown = [refused.value.__cause__, refused.value.__context__, str(refused.value)]
    assert secret not in repr(refused.value)
    assert secret not in " ".join(str(each) for each in shown[::2])
    assert refused.value.__cause__ is None
    assert refused.value.hint


def test_an_address_shows_its_place_and_nothing_else() -> None:
    address = read_address(
        "postgresql://ana:${PW}@db.example:5433/team", lambda text: text.replace("${PW}", "hidden")
    )
    assert address.parameters["password"] == "hidden"  # noqa: S105
    assert "hidden" not in repr(address)
    plain = read_address("postgresql://ana:hidden@db.example:5433/team?sslmode=require")
    assert plain.shown == "postgresql://db.example:5433/team"
    assert "hidden" not in repr(plain)
    assert plain.parameters["sslmode"] == "require"
    assert plain.told("user ana, password hidden") == "user ana, password ***"


# ------------------------------------------------------------------ the driver


def test_without_the_driver_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("address", "postgres"):
        monkeypatch.delitem(sys.modules, f"headgate.ledger.{name}")
        monkeypatch.delattr(f"headgate.ledger.{name}")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match="Postgres") as missing:
        open_ledger("postgresql://db.example/team")
    assert missing.value.hint == "pip install 'headgate[postgres]'"


def test_a_ledger_in_a_file_needs_no_driver(tmp_path: Path) -> None:
    script = (
        "import sys; from headgate.ledger.open import open_ledger\n"
        "open_ledger(sys.argv[1]).close()\n"
        "print(sorted(name for name in sys.modules if name.startswith('psycopg')))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "state.db")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"
