"""A suite is read from the file that a declaration names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from headgate.errors import DeclarationError
from headgate.project.suites import suite

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
