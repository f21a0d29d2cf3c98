"""The version that a contract must get is computed, and a smaller one is refused at its line."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.contracts.changes.change import Bump
from headgate.contracts.changes.changes import changes
from headgate.contracts.changes.semver import Version, in_range, read_version, version_findings
from tests.contracts.change_cases import column

NONE = (column(), column())
WORDS = (column(description="a"), column(description="b"))
MORE = (column(), column(required=True))
LESS = (column(required=True), column())


@pytest.mark.parametrize(
    ("old", "new", "changed", "found"),
    [
        ("1.0.0", "1.0.0", NONE, []),
        ("1.0.0", "3.0.0", NONE, []),
        ("1.0.0", "1.0.0", WORDS, ["version-too-small warning"]),
        ("1.0.0", "1.0.1", WORDS, []),
        ("1.4.2", "1.4.3", MORE, ["version-too-small error"]),
        ("1.4.2", "1.5.0", MORE, []),
        ("1.4.2", "1.5.0", LESS, ["version-too-small error"]),
        ("1.4.2", "1.4.2", LESS, ["version-too-small error"]),
        ("1.4.2", "2.0.0", LESS, []),
        ("0.4.2", "0.4.3", LESS, ["version-too-small error"]),
        ("0.4.2", "0.5.0", LESS, []),
        ("0.4.2", "0.4.3", MORE, []),
        ("0.4.2", "1.0.0", LESS, []),
        ("1.4.2", "1.4.1", NONE, ["version-goes-down error"]),
        ("1.4.2", "1.4.2-rc.1", NONE, ["version-goes-down error"]),
        ("2.0.0-rc.1", "2.0.0", LESS, []),
        ("2.0.0-rc.1", "2.0.0-rc.2", LESS, []),
        ("2.0.0-rc.1", "2.0.0-rc.1", LESS, ["version-too-small error"]),
        ("1.1.0", "1.2", MORE, ["version-not-semantic warning"]),
        ("v1.1.0", "v1.2.0+build.7", MORE, []),
        ("1.1.0", "01.2.0", MORE, ["version-not-semantic error"]),
        ("1.1.0", "next", MORE, ["version-not-semantic error"]),
        ("1.1.0", 1.2, MORE, ["version-not-semantic error"]),
        ("1.1.0", None, MORE, ["version-not-semantic error"]),
        ("spring", "1.0.0", LESS, []),
    ],
)
def test_a_version_is_held_to_what_changed(
    old: object, new: object, changed: tuple[Any, Any], found: list[str]
) -> None:
    findings = version_findings(old, new, changes(*changed), "contracts/x.yaml:3")
    assert [f"{each.rule} {each.severity}" for each in findings] == found
    assert {each.where for each in findings} <= {"contracts/x.yaml:3"}


def test_the_version_to_write_is_told() -> None:
    missing, slip = (version_findings("1.0.0", new, [], "x:1")[0].what for new in (None, "next"))
    assert missing == "the contract has no version; write three numbers, such as 1.2.0"
    assert slip == "the version 'next' is none; write three numbers, such as 1.2.0"
    (finding,) = version_findings("1.4.2", "1.5.0", changes(*LESS), "x:3")
    assert "demand a major one: write 2.0.0" in finding.what


def test_versions_stand_in_the_order_of_semver_org() -> None:
    texts = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
             "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]  # fmt: skip
    read = [read_version(text) for text in texts]
    assert [str(version) for version in sorted(v for v in reversed(read) if v)] == texts
    assert read_version("1.0.0+a") == read_version("v1.0.0+b") == read_version("1.0")


@pytest.mark.parametrize(
    ("version", "text", "expected"),
    [
        ("1.4.0", ">=1,<2", True),
        ("2.0.0", ">=1,<2", False),
        ("1.0.0", ">1", False),
        ("2.0.0", ">1", True),
        ("1.9.9", "<=1", True),
        ("1.2.9", "==1.2", True),
        ("1.3.0", "1.2", False),
        ("1.3.0", "!=1.2", True),
        ("1.9.0", "^1.2", True),
        ("2.0.0", "^1.2", False),
        ("0.3.0", "^0.2", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("1.3.0", "~1", True),
        ("2.0.0", "~1", False),
        ("0.5.0", "^0", True),
        ("1.0.0", "^0", False),
        ("0.0.3", "^0.0", True),
        ("0.1.0", "^0.0", False),
    ],
)
def test_a_range_holds_the_versions_that_it_says(version: str, text: str, expected: bool) -> None:
    read = read_version(version)
    assert read is not None
    assert in_range(read, text) is expected


@pytest.mark.parametrize("text", ["", "soon", ">=1;<2", "1.x"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no range of versions"):
        in_range(Version(1, 0), text)


def test_a_bump_is_the_least_version_that_grows_so() -> None:
    grown = [str(Version(1, 4, 2).after(bump)) for bump in Bump]
    assert grown == ["1.4.2", "1.4.3", "1.5.0", "2.0.0"]
