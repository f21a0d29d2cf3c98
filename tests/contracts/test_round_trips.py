"""A contract that goes to another format and comes back says what both can say."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.formats.from_ddl import contract_of_ddl
from headgate.contracts.formats.from_json_schema import contract_of_json_schema
from headgate.contracts.formats.to_ddl import to_ddl
from headgate.contracts.formats.to_json_schema import to_json_schema
from tests.contracts.standard import contract, faults

NAMES = st.text("aeBc _-<'\"", min_size=1, max_size=6).filter(lambda text: text.strip())
COUNTS = st.integers(0, 9)


def _told(draw: st.DrawFn, words: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    return {key: draw(some) for key, some in words.items() if draw(st.booleans())}


BOUNDS: dict[str, st.SearchStrategy[Any]] = {
    "minimum": st.integers(-9, 0),
    "exclusiveMaximum": st.integers(1, 9),
}
TEXT: dict[str, st.SearchStrategy[Any]] = {
    "minLength": COUNTS,
    "maxLength": st.integers(9, 20),
    "pattern": st.sampled_from(["^[a-z]+$", r"\d{2}", "it's"]),
}


@st.composite
def columns(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    """A column that JSON Schema can say in full."""
    flat = ["string", "integer", "number", "boolean", "date", "time", "timestamp"]
    kind = draw(st.sampled_from(flat + (["object", "array", "map"] if depth else [])))
    column: dict[str, Any] = {"name": draw(NAMES), "logicalType": kind}
    options: dict[str, Any] = {}
    match kind:
        case "string":
            options = _told(draw, TEXT)
            if draw(st.booleans()):
                values = draw(st.lists(st.text(max_size=3), min_size=1, max_size=2, unique=True))
                column["enum"] = [{"value": one} for one in values]
        case "integer" | "number":
            options = _told(draw, BOUNDS)
        case "timestamp":
            options = {"timezone": draw(st.booleans())}
        case "object":
            column["properties"] = draw(listed(depth - 1))
        case "array":
            column["items"] = _unnamed(draw(columns(depth - 1)))
        case "map":
            value = _unnamed(draw(columns(depth - 1)))
            column["map"] = {"key": {"logicalType": "string"}, "value": value}
    if options:
        column["logicalTypeOptions"] = options
    if draw(st.booleans()):
        column["required"] = True
    if draw(st.booleans()):
        column["description"] = draw(st.text("ab '\"\\\n", min_size=1).filter(str.strip))
    return column


def _unnamed(column: dict[str, Any]) -> dict[str, Any]:
    """A column as an element of another, which is never null."""
    return {key: one for key, one in column.items() if key not in {"name", "required"}}


def listed(depth: int = 1) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Columns of different names, in whatever case SQL reads them."""
    return st.lists(
        columns(depth), min_size=1, max_size=4, unique_by=lambda one: str(one["name"]).lower()
    )


@settings(max_examples=50, deadline=None)
@given(found=listed())
def test_json_schema_says_a_contract_again(found: list[dict[str, Any]]) -> None:
    document = contract({"name": "t", "properties": found})
    assert faults(document) == []
    exported = to_json_schema(document)
    again = contract_of_json_schema(json.loads(exported.text), "t", "t.json")
    assert exported.notes == ()
    assert again.notes == ()
    assert _plain(again.document["schema"][0]["properties"]) == _plain(found)
    second = to_json_schema(again.document)
    assert json.loads(second.text) | {"title": ""} == json.loads(exported.text) | {"title": ""}


def _plain(value: Any) -> Any:
    """What is said, in any order of keys."""
    return json.loads(json.dumps(value, sort_keys=True))


SQL_OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "string": TEXT,
    "integer": BOUNDS | {"format": st.sampled_from(["i16", "i32", "i64"])},
    "number": BOUNDS | {"format": st.sampled_from(["f32", "f64"])},
    "timestamp": {"timezone": st.just(value=True)},
}


@st.composite
def sql_columns(draw: st.DrawFn) -> dict[str, Any]:
    """A column that SQL can say in full."""
    kinds = ["string", "integer", "number", "boolean", "date", "time", "timestamp"]
    kind = draw(st.sampled_from(kinds))
    column: dict[str, Any] = {"name": draw(NAMES), "logicalType": kind}
    if options := _told(draw, SQL_OPTIONS.get(kind, {})):
        column["logicalTypeOptions"] = options
    for key in ("required", "unique"):
        if draw(st.booleans()):
            column[key] = True
    if draw(st.booleans()):
        column["description"] = draw(st.text("ab '\"\\", min_size=1).filter(str.strip))
    if kind == "string" and draw(st.booleans()):
        values = draw(st.lists(st.text("a'\\", max_size=3), min_size=1, max_size=2, unique=True))
        column["enum"] = [{"value": one} for one in values]
    return column


def sql_tables() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        sql_columns(), min_size=1, max_size=4, unique_by=lambda one: str(one["name"]).lower()
    )


@settings(max_examples=40, deadline=None)
@given(found=sql_tables(), dialect=st.sampled_from(["duckdb", "postgres"]), keyed=st.booleans())
def test_sql_says_a_contract_again(found: list[dict[str, Any]], dialect: str, keyed: bool) -> None:
    if keyed:
        for place, column in enumerate(reversed(found), start=1):
            column |= {"primaryKey": True, "primaryKeyPosition": place, "required": True}
    exported = to_ddl(contract({"name": "t", "properties": found}), dialect)
    assert exported.notes == ()
    again = contract_of_ddl(exported.text, "t", "t.sql", dialect)
    assert again.notes == ()
    kept = [
        {key: one for key, one in column.items() if key != "physicalType"}
        for column in again.document["schema"][0]["properties"]
    ]
    assert _plain(_without_defaults(kept)) == _plain(_without_defaults(found))
    assert to_ddl(again.document, dialect).text == exported.text


def _without_defaults(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns without the size of a number that SQL always says."""
    plain = []
    for column in found:
        sizes = {"integer": "i64", "number": "f64"}
        told = {"format": sizes[column["logicalType"]]} if column["logicalType"] in sizes else {}
        told |= column.get("logicalTypeOptions", {})
        plain.append({**column, "logicalTypeOptions": told})
    return plain
