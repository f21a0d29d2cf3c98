"""What other formats say of tables becomes a contract that the standard accepts, or is told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from headgate.contracts.formats.document import Imported
from headgate.contracts.formats.from_dbt import contract_of_dbt
from headgate.contracts.formats.from_ddl import contract_of_ddl
from headgate.contracts.formats.from_gx import contract_of_gx
from headgate.contracts.formats.from_json_schema import contract_of_json_schema
from headgate.contracts.formats.from_table import contract_of_table
from headgate.contracts.lint import lint
from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame, Value
from headgate.errors import DeclarationError
from headgate.observe.read import AT_ONCE
from headgate.project.yaml import read_yaml
from headgate.runs.validation import read_file
from headgate.schema.table import Table
from tests.contracts.standard import faults

DDL = """
create table shop.customers (id bigint primary key, email varchar(80) not null unique);
create table "Order Lines" (
  id bigint, line int not null default 1 check (line between 1 and 99),
  customer bigint references customers,
  kind text check (kind in ('a', 'it''s')), code text check (code ~ '^[A-Z]+$'),
  price numeric(10, 2) check (price >= 0 and price < 1000.5),
  name text check (length(name) > 2), at timestamptz, tags text[], wait interval,
  constraint pk primary key (line, id), unique (customer, at), check (id > line)
);
comment on column "Order Lines".price is 'in euro';
insert into customers values (1);
"""


def columns(found: Imported, table: int = 0) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in found.document["schema"][table]["properties"]}


# ------------------------------------------------------------------ SQL


def test_ddl_keeps_types_keys_references_and_checks_and_tells_the_rest() -> None:
    found = contract_of_ddl(DDL, "shop", "shop.sql", "postgres")
    assert faults(found.document) == []
    lines = columns(found, 1)
    assert found.document["schema"][1]["name"] == "Order_Lines"
    assert lines["price"] == {
        "name": "price",
        "logicalType": "number",
        "physicalType": "DECIMAL(10, 2)",
        "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 1000.5},
        "description": "in euro",
    }
    assert lines["line"]["logicalTypeOptions"] == {"format": "i32", "minimum": 1, "maximum": 99}
    assert [lines[name].get("primaryKeyPosition") for name in ("line", "id")] == [1, 2]
    assert [one["value"] for one in lines["kind"]["enum"]] == ["a", "it's"]
    assert lines["code"]["logicalTypeOptions"] == {"pattern": "^[A-Z]+$"}
    assert lines["name"]["logicalTypeOptions"] == {"minLength": 3}
    assert lines["customer"]["relationships"] == [{"type": "foreignKey", "to": "customers.id"}]
    assert lines["at"]["logicalTypeOptions"] == {"timezone": True}
    assert lines["tags"]["items"] == {"logicalType": "string"}
    assert columns(found)["email"] == {
        "name": "email",
        "logicalType": "string",
        "physicalType": "VARCHAR(80)",
        "logicalTypeOptions": {"maxLength": 80},
        "required": True,
        "unique": True,
    }
    rules = found.document["schema"][1]["quality"]
    assert [rule.get("metric", rule["type"]) for rule in rules] == ["duplicateValues", "sql"]
    assert rules[1]["query"] == "SELECT count(*) FROM {object} WHERE NOT (id > line)"
    assert "no word for INTERVAL" in found.remarks["schema", 1, "properties", 9]
    told = "\n".join(found.notes)
    for word in ("'Order Lines' is no name", "DEFAULT 1", "INSERT INTO customers"):
        assert word in told


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("bigquery", "create table `p.d.t` (a int64 options (description='x')) {}"),
        ("mysql", "create table `t` (`a` bigint comment 'x') engine=InnoDB comment='all'"),
        ("snowflake", "create table d.t (a bigint comment 'x') comment = 'all'"),
        ("spark", "create table t (a bigint comment 'x') using delta comment 'all'"),
    ],
)
def test_each_dialect_has_words_of_its_own_for_a_description(dialect: str, text: str) -> None:
    found = contract_of_ddl(text.format("options (description='all')"), "t", "t.sql", dialect)
    assert found.document["schema"][0]["description"] == "all"
    assert columns(found)["a"]["description"] == "x"
    assert columns(found)["a"]["logicalType"] == "integer"


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("create table x (a int,\n  b b b b)", "not SQL: ", "a.sql:2"),
        ("create table x (a 'in", "not SQL: ", "a.sql:1"),
        (
            "create table y (b int);\ncreate table x (a int) partition by b c;",
            "not understood",
            "a.sql:2",
        ),
        ("select 1", "no table with columns is created", "a.sql:1"),
    ],
)
def test_sql_that_creates_no_table_is_an_error_with_its_line(
    text: str, what: str, where: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        contract_of_ddl(text, "x", "a.sql", "postgres")
    assert what in caught.value.what
    assert caught.value.where == where


# ------------------------------------------------------------------ JSON Schema

PERSON: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "A person",
    "type": "object",
    "required": ["id", "home", "who"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "who": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
        "born": {"type": ["string", "null"], "format": "date"},
        "kind": {"enum": ["a", "b", None]},
        "home": {"$ref": "#/definitions/a~1b"},
        "marks": {"type": "array", "items": {"type": "number"}, "uniqueItems": True},
        "more": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "old": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        "any": {"type": ["string", "integer"]},
        "secret": {"type": "string", "contentEncoding": "base64"},
    },
    "definitions": {
        "a/b": {"type": "object", "properties": {"zip": {"type": "string"}}, "required": ["zip"]}
    },
}


def test_a_json_schema_keeps_types_bounds_references_and_nested_objects() -> None:
    found = contract_of_json_schema(PERSON, "person", "person.json")
    assert faults(found.document) == []
    known = columns(found)
    assert known["id"]["required"]
    assert known["id"]["logicalTypeOptions"] == {"minimum": 1}
    assert "required" not in known["who"], "a null may stand there"
    assert known["who"]["logicalTypeOptions"] == {"maxLength": 9}
    assert known["born"]["logicalType"] == "date"
    assert [one["value"] for one in known["kind"]["enum"]] == ["a", "b"]
    assert known["home"]["properties"] == [
        {"name": "zip", "logicalType": "string", "required": True}
    ]
    assert known["marks"]["items"] == {"logicalType": "number"}
    assert known["marks"]["logicalTypeOptions"] == {"uniqueItems": True}
    assert known["more"]["map"]["value"] == {"logicalType": "boolean"}
    assert known["old"]["logicalTypeOptions"] == {"exclusiveMinimum": 0}
    assert "string is a guess" in found.remarks["schema", 0, "properties", 8]
    told = "\n".join(found.notes)
    for word in ("#/properties/any: one of several types", "contentEncoding", "who: it has to be"):
        assert word in told


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"type": "string"}, "about no object"),
        ({"properties": {"a": {"$ref": "#/$defs/no"}}}, "names nothing in the file"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "leads out of the file"),
        (
            {
                "$ref": "#/$defs/node",
                "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}},
            },
            "describes itself",
        ),
        ({"$ref": "#"}, "circle"),
    ],
)
def test_a_schema_that_cannot_be_a_table_is_an_error(given: dict[str, Any], what: str) -> None:
    with pytest.raises(DeclarationError, match=what):
        contract_of_json_schema(given, "x", "x.json")


# ------------------------------------------------------------------ dbt

DBT = """
models:
  - name: orders
    description: What was bought.
    config: {materialized: table, meta: {owner: ada}, tags: [core]}
    constraints:
      - {type: primary_key, columns: [shop, id]}
      - {type: check, expression: id > 0}
    columns:
      - {name: id, data_type: bigint, tests: [unique, not_null]}
      - {name: shop, data_type: varchar(3), meta: {classification: public}}
      - {name: kind, data_type: text, tests: [{accepted_values: {values: [a, b]}}]}
      - name: customer
        data_tests:
          - relationships: {arguments: {to: ref('customers'), field: id}}
          - not_null: {config: {where: kind = 'a'}}
          - dbt_utils.at_least_one
    versions: [{v: 1}]
sources:
  - name: raw
    tables: [{name: customers, columns: [{name: id}]}]
"""


def test_dbt_tests_become_the_standards_words_and_others_are_kept_as_they_are() -> None:
    found = contract_of_dbt(read_yaml(DBT, "s.yml").data, "s", "s.yml", "postgres")
    assert faults(found.document) == []
    orders, known = found.document["schema"][0], columns(found)
    assert [table["name"] for table in found.document["schema"]] == ["orders", "customers"]
    assert (orders["description"], orders["tags"]) == ("What was bought.", ["core"])
    assert {one["property"]: one["value"] for one in orders["customProperties"]} == {
        "owner": "ada",
        "dbt.materialized": "table",
    }
    assert known["id"]["unique"]
    assert [known[name]["primaryKeyPosition"] for name in ("shop", "id")] == [1, 2]
    assert known["shop"]["classification"] == "public"
    assert [one["value"] for one in known["kind"]["enum"]] == ["a", "b"]
    assert known["customer"]["relationships"] == [{"type": "foreignKey", "to": "customers.id"}]
    kept = [rule["implementation"] for rule in known["customer"]["quality"]]
    assert kept == [
        {"not_null": {"config": {"where": "kind = 'a'"}}},
        {"test": "dbt_utils.at_least_one"},
    ]
    [rule] = orders["quality"]
    assert rule["implementation"] == {"constraint": {"type": "check", "expression": "id > 0"}}
    assert found.notes == ("orders: versions is not said in a contract",)


# ------------------------------------------------------------------ Great Expectations

SUITE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("expect_column_to_exist", {"column": "note"}, {}),
    ("expect_column_values_to_not_be_null", {"column": "id"}, {}),
    ("expect_column_values_to_be_of_type", {"column": "id", "type_": "int64"}, {}),
    ("expect_column_values_to_be_between", {"column": "id", "min_value": 1, "strict_min": True}, {}),
    ("expect_column_values_to_be_in_set", {"column": "kind", "value_set": ["a", "b"]}, {}),
    ("expect_column_values_to_be_unique", {"column": "kind"}, {"severity": "warning"}),
    ("expect_column_values_to_not_be_null", {"column": "kind", "mostly": 0.95}, {}),
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 9}, {}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["id", "kind"]}, {}),
    ("expect_column_mean_to_be_between", {"column": "id", "max_value": 4}, {"meta": {"by": "ada"}}),
    ("expect_column_values_to_be_in_set", {"column": "id", "value_set": [1], "mostly": 0.5}, {}),
]  # fmt: skip


@pytest.mark.parametrize("word", ["type", "expectation_type"])
def test_a_suite_becomes_words_metrics_and_kept_expectations_and_loses_none(word: str) -> None:
    listed = [{word: kind, "kwargs": kwargs, **more} for kind, kwargs, more in SUITE]
    found = contract_of_gx(json.dumps({"expectations": listed}), "rows", "s.json")
    assert faults(found.document) == []
    table, known = found.document["schema"][0], columns(found)
    assert list(known) == ["note", "id", "kind"]
    assert known["id"]["required"]
    assert known["id"]["logicalType"] == "integer"
    assert known["id"]["logicalTypeOptions"] == {"exclusiveMinimum": 1}
    assert [one["value"] for one in known["kind"]["enum"]] == ["a", "b"]
    assert known["kind"]["quality"] == [
        {"type": "library", "severity": "warning", "metric": "duplicateValues", "mustBe": 0},
        {"type": "library", "metric": "nullValues", "mustBeLessOrEqualTo": 5.0, "unit": "percent"},
    ]
    assert [rule["metric"] for rule in table["quality"]] == ["rowCount", "duplicateValues"]
    mean, share = known["id"]["quality"]
    assert mean["engine"] == "greatExpectations"
    assert mean["implementation"] == {
        "type": "expect_column_mean_to_be_between",
        "kwargs": {"column": "id", "max_value": 4},
        "meta": {"by": "ada"},
    }
    assert share["implementation"]["kwargs"]["mostly"] == 0.5


def test_values_that_no_type_can_have_are_told_and_left_out() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "maxLength": -1},
            "b": {"type": "integer", "minimum": True, "maximum": 5},
            "": {"type": "string"},
        }
    }
    found = contract_of_json_schema(schema, "x", "x.json")
    assert faults(found.document) == []
    assert columns(found)["b"]["logicalTypeOptions"] == {"maximum": 5}
    assert found.notes == (
        "x.a: maxLength -1 is none for the type string",
        "x.b: minimum True is none for the type integer",
    )


def test_what_a_source_says_twice_or_cannot_mean_never_makes_a_contract_that_is_none() -> None:
    schema = {"properties": {"a": {"type": "integer", "enum": [1, "x"]}, "b": {"enum": [1, 2.5]}}}
    crossed = {"column": "c", "min_value": 5, "max_value": 1}
    mixed = {"column": "d", "value_set": ["a", 1]}
    suite = [
        {"type": "expect_column_values_to_be_between", "kwargs": crossed},
        {"type": "expect_column_values_to_be_in_set", "kwargs": mixed},
    ]
    dbt = "models: [{name: t, columns: [{name: a, data_type: int}, {name: a, data_type: text}]}]"
    found = [
        contract_of_json_schema(schema, "x", "x.json"),
        contract_of_gx(json.dumps({"expectations": suite}), "x", "s.json"),
        contract_of_ddl("create table x (a int, b text, a int)", "x", "x.sql", "postgres"),
        contract_of_dbt(read_yaml(dbt, "s.yml").data, "s", "s.yml", "postgres"),
    ]
    for one in found:
        assert lint(one.document, str, read_yaml) == []
    assert [one.notes for one in found] == [
        ("x.a: 'x' is no integer, which the property is",),
        (
            "x.c: minimum 5 and maximum 1 leave no value",
            "x.d: 1 is no string, which the property is",
        ),
        ("x.a is there twice: the first one counts",),
        ("t.a is described twice: the first one counts",),
    ]
    known = columns(found[0])
    assert [one["value"] for one in known["a"]["enum"]] == [1]
    assert known["b"]["logicalType"] == "number"


def test_a_column_whose_bounds_are_kept_as_they_are_holds_numbers() -> None:
    kwargs = {"column": "a", "min_value": 0, "max_value": 9, "mostly": 0.9}
    suite = {"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": kwargs}]}
    found = contract_of_gx(json.dumps(suite), "x", "s.json")
    assert columns(found)["a"]["logicalType"] == "number"
    assert "is it an integer" in found.remarks["schema", 0, "properties", 0]


def test_what_dbt_says_around_its_tables_is_told() -> None:
    text = """
sources:
  - name: raw
    freshness: {warn_after: {count: 12, period: hour}}
    tables: [{name: t}]
unit_tests: [{name: x}]
"""
    found = contract_of_dbt(read_yaml(text, "s.yml").data, "s", "s.yml", "postgres")
    assert found.notes == (
        "unit_tests is not said in a contract",
        "source raw: freshness is not said in a contract",
    )


# ------------------------------------------------------------------ samples


def test_a_sample_says_types_and_what_is_never_missing_and_suspects_personal_data(
    tmp_path: Path,
) -> None:
    rows = [f"{n},p{n}@x.org,{n}.5,2024-01-0{n},{'' if n == 2 else 'x'}" for n in range(1, 7)]
    (tmp_path / "o.csv").write_text("id,mail,price,day,note\n" + "\n".join(rows) + "\n")
    engine = EmbeddedEngine(tmp_path)
    with read_file(engine, tmp_path / "o.csv") as file:
        found = contract_of_table(engine, file.table, "orders")
    assert faults(found.document) == []
    known = columns(found)
    assert {name: one["logicalType"] for name, one in known.items()} == {
        "id": "integer", "mail": "string", "price": "number", "day": "date", "note": "string",
    }  # fmt: skip
    assert [name for name, one in known.items() if one.get("required")] == [
        "id", "mail", "price", "day",
    ]  # fmt: skip
    assert known["mail"]["classification"] == "restricted"
    assert "e-mail" in found.remarks["schema", 0, "properties", 1]
    assert "if it names a row" in found.remarks["schema", 0, "properties", 0]
    assert not any(one.get("unique") or one.get("primaryKey") for one in known.values())


class Counting(EmbeddedEngine):
    """The engine, with how many statements it was asked."""

    asked = 0

    def measure(
        self,
        table: Table | Frame,
        statement: str,
        parameters: Sequence[Value],
        beside: Mapping[str, Table | Frame] | None = None,
    ) -> list[tuple[Value, ...]]:
        self.asked += 1
        return super().measure(table, statement, parameters, beside)


def test_a_wide_sample_is_looked_at_in_few_statements_and_says_what_narrow_ones_say(
    tmp_path: Path,
) -> None:
    import polars as pl

    rows = 8
    kinds = (
        [f"p{n}@x.org" for n in range(rows)],  # an e-mail
        list(range(rows)),  # a key
        [n // 2 for n in range(rows)],
        [None, *(f"t{n}" for n in range(1, rows))],  # all differ, and one is missing
        [None] * rows,
        [n / 2 for n in range(rows)],
    )
    frame = pl.DataFrame({f"c{n}": kinds[n % len(kinds)] for n in range(200)})
    frame = frame.with_columns(pl.col("c5").alias("C5"))  # the two cannot be told apart
    frame.write_parquet(tmp_path / "wide.parquet")
    engine = Counting(tmp_path)
    wide = contract_of_table(engine, engine.table("wide", tmp_path / "wide.parquet"), "wide")
    assert engine.asked <= 2 * -(-len(frame.columns) // AT_ONCE)

    for place, name in enumerate(frame.columns[:-1]):
        path = tmp_path / "narrow.parquet"
        frame.select(name).write_parquet(path)
        narrow = contract_of_table(engine, engine.table("narrow", path), "narrow")
        assert columns(wide)[name] == columns(narrow)[name]
        keys = ("schema", 0, "properties")
        assert wide.remarks.get((*keys, place)) == narrow.remarks.get((*keys, 0))
    assert len([one for one in columns(wide).values() if "classification" in one]) == 34
    assert len(wide.remarks) == 34 + 34


def test_the_types_of_a_parquet_file_are_kept_nested_ones_too(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        {"a": [[1, 2]], "b": [{"c": "x", "d": None}], "e": [b"x"], "f": [1.5]},
        schema={
            "a": pl.List(pl.Int16),
            "b": pl.Struct({"c": pl.String, "d": pl.Date}),
            "e": pl.Binary,
            "f": pl.Decimal(9, 2),
        },
    )
    frame.write_parquet(tmp_path / "n.parquet")
    engine = EmbeddedEngine(tmp_path)
    with read_file(engine, tmp_path / "n.parquet") as file:
        found = contract_of_table(engine, file.table, "n")
    assert faults(found.document) == []
    known = columns(found)
    assert known["a"]["items"] == {
        "logicalType": "integer",
        "logicalTypeOptions": {"format": "i16"},
    }
    assert [(one["name"], one["logicalType"]) for one in known["b"]["properties"]] == [
        ("c", "string"),
        ("d", "date"),
    ]
    assert known["e"]["logicalTypeOptions"] == {"format": "binary"}
    assert known["f"]["physicalType"] == "DECIMAL(9,2)"
