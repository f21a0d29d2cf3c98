"""The JSON Schema of pipeline files, for editors that complete and check while one types."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any

from headgate.pipelines import consumer, quality_checks
from headgate.pipelines import pipeline as declarations
from headgate.pipelines.pipeline import Pipeline

_SHORT = {
    "Source": "the path alone",
    "Step": "the code alone: file.py:function or file.sql",
    "Trigger": "the command alone",
}


def json_schema() -> dict[str, Any]:
    """The schema of a file in `pipelines/`, in JSON Schema 2020-12."""
    schema = Pipeline.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    for model, described in descriptions(quality_checks, consumer, declarations).items():
        target = schema if model == "Pipeline" else definitions.get(model, {})
        target["description"] = described.pop("", "")
        for field, text in described.items():
            if field in target.get("properties", {}):
                target["properties"][field]["description"] = text
    for model, text in _SHORT.items():
        full = definitions[model]
        short = {"type": "string", "description": text}
        definitions[model] = {"title": full["title"], "anyOf": [short, full]}
    full = definitions["Reads"]  # its columns alone
    definitions["Reads"] = {"title": "Reads", "anyOf": [full["properties"]["columns"], full]}
    for model in ("Source", "Step"):  # a single column may be written without its list
        fields = definitions[model]["anyOf"][1]["properties"]
        _or_one_name(fields["key"])
        fields["partition_by"]["anyOf"].insert(0, {"type": "string"})
    for model in (name for name in definitions if name.endswith("Check")):
        fields = definitions[model]["properties"]
        for name in quality_checks.LISTS:
            if name in fields:
                _or_one_name(fields[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Headgate pipeline",
    }


def _or_one_name(field: dict[str, Any]) -> None:
    several = {key: field.pop(key) for key in ("type", "items", "minItems") if key in field}
    field["anyOf"] = [{"type": "string"}, several]


def descriptions(*modules: ModuleType) -> dict[str, dict[str, str]]:
    """The first line of each model's text, and the text below each of its fields."""
    trees = [ast.parse(inspect.getsource(module)) for module in modules]
    found: dict[str, dict[str, str]] = {}
    for model in (statement for tree in trees for statement in tree.body):
        if not isinstance(model, ast.ClassDef):
            continue
        texts: dict[str, str] = {}
        for base in model.bases:
            texts |= found.get(base.id, {}) if isinstance(base, ast.Name) else {}
        texts[""] = (ast.get_docstring(model) or "").partition("\n")[0]
        for field, text in zip(model.body, model.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(value))),
                ):
                    texts[name] = " ".join(value.split())
        found[model.name] = texts
    return found
