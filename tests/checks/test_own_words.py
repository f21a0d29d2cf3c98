"""Words that are no expectation mean what they say, and every word's example does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl  # noqa: TID253
import pytest

from headgate.checks.check import Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.native import WORDS, read_check
from headgate.checks.word_examples import EXAMPLES
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.project.yaml import read_yaml
from headgate.schema.table import Table
from tests.checks.conftest import MakeTable, judged

PLACE = "pipelines/shop.yml:7"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "order_id": [1, 2, 3, 4],
        "code": ["AB1", "AC22", "AD333", None],
        "country": ["DE", "DE", "AT", None],
        "ships_to": ["DE", "DE", "AT", None],
        "email": ["ada@example.org", "bob@example.org", "cy@example.org", "dee@example.org"],
        "amount": [20.0, 120.0, 480.0, 55.5],
        "net": [Decimal("10.00"), Decimal("20.00"), Decimal("30.00"), None],
        "tax": [Decimal("1.90"), Decimal("3.81"), Decimal("5.70"), Decimal("1.00")],
        "total": [Decimal("11.90"), Decimal("23.80"), Decimal("35.70"), Decimal("9.99")],
        "share_a": [40, 50, 60, 100],
        "share_b": [60, 50, 40, 0],
        "stock": [9, 9, 5, 1],
        "ordered_on": [date(2026, 3, day) for day in (1, 1, 2, 2)],
        "shipped_on": [date(2026, 3, 1), date(2026, 3, 3), None, date(2026, 3, 2)],
        "deleted_on": pl.Series([None] * 4, dtype=pl.Date),
        "ordered_at": ["2026-03-01T10:00", "2026-03-01T11:30", "2026-03-02T09:00", None],
        "payload": ['{"sku": 1}', '{"sku": 2}', '{"sku": 3, "n": null}', '{"sku": 4}'],
        "paid": [True, True, False, None],
    },
    schema_overrides=dict.fromkeys(("net", "tax", "total"), pl.Decimal(9, 2)),
)

OWN_CASES: list[tuple[dict[str, Any], str | float | None]] = [
    ({"like": {"column": "code", "pattern": "A_1"}}, 2),
    ({"not_like": {"column": "code", "pattern": "A_1"}}, 1),
    ({"strftime": {"column": "ordered_at", "format": "%Y-%m-%d"}}, 3),
    ({"json_schema": {"column": "payload", "schema": {"required": ["n"]}}}, 3),
    ({"format": {"column": "code", "format": "email"}}, 3),
    ({"z_score": {"column": "amount", "threshold": 1}}, 1),
    ({"outliers": {"column": "stock", "method": "std", "multiplier": 1}}, 1),
    ({"compare": "net == total"}, 3),
    ({"compare": {"left": "shipped_on", "operator": "==", "right": "ordered_on"}}, 1),
    ({"sums": {"whole": "total", "parts": ["net", "tax"]}}, 1),
    ({"column_count": {"high": 5}}, 18),
    ({"schema": {"columns": {"order_id": "string"}, "exact": False}}, 1),
    ({"distinct_share": {"column": "country", "low": 0.7}}, 2 / 3),
    ({"quantile": {"column": "amount", "share": 1, "high": 479}}, "100 % 480"),
    (
        {"quantiles": {"column": "amount", "shares": [0, 1], "ranges": [[20, 20], [None, 9]]}},
        "0 % 20, 100 % 480",
    ),
    ({"most_common": {"column": "country", "values": ["AT"]}}, "DE"),
    ({"share": {"where": "amount > 100", "low": 0.6}}, 0.5),
    ({"share": {"column": "paid", "high": 0.4}}, 0.5),
    ({"completeness": {"columns": ["code", "amount"], "low": 0.9}}, 7 / 8),
    ({"completeness": {"columns": "code", "low": 0.9}}, 0.75),
    ({"freshness": {"column": "shipped_on", "max_hours": 0}}, -24.0),
    ({"freshness": {"column": "ordered_on", "max_hours": 0}}, 0.0),
]


def outcome_of(table: Table, given: dict[str, Any]) -> Outcome:
    return judged(EmbeddedEngine(), table, read_check(given, PLACE), now=NOW)


@pytest.mark.parametrize(("given", "observed"), OWN_CASES, ids=lambda case: str(case)[:60])
def test_a_word_says_what_it_found(
    make: MakeTable, given: dict[str, Any], observed: str | float | None
) -> None:
    outcome = outcome_of(make(ORDERS), given)
    assert outcome.observed == pytest.approx(observed)
    assert outcome.passed == ("freshness" in given)
    assert outcome.check.description


def test_every_word_has_an_example_that_is_read_and_passes(make: MakeTable) -> None:
    assert set(EXAMPLES) == set(WORDS)
    table, beside = make(ORDERS), {"invoices": make(ORDERS, "invoices")}
    checks = [read_check(read_yaml(text, PLACE).data, PLACE) for text in EXAMPLES.values()]
    function = list(EXAMPLES).index("python")  # which is of a project, and there is none here
    checks[function] = read_check({"python": lambda frame: frame.collect()["amount"] > 0}, PLACE)
    outcomes = evaluate(EmbeddedEngine(), table, checks, beside=beside, now=NOW)
    narrow = make(ORDERS.select("order_id", "code", "amount"))
    place = list(EXAMPLES).index("columns")
    [outcomes[place]] = evaluate(EmbeddedEngine(), narrow, [checks[place]])
    assert [(o.check.kind, o.message) for o in outcomes if not o.passed] == []
    assert [outcome.check.kind for outcome in outcomes] == list(EXAMPLES)


# ------------------------------------------------------------------ one word at a time


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("net <= total", ("net", "<=", "total")),
        ("net<total", ("net", "<", "total")),
        ("net != total", ("net", "!=", "total")),
        ('"net" == "the total"', ("net", "==", "the total")),
        ("Net price >= list price", ("Net price", ">=", "list price")),
        ('"a > b" > c', ("a > b", ">", "c")),
    ],
)
def test_a_comparison_is_read_from_one_line(text: str, parts: tuple[str, str, str]) -> None:
    left, operator, right = parts
    written = {"compare": {"left": left, "operator": operator, "right": right}}
    assert read_check({"compare": text}, PLACE).id == read_check(written, PLACE).id


def test_a_missing_side_is_not_compared_unless_asked_for(make: MakeTable) -> None:
    table = make(pl.DataFrame({"a": [1, None, None, 3], "b": [1, 1, None, 2]}))
    counts = {}
    for ignore in ("either_value_is_missing", "both_values_are_missing", "neither"):
        body = {"left": "a", "operator": "<=", "right": "b", "ignore": ignore}
        outcome = outcome_of(table, {"compare": body})
        counts[ignore] = (outcome.missing, outcome.unexpected)
    assert counts == {
        "either_value_is_missing": (2, 1),
        "both_values_are_missing": (1, 2),
        "neither": (0, 3),
    }
    assert outcome_of(table, {"compare": "a <= b"}).missing == 2


def test_a_schema_names_every_column_that_differs_in_one_outcome(make: MakeTable) -> None:
    wanted = {"order_id": "integer", "amount": "integer", "code": "string", "region": "string"}
    table = make(ORDERS.select("amount", "order_id", "code", "paid"))
    outcome = outcome_of(table, {"schema": {"columns": wanted, "order": True}})
    assert outcome.details == {
        "missing": ["region"],
        "extra": ["paid"],
        "moved": ["amount"],
        "mistyped": [{"column": "amount", "type": "number", "declared": "integer"}],
    }
    assert outcome.message == (
        "3 differences: missing region; extra paid; moved amount; "
        "mistyped amount (number, not integer)"
    )
    assert outcome.observed == 3


@pytest.mark.parametrize(
    ("columns", "options", "passed"),
    [
        ({"a": "integer", "b": "date"}, {}, True),
        ({"b": "date", "a": "integer"}, {}, True),
        ({"b": "date", "a": "integer"}, {"order": True}, False),
        ({"a": None, "b": None}, {"order": True}, True),
        ({"a": "integer"}, {}, False),
        ({"a": "integer"}, {"exact": False}, True),
        ({"b": "date"}, {"exact": False, "order": True}, True),
        ({"a": "int64"}, {"exact": False}, True),
        ({"a": "int32"}, {"exact": False}, False),
    ],
)
def test_a_schema_is_exact_or_at_least_and_in_order_or_not(
    make: MakeTable, columns: dict[str, str], options: dict[str, bool], passed: bool
) -> None:
    table = make(pl.DataFrame({"a": [1], "b": [date(2026, 1, 1)]}))
    assert outcome_of(table, {"schema": {"columns": columns, **options}}).passed is passed


def test_a_share_of_no_rows_is_unknown_and_has_not_passed(make: MakeTable) -> None:
    outcome = outcome_of(make(ORDERS.head(0)), {"share": {"where": "amount > 0", "low": 0}})
    assert (outcome.status, outcome.observed) == (Status.FAILED, None)


def test_sums_of_decimals_are_exact_and_a_tolerance_is_taken_in_their_last_digit(
    make: MakeTable,
) -> None:
    body = {"whole": "total", "parts": ["net", "tax"]}
    found = {
        within: outcome_of(make(ORDERS), {"sums": {**body, "within": within}}).unexpected
        for within in (0, 0.009, 0.01, 0.5)
    }
    assert found == {0: 1, 0.009: 1, 0.01: 0, 0.5: 0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"format": {"column": "a", "format": "phone"}}, "format is one of date, datetime"),
        ({"format": {"column": "a"}}, "format is one of date"),
        ({"compare": "a =< b"}, "write left <= right"),
        ({"compare": "a < b < c"}, "is no comparison of two columns"),
        ({"compare": {"left": "a", "operator": "=<", "right": "b"}}, "operator is one of =="),
        ({"sums": {"whole": "a", "parts": ["a", "b"]}}, "parts is a list without the whole"),
        ({"sums": {"whole": "a", "parts": ["b"], "within": -1}}, "within is not negative"),
        ({"quantile": {"column": "a", "share": 2, "low": 1}}, "share is a number from 0 to 1"),
        ({"quantile": {"column": "a", "share": 0.5}}, "neither low nor high"),
        ({"share": {"low": 0.5}}, "share needs a condition"),
        ({"share": {"column": "a", "where": "a = 1", "low": 0.5}}, "column is not beside where"),
        ({"share": {"where": "a = 1"}}, "neither low nor high"),
        ({"completeness": {"columns": "a"}}, "neither low nor high"),
        ({"freshness": {"column": "a"}}, "max_hours is a number"),
        ({"freshness": {"max_hours": 3, "where": "a = 1"}}, "where is for checks about rows"),
        ({"schema": {"columns": {}}}, "columns is names of columns"),
        ({"schema": {"columns": {"a": "integr"}}}, "did you mean 'integer'"),
        ({"schema": {"columns": {"a": "date"}, "where": "a = 1"}}, "where is for checks about"),
        ({"schema": {"columns": {"a": "date"}, "mostly": 0.5}}, "has no keyword 'mostly'"),
    ],
)
def test_a_slip_is_told_in_the_words_that_were_written(given: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as told:
        read_check(given, PLACE)
    assert said in str(told.value)
    assert PLACE in str(told.value)


def test_a_format_of_a_column_that_is_no_text_cannot_be_judged(make: MakeTable) -> None:
    [outcome] = evaluate(
        EmbeddedEngine(),
        make(ORDERS),
        [read_check({"format": {"column": "ordered_on", "format": "date"}}, PLACE)],
    )
    assert (outcome.status, "only text has a format" in outcome.message) == (Status.ERROR, True)
