"""What may be said of any check: how many rows, what NaN is, for which groups, whose and what about."""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl  # noqa: TID253
import pytest

from headgate.checks.by_group import WORST
from headgate.checks.check import Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.native import WORDS, read_check
from headgate.checks.quarantine import failing_rows
from headgate.checks.relative import ROW
from headgate.checks.suite import read_expectation
from headgate.checks.word_examples import EXAMPLES
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.project.yaml import read_yaml
from headgate.schema.table import Table
from tests.checks.conftest import CountingEngine, MakeTable, judged, unknown

PLACE = "pipelines/shop.yml:7"
SALES = pl.DataFrame(
    {
        "store": [1, 1, 1, 2, 2, None],
        "day": ["mo", "tu", "we", "mo", "tu", "mo"],
        "sales": [5.0, -1.0, -2.0, 7.0, -3.0, -4.0],
        "code": ["a", "b", "c", "d", "zz", "x"],
    }
)


MEDIAN_CODE = ({"store": 2}, "50 % d")
"""The first of the groups with a median code above c, of which text has no distance."""


def outcome_of(table: Table, given: dict[str, Any]) -> Outcome:
    return judged(EmbeddedEngine(), table, read_check(given, PLACE))


# ------------------------------------------------------------------ how many rows


@pytest.mark.parametrize(
    ("given", "passed", "words"),
    [
        ({"max_count": 4}, True, "sales at least 0, for all but 4 rows"),
        ({"max_count": 3}, False, "sales at least 0, for all but 3 rows"),
        ({"max_count": 1}, False, "sales at least 0, for all but 1 row"),
        (
            {"max_count": 4, "mostly": 0.5},
            False,
            "sales at least 0, for all but 4 rows and at least 50 % of rows",
        ),
        ({"max_count": 4, "mostly": 0.3}, True, None),
    ],
)
def test_so_many_rows_may_break_a_rule(
    make: MakeTable, given: dict[str, Any], passed: bool, words: str | None
) -> None:
    outcome = outcome_of(make(SALES), {"between": {"column": "sales", "low": 0, **given}})
    assert (outcome.passed, outcome.unexpected) == (passed, 4)
    assert words is None or outcome.check.description == words


def test_a_failed_limit_says_what_may_break_it(make: MakeTable) -> None:
    body = {"column": "sales", "low": 0, "max_count": 3, "mostly": 0.5}
    outcome = outcome_of(make(SALES), {"between": body})
    assert outcome.message.startswith(
        "4 of 6 rows break it (66.7 %), at most 3 may, at most 50 % may"
    )


@pytest.mark.parametrize(("most", "passed"), [(4, True), (3, False)])
def test_a_query_may_give_so_many_rows(make: MakeTable, most: int, passed: bool) -> None:
    query = {"query": "select * from {batch} where sales < 0", "max_count": most}
    assert outcome_of(make(SALES), {"sql": query}).passed is passed


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"not_null": "Store"}, "e4a57063b33f"),
        ({"between": {"column": "Sales", "low": 0, "mostly": 0.9}}, "7491fa9fe0e5"),
        ({"mean": {"column": "Sales", "low": 1, "where": "Open = 1"}}, "7c20761a2adb"),
    ],
)
def test_a_check_keeps_its_id_where_nothing_more_is_computed(
    given: dict[str, Any], known: str
) -> None:
    [(word, body)] = given.items()
    keywords = body if isinstance(body, dict) else {"column": body}
    said = {"nan": "null", "owner": "ada", "dimension": "accuracy", "description": "why"}
    assert read_check(given, PLACE).id == known
    assert read_check({word: {**keywords, **said}}, PLACE).id == known
    for more in ({"nan": "fail"}, {"by": "Day"}):
        assert read_check({word: {**keywords, **more}}, PLACE).id != known


# ------------------------------------------------------------------ NaN


def test_a_column_that_cannot_hold_nan_is_judged_as_without_the_word(make: MakeTable) -> None:
    table = make(pl.DataFrame({"n": [1, 5, None, 5], "t": ["a", "x1", None, "{}"]}))
    for given in (
        {"between": {"column": "n", "high": 4}},
        {"unique": {"columns": ["n"]}},
        {"increasing": {"column": "n"}},
        {"mean": {"column": "n", "high": 1}},
        {"quantile": {"column": "n", "share": 0.5, "high": 1}},
        {"format": {"column": "t", "format": "json"}},
        {"matches": {"column": "t", "pattern": "^x"}},
    ):
        [(word, body)] = given.items()
        plain = outcome_of(table, given)
        for nan in ("value", "fail"):
            if (word, nan) == ("increasing", "value"):
                continue
            outcome = outcome_of(table, {word: {**body, "nan": nan}})
            assert (outcome.observed, outcome.missing, outcome.unexpected, outcome.status) == (
                plain.observed, plain.missing, plain.unexpected, plain.status,
            )  # fmt: skip
            assert outcome.samples == plain.samples


def test_a_quantile_of_a_column_with_nan_is_nan_where_nan_counts(make: MakeTable) -> None:
    table = make(pl.DataFrame({"x": [1.0, math.nan, 3.0]}))
    body = {"column": "x", "share": 0.5, "low": 0, "high": 9}
    assert outcome_of(table, {"quantile": body}).passed
    for nan in ("value", "fail"):
        outcome = outcome_of(table, {"quantile": {**body, "nan": nan}})
        assert (outcome.passed, outcome.observed) == (False, "50 % unknown")


def test_a_mean_that_is_nan_says_how_many_values_are(make: MakeTable) -> None:
    table = make(pl.DataFrame({"x": [1.0, math.nan, math.nan]}))
    outcome = outcome_of(table, {"mean": {"column": "x", "low": 0, "nan": "fail"}})
    assert outcome.message == "mean of x, with no NaN, is NaN, as 2 of its values are"
    table = make(pl.DataFrame({"x": [1.0, math.nan]}))
    outcome = outcome_of(table, {"mean": {"column": "x", "low": 0, "nan": "fail"}})
    assert outcome.message.endswith("is NaN, as 1 of its values is")


def test_nan_is_null_where_yaml_has_read_the_word_as_no_value() -> None:
    text = "between: {column: x, low: 0, nan: null}"
    bare, quoted = (read_yaml(one, PLACE).data for one in (text, text.replace("null", '"null"')))
    assert bare["between"]["nan"] is None
    assert read_check(bare, PLACE) == read_check(quoted, PLACE)


# ------------------------------------------------------------------ groups


def test_an_outcome_says_how_many_groups_fail_and_names_the_worst(make: MakeTable) -> None:
    body = {"column": "sales", "low": 0, "mostly": 0.5, "by": "store"}
    outcome = outcome_of(make(SALES), {"between": body})
    assert outcome.status is Status.FAILED
    assert (outcome.elements, outcome.missing, outcome.unexpected) == (6, 0, 4)
    assert outcome.observed == 2
    assert outcome.details == {
        "groups": 3,
        "failing": 2,
        "worst": [
            {"group": {"store": 1}, "elements": 3, "missing": 0, "unexpected": 2},
            {"group": {"store": None}, "elements": 1, "missing": 0, "unexpected": 1},
        ],
    }
    assert outcome.message.startswith(
        "2 of 3 groups of store fail, worst store = 1: 2 of 3 rows break it"
    )
    assert outcome.check.description == (
        "sales at least 0, for at least 50 % of rows, for every store"
    )
    # the row of store 2 breaks the rule too, and its group does not fail
    assert sorted(dict(sample.values)["sales"] or 0 for sample in outcome.samples) == [-4, -2, -1]


def test_only_rows_of_groups_that_failed_are_set_aside(make: MakeTable) -> None:
    body = {"column": "sales", "low": 0, "mostly": 0.5, "by": ["store"], "where": "day <> 'we'"}
    table = make(SALES)
    outcomes = evaluate(EmbeddedEngine(), table, [read_check({"between": body}, PLACE)])
    kept = failing_rows(EmbeddedEngine(), table, outcomes)
    assert kept is not None
    assert kept["sales"].to_list() == [-4.0]


@pytest.mark.parametrize(
    ("given", "worst"),
    [
        ({"mean": {"column": "sales", "low": 0, "by": "store"}}, ({"store": None}, -4.0)),
        ({"rows": {"low": 2, "by": ["store"]}}, ({"store": None}, 1)),
        ({"min": {"column": "code", "high": "c", "by": "store"}}, ({"store": 2}, "d")),
        ({"share": {"where": "sales > 0", "low": 0.4, "by": "store"}}, ({"store": None}, 0.0)),
        ({"completeness": {"columns": "store", "low": 1, "by": "day"}}, ({"day": "mo"}, 2 / 3)),
        ({"distinct_share": {"column": "day", "high": 0.9, "by": "store"}}, ({"store": 1}, 1.0)),
        ({"quantile": {"column": "code", "share": 0.5, "high": "c", "by": "store"}}, MEDIAN_CODE),
    ],
)
def test_a_number_of_a_group_is_named_with_it(
    make: MakeTable, given: dict[str, Any], worst: tuple[dict[str, Any], Any]
) -> None:
    outcome = outcome_of(make(SALES), given)
    found: Any = outcome.details["worst"]
    assert (found[0]["group"], found[0]["observed"]) == (worst[0], pytest.approx(worst[1]))
    assert not outcome.passed
    assert outcome.samples == ()


def test_texts_that_python_reads_are_judged_by_group_too(make: MakeTable) -> None:
    table = make(pl.DataFrame({"t": ["{}", "{", "1", "x"], "g": [1, 1, 2, 2], "d": [0, 1, 0, 0]}))
    body = {"column": "t", "format": "json", "mostly": 0.5}
    assert outcome_of(table, {"format": {**body, "by": "g"}}).passed
    outcome = outcome_of(table, {"format": {**body, "by": "d"}})
    assert [dict(sample.values)["t"] for sample in outcome.samples] == ["{"]


def test_an_empty_table_has_no_group_that_could_fail(make: MakeTable) -> None:
    outcome = outcome_of(make(SALES.head(0)), {"rows": {"low": 1, "by": "store"}})
    assert (outcome.passed, outcome.details["groups"]) == (True, 0)


def test_however_many_groups_there_are_one_statement_and_a_small_outcome_do(
    make: MakeTable,
) -> None:
    groups = 50_000
    frame = pl.DataFrame({"key": range(groups), "x": range(groups)})
    engine = CountingEngine()
    check = read_check({"between": {"column": "x", "low": 100, "by": "key"}}, PLACE)
    passing = read_check({"mean": {"column": "x", "low": 0, "by": "key"}}, PLACE)
    [outcome, other] = evaluate(engine, unknown(make(frame)), [check, passing])
    assert other.passed
    # one for each check, and one for the rows of the one that failed
    assert len(engine.statements) == 3
    assert outcome.observed == 100
    assert len(outcome.details["worst"]) == WORST  # type: ignore[arg-type]
    assert len(json.dumps(outcome.as_json())) < 10_000


# ------------------------------------------------------------------ whose, and what about


def test_an_outcome_carries_owner_dimension_and_description(make: MakeTable) -> None:
    said = {"owner": "ada", "dimension": "timeliness", "description": "there is a day"}
    outcome = outcome_of(make(SALES), {"not_null": {"column": "day", **said}})
    assert {key: outcome.as_json()[key] for key in said} == said


DIMENSIONS = {
    "completeness": ["not_null", "null", "completeness"],
    "uniqueness": ["unique", "distinct", "distinct_share"],
    "timeliness": ["freshness"],
    "coverage": ["rows"],
    "consistency": [
        "increasing", "decreasing", "equal", "greater", "compare", "sum_to", "sums", "rows_as",
        "reference",
    ],
    "conformity": [
        "between", "one_of", "none_of", "matches", "not_matches", "length", "like", "not_like",
        "strftime", "json_schema", "format", "exists", "type", "columns", "columns_at_least",
        "column_count", "schema",
    ],
    "accuracy": [
        "z_score", "outliers", "mean", "median", "sum", "min", "max", "stdev", "quantile",
        "quantiles", "most_common", "share", "sql", "distribution", "python",
    ],
}  # fmt: skip


def test_every_word_is_about_a_dimension() -> None:
    found: dict[str, list[str]] = {}
    for name, text in EXAMPLES.items():
        check = read_check(read_yaml(text, PLACE).data, PLACE)
        dimension = Outcome(check, Status.PASSED).as_json()["dimension"]
        found.setdefault(str(dimension), []).append(name)
    assert {key: sorted(names) for key, names in found.items()} == {
        key: sorted(names) for key, names in DIMENSIONS.items()
    }
    assert {name for names in DIMENSIONS.values() for name in names} == set(WORDS)


@pytest.mark.parametrize(
    ("kind", "kwargs", "dimension"),
    [
        ("expect_column_values_to_not_be_null", {"column": "a"}, "completeness"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["a", "b"]}, "uniqueness"),
        ("expect_table_row_count_to_be_between", {"min_value": 1}, "coverage"),
        ("expect_column_to_exist", {"column": "a"}, "conformity"),
    ],
)
def test_an_expectation_is_about_a_dimension_too(
    kind: str, kwargs: dict[str, Any], dimension: str
) -> None:
    check = read_expectation({"type": kind, "kwargs": kwargs}, PLACE)
    assert Outcome(check, Status.PASSED).as_json()["dimension"] == dimension


# ------------------------------------------------------------------ slips


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rows": {"low": 1, "max_count": 3}}, "rows: max_count says nothing here"),
        ({"mean": {"column": "a", "low": 1, "max_count": 3}}, "mean: max_count says nothing"),
        ({"not_null": {"column": "a", "max_count": -1}}, "max_count is a whole number from 0"),
        ({"not_null": {"column": "a", "max_count": True}}, "max_count is a whole number from 0"),
        ({"not_null": {"column": "a", "max_count": 1.5}}, "max_count is a whole number from 0"),
        ({"not_null": {"column": "a", "nan": "maybe"}}, "nan is one of null, value, fail"),
        ({"rows": {"low": 1, "nan": "fail"}}, "rows: nan says nothing here"),
        ({"exists": {"column": "a", "nan": "fail"}}, "exists: nan says nothing here"),
        ({"increasing": {"column": "a", "nan": "value"}}, "nan: value says nothing here"),
        ({"z_score": {"column": "a", "threshold": 3, "nan": "value"}}, "nan: value says nothing"),
        ({"outliers": {"column": "a", "by": "b"}}, "it is about all rows together"),
        ({"freshness": {"max_hours": 3, "by": "b"}}, "name the column whose newest value"),
        (
            {"distribution": {"column": "a", "against": "release", "at_most": 0.2, "by": "b"}},
            "it compares all rows together",
        ),
        ({"columns": {"names": ["a"], "by": "b"}}, "columns: by says nothing here"),
        ({"sql": {"query": "select 1", "by": "b"}}, "sql: by says nothing here"),
        ({"not_null": {"column": "a", "by": []}}, "by is a column, or a list of them"),
        ({"not_null": {"column": "a", "by": 3}}, "by is a column, or a list of them"),
        ({"not_null": {"column": "a", "by": ["b", "b"]}}, "by names columns, each once"),
        ({"not_null": {"column": "a", "owner": 3}}, "owner is a name"),
        ({"not_null": {"column": "a", "dimension": "validty"}}, "validty"),
        ({"not_null": {"column": "a", "max_cout": 3}}, "did you mean 'max_count'"),
    ],
)
def test_a_modifier_that_says_nothing_is_an_error(given: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as told:
        read_check(given, PLACE)
    assert said in str(told.value)
    assert PLACE in str(told.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"not_null": {"column": "sales", "by": "stor"}}, "did you mean 'store'"),
        ({"mean": {"column": "code", "low": 0, "by": "store"}}, "a mean needs numbers"),
        ({"between": {"column": "code", "low": 0, "by": "store"}}, "cannot be compared with"),
        ({"matches": {"column": "sales", "pattern": "a", "nan": "fail"}}, "only text"),
        ({"rows": {"low": 1, "by": "parts"}}, "parts is an array, which makes no groups"),
        (
            {"increasing": {"column": "parts", "by": "store"}},
            "parts is an array, which has no order",
        ),
        ({"increasing": {"column": "sales", "by": "store"}}, f"{ROW.upper()!r} is reserved"),
        ({"freshness": {"column": "day", "max_hours": 1, "by": "store"}}, "day is a string, and"),
        (
            {
                "quantile": {
                    "column": "day",
                    "share": 0.5,
                    "low": "a",
                    "nearest": "linear",
                    "by": "store",
                }
            },
            "day is a string, which has no values between",
        ),
    ],
)
def test_what_does_not_fit_the_table_is_an_error_and_no_pass(
    make: MakeTable, given: dict[str, Any], said: str
) -> None:
    table = make(SALES.with_columns(pl.lit(1).alias(ROW.upper()), parts=pl.lit([1, 2])))
    [outcome] = evaluate(EmbeddedEngine(), table, [read_check(given, PLACE)])
    assert outcome.status is Status.ERROR
    assert said in outcome.message
