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


CHECKS = """\
# what a delivery keeps
checks:
  - not_null: Store
  - between: {column: Sales, low: 0, by: Store}
  - "null": Closed
"""


def test_a_file_of_checks_is_read_with_the_line_of_each(write: Write) -> None:
    root = write({"expectations/raw.yml": CHECKS})
    checks = suite(root, "expectations/raw.yml")
    assert [(check.kind, check.where) for check in checks] == [
        ("not_null", "expectations/raw.yml:3"),
        ("between", "expectations/raw.yml:4"),
        ("null", "expectations/raw.yml:5"),
    ]
    assert [c.id for c in suite(write({"raw.yaml": CHECKS.replace('"', "")}), "raw.yaml")] == [
        check.id for check in checks
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "raw.yml:1: no list of checks"),
        ("- not_null: a\n", "no list of checks"),
        ("checks: 3\n", "raw.yml:1: no list of checks"),
        ("checks: []\nname: x\n", "raw.yml:2: unknown key 'name'"),
        ("checks:\n  - not_null: a\n  - not_nul: a\n", "raw.yml:3: no check named 'not_nul'"),
        ("checks:\n  - between: {column: a, lwo: 1}\n", "raw.yml:2: between has no keyword 'lwo'"),
        ("checks:\n  - not_null\n", "raw.yml:2: a check is one word"),
        ("checks:\n  - [\n", "raw.yml"),
    ],
)
def test_a_slip_in_a_file_of_checks_is_told_with_its_line(
    write: Write, text: str, said: str
) -> None:
    with pytest.raises(DeclarationError) as raised:
        suite(write({"raw.yml": text}), "raw.yml")
    assert said in str(raised.value)
