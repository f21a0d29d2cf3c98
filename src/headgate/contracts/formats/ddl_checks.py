"""What a contract says of the values of a column, as conditions of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from headgate.contracts.formats.elements import Element, allowed, rules
from headgate.contracts.formats.sql_names import literal, name_in
from headgate.contracts.formats.type_options import is_count, is_number

BROKEN = re.compile(r"SELECT count\(\*\) FROM \{object\} WHERE NOT \((.+)\)", re.DOTALL)
"""The query that a `CHECK` becomes in a contract: it counts the rows that break it."""
SIGNS = (
    ("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"),
)  # fmt: skip
_ORDERED = {"integer": "", "number": "", "date": "DATE", "timestamp": "TIMESTAMP", "time": "TIME"}


def checks_of(column: Element, told: Element, dialect: str) -> Iterator[str]:
    """The conditions that each value keeps to."""
    name, kind = name_in(column["name"], dialect), column.get("logicalType")
    if values := [one for one in allowed(column) if one is not None]:
        yield f"{name} IN ({', '.join(literal(one, dialect) for one in values)})"
    if kind in _ORDERED:
        for key, sign in SIGNS:
            if _is_bound(told.get(key), str(kind)):
                yield f"{name} {sign} {_bound(told[key], str(kind), dialect)}"
    if kind in {"integer", "number"} and is_number(told.get("multipleOf")):
        yield f"{name} % {literal(told['multipleOf'], dialect)} = 0"
    if kind == "string":
        yield from _of_text(name, told, dialect)


def checks_of_rules(table: Element, dialect: str) -> list[str]:
    """The rules of a table that were a `CHECK` of SQL, where the dialect can read them."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    found = []
    for rule in rules(table):
        match = BROKEN.fullmatch(str(rule.get("query")))
        if match is None or rule.get("type") != "sql" or rule.get("mustBe") != 0:
            continue
        try:
            found.append(sqlglot.condition(match[1], dialect=dialect).sql(dialect))
        except (SqlglotError, RecursionError):
            continue
    return found


def _of_text(name: str, told: Element, dialect: str) -> Iterator[str]:
    for key, sign in (("minLength", ">="), ("maxLength", "<=")):
        # DuckDB does not hold a VARCHAR to its length
        if is_count(told.get(key)):
            yield f"length({name}) {sign} {told[key]}"
    if isinstance(pattern := told.get("pattern"), str):
        text = literal(pattern, dialect)
        yield f"regexp_matches({name}, {text})" if dialect == "duckdb" else f"{name} ~ {text}"


def _is_bound(value: Any, kind: str) -> bool:
    return isinstance(value, str) if _ORDERED[kind] else is_number(value)


def _bound(value: Any, kind: str, dialect: str) -> str:
    text = literal(value, dialect)
    return f"CAST({text} AS {_ORDERED[kind]})" if _ORDERED[kind] else text
