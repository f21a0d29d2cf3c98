"""What a contract becomes is accepted by its real readers, who then judge rows alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import psycopg
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from headgate.contracts.formats.from_dbt import contract_of_dbt
from headgate.contracts.formats.to_dbt import to_dbt
from headgate.contracts.formats.to_ddl import DIALECTS, to_ddl
from headgate.contracts.formats.to_json_schema import to_json_schema
from headgate.contracts.formats.to_pydantic import to_pydantic
from tests.contracts.standard import EVERY_TYPE, contract, faults
from tests.postgres import Server

GOOD: dict[str, Any] = {
    "text": "abc",
    "day": "2024-02-29",
    "at": "2024-01-01T10:00:00Z",
    "local": "2024-01-01T10:00:00",
    "hour": "10:00:00Z",
    "share": 0.5,
    "count": 3,
    "place": {"lat": 1.5, "the name": None},
    "tags": ["x"],
    "is it?": True,
    "sizes": {"s": 1},
    "near": [0.1, 0.2, 0.3],
    "kind": "a",
}
BAD: list[tuple[str, Any]] = [
    ("text", None), ("text", ""), ("text", "abcdef"), ("text", "ABC"), ("text", 5),
    ("day", "2024-02-30"), ("at", "yesterday"), ("at", "2024-01-01T10:00:00"),
    ("local", "2024-01-01T10:00:00Z"), ("share", 1), ("share", "0.5"), ("count", -1),
    ("count", 10), ("count", 1.5), ("count", True), ("place", {"the name": "x"}),
    ("place", {"lat": "x"}), ("tags", "x"), ("tags", [1]), ("is it?", "true"),
    ("sizes", {"s": "x"}), ("near", [0.1]), ("kind", "c"),
]  # fmt: skip
"""Values that the contract refuses, each for a reason of its own."""

Accepts = Callable[[dict[str, Any]], bool]


@pytest.fixture(scope="module")
def by_json_schema() -> Accepts:
    schema = json.loads(to_json_schema(contract(EVERY_TYPE)).text)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return lambda row: bool(judge.is_valid(row))


@pytest.fixture(scope="module")
def by_pydantic() -> Accepts:
    names: dict[str, Any] = {"__name__": "models"}
    source = to_pydantic(contract(EVERY_TYPE)).text
    exec(compile(source, "models.py", "exec", dont_inherit=True), names)  # noqa: S102
    model: type[BaseModel] = names["Things"]

    def accepts(row: dict[str, Any]) -> bool:
        try:
            model.model_validate_json(json.dumps(row))
        except ValidationError:
            return False
        return True

    return accepts


def test_the_contract_that_is_exported_here_is_one_of_the_standard() -> None:
    assert faults(contract(EVERY_TYPE)) == []


def test_json_schema_and_pydantic_accept_and_refuse_the_same_rows(
    by_json_schema: Accepts, by_pydantic: Accepts
) -> None:
    for row in (GOOD, {"text": "abc"}, dict.fromkeys(GOOD) | {"text": "a"}):
        assert by_json_schema(row), row
        assert by_pydantic(row), row
    for name, value in BAD:
        row = GOOD | {name: value}
        assert not by_json_schema(row), (name, value)
        assert not by_pydantic(row), (name, value)
    assert not by_json_schema({})
    assert not by_pydantic({})


def test_no_name_of_a_contract_becomes_code_of_its_models() -> None:
    names: dict[str, Any] = {"__name__": "models"}
    evil = contract(EVERY_TYPE) | {"name": 'x"""; made_up = 1; """\n\\'}
    source = to_pydantic(evil).text
    exec(compile(source, "models.py", "exec", dont_inherit=True), names)  # noqa: S102
    assert "made_up" not in names
    assert "made_up" in names["__doc__"]


# ------------------------------------------------------------------ SQL

ODD: dict[str, Any] = {
    "name": "Odd Table",
    "description": 'it\'s \\ "odd"',
    "properties": [
        {"name": "a b", "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "user", "logicalType": "string", "primaryKey": True, "primaryKeyPosition": 1},
        {
            "name": 'q"x',
            "logicalType": "string",
            "unique": True,
            "enum": [{"value": "it's"}, {"value": "b\\"}],
            "description": "50% of 'x'",
        },
        {"name": "price", "logicalType": "number", "physicalType": "DECIMAL(6,2)"},
    ],
    "quality": [
        {"metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["a b", "price"]}}
    ],
}
PART: dict[str, Any] = {
    "name": "part",
    "properties": [
        {"name": "id", "logicalType": "integer"},
        {"name": "whole", "logicalType": "string"},
        {"name": "other", "logicalType": "integer", "relationships": [{"to": "absent.id"}]},
        {"name": "parent", "logicalType": "string", "relationships": [{"to": "things.text"}]},
    ],
    "relationships": [
        {
            "from": ["/schema/part/properties/whole", "/schema/part/properties/id"],
            "to": ["/schema/o/properties/u", "/schema/o/properties/n"],
        }
    ],
}


def shop() -> dict[str, Any]:
    """Tables that refer to each other, the referring one first."""
    odd = json.loads(json.dumps(ODD)) | {"id": "o"}
    odd["properties"][0]["id"], odd["properties"][1]["id"] = "n", "u"
    return contract(PART, odd, EVERY_TYPE)


def test_duckdb_runs_the_ddl_and_holds_every_promise() -> None:
    import duckdb

    found = to_ddl(shop(), "duckdb")
    with duckdb.connect() as base:
        base.execute(found.text)
        base.execute("""insert into "Odd Table" values (1, 'x', 'it''s', 1.5)""")
        base.execute("insert into part values (1, 'x', 7, 'y')")
        base.execute("insert into things (text, count, kind, near) values ('a', 0, 'b', [1,2,3])")
        for wrong in (
            """insert into "Odd Table" values (1, 'x', 'b\\', 2)""",
            """insert into "Odd Table" values (2, 'x', 'it''s', 2)""",
            """insert into "Odd Table" values (2, 'x', 'no', 2)""",
            """insert into "Odd Table" values (1, 'z', 'b\\', 1.5)""",
            """insert into "Odd Table" values (1, null, 'b\\', 9)""",
            "insert into part values (2, 'x', 7, 'y')",
            "insert into things (text) values (null)",
            "insert into things (text) values ('abcdef')",
            "insert into things (text) values ('ABC')",
            "insert into things (text, count) values ('a', -1)",
            "insert into things (text, share) values ('a', 1)",
            "insert into things (text, kind) values ('a', 'c')",
        ):
            with pytest.raises(duckdb.Error):
                base.execute(wrong)
        told = base.execute(
            "select comment from duckdb_columns() where column_name = 'q\"x'"
        ).fetchone()
    assert told == ("50% of 'x'",)
    notes = "\n".join(found.notes)
    assert "part(other) refers to absent(id), which is of another contract" in notes
    assert "part(parent) refers to things(text), which is no key there" in notes


def test_postgres_accepts_its_ddl_and_holds_it(postgres: Server) -> None:
    with psycopg.connect(postgres.fresh(), autocommit=True) as base:
        base.execute(to_ddl(shop(), "postgres").text.encode())
        base.execute("""insert into "Odd Table" values (1, 'x', 'b\\', 1.5)""")
        for wrong in (
            """insert into "Odd Table" values (2, 'x', 'no', 1.5)""",
            "insert into part values (2, 'x', 7, 'y')",
            "insert into things (text) values ('ABC')",
        ):
            with pytest.raises(psycopg.errors.IntegrityError):
                base.execute(wrong.encode())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_can_say_every_type_and_its_own_parser_reads_it(dialect: str) -> None:
    import sqlglot
    from sqlglot import exp

    found = to_ddl(contract(EVERY_TYPE), dialect)
    create = sqlglot.parse(found.text, dialect=dialect)[0]
    assert isinstance(create, exp.Create)
    assert [one.name for one in create.find_all(exp.ColumnDef) if one.parent is create.this] == [
        column["name"] for column in EVERY_TYPE["properties"]
    ]
    told = "\n".join(found.notes)
    assert ("enum of things.kind" in told) == (dialect in {"snowflake", "bigquery", "spark"})


# ------------------------------------------------------------------ dbt


def test_a_schema_yml_says_the_contract_again_when_it_is_read() -> None:
    table = {
        "name": "orders",
        "description": "What was bought.",
        "tags": ["core"],
        "properties": [
            {"name": "id", "logicalType": "integer", "required": True, "unique": True},
            {"name": "kind", "logicalType": "string", "enum": [{"value": "a"}]},
            {
                "name": "who",
                "logicalType": "string",
                "classification": "restricted",
                "relationships": [{"type": "foreignKey", "to": "people.id"}],
                "quality": [
                    {"type": "custom", "engine": "dbt", "implementation": {"test": "x.y"}},
                    {"type": "text", "description": "well known"},
                ],
            },
        ],
    }
    found = to_dbt(contract(table), "postgres")
    assert found.notes == ("dbt has no word for the rule text of orders.who",)
    body = yaml.safe_load(found.text)
    assert body["models"][0]["config"]["contract"] == {"enforced": True}
    again = contract_of_dbt(body, "s", "s.yml", "postgres").document["schema"][0]
    assert (again["description"], again["tags"]) == (table["description"], table["tags"])
    kept = {one["name"]: one for one in again["properties"]}
    assert kept["id"]["required"]
    assert kept["id"]["unique"]
    assert kept["kind"]["enum"] == [{"value": "a"}]
    assert kept["who"]["classification"] == "restricted"
    assert kept["who"]["relationships"] == [{"type": "foreignKey", "to": "people.id"}]
    assert [one["implementation"] for one in kept["who"]["quality"]] == [{"test": "x.y"}]


def test_what_a_format_cannot_say_is_told_also_where_it_is_zero() -> None:
    column = {
        "name": "n",
        "logicalType": "integer",
        "logicalTypeOptions": {"minimum": 0},
        "classification": "public",
    }
    document = contract({"name": "t", "properties": [column]}, slaProperties=[{"property": "x"}])
    assert to_json_schema(document).notes == (
        "JSON Schema has no word for service levels",
        "JSON Schema has no word for classification of t.n",
    )
    assert "spark has no word for minimum of t.n" in to_ddl(document, "spark").notes
