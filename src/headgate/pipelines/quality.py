"""The quality checks of a pipeline, as people write them and as checks of its datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from headgate.checks.accuracy import Accuracy
from headgate.checks.check import Bound, Check, Range, Severity, Share
from headgate.checks.metric import (
    AHEAD,
    Age,
    Completeness,
    Failing,
    Ignore,
    Plain,
    Rows,
    RowsChange,
    Rule,
    Unique,
)
from headgate.checks.native import read_check
from headgate.checks.pairs import Different, Equal, Greater
from headgate.checks.references import Reference
from headgate.checks.released import SERVED
from headgate.checks.texts import Strptime
from headgate.errors import DeclarationError, did_you_mean
from headgate.pipelines.pipeline import Pipeline
from headgate.pipelines.quality_checks import (
    AccuracyCheck,
    AnyQualityCheck,
    CompletenessCheck,
    ConsistencyCheck,
    FreshnessCheck,
    QualityCheck,
    UniquenessCheck,
    ValidityCheck,
    VolumeCheck,
)

KINDS: dict[str, type[QualityCheck]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind
    for kind in get_args(get_args(AnyQualityCheck)[0])
}


def DataQualityCheck(type: str, **keywords: Any) -> QualityCheck:  # noqa: A002, N802
    """A quality check of that type, which is a gate of what is published.

    The types are `completeness`, `freshness`, `uniqueness`, `validity`, `volume`, `consistency`
    and `accuracy`. Data that fails one is not published, and those in `notify` are told.

    >>> DataQualityCheck(type="completeness", threshold=0.99, notify=["data_engineers"]).notify
    ['data_engineers']
    """
    if type not in KINDS:
        hint = did_you_mean(str(type), KINDS)
        raise DeclarationError(f"unknown quality check type {type!r}", None, hint)
    return KINDS[type](**{"type": type, **keywords})


def as_checks(pipeline: Pipeline, where: str | Sequence[str]) -> dict[str, list[Check]]:
    """The checks of each dataset that a quality check of the pipeline speaks of.

    `where` is the place of all of them, or one place for each.
    """
    checks: dict[str, list[Check]] = {}
    for position, declared in enumerate(pipeline.quality_checks):
        place = where if isinstance(where, str) else where[position]
        for dataset in declared.on or pipeline.published:
            checks.setdefault(dataset, []).extend(_checks(declared, place))
    return checks


def _checks(declared: AnyQualityCheck, where: str) -> Iterator[Check]:
    for metric, bound in _measured(declared, where):
        yield Check(
            kind=declared.type,
            metric=metric,
            bound=bound,
            severity=Severity(declared.severity),
            where=where,
            notify=tuple(declared.notify),
            description=declared.description,
        )


def _measured(declared: AnyQualityCheck, where: str) -> Iterator[tuple[Plain, Bound]]:
    """What is measured, and the bound that it must keep."""
    match declared:
        case CompletenessCheck():
            yield Completeness(tuple(declared.columns)), Range(low=declared.threshold)
        case FreshnessCheck():
            yield Age(declared.column), Range(-AHEAD, declared.max_delay_hours)
        case UniquenessCheck():
            yield Failing(Unique(tuple(declared.columns))), Share(declared.threshold)
        case ValidityCheck():
            yield Failing(_form(declared, where)), Share(declared.threshold)
        case VolumeCheck():
            if declared.min_rows is not None or declared.max_rows is not None:
                yield Rows(), Range(declared.min_rows, declared.max_rows)
            if declared.max_change is not None:
                yield RowsChange(SERVED), Range(high=declared.max_change)
        case ConsistencyCheck():
            yield Failing(_agreement(declared)), Share(declared.threshold)
        case AccuracyCheck(reference=reference, keys=keys, columns=columns):
            metric = Accuracy(reference, tuple(keys), tuple(columns))
            yield metric, Range(low=declared.threshold)


def _form(declared: ValidityCheck, where: str) -> Rule:
    """What a value must be, by the word for it, which looks at what is given."""
    if declared.format is not None:
        return Strptime(declared.column, declared.format)
    word, keywords = _word(declared)
    given = {key: value for key, value in keywords.items() if value is not None}
    check = read_check({word: {"column": declared.column, **given}}, where)
    assert isinstance(check.metric, Failing)
    return check.metric.rule


def _word(declared: ValidityCheck) -> tuple[str, dict[str, Any]]:
    if declared.values is not None:
        return "one_of", {"values": declared.values}
    if declared.pattern is not None:
        return "matches", {"pattern": declared.pattern}
    if declared.low is not None or declared.high is not None:
        return "between", {"low": declared.low, "high": declared.high}
    return "length", {"low": declared.min_length, "high": declared.max_length}


def _agreement(declared: ConsistencyCheck) -> Rule:
    if declared.reference is not None:
        keys = declared.keys or declared.columns
        return Reference(tuple(declared.columns), declared.reference, tuple(keys))
    assert declared.left is not None
    assert declared.right is not None
    pair, turned = (declared.left, declared.right), (declared.right, declared.left)
    match declared.operator:
        case "==":
            return Equal(pair, Ignore.ANY_MISSING)
        case "!=":
            return Different(pair, Ignore.ANY_MISSING)
        case ">" | ">=":
            return Greater(pair, declared.operator == ">=", Ignore.ANY_MISSING)
        case _:
            return Greater(turned, declared.operator == "<=", Ignore.ANY_MISSING)
