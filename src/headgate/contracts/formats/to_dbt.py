"""A contract as a `schema.yml` of dbt: models with an enforced contract, constraints and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.contracts.formats.as_yaml import as_yaml
from headgate.contracts.formats.ddl_checks import checks_of
from headgate.contracts.formats.elements import (
    Element,
    allowed,
    columns,
    described,
    is_required,
    key_of,
    options,
    references,
    rules,
    tables,
    texts,
    unique_sets,
)
from headgate.contracts.formats.exported import Exported, unsaid
from headgate.contracts.formats.sql_types import sql_type

CHECKED = frozenset({"duckdb", "postgres"})
SAID = frozenset(
    ["required", "unique", "primaryKey", "enum", "description", "tags", "classification",
     "relationships", "customProperties", "options.timezone", "options.format", "options.maxLength",
     "options.dimensions", "quality"]
)  # fmt: skip
BOUNDS = frozenset(
    ["options.minimum", "options.maximum", "options.exclusiveMinimum", "options.exclusiveMaximum",
     "options.pattern", "options.minLength", "options.multipleOf"]
)  # fmt: skip


def to_dbt(document: Element, dialect: str) -> Exported:
    """The text of a `schema.yml`. Bounds are checks of the dialect, where it has them."""
    found = tables(document)
    said = SAID | (BOUNDS if dialect in CHECKED else frozenset())
    notes = list(unsaid(document, said, "dbt"))
    for table in found:
        notes += _unsaid_rules(table)
    models = [_model(table, document, dialect) for table in found]
    body = {"version": 2, "models": models}
    return Exported(as_yaml(body), tuple(notes))


def _unsaid_rules(table: Element) -> Iterator[str]:
    for name, element in ((table["name"], table), *_named(table)):
        for rule in rules(element):
            if not (_as_test(rule) or _is_said(rule)):
                told = rule.get("name") or rule.get("metric") or rule.get("type") or "text"
                yield f"dbt has no word for the rule {told} of {name}"


def _named(table: Element) -> Iterator[tuple[str, Element]]:
    for column in columns(table):
        yield f"{table['name']}.{column['name']}", column


def _is_said(rule: Element) -> bool:
    never = rule.get("mustBe") == 0
    plain = {"nullValues", "missingValues", "duplicateValues", "invalidValues"}
    return (
        never and str(rule.get("metric")) in plain and "pattern" not in str(rule.get("arguments"))
    )


def _model(table: Element, document: Element, dialect: str) -> dict[str, Any]:
    linked: dict[str, list[tuple[str, str]]] = {}
    constraints: list[dict[str, Any]] = []
    for names, to, keys in references(table, document):
        if len(names) == 1:
            linked.setdefault(names[0], []).append((to, keys[0]))
        else:
            told = {"type": "foreign_key", "columns": names, "to": f"ref('{to}')"}
            constraints.append(told | {"to_columns": keys})
    key = key_of(table)
    if len(key) > 1:
        constraints.insert(0, {"type": "primary_key", "columns": key})
    constraints += [{"type": "unique", "columns": names} for names in unique_sets(table)]
    custom, tests = _own(table)
    return _kept(
        {
            "name": table["name"],
            "description": described(table),
            "config": {"contract": {"enforced": True}, **_meta(table)},
            "constraints": [*constraints, *custom],
            "data_tests": tests,
            "columns": [
                _column(one, key == [one["name"]], linked.get(str(one["name"]), []), dialect)
                for one in columns(table)
            ],
        }
    )


def _column(
    column: Element,
    is_key: bool,
    linked: list[tuple[str, str]],
    dialect: str,
) -> dict[str, Any]:
    required, unique = is_required(column), column.get("unique") is True
    constraints: list[dict[str, Any]] = [{"type": "primary_key"}] if is_key else []
    constraints += [{"type": "not_null"}] if required else []
    constraints += [{"type": "unique"}] if unique else []
    if dialect in CHECKED:
        without = {key: value for key, value in column.items() if key not in {"enum", "quality"}}
        checks = checks_of(without, options(column), dialect)
        constraints += [{"type": "check", "expression": one} for one in checks]
    tests: list[Any] = [
        *(["not_null"] if required else []),
        *(["unique"] if unique or is_key else []),
    ]
    if values := [one for one in allowed(column) if one is not None]:
        text = all(isinstance(one, str) for one in values)
        told = {"values": values} if text else {"values": values, "quote": False}
        tests.append({"accepted_values": {"arguments": told}})
    for to, key in linked:
        tests.append({"relationships": {"arguments": {"to": f"ref('{to}')", "field": key}}})
    custom, own = _own(column)
    meta = _meta(column)
    return _kept(
        {
            "name": column["name"],
            "description": described(column),
            "data_type": sql_type(column, dialect),
            "config": meta,
            "constraints": [*constraints, *custom],
            "data_tests": [*tests, *own],
        }
    )


def _own(element: Element) -> tuple[list[dict[str, Any]], list[Any]]:
    """The constraints and tests that came from dbt, as they were written."""
    constraints, tests = [], []
    for rule in rules(element):
        told = _as_test(rule)
        if told and isinstance(told.get("constraint"), Mapping):
            constraints.append(dict(told["constraint"]))
        elif told:
            tests.append(told["test"] if set(told) == {"test"} else dict(told))
    return constraints, tests


def _as_test(rule: Element) -> Mapping[str, Any] | None:
    told = rule.get("implementation")
    return told if rule.get("engine") == "dbt" and isinstance(told, Mapping) else None


def _meta(element: Element) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if isinstance(element.get("classification"), str):
        meta["classification"] = element["classification"]
    config: dict[str, Any] = {}
    listed = element.get("customProperties")
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, Mapping) or "property" not in one:
            continue
        key = str(one["property"])
        if key.startswith("dbt."):
            config[key.removeprefix("dbt.")] = one.get("value")
        else:
            meta[key] = one.get("value")
    return _kept({**config, "meta": meta, "tags": texts(element, "tags")})


def _kept(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in ("", [], {})}
