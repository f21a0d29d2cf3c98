"""Great Expectations suites are read whole, or refused with the place of what is not understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.checks.check import Check, Match, Names, Range, Severity, Share
from headgate.checks.expectations import EXPECTATIONS, NOT_YET
from headgate.checks.metric import (
    Aggregate,
    Between,
    ColumnNames,
    ColumnType,
    Failing,
    Function,
    Ignore,
    Length,
    Matches,
    NoneOf,
    NotMatches,
    NotNull,
    Null,
    OneOf,
    Rows,
    RowsBeside,
    Unique,
)
from headgate.checks.suite import read_suite
from headgate.errors import DeclarationError, UnknownNameError

EXAMPLE = Path(__file__).parents[2] / "src" / "headgate" / "project" / "examples" / "rossmann"
EXISTS = '"type": "expect_column_to_exist", "kwargs": {"column": "a"}'
WHERE = "expectations/sales.json"


def new(kind: str, **kwargs: Any) -> Check:
    """The one check of a suite in the form of 1.x."""
    [check] = read_suite(suite({"type": kind, "kwargs": kwargs}), WHERE)
    return check


def suite(*expectations: dict[str, Any], **members: Any) -> str:
    return json.dumps({"name": "sales", "expectations": expectations, **members}, indent=1)


@pytest.mark.parametrize(
    ("kind", "kwargs", "metric", "bound"),
    [
        ("table_row_count_to_be_between", {"min_value": 1, "max_value": 9}, Rows(), Range(1, 9)),
        ("table_row_count_to_equal", {"value": 7}, Rows(), Range(7, 7)),
        (
            "table_row_count_to_equal_other_table",
            {"other_table_name": "clean"},
            RowsBeside("clean"),
            Range(0, 0),
        ),
        (
            "table_columns_to_match_ordered_list",
            {"column_list": ["a", "b"]},
            ColumnNames(),
            Names(("a", "b"), Match.ORDERED),
        ),
        (
            "table_columns_to_match_set",
            {"column_set": ["a", "b"]},
            ColumnNames(),
            Names(("a", "b"), Match.SAME),
        ),
        (
            "table_columns_to_match_set",
            {"column_set": ["a"], "exact_match": False},
            ColumnNames(),
            Names(("a",), Match.CONTAINS),
        ),
        ("column_to_exist", {"column": "a"}, ColumnNames(), Names(("a",), Match.CONTAINS)),
        ("column_values_to_not_be_null", {"column": "a"}, Failing(NotNull("a")), Share()),
        (
            "column_values_to_be_null",
            {"column": "a", "mostly": 0.5},
            Failing(Null("a")),
            Share(0.5),
        ),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": 0, "strict_min": True, "max_value": None},
            Failing(Between("a", 0, None, strict_low=True)),
            Share(),
        ),
        (
            "column_values_to_be_in_set",
            {"column": "a", "value_set": ["0", 0, None]},
            Failing(OneOf("a", ("0", 0))),
            Share(),
        ),
        (
            "column_values_to_not_be_in_set",
            {"column": "a", "value_set": [-1]},
            Failing(NoneOf("a", (-1,))),
            Share(),
        ),
        ("column_values_to_be_unique", {"column": "a"}, Failing(Unique(("a",))), Share()),
        (
            "compound_columns_to_be_unique",
            {"column_list": ["a", "b"], "ignore_row_if": "never"},
            Failing(Unique(("a", "b"), Ignore.NEVER)),
            Share(),
        ),
        (
            "column_value_lengths_to_be_between",
            {"column": "a", "max_value": 3},
            Failing(Length("a", None, 3)),
            Share(),
        ),
        (
            "column_value_lengths_to_equal",
            {"column": "a", "value": 3},
            Failing(Length("a", 3, 3)),
            Share(),
        ),
        (
            "column_values_to_match_regex",
            {"column": "a", "regex": "^x"},
            Failing(Matches("a", "^x")),
            Share(),
        ),
        (
            "column_values_to_not_match_regex",
            {"column": "a", "regex": "^x"},
            Failing(NotMatches("a", "^x")),
            Share(),
        ),
        (
            "column_values_to_be_of_type",
            {"column": "a", "type_": "int64"},
            ColumnType("a"),
            Names(("int64",), Match.CONTAINS),
        ),
        (
            "column_values_to_be_in_type_list",
            {"column": "a", "type_list": ["int64", "BIGINT"]},
            ColumnType("a"),
            Names(("int64", "BIGINT"), Match.CONTAINS),
        ),
        (
            "column_mean_to_be_between",
            {"column": "a", "min_value": 1.5},
            Aggregate(Function.MEAN, "a"),
            Range(1.5, None),
        ),
        (
            "column_max_to_be_between",
            {"column": "a", "max_value": "2015-12-31"},
            Aggregate(Function.MAX, "a"),
            Range(None, "2015-12-31"),
        ),
        (
            "column_unique_value_count_to_be_between",
            {"column": "a", "min_value": 3, "max_value": 3},
            Aggregate(Function.DISTINCT, "a"),
            Range(3, 3),
        ),
    ],
)
def test_an_expectation_is_a_metric_with_a_bound(
    kind: str, kwargs: dict[str, Any], metric: object, bound: object
) -> None:
    check = new(f"expect_{kind}", **kwargs)
    assert (check.metric, check.bound) == (metric, bound)
    assert check.kind == f"expect_{kind}"


def test_both_forms_say_the_same() -> None:
    kwargs = {"column": "Sales", "min_value": 0}
    old = {"expectation_type": "expect_column_values_to_be_between", "kwargs": kwargs, "meta": {}}
    text = json.dumps(
        {"expectation_suite_name": "s", "data_asset_type": None, "expectations": [old], "meta": {}}
    )
    [check] = read_suite(text, WHERE)
    assert check.metric == new("expect_column_values_to_be_between", **kwargs).metric
    assert check.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", Severity.ERROR), ("warning", Severity.WARN), ("info", Severity.INFO)],
)
def test_severities_have_our_names(word: str, severity: Severity) -> None:
    expectation = {"type": "expect_column_to_exist", "kwargs": {"column": "a"}, "severity": word}
    [check] = read_suite(suite(expectation), WHERE)
    assert check.severity is severity


def test_a_check_knows_the_line_that_declares_it() -> None:
    text = """{
  "name": "sales", "meta": {"notes": "a [ and a { in text"},
  "expectations": [
    {"type": "expect_column_to_exist", "kwargs": {"column": "Sales"}},

    {
      "type": "expect_column_to_exist",
      "kwargs": {"column": "Store"}
    }, {"type": "expect_column_to_exist", "kwargs": {"column": "Open"}}
  ]
}"""
    assert [check.where for check in read_suite(text, WHERE)] == [
        f"{WHERE}:4",
        f"{WHERE}:6",
        f"{WHERE}:9",
    ]


def test_a_check_is_described_in_words_unless_the_suite_does() -> None:
    told = {
        "type": "expect_column_to_exist",
        "kwargs": {"column": "a"},
        "description": "a is there",
    }
    silent = {"type": "expect_column_to_exist", "kwargs": {"column": "b"}}
    descriptions = [check.description for check in read_suite(suite(told, silent), WHERE)]
    assert descriptions == ["a is there", "column b exists"]


def test_bookkeeping_of_great_expectations_says_nothing_about_data() -> None:
    kwargs = {
        "column": "a",
        "batch_id": "x",
        "result_format": "BASIC",
        "catch_exceptions": False,
        "include_config": True,
        "row_condition": None,
        "condition_parser": None,
    }
    expectation = {
        "type": "expect_column_to_exist",
        "kwargs": kwargs,
        "id": "1",
        "meta": {"any": ["thing"]},
        "notes": None,
    }
    assert len(read_suite(suite(expectation, id="2", notes="", suite_parameters={}), WHERE)) == 1


@pytest.mark.parametrize(
    ("kind", "kwargs", "said"),
    [
        ("column_to_exist", {}, "column is text, and it is missing"),
        ("column_to_exist", {"column": 3}, "column is text, not 3"),
        (
            "column_to_exist",
            {"column": "a", "column_index": "2"},
            "column_index is a whole number",
        ),
        ("column_to_exist", {"colum": "a", "column": "a"}, "no keyword 'colum'"),
        ("column_values_to_be_between", {"column": "a"}, "neither min_value nor max_value"),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": 3, "max_value": 1},
            "max_value is not less than min_value, 3, not 1",
        ),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": 3, "max_value": "z"},
            "max_value is of the same kind as min_value, 3",
        ),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": {"$PARAMETER": "low"}},
            "parameters are not supported yet",
        ),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": True},
            "min_value is a number or text",
        ),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": 0, "strict_min": "yes"},
            "strict_min is true or false",
        ),
        (
            "column_values_to_be_between",
            {"column": "a", "min_value": 0, "allow_cross_type_comparisons": True},
            "text and numbers are never compared",
        ),
        ("column_values_to_be_in_set", {"column": "a"}, "value_set is a list of values"),
        (
            "column_values_to_be_in_set",
            {"column": "a", "value_set": [[1]]},
            "value_set is a list of plain values",
        ),
        ("column_values_to_not_be_null", {"column": "a", "mostly": 95}, "a number from 0 to 1"),
        ("column_values_to_not_be_null", {"column": "a", "mostly": "1"}, "a number from 0 to 1"),
        (
            "column_values_to_not_be_null",
            {"column": "a", "row_condition": 'col("b") > 1', "condition_parser": "pandas"},
            "row_condition: \"col('b') beside 1\" is not understood",
        ),
        ("column_values_to_match_regex", {"column": "a", "regex": "["}, "not a regular expression"),
        ("column_values_to_be_of_type", {"column": "a", "type_": "int46"}, "no type named 'int46'"),
        ("table_row_count_to_equal", {"value": 1.5}, "value is a whole number, not 1.5"),
        ("table_columns_to_match_set", {"column_set": ["a", "a"]}, "names each thing once"),
        ("table_columns_to_match_ordered_list", {"column_list": []}, "at least one name"),
        (
            "compound_columns_to_be_unique",
            {"column_list": ["a"], "ignore_row_if": "sometimes"},
            "ignore_row_if is one of all_values_are_missing, any_value_is_missing, never",
        ),
        ("column_mean_to_be_between", {"column": "a", "min_value": "x"}, "min_value is a number"),
    ],
)
def test_what_is_not_understood_is_an_error_with_its_place(
    kind: str, kwargs: dict[str, Any], said: str
) -> None:
    with pytest.raises(DeclarationError) as refused:
        new(f"expect_{kind}", **kwargs)
    assert said in refused.value.what
    assert refused.value.where == f"{WHERE}:4"


def test_a_misspelt_keyword_is_named_with_the_nearest_one() -> None:
    with pytest.raises(DeclarationError) as refused:
        new("expect_column_values_to_not_be_null", column="a", mostley=0.9)
    assert refused.value.hint == "did you mean 'mostly'?"


def test_an_unknown_expectation_is_never_skipped() -> None:
    with pytest.raises(UnknownNameError) as refused:
        new("expect_column_values_to_not_be_nul", column="a")
    assert refused.value.hint == "did you mean 'expect_column_values_to_not_be_null'?"


@pytest.mark.parametrize("kind", sorted(NOT_YET))
def test_an_expectation_that_is_not_judged_says_so(kind: str) -> None:
    with pytest.raises(DeclarationError, match="is not judged"):
        new(kind, column="a")


@pytest.mark.parametrize("kind", sorted(EXPECTATIONS))
def test_every_expectation_has_an_example_that_makes_a_check_with_words(kind: str) -> None:
    example = dict(EXPECTATIONS[kind].example)
    check = new(kind, **example)
    assert check.description
    assert EXPECTATIONS[kind].says.endswith(".")
    assert json.loads(check.declared)["kwargs"] == example


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("", "not valid JSON", 1),
        ("[]", "not a JSON object", 1),
        ('{"name": "a",\n "expectations": [\n  {"type": }]}', "not valid JSON", 3),
        ('{"name": "a"\n "expectations": []}', "Expecting ','", 2),
        ('{"expectations": []}\n\nmore', "Extra data", 3),
        ('{"expectations": [\n\n', "not valid JSON", 3),
        ('{"expectations": [],}', "Expecting", 1),
        ('{"name": "a"}', "no 'expectations'", 1),
        ('{\n"expectations": {}}', "'expectations' is not a list", 2),
        ('{"expectations": [\n3]}', "an expectation is an object", 2),
        ('{"expectations": [\n{"kwargs": {}}]}', "without a 'type'", 2),
        ('{\n\n"expectation": []}', "unknown key 'expectation'", 3),
        ('{"expectations": [],\n"expectations": []}', "'expectations' stands twice", 2),
        (
            '{"expectations": [\n{"type": "t", "kwargs": {"column": "a", "column": "b"}}]}',
            "'column' stands twice",
            2,
        ),
        (
            '{"expectations": [\n{"type": "expect_column_to_exist", "kwarg": {}}]}',
            "unknown key 'kwarg'",
            2,
        ),
        (
            f'{{"expectations": [\n\n{{{EXISTS}, "severity": "fatal"}}]}}',
            "unknown severity 'fatal'",
            3,
        ),
    ],
)
def test_bad_json_is_refused_with_its_line(text: str, said: str, line: int) -> None:
    with pytest.raises(DeclarationError) as refused:
        read_suite(text, WHERE)
    assert said in refused.value.what
    assert refused.value.where == f"{WHERE}:{line}"


def test_a_suite_nested_too_deeply_is_refused() -> None:
    with pytest.raises(DeclarationError, match="nested too deeply"):
        read_suite('{"meta": ' + "[" * 200_000, WHERE)


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(DeclarationError, match="not valid JSON"):
        read_suite('{"meta": ' + "9" * 10_000 + "}", WHERE)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_suite("\ufeff" + suite(), WHERE) == []


@given(st.text())
def test_any_text_is_a_suite_or_a_clear_error(text: str) -> None:
    with pytest.raises(DeclarationError):
        read_suite(text, WHERE)


KEYWORDS = ["column", "column_list", "column_set", "value_set", "value", "min_value", "max_value"]
KEYWORDS += ["strict_min", "regex", "type_", "type_list", "mostly", "ignore_row_if", "exact_match"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    kind=st.sampled_from(sorted(EXPECTATIONS)),
    kwargs=st.dictionaries(
        st.sampled_from(KEYWORDS),
        json_values,
    ),
)
def test_any_keywords_make_a_check_or_a_clear_error(kind: str, kwargs: dict[str, Any]) -> None:
    text = json.dumps({"expectations": [{"type": kind, "kwargs": kwargs}]})
    refused = None
    try:
        checks = read_suite(text, WHERE)
    except DeclarationError as error:
        refused, checks = error, []
    assert refused is None or refused.where == f"{WHERE}:1"
    assert refused or checks[0].description


@pytest.mark.parametrize(("name", "size"), [("raw_train", 13), ("raw_store", 9), ("processed", 15)])
def test_the_suites_of_the_example_are_read_whole(name: str, size: int) -> None:
    path = EXAMPLE / "expectations" / f"{name}.json"
    checks = read_suite(path.read_text(encoding="utf-8"), path.name)
    assert len(checks) == size
    assert len({check.where for check in checks}) == size
