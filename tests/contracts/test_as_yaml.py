"""A contract that is written reads the same in every reader of YAML, and reads well."""

from __future__ import annotations

import math
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contracts.formats.as_yaml import as_yaml
from headgate.project.yaml import read_yaml

TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["yes", "Null", "~", "1e3", "0x1f", "12:30", "2024-01-01", "- a", "a: b", "#x", " a", "a\n b",
         "a\n\nb", "{a}", "[", "&x", "*x", "!x", "%", "@", "`", "'", '"', "\ud800", "\x85", "=", "<<"]
    ),
)  # fmt: skip
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=12,
)
KEYS = st.one_of(TEXT, st.sampled_from(["tags", "logicalTypeOptions", "arguments"]))


@settings(max_examples=50, deadline=None)
@given(document=st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_every_value_is_read_back_as_it_was_by_readers_of_yaml_1_1_and_1_2(
    document: dict[str, Any],
) -> None:
    text = as_yaml(document)
    meant = _meant(document)
    assert yaml.safe_load(text) == meant
    assert read_yaml(text, "x.yaml").data == meant


def _meant(value: Any) -> Any:
    """Half a sign cannot be written in any file."""
    match value:
        case str():
            return "".join("\ufffd" if 0xD800 <= ord(one) <= 0xDFFF else one for one in value)
        case dict():
            return {_meant(key): _meant(one) for key, one in value.items()}
        case list():
            return [_meant(one) for one in value]
    return value


def test_numbers_without_an_end_are_kept() -> None:
    read = yaml.safe_load(as_yaml({"low": -math.inf, "no": math.nan}))
    assert read["low"] == -math.inf
    assert math.isnan(read["no"])


def test_it_reads_well_and_remarks_stand_above_what_they_are_about() -> None:
    document = {
        "version": "1.0.0",
        "schema": [{"name": "a", "tags": ["pii"], "description": "one\ntwo"}, {"name": "12"}],
    }
    text = as_yaml(document, {(): "all", ("schema", 1): "is it\na number?"})
    assert text == (
        "# all\nversion: 1.0.0\nschema:\n  - name: a\n    tags: [pii]\n    description: |-\n"
        '      one\n      two\n  # is it\n  # a number?\n  - name: "12"\n'
    )
