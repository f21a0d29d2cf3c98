"""The JSON Schemas of the Open Data Contract Standard, which say what is a contract.

They ship with the package, unchanged, and are read when the first contract is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

from headgate.contracts.acceptance import accepts

VERSIONS = ("3.0", "3.1", "3.2")
"""Those of the standard that contracts are written in, oldest first."""


def version_of(document: Mapping[str, Any]) -> str:
    """The version whose schema judges a document: the one that it names, else the newest.

    Documents of 2.x are the oldest's, which knows that they exist.
    """
    named = str(document.get("apiVersion"))
    if named.startswith("v2."):
        return VERSIONS[0]
    return next((one for one in VERSIONS if named.startswith(f"v{one}.")), VERSIONS[-1])


@cache
def schema_of(version: str) -> dict[str, Any]:
    """The JSON Schema of a version."""
    text = (
        files("headgate.contracts").joinpath("standard", f"odcs-{version}.json").read_text("utf-8")
    )
    schema: dict[str, Any] = json.loads(text)
    return schema


def rejected(document: object, version: str) -> list[Any]:
    """What the schema of a version rejects in a document, as jsonschema's errors.

    Raises RecursionError where the document is nested too deeply for it.
    """
    schema = schema_of(version)
    if accepts(schema, document):
        return []
    validator = _validator_class()(schema)
    before = _FOUND.set({})
    try:
        return list(validator.iter_errors(document))
    finally:
        _FOUND.reset(before)


_FOUND: ContextVar[dict[tuple[str, int], list[Any]]] = ContextVar("_FOUND")
"""What each definition rejects in each part of the document that is judged."""


@cache
def _validator_class() -> Any:
    """A validator by draft 2019-09 that judges each part of a document by each definition once.

    Properties hold properties, and each level asks several times whether the one below is valid:
    without a memory the time is multiplied by three with every level.
    """
    from jsonschema import Draft201909Validator
    from jsonschema.validators import extend

    judged = Draft201909Validator.VALIDATORS["$ref"]

    def referred(validator: Any, ref: str, instance: object, schema: object) -> Iterator[Any]:
        found, asked = _FOUND.get(), (ref, id(instance))
        if asked not in found:
            found[asked] = list(judged(validator, ref, instance, schema))
        # errors are given their place while they are handed on, so each time it is a copy
        yield from map(_copied, found[asked])

    return extend(Draft201909Validator, {"$ref": referred})


def _copied(error: Any) -> Any:
    fresh = type(error).create_from(error)
    fresh.context = list(map(_copied, error.context))
    for inner in fresh.context:
        inner.parent = fresh
    return fresh
