"""One verdict on a change, from the findings of its stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from headgate.ci.finding import Finding, LeftOutError, Severity, of_error, without
from headgate.ci.secrets import secrets_of
from headgate.ci.stages import STAGES, Stage
from headgate.ci.subject import Origin, Subject
from headgate.errors import (
    DataError,
    DeclarationError,
    MissingExtraError,
    StepError,
    UnknownNameError,
)


class Status(StrEnum):
    """How a stage ended, or all of them."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"  # it could not be asked; `why` says why


class StageResult(Struct, frozen=True):
    """A stage, judged."""

    name: str
    title: str
    status: Status
    findings: tuple[Finding, ...]
    seconds: float
    why: str = ""
    """Why it was left out."""

    def as_json(self) -> dict[str, Any]:
        """The stage as reports and the record carry it."""
        return {
            "stage": self.name,
            "title": self.title,
            "status": self.status.value,
            "seconds": round(self.seconds, 3),
            "why": self.why,
            "findings": [finding.as_json() for finding in self.findings],
        }


class Verdict(Struct, frozen=True):
    """The verdict on a change. `whole` says that every stage was asked for."""

    status: Status
    stages: tuple[StageResult, ...]
    origin: Origin
    at: datetime
    user: str
    project: str
    whole: bool = True
    datasets: tuple[dict[str, Any], ...] = field(default=())
    """The numbers of each dataset that differs."""

    @property
    def left_out(self) -> tuple[StageResult, ...]:
        """The stages that could not be asked."""
        return tuple(stage for stage in self.stages if stage.status is Status.SKIPPED)

    def findings(self, *severities: Severity) -> list[Finding]:
        """The findings of all stages that are so severe."""
        return [
            one for stage in self.stages for one in stage.findings if one.severity in severities
        ]

    def as_json(self) -> dict[str, Any]:
        """The body of `headgate.ci/1`."""
        return {
            "status": self.status.value,
            "project": self.project,
            "commit": self.origin.commit,
            "base": self.origin.base,
            "dirty": list(self.origin.beside),
            "at": self.at.isoformat(),
            "user": self.user,
            "left_out": {stage.name: stage.why for stage in self.left_out},
            "stages": [stage.as_json() for stage in self.stages],
            "datasets": list(self.datasets),
        }


def chosen(only: Sequence[str]) -> tuple[Stage, ...]:
    """The stages of those names; all without a name. Raises UnknownNameError."""
    known = {stage.name: stage for stage in STAGES}
    for name in only:
        if name not in known:
            raise UnknownNameError.of("stage", name, known)
    return tuple(stage for stage in STAGES if not only or stage.name in only)


def judge(
    subject: Subject, only: Sequence[str] = (), told: Callable[[StageResult], None] | None = None
) -> Verdict:
    """The verdict; `told` is called with each stage as it ends.

    What stands in the way of asking at all is raised: the record or the store cannot be used, or the
    policy does not let the person.
    """
    secrets = secrets_of(subject.head.tools.root)
    results = []
    for stage in chosen(only):
        result = _judged(stage, subject, secrets)
        results.append(result)
        if told:
            told(result)
    differs = "compared" in vars(subject)  # asked for by a stage, and so there
    return Verdict(
        _worst([result.status for result in results]),
        tuple(results),
        subject.origin,
        subject.head.tools.now(),
        subject.head.tools.user,
        subject.head.settings.name,
        len(results) == len(STAGES),
        tuple(each.as_json() for each in subject.compared) if differs else (),
    )


def _judged(stage: Stage, subject: Subject, secrets: tuple[str, ...]) -> StageResult:
    started = time.perf_counter()
    found: list[Finding] = []
    why = ""
    for judged in stage.judges:
        try:
            found += judged(subject)
        except LeftOutError as error:
            why = without(secrets, Finding(Severity.INFO, str(error))).what
        except (DeclarationError, DataError, StepError, MissingExtraError) as error:
            found.append(of_error(error))
    found = list(dict.fromkeys(found))  # two that judge may find the same
    status = _status(found) if not why or _fails(found) else Status.SKIPPED
    cleaned = tuple(without(secrets, finding) for finding in found)
    return StageResult(stage.name, stage.title, status, cleaned, time.perf_counter() - started, why)


def _fails(found: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in found)


def _status(found: Sequence[Finding]) -> Status:
    if _fails(found):
        return Status.FAILED
    warned = any(finding.severity is Severity.WARNING for finding in found)
    return Status.WARNED if warned else Status.PASSED


def _worst(statuses: Sequence[Status]) -> Status:
    """The status of all: what was left out did not pass, and is to be seen."""
    if Status.FAILED in statuses:
        return Status.FAILED
    seen = {Status.WARNED, Status.SKIPPED} & set(statuses)
    return Status.WARNED if seen else Status.PASSED
