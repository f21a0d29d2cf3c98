"""Checks in a pipeline's own words mean what their expectations mean."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl  # noqa: TID253
import pytest

from headgate.checks.check import Severity
from headgate.checks.evaluate import evaluate
from headgate.checks.expectations import EXPECTATIONS
from headgate.checks.native import WORDS, read_check
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from tests.checks.conftest import MakeTable
from tests.checks.test_own_words import OWN_CASES

PLACE = "pipelines/shop.yml:7"
FRAME = pl.DataFrame(
    {
        "store": [1, 2, 3, 4],
        "sales": [5, 20, None, 900],
        "low": [1, 2, 3, 4],
        "high": [2, 3, 4, 4],
        "kind": ["a", "b", "zz", "a"],
        "open": [1, 0, 1, 1],
    }
)
CASES: list[tuple[dict[str, Any], int | None]] = [
    ({"not_null": "sales"}, 1),
    ({"null": "sales"}, 3),
    ({"between": {"column": "sales", "low": 0, "high": 100}}, 1),
    ({"between": {"column": "low", "low": 1, "strict_low": True}}, 1),
    ({"one_of": {"column": "kind", "values": ["a", "b"]}}, 1),
    ({"none_of": {"column": "kind", "values": ["a"]}}, 2),
    ({"matches": {"column": "kind", "pattern": "^[ab]$"}}, 1),
    ({"not_matches": {"column": "kind", "pattern": "z"}}, 1),
    ({"length": {"column": "kind", "high": 1}}, 1),
    ({"increasing": "low"}, 0),
    ({"decreasing": "low"}, 3),
    ({"unique": "kind"}, 2),
    ({"unique": ["kind", "open"]}, 2),
    ({"equal": {"left": "low", "right": "high"}}, 3),
    ({"greater": {"left": "high", "right": "low"}}, 1),
    ({"greater": {"left": "high", "right": "low", "or_equal": True}}, 0),
    ({"sum_to": {"columns": ["low", "high"], "total": 8}}, 3),
    ({"exists": "sales"}, None),
    ({"type": {"column": "sales", "type": "int64"}}, None),
    ({"columns": ["store", "sales", "low", "high", "kind", "open"]}, None),
    ({"columns_at_least": ["sales", "store"]}, None),
    ({"rows": {"low": 4, "high": 4}}, None),
    ({"rows_as": "other"}, None),
    ({"mean": {"column": "low", "low": 2, "high": 3}}, None),
    ({"median": {"column": "low", "low": 2, "high": 3}}, None),
    ({"sum": {"column": "low", "low": 10, "high": 10}}, None),
    ({"min": {"column": "low", "low": 1}}, None),
    ({"max": {"column": "low", "high": 4}}, None),
    ({"stdev": {"column": "low", "high": 2}}, None),
    ({"distinct": {"column": "kind", "low": 3, "high": 3}}, None),
    ({"sql": "select * from {batch} where sales > 1000"}, None),
    ({"distribution": {"column": "low", "at_most": 0, "against": "other"}}, None),
    ({"python": lambda frame: frame.collect()["low"] > 1}, 1),
    ({"reference": {"columns": "low", "to": "other", "keys": "high"}}, 1),
]


@pytest.mark.parametrize(
    ("given", "broken"), CASES, ids=lambda case: str(case)[:60].partition(" at 0x")[0]
)
def test_a_word_counts_the_rows_that_break_it(
    make: MakeTable, given: dict[str, Any], broken: int | None
) -> None:
    [outcome] = evaluate(
        EmbeddedEngine(),
        make(FRAME),
        [read_check(given, PLACE)],
        beside={"other": make(FRAME, "other")},
    )
    assert outcome.message == "" or outcome.unexpected, outcome.message
    assert (outcome.unexpected or 0, outcome.passed) == (broken or 0, not broken)
    assert outcome.check.where == PLACE


def test_every_word_is_tried_here_or_beside_and_most_are_an_expectation() -> None:
    tried = {name for given, _ in [*CASES, *OWN_CASES] for name in given}
    assert tried == set(WORDS)
    expectations = {word.expectation for word in WORDS.values() if word.read is None}
    assert expectations <= set(EXPECTATIONS)


def test_modifiers_narrow_soften_and_address_a_check(make: MakeTable) -> None:
    given = {
        "between": {
            "column": "sales",
            "high": 100,
            "where": "open = 1 and kind <> 'zz'",
            "mostly": 0.5,
            "severity": "warn",
            "notify": "ada",
            "description": "sales are small",
        }
    }
    check = read_check(given, PLACE)
    [outcome] = evaluate(EmbeddedEngine(), make(FRAME), [check])
    assert (outcome.elements, outcome.unexpected, outcome.passed) == (2, 1, True)
    assert (check.severity, check.notify) == (Severity.WARN, ("ada",))
    assert check.description == "sales are small"
    assert check.id != read_check({"between": {"column": "sales", "high": 100}}, PLACE).id


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"not_nul": "a"}, "did you mean 'not_null'"),
        ({"between": {"column": "a", "lwo": 1}}, "did you mean 'low'"),
        ({"between": {"column": "a", "low": "x", "high": 3}}, "between"),
        ({"one_of": {"column": "a", "values": 3}}, "values"),
        ({"rows": 3}, "rows needs its keywords: low, high"),
        ({"not_null": "a", "unique": "a"}, "a check is one word"),
        ({"not_null": {"column": "a", "severity": "loud"}}, "severity"),
        ({"not_null": {"column": "a", "mostly": 2}}, "mostly"),
        ({"not_null": {"column": "a", "where": "sales >"}}, "where"),
        ({"not_null": {"column": "a", "notify": 3}}, "notify"),
    ],
)
def test_a_slip_is_told_in_the_words_that_were_written(given: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError) as told:
        read_check(given, PLACE)
    assert said in str(told.value)
    assert PLACE in str(told.value)
    assert "expect_" not in str(told.value)


@pytest.mark.parametrize(
    ("in_python", "in_a_file"),
    [
        ({"unique": ("a", "b")}, {"unique": ["a", "b"]}),
        (
            {"between": {"column": "d", "low": date(2026, 3, 1), "where": "a > 1"}},
            {"between": {"column": "d", "low": "2026-03-01", "where": "a > 1"}},
        ),
        (
            {"max": {"column": "t", "high": datetime(2026, 3, 1, 9, 30)}},  # noqa: DTZ001 - a clock
            {"max": {"column": "t", "high": "2026-03-01T09:30:00"}},
        ),
        (
            {"one_of": {"column": "a", "values": {2, 1}}},
            {"one_of": {"column": "a", "values": [1, 2]}},
        ),
        ({"mean": {"column": "a", "low": Decimal("0.5")}}, {"mean": {"column": "a", "low": 0.5}}),
        (
            {"one_of": {"column": "a", "values": range(3)}},
            {"one_of": {"column": "a", "values": [0, 1, 2]}},
        ),
        ({"schema": {"columns": ("a", "b")}}, {"schema": {"columns": {"a": None, "b": None}}}),
        ({"compare": "a <> b"}, {"compare": {"left": "a", "operator": "!=", "right": "b"}}),
    ],
)
def test_a_declaration_in_python_is_the_check_of_the_same_in_a_file(
    in_python: dict[str, Any], in_a_file: dict[str, Any]
) -> None:
    assert read_check(in_python, "").id == read_check(in_a_file, "").id
