"""What each expectation says, asks for and costs, found by letting it read its own example."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from headgate.checks.distributions import SetDifference, Side
from headgate.checks.expectations import Expectation, Level
from headgate.checks.keywords import Keywords
from headgate.checks.metric import Aggregate, Failing, Function, Metric

PROVED = {
    "NotNull": "nothing is read",
    "Null": "nothing is read",
    "Between": "nothing, where least and greatest value keep it",
    "OneOf": "nothing, where there is one value, or whole numbers that are all in the set",
    "NoneOf": "nothing, where no value of the set is between least and greatest",
    "Unique": "nothing, where the table's `key:` is these columns, or some of them",
    f"SetDifference {Side.UNEXPECTED}": "nothing, where least and greatest value prove it",
    Function.MIN: "nothing, where it is known exactly",
    Function.MAX: "nothing, where it is known exactly",
    Function.FILLED: "nothing is read",
}
"""By rule, metric or aggregate: when the statistics of a table decide."""

END = "an end: a number, or what the column holds; open unless given"
STRICT = "true or false, false unless given"
ENDS = {"min_value": END, "max_value": END, "strict_min": STRICT, "strict_max": STRICT}
WORDS = {
    "text": "text",
    "whole": "whole number",
    "number": "number",
    "get": "",
    "names": "list of names",
    "texts": "list of texts",
    "values": "list of values",
    "members": "object",
}
BY_HAND = {
    ("column_index", ""): "whole number, the first column being 0",
    ("escape", ""): "the sign that makes the next one stand for itself",
    ("value_pairs_set", ""): "list of pairs",
    (
        "allow_relative_error",
        "",
    ): "`lower`, `higher`, `midpoint`, `nearest` or `linear`: how a quantile is read between two values; `nearest` unless given",
}
"""Where a keyword is read in more than one form."""
REFUSED = {
    ("expect_column_kl_divergence_to_be_less_than", name) for name in ("min_value", "max_value")
}
"""What is asked for only to be refused, because Great Expectations does nothing with it."""


class _Asked(Keywords):
    """Keywords that keep what was asked for, and as what."""

    def __init__(self, kind: str, given: Mapping[str, Any]) -> None:
        super().__init__(kind, dict(given), "")
        self.words: dict[str, str] = {}

    def __getattribute__(self, method: str) -> Any:
        found = super().__getattribute__(method)
        if method.startswith("_") or not inspect.ismethod(found):
            return found

        def kept(*given: Any, **named: Any) -> Any:
            for name, words in _words(method, *given, **named).items():
                self.words.setdefault(name, words)
            return found(*given, **named)

        return kept


def _words(method: str, name: str = "", *given: Any, **named: Any) -> dict[str, str]:
    match method:
        case "ends" | "number_ends":
            return ENDS
        case "mostly":
            return {"mostly": "the share of rows that must keep it, from 0 to 1; 1 unless given"}
        case "flag":
            default = named.get("default", *given)
            return {name: f"true or false, {str(default).lower()} unless given"}
        case "one_of":
            words, default = given
            said = " or ".join(f"`{word}`" for word in words)
            return {name: f"{said}; `{default}` unless given" if default else said}
        case "number" if given or named:
            return {name: f"number, {named.get('default', *given):g} unless given"}
    return {name: WORDS[method]} if method in WORDS else {}


def rows(group: Mapping[str, Expectation], seen: dict[str, dict[str, None]]) -> list[list[str]]:
    """Each expectation of a group: its name, what it says, keywords and cost.

    What each keyword holds is added to `seen`.
    """
    found = []
    for kind, expectation in group.items():
        asked = _Asked(kind, expectation.example)
        metric, _ = expectation.read(asked)
        named = list(dict.fromkeys([*expectation.example, *asked.words]))
        named = [name for name in named if (kind, name) not in REFUSED]
        for name in named:
            seen.setdefault(name, {})[_held(name, asked, expectation)] = None
        keywords = ", ".join(f"`{name}`" for name in named)
        found.append([f"`{kind}`", expectation.says, keywords, _cost(expectation, metric)])
    return found


def _held(name: str, asked: _Asked, expectation: Expectation) -> str:
    """What a keyword holds; where it is a structure, the example."""
    example = expectation.example.get(name)
    if isinstance(example, dict) or (isinstance(example, list) and isinstance(example[0], list)):
        return f"such as `{json.dumps(example)}`"
    return BY_HAND.get((name, asked.words[name]), asked.words[name])


def _cost(expectation: Expectation, metric: Metric) -> str:
    proved = PROVED.get(_subject(metric), "")
    if expectation.level is Level.NOTHING or proved == Level.NOTHING:
        return Level.NOTHING.value
    return f"{proved}; else {expectation.level.value}" if proved else expectation.level.value


def _subject(metric: Metric) -> str:
    match metric:
        case SetDifference(side=side):
            return f"SetDifference {side}"
        case Failing(rule):
            return type(rule).__name__
        case Aggregate(function):
            return Function(function)
    return type(metric).__name__
