"""The JSON Schema of files of logic tests, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from headgate.project.schema import descriptions
from headgate.testing import logic_test
from headgate.testing.logic_test import LogicTests

_LISTED = ("Rows", "Expectation")
"""What a list of rows may stand for."""


def logic_test_schema() -> dict[str, Any]:
    """The schema of a file in `tests/`, in JSON Schema 2020-12."""
    schema = LogicTests.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    for model, described in descriptions(logic_test).items():
        target = schema if model == "LogicTests" else definitions[model]
        target["description"] = described.pop("")
        for field, text in described.items():
            target["properties"][field]["description"] = text
    rows = {"type": "array", "items": {"type": "object"}}
    for model in _LISTED:
        short = {**rows, "description": "the rows alone"}
        definitions[model] = {"title": model, "anyOf": [short, definitions[model]]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Headgate logic tests",
    }
