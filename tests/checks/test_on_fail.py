"""What a check's author says becomes of rows that break it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.checks.check import Check, OnFail, Severity
from headgate.checks.native import read_check
from headgate.checks.suite import read_suite
from headgate.errors import DeclarationError

WHERE = "pipelines/shop.yml:7"


def word(**keywords: Any) -> Check:
    return read_check({"between": {"column": "amount", "low": 0, **keywords}}, WHERE)


def expectation(**keys: Any) -> Check:
    kwargs = {"column": "amount", "min_value": 0}
    given = {"type": "expect_column_values_to_be_between", "kwargs": kwargs, **keys}
    [check] = read_suite(json.dumps({"expectations": [given]}), "orders.json")
    return check


def test_a_check_without_a_word_closes_the_gate() -> None:
    assert (word().on_fail, word().severity) == (OnFail.BLOCK, Severity.ERROR)


def test_a_check_may_set_rows_aside_up_to_a_limit() -> None:
    check = word(on_fail="quarantine", limit=0.2)
    assert (check.on_fail, check.severity, check.limit) == (OnFail.QUARANTINE, Severity.ERROR, 0.2)
    assert word(on_fail="quarantine").limit == 0.01
    assert word(on_fail="quarantine", where="amount > -5").on_fail is OnFail.QUARANTINE


def test_to_warn_is_a_severity_by_another_name() -> None:
    assert word(on_fail="warn").severity is word(severity="warn").severity is Severity.WARN


def test_the_policy_is_no_part_of_what_a_check_computes() -> None:
    assert word(on_fail="quarantine", limit=0.2).id == word(on_fail="warn").id == word().id


def test_an_expectation_carries_its_policy_in_its_meta() -> None:
    own = {"on_fail": "quarantine", "limit": 0.02}
    check = expectation(meta={"headgate": own, "notes": "what others keep there"})
    assert (check.on_fail, check.limit) == (OnFail.QUARANTINE, 0.02)
    assert expectation(meta={"notes": 1}).on_fail is OnFail.BLOCK


def test_a_slip_in_a_policy_is_answered_with_the_nearest_word() -> None:
    for keywords, nearest in (
        ({"on_fail": "quarantin"}, "did you mean 'quarantine'?"),
        ({"severity": "warning"}, "did you mean 'warn'?"),
        ({"severity": "critical"}, "known: error, info, warn"),
    ):
        with pytest.raises(DeclarationError) as error:
            word(**keywords)
        assert error.value.hint == nearest


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"on_fail": "quarantin"}, "no on_fail named 'quarantin'"),
        ({"on_fail": "quarantine", "limit": 2}, "limit: 2 is no share of rows"),
        ({"on_fail": "quarantine", "limit": "1%"}, "limit: '1%' is no share of rows"),
        ({"on_fail": "quarantine", "limit": True}, "limit: True is no share of rows"),
        ({"limit": 0.1}, "limit: goes with on_fail: quarantine"),
        ({"on_fail": "warn", "limit": 0.1}, "limit: goes with on_fail: quarantine"),
        ({"on_fail": "quarantine", "severity": "warn"}, "does not go with the severity warn"),
        ({"on_fail": "warn", "severity": "error"}, "does not go with the severity error"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_where_it_stands(
    keywords: dict[str, Any], said: str
) -> None:
    with pytest.raises(DeclarationError, match=said) as error:
        word(**keywords)
    assert error.value.where == WHERE


@pytest.mark.parametrize(
    "check",
    [
        {"rows": {"low": 1}},
        {"mean": {"column": "amount", "low": 0}},
        {"type": {"column": "amount", "type": "number"}},
        {"sql": {"query": "select * from {batch}"}},
        {"columns": {"names": ["amount"]}},
    ],
)
def test_a_check_of_the_whole_table_has_no_rows_to_set_aside(
    check: dict[str, dict[str, Any]],
) -> None:
    [(name, keywords)] = check.items()
    with pytest.raises(DeclarationError, match="no rows that could be set aside") as error:
        read_check({name: {**keywords, "on_fail": "quarantine"}}, WHERE)
    assert error.value.where == WHERE


def test_rows_of_groups_are_not_set_aside_and_the_error_names_by() -> None:
    with pytest.raises(DeclarationError, match="by does not go with on_fail: quarantine") as error:
        word(on_fail="quarantine", by="store")
    assert error.value.where == WHERE
    assert "leave out by" in str(error.value.hint)


def test_a_slip_in_the_meta_of_an_expectation_is_named_with_its_line() -> None:
    with pytest.raises(DeclarationError, match="unknown key 'onfail'") as error:
        expectation(meta={"headgate": {"onfail": "quarantine"}})
    assert error.value.where == "orders.json:1"
    assert "on_fail" in str(error.value.hint)
