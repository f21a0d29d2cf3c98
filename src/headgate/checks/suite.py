"""Great Expectations suites, read without Great Expectations.

Two forms are in use: that of 0.18 (`expectation_type`) and that of 1.x (`type`, `severity`). Both
are read, whatever is installed. Nothing in a suite is skipped: what is not understood is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Check, Severity
from headgate.checks.conditions import View
from headgate.checks.expectations import EXPECTATIONS, NOT_YET, Expectation
from headgate.checks.keywords import Keywords
from headgate.checks.located import Located, read_object
from headgate.checks.metric import Seen
from headgate.checks.on_fail import policy_of, with_policy
from headgate.checks.row_conditions import row_condition
from headgate.checks.words import in_words
from headgate.errors import DeclarationError, UnknownNameError, did_you_mean

SEVERITIES = {
    "critical": Severity.ERROR,
    "warning": Severity.WARN,
    "info": Severity.INFO,
}

SUITE_KEYS = {
    "expectations",
    "name",
    "expectation_suite_name",
    "data_asset_type",
    "id",
    "ge_cloud_id",
    "meta",
    "notes",
    "evaluation_parameters",
    "suite_parameters",
}

EXPECTATION_KEYS = {
    "type",
    "expectation_type",
    "kwargs",
    "meta",
    "notes",
    "id",
    "ge_cloud_id",
    "severity",
    "description",
    "expectation_context",
    "rendered_content",
}


def read_suite(text: str, where: str) -> list[Check]:
    """The checks of a suite, in its order. `where` is the file as people are shown it.

    Raises DeclarationError with file and line for whatever is not understood.
    """
    members = read_object(text, where, elements_of="expectations")
    for name, member in members.items():
        if name not in SUITE_KEYS:
            raise _unknown("key", name, SUITE_KEYS, f"{where}:{member.line}")
    listed = members.get("expectations")
    if listed is None:
        raise DeclarationError(
            "no 'expectations'", f"{where}:1", "a suite is {'expectations': [...]}"
        )
    if not isinstance(listed.value, list):
        raise DeclarationError("'expectations' is not a list", f"{where}:{listed.line}")
    return [_check(element, f"{where}:{element.line}") for element in listed.value]


def _check(element: Located, where: str) -> Check:
    if not isinstance(element.value, dict):
        raise DeclarationError("an expectation is an object with 'type' and 'kwargs'", where)
    return read_expectation(element.value, where)


def read_expectation(given: dict[str, Any], where: str) -> Check:
    """The check of one expectation, as its JSON object says it.

    Raises DeclarationError, with `where`, for whatever is not understood.
    """
    for name in given:
        if name not in EXPECTATION_KEYS:
            raise _unknown("key", name, EXPECTATION_KEYS, where)
    kind = _kind(given, where)
    keywords = Keywords(kind, _kwargs(given, where), where)
    expectation = EXPECTATIONS[kind]
    metric, bound = expectation.read(keywords)
    view = _view(expectation, keywords)
    keywords.all_read()
    check = Check(
        kind,
        metric if view == View() else Seen(metric, view),
        bound,
        _severity(given, where),
        where,
        declared=json.dumps(given),
    )
    named = replace(check, description=_description(given) or in_words(check))
    policy = policy_of(given.get("meta"), where)
    return with_policy(named, policy, loud=given.get("severity") is not None, where=where)


def _view(expectation: Expectation, keywords: Keywords) -> View:
    """The rows an expectation is about, and the text that it reads as timestamps."""
    only = row_condition(keywords)
    if only is not None and not expectation.conditional:
        raise keywords.wrong("row_condition", "for expectations about rows")
    if not expectation.parses or not keywords.flag("parse_strings_as_datetimes", default=False):
        return View(only)
    names = (keywords.given.get(name) for name in ("column", "column_A", "column_B"))
    return View(only, tuple(name for name in names if isinstance(name, str)))


def _kind(given: dict[str, Any], where: str) -> str:
    kind = given.get("type", given.get("expectation_type"))
    if not isinstance(kind, str):
        raise DeclarationError("an expectation without a 'type'", where)
    if kind in EXPECTATIONS:
        return kind
    if kind in NOT_YET:
        raise DeclarationError(
            f"{kind} is not judged", where, f"{NOT_YET[kind]}; say the same in another way"
        )
    raise UnknownNameError.of("expectation", kind, EXPECTATIONS, where)


def _kwargs(given: dict[str, Any], where: str) -> dict[str, Any]:
    kwargs = given.get("kwargs")
    if kwargs is None:
        return {}
    if not isinstance(kwargs, dict):
        raise DeclarationError("'kwargs' is not an object", where)
    return kwargs


def _severity(given: dict[str, Any], where: str) -> Severity:
    word = given.get("severity")
    if word is None:
        return Severity.ERROR
    if not isinstance(word, str) or word not in SEVERITIES:
        raise _unknown("severity", str(word), SEVERITIES, where)
    return SEVERITIES[word]


def _description(given: dict[str, Any]) -> str:
    context = given.get("expectation_context")
    old = context.get("description") if isinstance(context, dict) else None
    word = given.get("description") or old
    return word if isinstance(word, str) else ""


def _unknown(kind: str, name: str, known: Iterable[str], where: str) -> DeclarationError:
    return DeclarationError(f"unknown {kind} {name!r}", where, did_you_mean(name, known))
