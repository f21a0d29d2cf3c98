"""What a reader wants to know of a dataset, in the words of its contract.

Markdown and HTML are made of these nouns, which hold text alone and know of neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from headgate.contracts.formats.elements import (
    Element,
    allowed,
    columns,
    described,
    is_required,
    item,
    key_of,
    options,
    references,
    rules,
    sides,
    tables,
    texts,
)

OPERATORS = {
    "mustBe": "=",
    "mustNotBe": "≠",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": "≥",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "≤",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
SHOWN = {
    "minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most",
    "exclusiveMaximum": "below", "minLength": "length at least", "maxLength": "length at most",
    "pattern": "matches", "multipleOf": "a multiple of", "minItems": "items at least",
    "maxItems": "items at most", "format": "format", "dimensions": "dimensions",
    "timezone": "with a time zone:",
}  # fmt: skip
LEVEL = ("property", "value", "unit", "element", "driver", "schedule", "description")
"""What is shown of a service level."""


class ColumnPage(Struct, frozen=True):
    """A column. `marks` are short words such as `required`, `rules` what its values keep to."""

    name: str
    type: str
    marks: tuple[str, ...] = ()
    classification: str = ""
    description: str = ""
    rules: tuple[str, ...] = ()


class DatasetPage(Struct, frozen=True):
    """A dataset. `facts` are labels with texts, `levels` the service levels as they are written."""

    name: str
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    description: str = ""
    columns: tuple[ColumnPage, ...] = ()
    references: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    levels: tuple[Mapping[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()


def pages(document: Element) -> list[DatasetPage]:
    """A page for each table of a contract."""
    return [_page(document, table) for table in tables(document)]


def _page(document: Element, table: Element) -> DatasetPage:
    whole = described(document) if len(tables(document)) == 1 else ""
    told = [text for text in (whole, described(table)) if text]
    return DatasetPage(
        str(table["name"]),
        str(table.get("businessName") or table["name"]),
        tuple(_facts(document, table)),
        "\n\n".join(dict.fromkeys(told)),
        tuple(_columns(table, "")),
        tuple(_references(document, table)),
        tuple(map(rule_text, rules(table))),
        tuple(_levels(document)),
    )


def _facts(document: Element, table: Element) -> Iterator[tuple[str, str]]:
    for label, key in (("version", "version"), ("status", "status"), ("domain", "domain")):
        if isinstance(document.get(key), str):
            yield label, document[key]
    if owner := _owner(document.get("team")):
        yield "team", owner
    if tags := ", ".join([*texts(document, "tags"), *texts(table, "tags")]):
        yield "tags", tags
    if names := key_of(table):
        yield "key", ", ".join(names)
    if table.get("deprecated") is True:
        yield "deprecated", "yes"


def _owner(team: Any) -> str:
    """The team, and who is in it; an older contract has a list of people alone."""
    body = team if isinstance(team, Mapping) else {"members": team}
    listed = body.get("members")
    people = [
        " ".join(filter(None, [str(one.get("name") or one.get("username") or ""), _role(one)]))
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping) and not one.get("dateOut")
    ]
    name = body.get("name")
    return ": ".join(filter(None, [name if isinstance(name, str) else "", ", ".join(people)]))


def _role(member: Element) -> str:
    role = member.get("role")
    return f"({role})" if isinstance(role, str) else ""


def _columns(element: Element, within: str) -> Iterator[ColumnPage]:
    for column in columns(element):
        name = f"{within}{column['name']}"
        yield ColumnPage(
            name,
            type_text(column),
            tuple(_marks(column)),
            str(column.get("classification") or ""),
            described(column),
            tuple(_rules(column)),
        )
        yield from _columns(column, f"{name}.")
        yield from _columns(item(column), f"{name}[].")


def type_text(column: Element) -> str:
    """The type of a column: what it means, and how it is stored."""
    kind = str(column.get("logicalType") or "")
    if kind == "array" and item(column):
        kind = f"array of {type_text(item(column))}"
    elif kind == "map":
        kind = f"map of {type_text(sides(column)[1]) or 'anything'}"
    stored = column.get("physicalType")
    if isinstance(stored, str) and stored and kind:
        return f"{kind} ({stored})"
    return kind or str(stored or "")


def _marks(column: Element) -> Iterator[str]:
    place = column.get("primaryKeyPosition")
    if column.get("primaryKey") is True:
        yield f"key {place}" if isinstance(place, int) and place > 0 else "key"
    if is_required(column):
        yield "required"
    if column.get("unique") is True:
        yield "unique"
    if column.get("deprecated") is True:
        yield "deprecated"
    yield from texts(column, "tags")


def _rules(column: Element) -> Iterator[str]:
    if values := allowed(column):
        yield f"one of {', '.join(_shown(one) for one in values)}"
    for key, words in SHOWN.items():
        # how wide a number is says the type as it is stored, too
        if key in options(column) and not (key == "format" and column.get("physicalType")):
            yield f"{words} {_shown(options(column)[key])}"
    yield from map(rule_text, rules(column))


def rule_text(rule: Element) -> str:
    """A rule of quality in one line: what it is about, and what must be."""
    must = next(
        (f"{sign} {_shown(rule[key])}" for key, sign in OPERATORS.items() if key in rule), ""
    )
    unit = str(rule.get("unit") or "") if must else ""
    what = str(rule.get("metric") or rule.get("query") or "")
    if rule.get("type") == "custom":
        told = rule.get("implementation")
        shown = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, default=str)
        what = f"{rule.get('engine')}: {shown}"
    arguments = rule.get("arguments")
    beside = f"({json.dumps(arguments, ensure_ascii=False, default=str)})" if arguments else ""
    named = str(rule.get("description") or rule.get("name") or "")
    body = " ".join(filter(None, [what + beside, must, unit]))
    severity = f"[{rule['severity']}]" if rule.get("severity") else ""
    return " ".join(filter(None, [f"{named}:" if named and body else named, body, severity]))


def _references(document: Element, table: Element) -> Iterator[str]:
    for names, to, keys in references(table, document):
        yield f"{', '.join(names)} → {to} ({', '.join(keys)})"


def _levels(document: Element) -> Iterator[Mapping[str, str]]:
    listed = document.get("slaProperties")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            yield {key: str(one[key]) for key in LEVEL if one.get(key) is not None}


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
