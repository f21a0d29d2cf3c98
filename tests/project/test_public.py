"""The public names are few, and all of them are there."""

from __future__ import annotations

import pytest

import headgate
from headgate.project.schema import json_schema


def test_every_public_name_is_there_and_no_other_is_listed() -> None:
    assert len(headgate.__all__) <= 30
    assert sorted(headgate.__all__) == headgate.__all__
    for name in headgate.__all__:
        assert getattr(headgate, name).__name__ == name
    assert set(headgate.__all__) <= set(dir(headgate))
    with pytest.raises(AttributeError, match="no attribute 'Pipline'"):
        _ = headgate.Pipline


def test_the_schema_for_editors_knows_every_key_and_its_short_form() -> None:
    schema = json_schema()
    assert schema["required"] == ["name", "owner"]
    assert set(schema["properties"]) == set(headgate.Pipeline.model_fields)
    definitions = schema["$defs"]
    short, full = definitions["Source"]["anyOf"]
    assert short["type"] == "string"
    assert full["additionalProperties"] is False
    assert full["properties"]["optional"]["description"].startswith("True where a run")
    assert full["properties"]["key"]["anyOf"][0] == {"type": "string"}
    assert definitions["FreshnessCheck"]["description"].startswith("The age of the newest data")
