"""What is accepted at once is what jsonschema accepts, and most contracts are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from functools import reduce
from operator import getitem, or_
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headgate.contracts.acceptance import WORDS, accepts
from headgate.contracts.odcs import VERSIONS, schema_of
from headgate.project.yaml import read_yaml
from tests.contracts.documents import ALL, V32

ODD: list[Any] = [
    None, True, False, 0, 1, 1.0, -1.5, 10**30, float("nan"), float("inf"), "", "a", "a\n", "1", "é",
    (1,), date(2026, 11, 20), [], [1, True], ["a", "a"], [1, 1.0], [{}, {}], {}, {1: "a"}, {None: 1}, {"a": 1},
]  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c", "type", "properties"])
VALUES = st.recursive(
    st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    ["array", "boolean", "integer", "null", "number", "object", "string", ["string", "null"]]
)


def words(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas of a few words, of which some hold schemas."""
    branches = st.lists(inner, min_size=1, max_size=3)
    known: dict[str, st.SearchStrategy[Any]] = {
        "type": TYPES,
        "required": st.lists(NAMES, max_size=2),
        "enum": st.lists(st.sampled_from(["a", "1", ""]), min_size=1),
        "const": st.just("a"),
        "pattern": st.sampled_from(["^a$", "1", r"^\w+$"]),
        "minimum": st.integers(-1, 2),
        "exclusiveMinimum": st.integers(-1, 2),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "properties": st.dictionaries(NAMES, inner, max_size=3),
        "additionalProperties": st.just(False),
        "unevaluatedProperties": st.just(False),
        "items": inner,
        "allOf": branches,
        "anyOf": branches,
        "oneOf": branches,
        "not": inner,
        "$ref": st.just("#/$defs/one"),
        "format": st.just("date"),
    }
    each = [st.fixed_dictionaries({word: value}) for word, value in known.items()]
    both = st.fixed_dictionaries({"if": inner, "then": inner})
    return st.lists(st.one_of(*each, both), min_size=1, max_size=3).map(
        lambda parts: reduce(or_, parts)
    )


FLAT = words(st.just({"type": "string"})).filter(lambda one: "$ref" not in one)
SCHEMAS = words(words(words(st.sampled_from([{}, {"type": "integer"}, {"type": "object"}]))))


@settings(max_examples=150, deadline=None)
@given(SCHEMAS, FLAT, VALUES)
@example({"minimum": 1}, {}, 0)
@example({"exclusiveMinimum": 1}, {}, 1)
@example({"type": "integer"}, {}, 1.0)
@example({"type": "number"}, {}, True)
@example({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}, {}, {"a": 1})
@example(
    {"$ref": "#/$defs/one", "unevaluatedProperties": False}, {"properties": {"a": {}}}, {"b": 1}
)
def test_what_is_accepted_the_reference_accepts(
    schema: dict[str, Any], one: dict[str, Any], value: Any
) -> None:
    whole = {**schema, "$defs": {"one": one}}
    judged = bool(jsonschema.Draft201909Validator(whole).is_valid(value))
    # what seems to stand twice in Python is left to the reference
    assert accepts(whole, value) is judged or ("uniqueItems" in repr(whole) and judged)


@pytest.mark.parametrize(
    "schema",
    [
        {"multipleOf": 2},
        {"else": {}},
        {"enum": [1]},
        {"const": True},
        {"additionalProperties": {"type": "string"}},
        {"unevaluatedProperties": {"type": "string"}},
        {"$ref": "https://example.org/#/$defs/one"},
        {"allOf": [{"properties": {"a": {"dependentRequired": {}}}}]},
    ],
)
def test_a_schema_with_words_that_are_not_known_is_left_to_the_reference(
    schema: dict[str, Any],
) -> None:
    assert not accepts({**schema, "$defs": {"one": {}}}, {"a": 1})


def said(schema: Mapping[str, Any], whole: Mapping[str, Any], seen: set[str]) -> Iterator[str]:
    """The words of a schema, and of all to which it leads."""
    yield from schema
    for word, inner in schema.items():
        if word == "properties":
            held = list(inner.values())
        elif word in {"allOf", "anyOf", "oneOf"}:
            held = inner
        elif word in {"items", "if", "then", "else", "not"}:
            held = [inner]
        elif word == "$ref" and inner not in seen:
            seen.add(inner)
            held = [reduce(getitem, inner.split("/")[1:], whole)]
        else:
            continue
        for one in held:
            yield from said(one, whole, seen)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_the_standard_says_is_known(version: str) -> None:
    whole = schema_of(version)
    found = set(said(whole, whole, set()))
    assert {"if", "unevaluatedProperties", "oneOf"} < found <= WORDS
    assert accepts(whole, read_yaml(ALL[version], "a.yaml").data)


def test_a_good_contract_is_read_without_the_reference(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "planes.yaml").write_text(V32)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from headgate.project.contracts import read_contracts\n"
        "print(*read_contracts(Path()), 'jsonschema' in sys.modules)\n"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "planes False\n"
