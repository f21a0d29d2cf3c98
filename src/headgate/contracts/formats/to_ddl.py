"""A contract as `CREATE TABLE` statements that a database runs, in the order of their references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headgate.contracts.formats.ddl_checks import checks_of, checks_of_rules
from headgate.contracts.formats.elements import (
    Element,
    columns,
    described,
    is_required,
    key_of,
    options,
    references,
    rules,
    tables,
    unique_sets,
)
from headgate.contracts.formats.exported import Exported, unsaid
from headgate.contracts.formats.sql_names import in_quotes, name_in
from headgate.contracts.formats.sql_types import sql_type

DIALECTS = ("duckdb", "postgres", "snowflake", "bigquery", "spark")
CHECKED = frozenset({"duckdb", "postgres"})
"""Those that hold a `CHECK`, and a set of unique columns, against every row."""
KEYED = frozenset({"duckdb", "postgres", "snowflake", "bigquery"})
_BASE = frozenset({"required", "description", "options.timezone", "options.dimensions",
                   "options.format", "options.maxLength", "options.elementType"})  # fmt: skip
_CHECKED = frozenset({"enum", "unique", "options.pattern", "options.minLength", "options.minimum",
                      "options.maximum", "options.exclusiveMinimum", "options.exclusiveMaximum",
                      "options.multipleOf"})  # fmt: skip
_KEYED = frozenset({"primaryKey", "relationships"})

References = list[tuple[list[str], str, list[str]]]


def to_ddl(document: Element, dialect: str) -> Exported:
    """The statements in a dialect. What a table cannot be told is a note."""
    said = _BASE | (_CHECKED if dialect in CHECKED else set())
    said |= (_KEYED if dialect in KEYED else set()) | (
        {"unique"} if dialect == "snowflake" else set()
    )
    notes = [one for one in unsaid(document, said, dialect) if not _is_said(one, document, dialect)]
    statements = []
    for table, linked in _in_order(document, notes, dialect):
        statements.append(_create(table, linked, dialect))
        statements += _comments(table, dialect)
        notes += _untyped(table)
    return Exported("\n\n".join(statements) + "\n", tuple(notes))


def _is_said(note: str, document: Element, dialect: str) -> bool:
    """Whether all rules of the table that a note is about are constraints of it."""
    for table in tables(document):
        if note.endswith(f"quality of {table['name']}"):
            said = len(unique_sets(table)) if dialect in {*CHECKED, "snowflake"} else 0
            said += len(checks_of_rules(table, dialect)) if dialect in CHECKED else 0
            return said == len(rules(table))
    return False


def _untyped(table: Element) -> Iterator[str]:
    for column in columns(table):
        if not column.get("logicalType") and not column.get("physicalType"):
            yield f"{table['name']}.{column['name']} has no type: it is text here"


# ------------------------------------------------------------------ order and references


def _in_order(
    document: Element, notes: list[str], dialect: str
) -> Iterator[tuple[Element, References]]:
    """The tables, each behind those that it refers to, with the references that it can hold."""
    named = {str(table["name"]): table for table in tables(document)}
    done: list[str] = []
    while waiting := [name for name in named if name not in done]:
        ready = next(
            (one for one in waiting if not _needs(named[one], document, waiting, one)), None
        )
        name = ready or waiting[0]
        kept = []
        for columns_, to, keys in references(named[name], document) if dialect in KEYED else ():
            told = f"{name}({', '.join(columns_)}) refers to {to}({', '.join(keys)})"
            if to not in named:
                notes.append(f"{told}, which is of another contract: no foreign key")
            elif to not in done and to != name:
                notes.append(f"{told}, which refers back: no foreign key")
            elif not _is_key(named[to], keys):
                notes.append(f"{told}, which is no key there: no foreign key")
            else:
                kept.append((columns_, to, keys))
        done.append(name)
        yield named[name], kept


def _needs(table: Element, document: Element, waiting: Sequence[str], name: str) -> bool:
    return any(to in waiting and to != name for _, to, _ in references(table, document))


def _is_key(table: Element, keys: list[str]) -> bool:
    unique = [[str(one["name"])] for one in columns(table) if one.get("unique") is True]
    return any(sorted(keys) == sorted(one) for one in [key_of(table), *unique, *unique_sets(table)])


# ------------------------------------------------------------------ statements


def _create(table: Element, linked: References, dialect: str) -> str:
    lines = [_column(column, dialect) for column in columns(table)]
    lines += _constraints(table, linked, dialect)
    inside = ",\n".join(f"  {line}" for line in lines)
    told = described(table)
    after = f" COMMENT {in_quotes(told, dialect)}" if told and dialect == "spark" else ""
    if told and dialect == "bigquery":
        after = f" OPTIONS (description = {in_quotes(told, dialect)})"
    return f"CREATE TABLE {name_in(table['name'], dialect)} (\n{inside}\n){after};"


def _column(column: Element, dialect: str) -> str:
    parts = [name_in(column["name"], dialect), sql_type(column, dialect)]
    if is_required(column):
        parts.append("NOT NULL")
    if column.get("unique") is True and dialect in {*CHECKED, "snowflake"}:
        parts.append("UNIQUE")
    told = described(column)
    if told and dialect == "spark":
        parts.append(f"COMMENT {in_quotes(told, dialect)}")
    if told and dialect == "bigquery":
        parts.append(f"OPTIONS (description = {in_quotes(told, dialect)})")
    return " ".join(parts)


def _constraints(table: Element, linked: References, dialect: str) -> Iterator[str]:
    loose = " NOT ENFORCED" if dialect == "bigquery" else ""
    if (key := key_of(table)) and dialect in KEYED:
        yield f"PRIMARY KEY ({_names(key, dialect)}){loose}"
    if dialect in {*CHECKED, "snowflake"}:
        for names in unique_sets(table):
            yield f"UNIQUE ({_names(names, dialect)})"
    for names, to, keys in linked:
        target = f"{name_in(to, dialect)} ({_names(keys, dialect)})"
        yield f"FOREIGN KEY ({_names(names, dialect)}) REFERENCES {target}{loose}"
    if dialect in CHECKED:
        for column in columns(table):
            for condition in checks_of(column, options(column), dialect):
                yield f"CHECK ({condition})"
        for condition in checks_of_rules(table, dialect):
            yield f"CHECK ({condition})"


def _comments(table: Element, dialect: str) -> list[str]:
    if dialect in {"spark", "bigquery"}:
        return []
    name = name_in(table["name"], dialect)
    found = [f"COMMENT ON TABLE {name} IS {in_quotes(described(table), dialect)};"]
    found = found if described(table) else []
    for column in columns(table):
        if told := described(column):
            place = f"{name}.{name_in(column['name'], dialect)}"
            found.append(f"COMMENT ON COLUMN {place} IS {in_quotes(told, dialect)};")
    return found


def _names(names: Sequence[str], dialect: str) -> str:
    return ", ".join(name_in(name, dialect) for name in names)
