"""The quality checks of a pipeline, as people write them and as checks of its datasets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headgate.checks.check import Check, Range, Severity
from headgate.checks.metric import Age, Completeness
from headgate.errors import DeclarationError, did_you_mean
from headgate.pipelines.pipeline import CompletenessCheck, FreshnessCheck, Pipeline

KINDS: dict[str, type[CompletenessCheck | FreshnessCheck]] = {
    "completeness": CompletenessCheck,
    "freshness": FreshnessCheck,
}


def DataQualityCheck(type: str, **keywords: Any) -> CompletenessCheck | FreshnessCheck:  # noqa: A002, N802
    """A quality check of that type: `completeness` or `freshness`.

    It is a gate: data that fails it is not published, and those in `notify` are told.

    >>> DataQualityCheck(type="completeness", threshold=0.99, notify=["data_engineers"]).threshold
    0.99
    """
    if type not in KINDS:
        hint = did_you_mean(str(type), KINDS)
        raise DeclarationError(f"unknown quality check type {type!r}", None, hint)
    return KINDS[type](type=type, **keywords)


def as_checks(pipeline: Pipeline, where: str | Sequence[str]) -> dict[str, list[Check]]:
    """The checks of each dataset that a quality check of the pipeline speaks of.

    `where` is the place of all of them, or one place for each.
    """
    checks: dict[str, list[Check]] = {}
    for position, declared in enumerate(pipeline.quality_checks):
        place = where if isinstance(where, str) else where[position]
        check = _check(declared, place)
        for dataset in declared.on or pipeline.published:
            checks.setdefault(dataset, []).append(check)
    return checks


def _check(declared: CompletenessCheck | FreshnessCheck, where: str) -> Check:
    match declared:
        case CompletenessCheck():
            metric: Completeness | Age = Completeness(tuple(declared.columns))
            bound = Range(low=declared.threshold)
        case FreshnessCheck():
            metric, bound = Age(declared.column), Range(high=declared.max_delay_hours)
    return Check(
        kind=declared.type,
        metric=metric,
        bound=bound,
        severity=Severity(declared.severity),
        where=where,
        notify=tuple(declared.notify),
        description=declared.description,
    )
