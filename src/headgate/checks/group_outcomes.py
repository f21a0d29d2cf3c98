"""What is said of the groups of rows that a check was judged for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Check, Outcome, ProvedBy, Status
from headgate.checks.measured import Groups
from headgate.checks.metric import Age, Completeness, FailingGroups, Rows
from headgate.checks.phrases import age, number, percent
from headgate.checks.shares import ShareOf
from headgate.checks.words import metric_in_words


def judged_by_group(check: Check, found: Groups, proved_by: ProvedBy) -> Outcome:
    """The outcome, which names the group that is worst."""
    assert isinstance(check.metric, FailingGroups)
    outcome = Outcome(
        check,
        Status.FAILED if found.failing else Status.PASSED,
        observed=found.failing,
        proved_by=proved_by,
        message=_message(check.metric, found) if found.failing else "",
        details={"groups": found.groups, "failing": found.failing, "worst": list(found.worst)},
    )
    if found.counted is None:
        return outcome
    sums = found.counted
    return replace(
        outcome, elements=sums.elements, missing=sums.missing, unexpected=sums.unexpected
    )


def _message(metric: FailingGroups, found: Groups) -> str:
    by = " and ".join(metric.by)
    words = f"{found.failing:,} of {found.groups:,} groups of {by} fail"
    if not found.worst:
        return words
    one = found.worst[0]
    keys = one["group"]
    assert isinstance(keys, dict)
    name = ", ".join(f"{key} = {_value(value)}" for key, value in keys.items())
    return f"{words}, {'worst ' if found.failing > 1 else ''}{name}: {_trouble(metric, one)}"


def _trouble(metric: FailingGroups, one: Mapping[str, Any]) -> str:
    if "elements" in one:
        judged = one["elements"] - one["missing"]
        verb = "breaks" if one["unexpected"] == 1 else "break"
        return f"{one['unexpected']:,} of {judged:,} rows {verb} it"
    observed = one["observed"]
    if observed is None:
        return f"{metric_in_words(metric.metric)} is unknown"
    if isinstance(metric.metric, Rows):
        return f"{_value(observed)} {'row' if observed == 1 else 'rows'}"
    if isinstance(metric.metric, Age):
        return age(metric.metric.column, observed)
    if "values" in one:
        return f"{metric_in_words(metric.metric)}: {observed}"
    if isinstance(metric.metric, Completeness | ShareOf):
        return f"{metric_in_words(metric.metric)}: {percent(100 * observed)}"
    return f"{metric_in_words(metric.metric)} is {_value(observed)}"


def _value(value: Any) -> str:
    return "null" if value is None else number(value)
