"""Outcomes can be given to whoever reads Great Expectations' own results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.checks.check import Check, Outcome, Range, Severity
from headgate.checks.evaluate import evaluate
from headgate.checks.great_expectations import as_gx_result
from headgate.checks.metric import Completeness
from headgate.checks.suite import read_suite
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable


@pytest.fixture
def shops(make: MakeTable) -> Table:
    import polars as pl

    return make(
        pl.DataFrame({"a": [1, 2, None, 9], "b": [1, 3, None, 9], "k": ["p", "q", "p", "{"]})
    )


def outcome(table: Table, kind: str, **keywords: Any) -> Outcome:
    listed = {"type": kind, "kwargs": keywords, "id": "7", "severity": "warning", "meta": {"x": 1}}
    checks = read_suite(json.dumps({"expectations": [listed]}), "suite.json")
    [found] = evaluate(EmbeddedEngine(), table, checks, beside={"other": table})
    return found


def test_a_row_rule_has_its_counts_and_its_first_rows(shops: Table) -> None:
    found = outcome(shops, "expect_column_values_to_be_between", column="a", max_value=2)
    assert as_gx_result(found) == {
        "success": False,
        "expectation_config": {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "a", "max_value": 2},
            "meta": {"x": 1},
            "severity": "warning",
            "id": "7",
        },
        "result": {
            "element_count": 4,
            "unexpected_count": 1,
            "unexpected_percent": pytest.approx(100 / 3),
            "partial_unexpected_list": [9],
            "missing_count": 1,
            "missing_percent": 25.0,
            "unexpected_percent_total": 25.0,
            "unexpected_percent_nonmissing": pytest.approx(100 / 3),
        },
        "meta": {},
        "exception_info": {
            "raised_exception": False,
            "exception_message": None,
            "exception_traceback": None,
        },
    }


@pytest.mark.parametrize(
    ("kind", "keywords", "result"),
    [
        ("expect_column_max_to_be_between", {"column": "a"}, {"observed_value": 9}),
        (
            "expect_column_distinct_values_to_equal_set",
            {"column": "k", "value_set": ["p", "q", "r"]},
            {
                "observed_value": None,
                "unexpected_count": 1,
                "partial_unexpected_list": ["{"],
                "missing_count": 1,
                "partial_missing_list": ["r"],
            },
        ),
        (
            "expect_column_most_common_value_to_be_in_set",
            {"column": "k", "value_set": ["p"]},
            {"observed_value": ["p"]},
        ),
        (
            "expect_column_quantile_values_to_be_between",
            {
                "column": "a",
                "quantile_ranges": {"quantiles": [0, 1], "value_ranges": [[2, None], [9, 9]]},
            },
            {
                "observed_value": {"quantiles": [0.0, 1.0], "values": [1, 9]},
                "details": {"success_details": [False, True]},
            },
        ),
        (
            "expect_column_kl_divergence_to_be_less_than",
            {
                "column": "k",
                "partition_object": {"values": ["p"], "weights": [1]},
                "threshold": 1,
            },
            {"observed_value": None},
        ),
        (
            "expect_table_columns_to_match_set",
            {"column_set": ["k", "a"]},
            {"observed_value": ["a", "b", "k"]},
        ),
        (
            "expect_table_row_count_to_equal_other_table",
            {"other_table_name": "other"},
            {"observed_value": {"self": 4, "other": 4}},
        ),
        (
            "unexpected_rows_expectation",
            {"unexpected_rows_query": "SELECT * FROM {batch} WHERE a > 1;"},
            {"observed_value": 2},
        ),
        (
            "expect_query_results_to_match_comparison",
            {
                "base_query": "SELECT k FROM {batch} WHERE a > 0",
                "comparison_data_source_name": "other",
                "comparison_query": "SELECT k FROM other",
            },
            {"unexpected_count": 1, "unexpected_percent": 25.0},
        ),
    ],
)
def test_other_results_have_the_shape_that_is_read_there(
    shops: Table, kind: str, keywords: dict[str, Any], result: dict[str, Any]
) -> None:
    assert as_gx_result(outcome(shops, kind, **keywords))["result"] == result


def test_rows_of_several_columns_are_pairs_or_records(shops: Table) -> None:
    pair = outcome(shops, "expect_column_pair_values_to_be_equal", column_A="a", column_B="b")
    assert as_gx_result(pair)["result"]["partial_unexpected_list"] == [[2, 3]]
    many = outcome(shops, "expect_multicolumn_values_to_be_equal", column_list=["b", "a"])
    assert as_gx_result(many)["result"]["partial_unexpected_list"] == [{"b": 3, "a": 2}]


def test_what_could_not_be_judged_raised(shops: Table) -> None:
    result = as_gx_result(outcome(shops, "expect_column_values_to_not_be_null", column="z"))
    assert (result["success"], result["result"]) == (False, {})
    assert result["exception_info"]["raised_exception"] is True
    assert "no column 'z'" in result["exception_info"]["exception_message"]


def test_a_check_from_elsewhere_has_its_columns_for_keywords(shops: Table) -> None:
    check = Check("completeness", Completeness(("a", "b")), Range(0.9), Severity.INFO)
    [found] = evaluate(EmbeddedEngine(), shops, [check])
    result = as_gx_result(found)
    assert result["expectation_config"]["kwargs"] == {"column_list": ["a", "b"]}
    assert result["expectation_config"]["severity"] == "info"
    assert result["result"] == {"observed_value": 0.75}


def test_results_are_json(shops: Table) -> None:
    found = outcome(shops, "expect_column_values_to_be_json_parseable", column="k")
    assert json.loads(json.dumps(as_gx_result(found)))["result"]["unexpected_count"] == 4
    assert json.loads(json.dumps(found.as_json()))["unexpected"] == 4


# ------------------------------------------------------------------ queries of a person's own


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM nowhere",
        "SELECT * FROM {batch}; SELECT 1",
        "COPY data TO '/tmp/stolen.csv'",
        "SELECT * FROM {batch}) --",
    ],
)
def test_a_query_sees_the_table_and_nothing_else(shops: Table, query: str) -> None:
    found = outcome(shops, "unexpected_rows_expectation", unexpected_rows_query=query)
    assert found.status.value == "error"
    assert found.closes_gate


def test_a_query_may_name_the_table_and_hold_braces(shops: Table) -> None:
    by_name = outcome(
        shops, "unexpected_rows_expectation", unexpected_rows_query="SELECT * FROM sales"
    )
    assert by_name.message == "the query gives 4 rows"
    braces = "SELECT * FROM {batch} WHERE k = '{{' -- a comment"
    assert outcome(shops, "unexpected_rows_expectation", unexpected_rows_query=braces).observed == 1


def test_a_dataset_that_nobody_has_is_named(shops: Table) -> None:
    found = outcome(
        shops,
        "expect_query_results_to_match_comparison",
        base_query="SELECT 1",
        comparison_data_source_name="nowhere",
        comparison_query="SELECT 1",
    )
    assert found.message == "no dataset 'nowhere' to compare the rows with"
