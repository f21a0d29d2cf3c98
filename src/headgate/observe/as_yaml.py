"""Suggested checks as a file of checks in YAML, with what speaks for each as a comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headgate.checks.native import WORDS
from headgate.observe.suggestion import Suggestion

_SEVERITIES = {"critical": "error", "warning": "warn"}


def as_yaml(suggestions: Sequence[Suggestion]) -> str:
    """The text of the file; each check is declared in the words of pipelines."""
    lines = ["# suggested by headgate: read them before you keep them", "checks:"]
    for one in suggestions:
        lines += ["", f"  # {one.confidence:.2f}: {one.evidence}", f"  - {_flow(declared(one))}"]
    return "\n".join(lines) + "\n"


def declared(suggestion: Suggestion) -> dict[str, Any]:
    """The suggestion as one entry of `checks:`.

    >>> kwargs = {"column": "Sales", "min_value": 0}
    >>> declared(Suggestion("expect_column_values_to_be_between", kwargs, "none is below", 0.8))
    {'between': {'column': 'Sales', 'low': 0, 'severity': 'warn'}}
    """
    kind, kwargs = _general(suggestion.type, suggestion.kwargs)
    name = next(name for name, word in WORDS.items() if word.expectation == kind)
    own = {theirs: keyword for keyword, theirs in WORDS[name].keywords.items()}
    body = {own.get(key, key): value for key, value in kwargs.items()}
    severity = _SEVERITIES[suggestion.severity]
    if severity != "error":
        body["severity"] = severity
    short = WORDS[name].short
    return {name: body[short] if list(body) == [short] else body}


def _general(kind: str, kwargs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The expectation that a word is the name of, where a suggestion is a narrower one."""
    rest = dict(kwargs)
    if kind == "expect_column_values_to_be_unique":
        return "expect_compound_columns_to_be_unique", {"column_list": rest.pop("column"), **rest}
    if kind == "expect_column_value_lengths_to_equal":
        length = rest.pop("value")
        rest |= {"min_value": length, "max_value": length}
        return "expect_column_value_lengths_to_be_between", rest
    return kind, rest


def _flow(entry: Mapping[str, Any]) -> str:
    """One entry on one line."""
    import yaml

    [(name, body)] = entry.items()
    text: str = yaml.safe_dump(
        body, default_flow_style=True, sort_keys=False, allow_unicode=True, width=2**31
    )
    # a bare value is followed by the sign that a document ends
    return f"{name}: {text.rstrip().removesuffix('...').rstrip()}"
