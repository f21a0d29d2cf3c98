"""A verdict is remembered under what was decided, and not under how it was told."""

from __future__ import annotations

from dataclasses import replace

from headgate.checks.check import Check, OnFail, Range, Severity
from headgate.checks.metric import Rows
from headgate.runs.verdicts import key, keys


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
