"""Quality rules of type `custom`: those in our own words, and expectations of Great Expectations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from headgate.checks.check import Check
from headgate.checks.expectations import EXPECTATIONS
from headgate.checks.native import WORDS, read_check
from headgate.checks.suite import read_expectation
from headgate.contracts.finding import Level
from headgate.errors import DeclarationError

Parse = Callable[[str, str], Any]
"""Reads YAML from text; its second argument is the place that errors name."""
Read = Callable[[Any, str | None, str, Parse], list[Check]]


class Engine(Struct, frozen=True):
    """How the implementation of a rule is read, and how bad it is where it is not understood."""

    read: Read
    says: str
    level: Level


def own(implementation: Any, column: str | None, where: str, parse: Parse) -> list[Check]:
    """The checks of one or several of our words: `{between: {column: Sales, low: 0}}`.

    At a property a word is about its column, unless it names another.
    """
    given = _mapping(implementation, where, parse)
    return [read_check({word: _about(word, body, column)}, where) for word, body in given.items()]


def _about(word: str, body: Any, column: str | None) -> Any:
    known = WORDS[word].keywords if word in WORDS else {}
    if column is None:
        return body
    name = next((one for one in ("column", "columns") if one in known), None)
    if name is None:
        return body
    if body is None:
        return {name: column}
    return {name: column, **body} if isinstance(body, Mapping) else body


def expectation(implementation: Any, column: str | None, where: str, parse: Parse) -> list[Check]:
    """The check of one expectation: `{type: expect_..., kwargs: {...}}`.

    At a property an expectation about a column is about this one, unless it names another.
    Keywords may be written as the standard's examples have them: `minValue`.
    """
    given = _mapping(implementation, where, parse)
    kind = given.get("type", given.get("expectation_type"))
    kwargs = given.get("kwargs", {})
    if not isinstance(kwargs, Mapping):
        raise DeclarationError("kwargs is a mapping of keywords", where)
    named = {_snake(str(key)): value for key, value in kwargs.items()}
    if column is not None and str(kind).startswith("expect_column_") and kind in EXPECTATIONS:
        pair = any(key.startswith("column_") and key != "column_index" for key in named)
        named = named if pair else {"column": column, **named}
    return [read_expectation({**given, "kwargs": named}, where)]


def _snake(name: str) -> str:
    return name if "_" in name else re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _mapping(implementation: Any, where: str, parse: Parse) -> dict[str, Any]:
    given = parse(implementation, where) if isinstance(implementation, str) else implementation
    if not isinstance(given, Mapping) or not given:
        hint = "implementation: {between: {low: 0, high: 100}}"
        raise DeclarationError("the implementation is no mapping of words", where, hint)
    return {str(key): value for key, value in given.items()}


ENGINES: dict[str, Engine] = {
    "headgate": Engine(own, "our own words for checks, one or several", Level.ERROR),
    **dict.fromkeys(
        ("greatExpectations", "great-expectations", "great_expectations"),
        Engine(expectation, "an expectation of Great Expectations", Level.WARNING),
    ),
}
"""The engines whose rules are judged here; those of others are shown."""
