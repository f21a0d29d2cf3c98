"""Bringing a Postgres schema to the form this release of Headgate reads."""

from __future__ import annotations

from headgate.errors import StateError
from headgate.ledger.migrate import LATEST, known, scripts
from headgate.ledger.sessions import Connection


def is_current(connection: Connection, where: str) -> bool:
    """Whether nothing is missing.

    Raises StateError for a schema of a newer release, or of another program.
    """
    return _state(connection, where) == LATEST


def migrate(connection: Connection, where: str) -> None:
    """Applies what is missing, in a transaction in which no other process writes."""
    state = _state(connection, where)
    if state == LATEST:
        return  # another process was first
    for script in scripts("postgres", after=state):
        connection.execute(script.encode())
    if state == 0:
        connection.execute("insert into headgate_schema (number) values (%s)", (LATEST,))
    else:
        connection.execute("update headgate_schema set number = %s", (LATEST,))


def _state(connection: Connection, where: str) -> int:
    """The number of the last migration that was applied; 0 for an empty schema."""
    found = connection.execute(_LOOK).fetchone()
    assert found is not None
    schema, encoding, ours, theirs = found
    if schema is None:
        raise StateError(
            "the database has no schema for the state",
            where,
            "create the one that the URL's search_path names: create schema NAME",
        )
    if encoding != "UTF8":
        raise StateError(
            f"the database's encoding is {encoding}, which cannot hold every text",
            where,
            "create one for the state: create database headgate encoding 'UTF8' template template0",
        )
    if not ours and theirs:
        raise StateError(
            f"schema {schema} holds the tables of another program",
            where,
            "give the state a database of its own, or a schema: create schema headgate, and"
            " ?options=-csearch_path%3Dheadgate at the end of the URL",
        )
    if not ours:
        return 0
    row = connection.execute("select number from headgate_schema").fetchone()
    return known(int(row[0]) if row else 0, where)


# what extensions bring is no program's own
_LOOK = """
select current_schema(),
    current_setting('server_encoding'),
    to_regclass(quote_ident(current_schema()) || '.headgate_schema') is not null,
    exists (
        select from pg_class
        where relnamespace = to_regnamespace(quote_ident(current_schema()))
            and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and not exists (
                select from pg_depend
                where objid = pg_class.oid and classid = 'pg_class'::regclass and deptype = 'e'
            )
    )
"""
