"""A suite is read from the file that a declaration names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from headgate.checks.check import Check, Range, Severity
from headgate.checks.metric import Rows
from headgate.errors import DeclarationError
from headgate.project.suites import suite, suite_digest

Write = Callable[[Mapping[str, str]], Path]

SUITE = json.dumps(
    {
        "expectation_suite_name": "raw",
        "expectations": [
            {
                "expectation_type": "expect_column_values_to_not_be_null",
                "kwargs": {"column": "Store"},
            },
            {
                "expectation_type": "expect_table_row_count_to_be_between",
                "kwargs": {"min_value": 1, "max_value": 9},
            },
        ],
    }
)


def test_a_suite_gives_its_checks(write: Write) -> None:
    root = write({"expectations/raw.json": SUITE})
    checks = suite(root, "expectations/raw.json")
    assert len(checks) == 2
    assert all(check.where.startswith("expectations/raw.json") for check in checks)


def test_a_missing_suite_is_told_with_the_nearest_name(write: Write) -> None:
    root = write({"expectations/raw.json": SUITE})
    with pytest.raises(DeclarationError) as raised:
        suite(root, "expectations/rwa.json", "p.yml:5")
    assert str(raised.value) == (
        "p.yml:5: no suite 'expectations/rwa.json'\n  did you mean 'expectations/raw.json'?"
    )
    with pytest.raises(DeclarationError, match="leads out of the project"):
        suite(root, "../raw.json", "p.yml:5")


def test_the_digest_is_of_what_is_decided_and_not_of_how_it_is_told() -> None:
    one, two = Check("a", Rows(), Range(low=1)), Check("b", Rows(), Range(high=9))
    told = replace(one, description="more than none", where="elsewhere", notify=("x",))
    assert suite_digest([one, two]) == suite_digest([two, told])
    assert suite_digest([one]) != suite_digest([one, two])
    assert suite_digest([one]) != suite_digest([replace(one, severity=Severity.WARN)])
    assert suite_digest([one]) != suite_digest([replace(one, bound=Range(low=2))])
