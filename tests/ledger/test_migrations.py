"""A ledger of any earlier release is brought up to date, and keeps what it knew."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
import pytest

from headgate.errors import StateError
from headgate.ledger.ledger import Ledger, Transaction
from headgate.ledger.migrate import LATEST
from headgate.ledger.migrate_sqlite import APPLICATION
from headgate.ledger.open import open_ledger
from tests.postgres import Server

FIRST = {"sqlite": 1, "postgres": 5}
"""The number with which each kind of database begins."""


def numbers(dialect: str) -> list[int]:
    folder = files("headgate.ledger") / "migrations" / dialect
    return sorted(int(file.name[:4]) for file in folder.iterdir() if file.name.endswith(".sql"))


def script(dialect: str, number: int) -> str:
    folder = files("headgate.ledger") / "migrations" / dialect
    (file,) = [file for file in folder.iterdir() if file.name.startswith(f"{number:04}")]
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_the_last_migration_is_the_one_that_is_known(dialect: str) -> None:
    assert numbers(dialect)[0] == FIRST[dialect]
    assert numbers(dialect)[-1] == LATEST
    later = [number for number in numbers("sqlite") if number >= FIRST[dialect]]
    assert numbers(dialect) == later or dialect == "sqlite"


# ------------------------------------------------------------------ the same tables


def sqlite_columns(ledger: Ledger) -> dict[str, set[tuple[str, bool, int]]]:
    with ledger.snapshot() as tx:
        tables = tx.execute("select name from sqlite_master where type = 'table'")
        return {
            name: {
                (column, bool(required or (key and kind)), key)
                for _, column, kind, required, _, key in tx.execute(f"pragma table_info({name})")
            }
            for (name,) in tables
            if not name.startswith("sqlite_")
        }


def postgres_columns(ledger: Ledger) -> dict[str, set[tuple[str, bool, int]]]:
    found: dict[str, set[tuple[str, bool, int]]] = {}
    with ledger.snapshot() as tx:
        for table, column, required, key in tx.execute(
            "select c.relname, a.attname, a.attnotnull,"
            " coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
            " left join pg_index i on i.indrelid = c.oid and i.indisprimary"
            " where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace"
        ):
            found.setdefault(table, set()).add((column, required, key))
    return found


def test_both_databases_have_the_same_tables_and_columns(tmp_path: Path, postgres: Server) -> None:
    with (
        closing(open_ledger(tmp_path / "state.db")) as lite,
        closing(open_ledger(postgres.fresh())) as great,
    ):
        expected, found = sqlite_columns(lite), postgres_columns(great)
    assert set(found.pop("headgate_schema")) == {("number", True, 0)}
    assert found == expected
    assert len(found) > 10


def test_both_databases_refuse_the_same_doubles(tmp_path: Path, postgres: Server) -> None:
    with closing(open_ledger(tmp_path / "state.db")) as ledger, ledger.snapshot() as tx:
        expected = {
            (table, tuple(column for _, _, column in tx.execute(f"pragma index_info({index})")))
            for (table,) in tx.execute("select name from sqlite_master where type = 'table'")
            for _, index, unique, *_ in tx.execute(f"pragma index_list({table})")
            if unique
        }
        # an integer that is a primary key has no index of its own in SQLite
        numbered = {
            (table, (column,))
            for (table,) in tx.execute("select name from sqlite_master where type = 'table'")
            for _, column, kind, _, _, key in tx.execute(f"pragma table_info({table})")
            if key == 1 and kind.lower() == "integer"
        }
    with closing(open_ledger(postgres.fresh())) as ledger, ledger.snapshot() as tx:
        rows = tx.execute(
            "select c.relname, i.indexrelid, a.attname, i.indisprimary from pg_index i"
            " join pg_class c on c.oid = i.indrelid and i.indisunique"
            " and c.relnamespace = current_schema()::regnamespace"
            " join pg_attribute a on a.attrelid = i.indexrelid order by i.indexrelid, a.attnum"
        )
    found: dict[tuple[str, int], list[str]] = {}
    for table, index, column, _ in rows:
        found.setdefault((table, index), []).append(column)
    have = {(table, tuple(columns)) for (table, _), columns in found.items()}
    assert expected <= have
    assert have - expected == numbered
    assert ("event", ("id",)) in numbered


def test_text_in_postgres_sorts_as_in_sqlite(postgres: Server) -> None:
    with closing(open_ledger(postgres.fresh())) as ledger, ledger.snapshot() as tx:
        rows = tx.execute(
            "select c.relname, a.attname, l.collname from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
            " join pg_collation l on l.oid = a.attcollation"
            " where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace"
        )
    assert len(rows) > 50
    assert [row for row in rows if row[2] != "C"] == []


# ------------------------------------------------------------------ from every number


ROWS = """
insert into run values ('r1', 'p', 'prod', 'published', 't', 't', 'ana');
insert into event (run, kind, at, body) values ('r1', 'k', 't', '{}');
insert into version (dataset, id, run, created, columns, parts, fingerprint, inputs, code)
    values ('d', 'v', 'r1', 't', '[]', 'PARTS', 'f', '{}', '{}');
insert into making (dataset, fingerprint, version, inputs, code)
    values ('d', 'f', 'v', '{}', '{}');
insert into ref values ('prod', 'd', 'v', 'visible', 'p');
insert into release (environment, number, kind, pipeline, run, published, because, code, dirty,
    verdicts, metrics, author, restores, "only")
    values ('prod', 1, 'publish', 'p', 'r1', 't', '', 'c', 0, '{}', '{}', 'ana', null, null);
insert into release_item values ('prod', 1, 'd', 'v', 'visible', 'p');
insert into measurement values ('r1', 'd', 'v', 'm', 0.5, 't');
insert into gate_result (dataset, version, suite, verdict, outcomes, run, at)
    values ('d', 'v', 's', 'open', '[]', 'r1', 't');
insert into lease values ('p@prod', '', 7, 1, 'h', 'h', '1', 't', 't');
insert into seen_file values ('/a', 1, 2, 3, 4, 'aa', 5);
insert into cursor values ('alerts', 1)
"""
PARTS = '[{"digest":"aa","size":7,"rows":5,"path":"","unique":["k"],"statistics":{"k":[]}}]'
PART = """;
insert into part values ('aa', 7, 5, '["k"]', '{"k": []}');
update version set statistics = '{"k": []}'
"""


def rows_of(number: int) -> list[str]:
    """Statements that write a row into every table of that number, in the form of its time."""
    script = ROWS.replace("PARTS", PARTS if number == 1 else '[["aa",""]]')
    return (script + (PART if number > 1 else "")).split(";\n")


def kept(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
    """What `rows_of` wrote, as the newest form has it."""
    return {
        table: tx.execute(f"select {columns} from {table}")  # noqa: S608
        for table, columns in {
            "run": "*",
            "event": "id, run, kind, at, body",
            "version": "number, dataset, id, parts, fingerprint, statistics, whole, aside",
            "part": "digest, size, rows, unique_key, statistics",
            "making": "dataset, fingerprint, version, aside",
            "ref": "*",
            "release": "*",
            "release_item": "*",
            "measurement": "*",
            "gate_result": "dataset, version, suite, verdict, good, aside",
            "lease": "name, owner, token",
            "seen_file": "*",
            "cursor": "*",
        }.items()
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    with closing(open_ledger(tmp_path_factory.mktemp("new") / "state.db")) as ledger:
        with ledger.transaction() as tx:
            for statement in rows_of(LATEST):
                tx.execute(statement)
        with ledger.snapshot() as tx:
            found = kept(tx)
    assert all(len(rows) == 1 for rows in found.values())
    return found


def same(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows without what JSON may write in two ways."""
    return {
        name: [tuple(str(value).replace(" ", "") for value in row) for row in rows]
        for name, rows in found.items()
    }


@pytest.mark.parametrize("number", range(FIRST["sqlite"], LATEST + 1))
def test_a_file_of_every_release_keeps_what_it_held(
    tmp_path: Path, number: int, expected: dict[str, list[tuple[Any, ...]]]
) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        for earlier in [each for each in numbers("sqlite") if each <= number]:
            connection.executescript(script("sqlite", earlier))
        for statement in rows_of(number):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {number}")
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.commit()
    with closing(open_ledger(path)) as ledger, ledger.snapshot() as tx:
        assert same(kept(tx)) == same(expected)
        assert tx.execute("pragma user_version") == [(LATEST,)]


@pytest.mark.parametrize("number", range(FIRST["postgres"], LATEST + 1))
def test_a_schema_of_every_release_keeps_what_it_held(
    postgres: Server, number: int, expected: dict[str, list[tuple[Any, ...]]]
) -> None:
    url = postgres.fresh()
    with psycopg.connect(url) as connection:
        for earlier in [each for each in numbers("postgres") if each <= number]:
            connection.execute(script("postgres", earlier).encode())
        for statement in rows_of(number):
            connection.execute(statement.encode())
        connection.execute("insert into headgate_schema values (%s)", (number,))
    with closing(open_ledger(url)) as ledger, ledger.snapshot() as tx:
        assert same(kept(tx)) == same(expected)
        assert tx.execute("select number from headgate_schema") == [(LATEST,)]


# ------------------------------------------------------------------ several, and none to the end

OPEN = """
import sys
from headgate.ledger.open import open_ledger

with open_ledger(sys.argv[1]).snapshot() as tx:
    tx.execute("select count(*) from audit")
"""


def test_many_processes_may_bring_one_file_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script("sqlite", 1))
        connection.execute("pragma user_version = 1")
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.commit()
    opening = [subprocess.Popen([sys.executable, "-c", OPEN, str(path)]) for _ in range(4)]
    assert [process.wait(60) for process in opening] == [0, 0, 0, 0]


# ------------------------------------------------------------------ what is not ours


def test_a_schema_of_a_newer_release_is_refused(postgres: Server) -> None:
    url = postgres.fresh()
    open_ledger(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("update headgate_schema set number = %s", (LATEST + 1,))
    with pytest.raises(StateError, match="newer Headgate") as refusal:
        open_ledger(url)
    assert "upgrade" in (refusal.value.hint or "")


def test_a_schema_of_another_program_is_refused_and_left_alone(postgres: Server) -> None:
    url = postgres.fresh()
    with psycopg.connect(url) as connection:
        connection.execute("create table run (theirs text)")
    with pytest.raises(StateError, match="another program") as refusal:
        open_ledger(url)
    assert "create schema" in (refusal.value.hint or "")
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select relname from pg_class where relnamespace = current_schema()::regnamespace"
            " and relkind = 'r'"
        ).fetchall()
    assert rows == [("run",)]


def test_a_schema_that_is_not_there_is_told(postgres: Server) -> None:
    with pytest.raises(StateError, match="no schema") as refusal:
        open_ledger(postgres.url("nowhere"))
    assert "create schema" in (refusal.value.hint or "")


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Server) -> None:
    postgres.run("create database latin encoding 'LATIN1' locale 'C' template template0")
    with pytest.raises(StateError, match="LATIN1"):
        open_ledger(f"postgresql://postgres@/latin?host={postgres.folder}")
