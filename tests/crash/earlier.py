"""A record that holds releases, in the form that an earlier release of Headgate wrote."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import psycopg

from headgate.ledger.migrate_sqlite import APPLICATION

FORM = 5
"""The number of that form; everything that a project needs for its first release was in it."""


def age_file(path: Path) -> None:
    """Puts a record of that form in the place of a file, with what it had of the file's rows."""
    old = path.with_name("old.db")
    with closing(sqlite3.connect(old)) as connection:
        for script in _scripts("sqlite"):
            connection.executescript(script)
        connection.execute("attach ? as new", (str(path),))
        tables = connection.execute(
            "select name from main.sqlite_master where type = 'table' and name not like 'sqlite_%'"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f"pragma main.table_info({table})")
            columns = ", ".join(f'"{row[1]}"' for row in rows)
            connection.execute(
                f"insert or replace into main.{table} ({columns})"  # noqa: S608
                f" select {columns} from new.{table}"
            )
        connection.execute(f"pragma main.user_version = {FORM}")
        connection.execute(f"pragma main.application_id = {APPLICATION}")
        connection.execute("pragma main.journal_mode = wal")
        connection.commit()
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    old.replace(path)


def age_database(new: str, old: str) -> None:
    """Fills an empty database with that form, and with what it had of another one's rows."""
    with psycopg.connect(new) as source, psycopg.connect(old) as target:
        for script in _scripts("postgres"):
            target.execute(script.encode())
        target.execute("delete from headgate_schema")
        target.execute("set session_replication_role = replica")
        for (table,) in target.execute(
            "select relname from pg_class where relkind = 'r'"
            " and relnamespace = current_schema()::regnamespace and relname <> 'headgate_schema'"
        ).fetchall():
            empty = target.execute(f'select * from "{table}" limit 0'.encode())  # noqa: S608
            names = [column.name for column in empty.description or ()]
            columns = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join(["%s"] * len(names))
            into = f'insert into "{table}" ({columns}) overriding system value values ({marks})'  # noqa: S608
            everything = f'select {columns} from "{table}"'  # noqa: S608
            for row in source.execute(everything.encode()).fetchall():
                target.execute(into.encode(), row)
            for (column,) in target.execute(
                "select attname from pg_attribute where attrelid = %s::regclass"
                " and attidentity <> ''",
                (table,),
            ).fetchall():
                target.execute(
                    f"select setval(pg_get_serial_sequence('{table}', '{column}'),"  # noqa: S608
                    f' coalesce((select max("{column}") from "{table}"), 1))'.encode()
                )
        target.execute("insert into headgate_schema (number) values (%s)", (FORM,))


def _scripts(dialect: str) -> list[str]:
    folder = files("headgate.ledger") / "migrations" / dialect
    found = sorted(folder.iterdir(), key=lambda file: file.name)
    return [file.read_text() for file in found if file.name[:4] <= f"{FORM:04}"]
