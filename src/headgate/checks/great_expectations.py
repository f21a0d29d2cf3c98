"""Outcomes in the shape of Great Expectations' validation results, for whoever reads those."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from headgate.checks.check import Check, Limit, Match, Names, Outcome, Sample, Severity, Status
from headgate.checks.distributions import Divergence, MostCommon, Quantiles, SetDifference
from headgate.checks.metric import (
    ColumnAt,
    ColumnNames,
    ColumnType,
    Failing,
    FailingGroups,
    NanFigure,
    NanRule,
    NotNull,
    Null,
    QueryBeside,
    RowsBeside,
    Rule,
    columns_of,
    plainly,
)
from headgate.checks.pairs import Equal, Greater, PairOneOf
from headgate.schema.statistics import Scalar

SEVERITIES = {Severity.ERROR: "critical", Severity.WARN: "warning", Severity.INFO: "info"}


def as_gx_result(outcome: Outcome) -> dict[str, Any]:
    """The outcome as `ExpectationValidationResult.to_json_dict()` of 1.x has it.

    A check that did not come from a suite has its own words for a type, and the columns it is
    about for keywords. Rows are those the outcome shows: twenty at most.
    """
    raised = outcome.status is Status.ERROR
    return {
        "success": outcome.status is Status.PASSED,
        "expectation_config": _config(outcome.check),
        "result": {} if raised else _result(outcome),
        "meta": {},
        "exception_info": {
            "raised_exception": raised,
            "exception_message": outcome.message if raised else None,
            "exception_traceback": None,
        },
    }


def as_gx_validation(suite: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes as `ExpectationSuiteValidationResult.to_json_dict()` of 1.x has them.

    As there, `success` is that of every check, whatever its severity.
    """
    results = [as_gx_result(outcome) for outcome in outcomes]
    kept = sum(result["success"] for result in results)
    return {
        "success": kept == len(results),
        "results": results,
        "suite_name": suite,
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": kept,
            "unsuccessful_expectations": len(results) - kept,
            "success_percent": 100 * kept / len(results) if results else None,
        },
        "meta": {},
        "id": None,
    }


def _config(check: Check) -> dict[str, Any]:
    declared = json.loads(check.declared) if check.declared else {}
    kwargs = declared.get("kwargs")
    if kwargs is None:
        names = columns_of(check.metric)
        several = {"column_list": list(names)} if names else {}
        kwargs = {"column": names[0]} if len(names) == 1 else several
    theirs = declared.get("type") or declared.get("expectation_type")
    config = {
        "type": theirs if theirs and _can_be_said_there(check) else check.kind,
        "kwargs": kwargs,
        "meta": declared.get("meta") or {},
        "severity": SEVERITIES[check.severity],
    }
    kept = {key: declared[key] for key in ("id", "notes", "description") if declared.get(key)}
    return {**config, **kept}


def _can_be_said_there(check: Check) -> bool:
    """Whether no modifier that only we have makes it another check than its expectation."""
    match plainly(check.metric):
        case FailingGroups() | NanFigure() | Failing(NanRule()):
            return False
    return not isinstance(check.bound, Limit)


def _result(outcome: Outcome) -> dict[str, Any]:  # noqa: PLR0911 - one shape a metric
    metric, details = plainly(outcome.check.metric), outcome.details
    match metric:
        case Failing(rule):
            return _rows(outcome, rule)
        case QueryBeside():
            return {
                "unexpected_count": outcome.unexpected,
                "unexpected_percent": outcome.unexpected_percent or 0.0,
            }
        case SetDifference():
            return _set(details)
        case MostCommon():
            return {"observed_value": details.get("values", [])}
        case Quantiles():
            # an outcome that was kept without its details has the words alone
            seen = {key: details.get(key) for key in ("quantiles", "values")}
            kept = {"success_details": details.get("kept")}
            return {"observed_value": seen if details else outcome.observed, "details": kept}
        case RowsBeside():
            return {"observed_value": dict(details)}
        case ColumnNames() | ColumnAt():
            return {"observed_value": _columns(outcome)}
        case ColumnType():
            return {"observed_value": details.get("physical")}
        case Divergence() if outcome.observed == str(math.inf):
            return {"observed_value": None}
        case _:
            return {"observed_value": outcome.observed}


def _columns(outcome: Outcome) -> list[Any]:
    names = outcome.details.get("columns")
    listed = list(names) if isinstance(names, list) else []
    bound = outcome.check.bound
    return listed if isinstance(bound, Names) and bound.match is Match.ORDERED else sorted(listed)


def _rows(outcome: Outcome, rule: Rule) -> dict[str, Any]:
    elements, unexpected = outcome.elements or 0, outcome.unexpected or 0
    result: dict[str, Any] = {
        "element_count": elements,
        "unexpected_count": unexpected,
        "unexpected_percent": outcome.unexpected_percent,
        "partial_unexpected_list": [_cells(rule, sample) for sample in outcome.samples],
    }
    if isinstance(rule, NotNull | Null):
        return result  # no row is left out of these
    missing = outcome.missing or 0
    return {
        **result,
        "missing_count": missing,
        "missing_percent": 100 * missing / elements if elements else None,
        "unexpected_percent_total": 100 * unexpected / elements if elements else None,
        "unexpected_percent_nonmissing": outcome.unexpected_percent,
    }


def _cells(rule: Rule, sample: Sample) -> Scalar | Sequence[Scalar | None] | dict[str, Any] | None:
    """A value, a pair of them, or those of several columns by name."""
    values = dict(sample.values)
    names = columns_of(rule)
    if len(names) == 1:
        return values[names[0]]
    if isinstance(rule, Equal | Greater | PairOneOf):
        return [values[name] for name in names]
    return {name: values[name] for name in names}


def _set(details: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"observed_value": None}
    for ours, theirs in (("unexpected", "unexpected"), ("absent", "missing")):
        if f"{ours}_values" in details:
            found[f"{theirs}_count"] = details[f"{ours}_values"]
            found[f"partial_{theirs}_list"] = details[f"{ours}_examples"]
    return found
