"""YAML is plain values with the line of each, and every mistake is told at its line."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import DeclarationError
from headgate.pipelines.pipeline import Pipeline
from headgate.project.yaml import read_yaml, validate

TEXT = """\
name: shop
owner: sales

sources:
  orders:
    path: data/orders.csv   # where it lies
    types: {id: integer, day: date}
publish: [a,
  b]
"""


def test_values_are_plain_and_their_lines_are_kept() -> None:
    document = read_yaml(TEXT, "pipelines/shop.yml")
    assert document.data["sources"]["orders"]["types"] == {"id": "integer", "day": "date"}
    assert document.line(("sources", "orders", "types", "day")) == 7
    assert document.line(("sources", "orders", "pth")) == 5  # not written: the place around it
    assert document.line(("publish", 1)) == 9
    assert document.line(("elsewhere",)) == 1
    assert document.place(("owner",)) == "pipelines/shop.yml:2"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2015-07-31", "2015-07-31"),
        ("2015-07-31T10:00:00Z", "2015-07-31T10:00:00Z"),
        ("12:30", "12:30"),
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-5", -5),
        ("+5", 5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("1_000", "1_000"),
        ("~", None),
        ("", None),
        ("null", None),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("'on'", "on"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    read = read_yaml(f"a: {text}", "a.yml").data["a"]
    assert read == value
    assert type(read) is type(value)


def test_on_is_a_key_like_any_other() -> None:
    assert read_yaml("on: [a]", "a.yml").data == {"on": ["a"]}


def test_aliases_and_merges_are_followed_and_written_keys_win() -> None:
    text = "base: &b {x: 1, y: 2}\nmade:\n  <<: *b\n  y: 3\nsame: *b\nboth: {<<: [*b, {z: 4}]}\n"
    data = read_yaml(text, "a.yml").data
    assert data["made"] == {"y": 3, "x": 1}
    assert data["same"] == {"x": 1, "y": 2}
    assert data["both"] == {"x": 1, "y": 2, "z": 4}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yml:3", "key 'a' stands twice"),
        ("a:\n  b: 1\n  b: 1\n", "a.yml:3", "key 'a.b' stands twice"),
        ("a: [\n", "a.yml:2", "not YAML: did not find expected node content"),
        ("a:\n\t- b\n", "a.yml:2", "not YAML: found character that cannot start any token"),
        ("a: b: c\n", "a.yml:1", "not YAML: mapping values are not allowed in this context"),
        ("a: 1\n---\nb: 2\n", "a.yml:2", "not YAML: but found another document"),
        ("a: *b\n", "a.yml:1", "not YAML: found undefined alias"),
        ("a: !!python/object/apply:os.system [ls]\n", "a.yml:1", "tag !!python/object/apply:os.system is not allowed"),
        ("a: !secret x\n", "a.yml:1", "tag !secret is not allowed"),
        ("a: !!binary aGk=\n", "a.yml:1", "tag !!binary is not allowed"),
        ("a: !!timestamp 2015-07-31\n", "a.yml:1", "tag !!timestamp is not allowed"),
        ("a: !!set {x, y}\n", "a.yml:1", "tag !!set is not allowed"),
        ("a: !!int x\n", "a.yml:1", "'x' is no int"),
        (f"a: {'9' * 5000}\n", "a.yml:1", f"{'9' * 60!r} is no int"),
        ("? [a]\n: 1\n", "a.yml:1", "a key must be a word"),
        ("a: &a [*a]\n", "a.yml:1", "nested too deeply"),
        ("a: &a\n  <<: *a\n", "a.yml:1", "<<: merges a mapping into itself"),
        ("a: {<<: 5}\n", "a.yml:1", "<<: merges mappings"),
        ("a: 1\nb: \x00\n", "a.yml:2", "not YAML: a character that no text file holds"),
        ("a: \ud800\n", "a.yml:1", "not YAML: a character that no text file holds"),
        (BOMB, "a.yml:1", "too large for a declaration"),
        ("[" * 200 + "]" * 200, "a.yml:1", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_declaration_is_told_at_its_line(text: str, where: str, what: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        read_yaml(text, "a.yml")
    assert (raised.value.where, raised.value.what) == (where, what)


@given(st.text(st.sampled_from("ab:-[]{},&*!#|>'\"<\n \t1.~?%@\\"), max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DeclarationError):
        document = read_yaml(text, "a.yml")
        assert document.line(()) >= 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab: -#'\"", max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
        max_leaves=10,
    )
)  # fmt: skip
def test_what_json_writes_is_read_as_it_was(value: object) -> None:
    import json

    assert read_yaml(json.dumps({"a": value}), "a.yml").data == {"a": value}


# ------------------------------------------------------------------ models


def refused(text: str) -> str:
    with pytest.raises(DeclarationError) as raised:
        validate(Pipeline, read_yaml(text, "p.yml"))
    assert "pydantic" not in str(raised.value)
    return str(raised.value)


HEAD = "name: shop\nowner: sales\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sources:\n  a:\n    pth: x\n", "p.yml:5: sources.a: unknown key 'pth'\n  did you mean 'path'?"),
        *[
            (f"sources:\n  a: {{path: x, {key}: 1}}\n", f"p.yml:4: sources.a: unknown key '{key}'\n  it belongs under {home}:")
            for key, home in (("nulls", "csv"), ("delimiter", "csv"), ("encoding", "csv"), ("quote", "csv"), ("header", "csv"), ("rows", "partition_by"))
        ],
        ("stepps: {}\n", "p.yml:3: unknown key 'stepps'\n  did you mean 'steps'?"),
        ("sources:\n  a: 5\n", "p.yml:4: sources.a: expected a mapping, got 5"),
        ("sources:\n", "p.yml:3: sources: expected a mapping, got nothing"),
        ("sources: [a]\n", "p.yml:3: sources: expected a mapping, got a list"),
        ("sources:\n  1a: x.csv\n", "p.yml:4: sources.1a: '1a' is not a name: letters, digits and _, not starting with a digit"),
        ("sources:\n  a: {path: x, arrives: appnd}\n", "p.yml:4: sources.a.arrives: expected 'replace', 'append' or 'upsert', got 'appnd'\n  did you mean 'append'?"),
        ("sources:\n  a: {path: x, format: 7}\n", "p.yml:4: sources.a.format: expected 'csv', 'parquet' or 'jsonl', got 7"),
        ("sources:\n  a: {path: x, arrives: upsert}\n", "p.yml:4: sources.a: arrives: upsert needs key: the columns that name a row"),
        ("sources:\n  a: {path: x, malformed_limit: lots}\n", "p.yml:4: sources.a.malformed_limit: expected a number, got 'lots'"),
        ("sources:\n  a: {path: x, optional: 3}\n", "p.yml:4: sources.a.optional: expected true or false, got 3"),
        ("sources:\n  a: {path: x, csv: {delimiter: ''}}\n", "p.yml:4: sources.a.csv.delimiter: should have at least 1 character, got ''"),
        ("steps:\n  a: {run: b, inputs: 5}\n", "p.yml:4: steps.a.inputs: expected a list or a mapping, got 5"),
        ("steps:\n  a: {run: b, inputs: [1]}\n", "p.yml:4: steps.a.inputs[0]: expected text, got 1"),
        ("steps:\n  a: {run: b, inputs: {x: 1}}\n", "p.yml:4: steps.a.inputs.x: expected text, got 1"),
        ("quality_checks:\n  - type: freshnes\n", "p.yml:4: quality_checks[0].type: unknown quality check type 'freshnes'\n  did you mean 'freshness'?"),
        ("quality_checks:\n  - {threshold: 1}\n", "p.yml:4: quality_checks[0]: key 'type' is missing"),
        ("quality_checks:\n  - type: freshness\n", "p.yml:4: quality_checks[0]: key 'max_delay_hours' is missing"),
        ("quality_checks:\n  - {type: completeness, treshold: 1}\n", "p.yml:4: quality_checks[0]: unknown key 'treshold'\n  did you mean 'threshold'?"),
        ("quality_checks:\n  - {type: freshness, max_delay_hours: 0}\n", "p.yml:4: quality_checks[0].max_delay_hours: should be greater than 0, got 0"),
        ("on_publish: [{retries: 2.5, command: x}]\n", "p.yml:3: on_publish[0].retries: expected a whole number, got 2.5"),
        ("on_publish: [{}]\n", "p.yml:3: on_publish[0]: a trigger is either a command: or a webhook:"),
        ("schedule: [daily]\n", "p.yml:3: schedule: expected text, got a list"),
        ("publish: all\n", "p.yml:3: publish: expected a list, got 'all'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_plain_words(text: str, told: str) -> None:
    assert refused(HEAD + text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "p.yml:1: the file is empty\n  it needs at least: name, owner"),
        ("- a\n", "p.yml:1: the file does not hold keys and values\n  it needs at least: name, owner"),
        ("name: a\n", "p.yml:1: key 'owner' is missing"),
        ("name: a\nower: b\n", "p.yml:2: unknown key 'ower'\n  did you mean 'owner'?"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_pipeline_says_what_it_needs(text: str, told: str) -> None:
    assert refused(text) == told


def test_all_mistakes_of_a_file_are_listed_in_its_order() -> None:
    text = "sources:\n  a: {pth: x}\npublish: 5\nquality_checks: [{type: x}]\n"
    assert refused(HEAD + text) == (
        "p.yml:4: sources.a: unknown key 'pth'\n"
        "  did you mean 'path'?\n"
        "  p.yml:5: publish: expected a list, got 5\n"
        "  p.yml:6: quality_checks[0].type: unknown quality check type 'x'\n"
        "    known: accuracy, completeness, consistency, freshness, uniqueness, validity, volume"
    )
