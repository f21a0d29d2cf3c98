"""Rows made up from contracts keep to all that the contracts say."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.contract import Contract, Property, Reference
from headgate.environments.patterns import matching
from headgate.environments.synthetic import Columns, synthetic
from headgate.errors import DeclarationError
from headgate.schema.types import LogicalType

T = LogicalType


def contract(dataset: str, *properties: Property, **more: Any) -> Contract:
    key = tuple(one.name for one in properties if one.key)
    return Contract(dataset, "c.yaml:1", {one.name: one for one in properties}, key=key, **more)


def of(name: str, kind: LogicalType, **more: Any) -> Property:
    return Property(name, f"c.yaml:{name}", kind, **more)


PEOPLE = contract(
    "people",
    of("id", T.INTEGER, key=True, required=True, unique=True, low=1, high=500),
    of("mail", T.STRING, unique=True, required=True, pattern=r"^[a-z]{3,8}@(example|test)\.org$"),
    of("kind", T.STRING, values=("a", "b")),
    of("born", T.DATE, low="1950-01-01", below="2000-01-01"),
    of("weight", T.NUMBER, above=0, high=200.5),
    of("seen", T.TIMESTAMP, low="2024-01-01T00:00:00", high="2024-01-02T00:00:00"),
    of("active", T.BOOLEAN, required=True),
    of("boss", T.INTEGER),
    references=(Reference("people", ("boss",), "people", ("id",)),),
)
VISITS = contract(
    "visits",
    of("person", T.INTEGER, required=True),
    of("born", T.DATE),
    of("no", T.INTEGER, low=0),
    references=(
        Reference("visits", ("person",), "people", ("id",)),
        Reference("visits", ("person", "born"), "people", ("id", "born")),
    ),
)
BOTH = {"visits": VISITS, "people": PEOPLE}


def rows_of(columns: Columns) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def orphans(made: Mapping[str, Columns], one: Reference) -> list[tuple[Any, ...]]:
    keys = {tuple(row[key] for key in one.keys) for row in rows_of(made[one.to])}
    found = [tuple(row[name] for name in one.columns) for row in rows_of(made[one.dataset])]
    return [values for values in found if None not in values and values not in keys]


@settings(deadline=None)  # a loaded machine is no failure
@given(st.integers(1, 120), st.text(max_size=3))
def test_rows_keep_to_their_contracts(rows: int, seed: str) -> None:
    made = synthetic(BOTH, rows, seed)
    people = rows_of(made["people"])
    assert len(people) == len(rows_of(made["visits"])) == rows
    assert len({row["id"] for row in people}) == rows
    assert len({row["mail"] for row in people}) == rows
    for row in people:
        assert 1 <= row["id"] <= 500
        assert re.fullmatch(r"[a-z]{3,8}@(example|test)\.org", row["mail"])
        assert row["kind"] in {"a", "b", None}
        assert row["born"] is None or date(1950, 1, 1) <= row["born"] < date(2000, 1, 1)
        assert row["weight"] is None or 0 < row["weight"] <= 200.5
        assert row["seen"] is None or datetime(2024, 1, 1) <= row["seen"] <= datetime(2024, 1, 2)  # noqa: DTZ001
        assert row["active"] in {True, False}
    for one in (*PEOPLE.references, *VISITS.references):
        assert orphans(made, one) == []
    assert synthetic(BOTH, rows, seed) == made


def test_values_may_be_missing_where_the_contract_lets_them() -> None:
    people = rows_of(synthetic(BOTH, 300, "0")["people"])
    assert any(row["kind"] is None for row in people)
    assert not any(row["mail"] is None or row["active"] is None for row in people)


def test_there_are_no_more_rows_than_keys() -> None:
    few = contract("few", of("id", T.STRING, key=True, required=True, values=("a", "b", "c")))
    assert sorted(synthetic({"few": few}, 100, "0")["few"]["id"]) == ["a", "b", "c"]


def test_a_circle_without_a_way_in_is_told() -> None:
    one = contract("a", of("id", T.INTEGER, key=True, required=True), of("b", T.INTEGER, required=True), references=(Reference("a", ("b",), "b", ("id",), "c.yaml:9"),))  # fmt: skip
    two = contract("b", of("id", T.INTEGER, key=True, required=True), of("a", T.INTEGER, required=True), references=(Reference("b", ("a",), "a", ("id",), "c.yaml:8"),))  # fmt: skip
    with pytest.raises(DeclarationError, match="circle in which no value may be missing"):
        synthetic({"a": one, "b": two}, 3, "0")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (of("n", T.INTEGER, low=5, high=4), "no whole number is from 5 to 4"),
        (of("n", T.NUMBER, above=5, below=5), "its bounds leave no room"),
        (of("n", T.DATE, low="soon"), "'soon' is no date"),
        (of("n", T.STRING, pattern="(?=x)y"), "no text can be made up for the pattern"),
        (of("n", T.STRING, pattern="[a-z]{3}", longest=2), "no text of that length"),
        (of("n", T.ARRAY), "values of type array are not made up"),
        (of("n", T.INTEGER, values=("x",)), "'x' is no integer"),
    ],
)
def test_what_cannot_be_kept_is_told(asked: Property, told: str) -> None:
    with pytest.raises(DeclarationError, match=re.escape(told)):
        synthetic({"t": contract("t", of("id", T.INTEGER), asked)}, 200, "0")


@pytest.mark.parametrize(
    "pattern",
    [
        "N[0-9]{1,5}[A-Z]{0,2}", r"^\d{3}-\d{4}$", r"[^x]+", r"(DE|FR)\d{2}( \d{4}){3}", r"\w*",
        r"a.c?", r"(?:ab|c[de]+)*f", r"[\d_-]{2,}", r"x{2}y|z", r"\$\.\(",
    ],
)  # fmt: skip
def test_a_text_matches_its_pattern(pattern: str) -> None:
    chance = random.Random(1)
    texts = [matching(pattern, chance) for _ in range(200)]
    assert all(re.fullmatch(pattern, text) for text in texts)


@pytest.mark.parametrize("pattern", ["(a", "[a", "a)", "*a", r"\bx", r"a{2", "[", "\\", "(?P<n>a)"])
def test_a_pattern_that_is_not_simple_is_refused(pattern: str) -> None:
    with pytest.raises(DeclarationError, match="no text can be made up"):
        matching(pattern, random.Random(1))
