"""What a contract promises is judged as its standard has it, by a count that Python agrees with."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.checks.check import Severity, Status
from headgate.checks.evaluate import evaluate
from headgate.contracts.contract import Contract
from headgate.contracts.promises import checks_of, in_force, promises
from headgate.engines.embedded import EmbeddedEngine
from headgate.project.contracts import contracts_in, parse
from headgate.project.yaml import Document
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

Rule = dict[str, Any]


def contract(properties: list[Rule], quality: list[Rule] | None = None, **more: Any) -> Contract:
    head = {"kind": "DataContract", "apiVersion": "v3.2.0", "id": "t", "version": "1.0.0"}
    table = {"name": "t", "properties": properties, "quality": quality or []}
    document = Document({**head, "schema": [{**table, **more.pop("table", {})}], **more}, "t.yaml")
    [found] = contracts_in(document)
    return found


def judged(found: Contract, frame: pl.DataFrame, folder: Path) -> dict[str, list[Status]]:
    """The statuses of a contract's checks over a frame, by the key that promises each."""
    path = folder / "t.parquet"
    frame.write_parquet(path)
    engine = EmbeddedEngine(folder)
    table: Table = engine.table("t", path)
    statuses: dict[str, list[Status]] = {}
    for one in evaluate(engine, table, checks_of(found, parse), beside={"t": table}):
        statuses.setdefault(one.check.kind, []).append(one.status)
    return statuses


COLUMN = [None, "a", "a", "b", "", "n/a", "Z9", "Z9", "Z9", None]
COUNTS: dict[str, tuple[Rule, int]] = {
    "nullValues": ({"metric": "nullValues"}, COLUMN.count(None)),
    "missingValues": (
        {"metric": "missingValues", "arguments": {"missingValues": [None, "", "n/a"]}},
        sum(value in {None, "", "n/a"} for value in COLUMN),
    ),
    "missing texts": (
        {"metric": "missingValues", "arguments": {"missingValues": ["", "n/a"]}},
        sum(value in {"", "n/a"} for value in COLUMN),
    ),
    "validValues": (
        {"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}},
        sum(value not in {None, "a", "b"} for value in COLUMN),
    ),
    "pattern": (
        {"metric": "invalidValues", "arguments": {"pattern": "^[a-z]"}},
        sum(value is not None and not value[:1].islower() for value in COLUMN),
    ),
    "duplicateValues": (
        {"metric": "duplicateValues"},
        sum(n for value, n in Counter(COLUMN).items() if n > 1 and value is not None),
    ),
    "rowCount": ({"metric": "rowCount"}, len(COLUMN)),
    "sql": ({"type": "sql", "query": "select count(${property}) from {object}"}, len([v for v in COLUMN if v is not None])),
}  # fmt: skip
OPERATORS: dict[str, Callable[[float, Any], bool]] = {
    "mustBe": operator.eq,
    "mustNotBe": operator.ne,
    "mustBeGreaterThan": operator.gt,
    "mustBeGreaterOrEqualTo": operator.ge,
    "mustBeLessThan": operator.lt,
    "mustBeLessOrEqualTo": operator.le,
    "mustBeBetween": lambda count, ends: ends[0] <= count <= ends[1],
    "mustNotBeBetween": lambda count, ends: not ends[0] <= count <= ends[1],
}


WITHOUT_PERCENT = {"rowCount", "sql"}  # a number of rows, or of a query, is no percent


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        (name, unit)
        for name in COUNTS
        for unit in ("rows", "percent")
        if unit == "rows" or name not in WITHOUT_PERCENT
    ],
)
def test_every_metric_keeps_every_operator_as_python_does(
    tmp_path: Path, name: str, unit: str
) -> None:
    rule, count = COUNTS[name]
    number = count if unit == "rows" else 100 * count / len(COLUMN)
    wanted, rules = [], []
    for word, holds in OPERATORS.items():
        for near in (number - 1, number, number + 1):
            end: Any = [near, near + 1] if "Between" in word else near
            rules.append({**rule, word: end, **({"unit": unit} if name != "sql" else {})})
            wanted.append(Status.PASSED if holds(number, end) else Status.FAILED)
    # each rule alone: equal ones would be judged once
    import polars as pl

    frame = pl.DataFrame({"a": COLUMN})
    path = tmp_path / "t.parquet"
    frame.write_parquet(path)
    engine = EmbeddedEngine(tmp_path)
    table = engine.table("t", path)
    found = contract([{"name": "a", "logicalType": "string", "quality": rules}])
    ours = [one for one in promises(found, parse) if one.path[-2:-1] == ("quality",)]
    by_rule: dict[Any, bool] = {}
    checks = [one.check for one in ours if one.check]
    for promise, outcome in zip(ours, evaluate(engine, table, checks), strict=True):
        assert outcome.status in {Status.PASSED, Status.FAILED}, outcome.message
        by_rule[promise.path] = by_rule.get(promise.path, True) and outcome.passed
    assert [by_rule[("schema", 0, "properties", 0, "quality", n)] for n in range(len(rules))] == [
        status is Status.PASSED for status in wanted
    ]


@pytest.mark.parametrize("name", [name for name in COUNTS if name not in WITHOUT_PERCENT])
def test_of_no_rows_zero_percent_are_counted(tmp_path: Path, name: str) -> None:
    import polars as pl

    operators = {"mustBeBetween": [0, 5], "mustBeLessThan": 5, "mustNotBe": 0}
    rules = [{**COUNTS[name][0], "unit": "percent", word: end} for word, end in operators.items()]
    frame = pl.DataFrame({"a": pl.Series([], dtype=pl.String)})
    found = contract([{"name": "a", "logicalType": "string", "quality": rules}])
    kind = COUNTS[name][0]["metric"]
    statuses = judged(found, frame, tmp_path)[kind]
    assert statuses == [Status.PASSED, Status.PASSED, Status.FAILED]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-40, 40), min_size=1, max_size=8), st.sampled_from([2, 5, 0.5, 0.1, 3]))
def test_a_multiple_is_what_python_takes_for_one(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], of: float
) -> None:
    found = contract(
        [
            {"name": "a", "logicalType": "number", "logicalTypeOptions": {"multipleOf": of}},
            {"name": "b", "logicalType": "integer", "logicalTypeOptions": {"multipleOf": of}},
        ]
    )
    import polars as pl

    frame = pl.DataFrame({"a": [n * 0.1 for n in numbers], "b": numbers})
    statuses = judged(found, frame, tmp_path_factory.mktemp("t"))["multipleOf"]
    tenths = all(math.isclose(n / (of * 10), round(n / (of * 10)), abs_tol=1e-9) for n in numbers)
    whole = all(math.isclose(n / of, round(n / of), abs_tol=1e-9) for n in numbers)
    assert [one is Status.PASSED for one in statuses] == [tenths, whole]


def frame() -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(
        {
            "id": [1, 2, 2, 3],
            "part": ["x", "x", "y", "y"],
            "mail": ["a@b.de", "nobody", "c@d.de", "e@f.de"],
            "big": [1, 127, 128, 5],
            "day": pl.Series(
                ["2024-01-01", "2024-02-01", "2025-01-01", "2024-05-05"]
            ).str.to_date(),
        }
    )


@pytest.mark.parametrize(
    ("properties", "key", "passes"),
    [
        ([{"name": "id", "logicalType": "integer", "primaryKey": True}, {"name": "part", "logicalType": "string", "primaryKey": True}], "primaryKey", [True, True, True]),
        ([{"name": "id", "logicalType": "integer", "primaryKey": True}], "primaryKey", [True, False]),
        ([{"name": "id", "logicalType": "integer", "unique": True}], "unique", [False]),
        ([{"name": "id", "logicalType": "string"}], "logicalType", [False]),
        ([{"name": "id", "logicalType": "number"}], "logicalType", [True]),
        ([{"name": "id", "logicalType": "integer", "physicalType": "BIGINT"}], "physicalType", [True]),
        ([{"name": "id", "logicalType": "integer", "physicalType": "VARCHAR"}], "physicalType", [False]),
        ([{"name": "part", "logicalType": "string", "physicalType": "VARCHAR(1)"}], "physicalType", [True, True]),
        ([{"name": "mail", "logicalType": "string", "physicalType": "character varying (1)"}], "physicalType", [False]),
        ([{"name": "big", "logicalType": "integer", "logicalTypeOptions": {"format": "i8"}}], "format", [False]),
        ([{"name": "big", "logicalType": "integer", "logicalTypeOptions": {"format": "u8"}}], "format", [True]),
        ([{"name": "mail", "logicalType": "string", "logicalTypeOptions": {"format": "email"}}], "format", [False]),
        ([{"name": "part", "logicalType": "string", "enum": [{"value": "x"}, {"value": "y"}]}], "enum", [True]),
        ([{"name": "part", "logicalType": "string", "enum": [{"value": "x"}]}], "enum", [False]),
        ([{"name": "big", "logicalType": "integer", "logicalTypeOptions": {"exclusiveMaximum": 128}}], "exclusiveMaximum", [False]),
        ([{"name": "big", "logicalType": "integer", "logicalTypeOptions": {"maximum": 128}}], "maximum", [True]),
        ([{"name": "day", "logicalType": "date", "logicalTypeOptions": {"maximum": "2024-12-31"}}], "maximum", [False]),
        ([{"name": "part", "logicalType": "string", "logicalTypeOptions": {"maxLength": 1}}], "maxLength", [True]),
        ([{"name": "part", "logicalType": "string", "logicalTypeOptions": {"pattern": "^x"}}], "pattern", [False]),
        ([{"name": "part", "logicalType": "string", "relationships": [{"to": "t.part"}]}], "relationships", [True]),
        ([{"name": "gone", "logicalType": "string"}], "name", [False]),
        ([{"name": "id", "logicalType": "integer"}, {"name": "count", "logicalType": "integer", "semanticType": "measure"}], "name", [True]),
        ([{"name": "day", "logicalType": "date", "physicalType": "timestamp"}], "logicalType", [False]),
    ],
)  # fmt: skip
def test_types_keys_and_values_are_judged(
    tmp_path: Path, properties: list[Rule], key: str, passes: list[bool]
) -> None:
    statuses = judged(contract(properties), frame(), tmp_path)[key]
    assert [one is Status.PASSED for one in statuses] == passes


def test_rules_of_engines_are_read_in_their_words(tmp_path: Path) -> None:
    great = {"type": "custom", "engine": "greatExpectations"}
    text = "type: expect_table_row_count_to_be_between\nkwargs:\n  minValue: 9\n"
    found = contract(
        [{"name": "id", "logicalType": "integer", "quality": [
            {"type": "custom", "engine": "headgate", "implementation": {"between": {"high": 2}, "not_null": None}},
            {**great, "implementation": {"type": "expect_column_values_to_be_unique"}},
        ]}],
        [{**great, "implementation": text}, {"type": "custom", "engine": "soda", "implementation": "x"}, {"type": "text", "description": "nice"}],
    )  # fmt: skip
    statuses = judged(found, frame(), tmp_path)
    assert statuses["headgate: between"] == [Status.FAILED]
    assert statuses["headgate: not_null"] == [Status.PASSED]
    assert statuses["greatExpectations: expect_column_values_to_be_unique"] == [Status.FAILED]
    assert statuses["greatExpectations: expect_table_row_count_to_be_between"] == [Status.FAILED]
    aside = {one.key: one.aside for one in promises(found, parse) if not one.check}
    assert aside == {"soda": "engine soda is not run here", "text": "text is for people"}


def test_a_rule_that_nothing_can_judge_is_an_error_and_no_pass(tmp_path: Path) -> None:
    broken = [{"metric": "invalidValues", "mustBe": 0, "severity": "info"}]
    found = contract([{"name": "id", "logicalType": "integer", "quality": broken}])
    assert judged(found, frame(), tmp_path)["invalidValues"] == [Status.ERROR]


def test_what_a_rule_says_beside_its_measure_is_kept() -> None:
    rule = {"metric": "nullValues", "mustBe": 0, "severity": "warning", "dimension": "coverage"}
    more = {"description": "all known", "businessImpact": "no letters"}
    found = contract([{"name": "id", "logicalType": "integer", "quality": [{**rule, **more}]}])
    [check] = [one for one in checks_of(found, parse) if one.kind == "nullValues"]
    assert (check.severity, check.dimension) == (Severity.WARN, "coverage")
    assert check.description == "all known (impact: no letters)"


def test_the_status_says_how_loud_a_contract_is() -> None:
    properties = [{"name": "id", "logicalType": "integer", "required": True}]
    loud = {}
    for status in ("draft", "proposed", "active", "deprecated", "retired"):
        found = contract(properties, status=status)
        loud[status] = {one.severity.value for one in in_force(found, checks_of(found, parse))}
    assert loud == {"draft": {"warn"}, "proposed": {"warn"}, "active": {"error"}, "deprecated": {"error"}, "retired": set()}  # fmt: skip
