"""A verdict is remembered under what was decided, and not under how it was told."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from headgate.checks.check import Check, OnFail, Range, Severity
from headgate.checks.metric import Rows
from headgate.checks.native import read_check
from headgate.runs.verdicts import key, keys, lasting


def test_the_key_is_of_what_is_decided_and_not_of_how_it_is_told() -> None:
    one, two = Check("a", Rows(), Range(low=1)), Check("b", Rows(), Range(high=9))
    told = replace(one, description="more than none", where="elsewhere", notify=("x",))
    assert key("sales", [one, two], {}) == key("sales", [two, told], {})
    others = [
        key("sales", [one], {}),
        key("sales", [one, two], {}),
        key("publish", [one], {}),
        key("sales", [one], {"stores": "v1"}),
        key("sales", [replace(one, severity=Severity.WARN)], {}),
        key("sales", [replace(one, bound=Range(low=2))], {}),
        key("sales", [replace(one, on_fail=OnFail.QUARANTINE)], {}),
        key("sales", [replace(one, on_fail=OnFail.QUARANTINE, limit=0.5)], {}),
    ]
    assert len(set(others)) == len(others)


def test_a_waived_verdict_is_looked_for_only_where_its_version_is_held() -> None:
    assert keys("k", "v1", "v1", "prod") == ("k@prod", "k")
    assert keys("k", "v1", "v2", "prod") == ("k",)
    assert keys("k", "v1", None, "prod") == ("k",)


@pytest.mark.parametrize(
    ("given", "lasts"),
    [
        ({"not_null": "day"}, True),
        ({"freshness": {"column": "day", "max_hours": 24}}, False),
        ({"freshness": {"max_hours": 24}}, False),
        ({"freshness": {"column": "day", "max_hours": 24, "where": "open = 1"}}, False),
    ],
)
def test_a_verdict_about_an_age_does_not_last(given: dict[str, Any], lasts: bool) -> None:
    assert (
        lasting([read_check({"not_null": "day"}, "p.yml:1"), read_check(given, "p.yml:2")]) is lasts
    )
