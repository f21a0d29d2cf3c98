"""A gate: the checks at a stage's border, judged, and the verdict that opens or closes it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check, OnFail, Outcome, Severity, Status
from headgate.checks.phrases import listed
from headgate.errors import UsageError, did_you_mean


class Verdict(StrEnum):
    """What became of a gate."""

    OPEN = "open"
    WARNED = "warned"  # open, and somebody should know
    WAIVED = "waived"  # a person let failed checks through, with a reason
    CLOSED = "closed"

    @property
    def lets_through(self) -> bool:
        return self is not Verdict.CLOSED


class Waiver(Struct, frozen=True):
    """A person's word that named checks may fail this once.

    A check is named as `DATASET:CHECK`, by its id or by what it says; without the dataset where
    no other one has that check.
    """

    checks: tuple[str, ...]
    reason: str
    user: str

    def covers(self, dataset: str, check: Check) -> bool:
        """Whether the check of that dataset is named."""
        return any(name.removeprefix(f"{dataset}:") in _names(check) for name in self.checks)


def _names(check: Check) -> set[str]:
    return {check.id, check.description, check.kind} - {""}


class Judgement(Struct, frozen=True):
    """A gate's verdict with the outcomes behind it."""

    gate: str
    dataset: str
    verdict: Verdict
    outcomes: tuple[Outcome, ...]

    @property
    def lets_through(self) -> bool:
        return self.verdict.lets_through

    @property
    def passed(self) -> int:
        return sum(outcome.passed for outcome in self.outcomes)


def judgement(gate: str, dataset: str, outcomes: Sequence[Outcome]) -> Judgement:
    """The verdict that follows from outcomes: one that closes is enough."""
    return Judgement(gate, dataset, verdict(outcomes), tuple(outcomes))


def verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict of a gate.

    An error outcome closes it whatever its severity: what could not be judged has not passed.
    """
    if any(outcome.closes_gate for outcome in outcomes):
        return Verdict.CLOSED
    if any(outcome.status is Status.WAIVED for outcome in outcomes):
        return Verdict.WAIVED
    if any(outcome.status is Status.QUARANTINED for outcome in outcomes):
        return Verdict.WARNED
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    if any(outcome.check.severity is Severity.WARN for outcome in failed):
        return Verdict.WARNED
    return Verdict.OPEN


def waive(judged: Judgement, waiver: Waiver | None) -> Judgement:
    """The judgement after a person's word: covered failures no longer close the gate.

    An error cannot be waived: nobody knows what it would let through.
    """
    if waiver is None:
        return judged
    outcomes = [
        replace(outcome, status=Status.WAIVED)
        if outcome.status is Status.FAILED and waiver.covers(judged.dataset, outcome.check)
        else outcome
        for outcome in judged.outcomes
    ]
    return judgement(judged.gate, judged.dataset, outcomes)


def spared(dataset: str, checks: Sequence[Check], waiver: Waiver | None) -> tuple[Check, ...]:
    """The checks of a dataset as its gate judges them: one that a person waives sets no rows aside.

    Its rows are let through, which is what the person said.
    """
    if waiver is None:
        return tuple(checks)
    return tuple(
        replace(check, on_fail=OnFail.BLOCK)
        if check.on_fail is OnFail.QUARANTINE and waiver.covers(dataset, check)
        else check
        for check in checks
    )


def known_checks(waiver: Waiver, checks: Sequence[tuple[str, Check]]) -> None:
    """Raises UsageError where a waiver does not say which check of which dataset it is about.

    `checks` are all of the pipeline, each with its dataset. A name that several datasets have
    would reach gates that its author has not seen.
    """
    for name in waiver.checks:
        only = replace(waiver, checks=(name,))
        found = dict.fromkeys(dataset for dataset, check in checks if only.covers(dataset, check))
        if not found:
            described = {check.description for _, check in checks if check.description}
            known = described | {f"{dataset}:{check.description}" for dataset, check in checks}
            raise UsageError(f"no check {name!r} to waive", hint=did_you_mean(name, known))
        if len(found) > 1:
            raise UsageError(
                f"{name!r} is a check of {len(found)} datasets: a waiver is for one gate",
                hint="say which: " + listed([f'--waive "{dataset}:{name}"' for dataset in found]),
            )
