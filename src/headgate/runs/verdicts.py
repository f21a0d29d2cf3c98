"""Verdicts that need not be found again: an unchanged version under unchanged checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.checks.check import Check, OnFail, Outcome, ProvedBy, Sample, Status
from headgate.checks.metric import Age, plainly
from headgate.ledger import history
from headgate.ledger.events import GateJudged
from headgate.ledger.ledger import Transaction
from headgate.ledger.results import GateResult, gate_result, keep_gate_result, keep_measurements
from headgate.runs.delivered import IMPLICIT
from headgate.runs.gate import Judgement, Verdict
from headgate.store import versions
from headgate.store.manifest import Version

ON_TOP_OF = "on_top_of"
"""What the version of a source says of the one that its delivery came on top of."""


class Left(Struct, frozen=True):
    """What a gate left of a version, and the rows it set aside, by their ids.

    Both are empty where nothing was set aside.
    """

    good: str = ""
    aside: str = ""


class Remembered(Struct, frozen=True):
    """A judgement made before, and the version of its failing rows."""

    judgement: Judgement
    key: str
    failing: str | None
    left: Left


def key(gate: str, checks: Sequence[Check], beside: Mapping[str, str]) -> str:
    """What a verdict depends on besides its version: the checks, and versions compared with.

    Words and places are left out, so that editing a description judges nothing again. So are
    the promises of a delivery, which are judged when it arrives.
    """
    promised = sorted(_policy(check) for check in checks if check.kind not in IMPLICIT)
    text = json.dumps([gate, promised, sorted(beside.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _policy(check: Check) -> tuple[str, ...]:
    """A check and what comes of it when it fails."""
    if check.on_fail is OnFail.QUARANTINE:
        return check.id, check.severity.value, check.on_fail.value, repr(check.limit)
    return check.id, check.severity.value


def own_key(
    whole: Version, checks: Sequence[Check], beside: Mapping[str, str], held: str | None
) -> str:
    """The key of the verdict of a dataset's own gate, where the version `held` is.

    The rows of its deliveries that could not be read are no part of its version, but are kept
    beside what is left of it. How many rows a delivery may lose depends on what it came on top of.
    """
    unread = {versions.quarantine_of(whole.dataset): whole.aside} if whole.aside else {}
    base = whole.code.get(ON_TOP_OF) if whole.id != held else None
    under = {ON_TOP_OF: base} if base else {}
    return key(whole.dataset, checks, {**beside, **unread, **under})


def own_keys(
    whole: Version,
    checks: Sequence[Check],
    beside: Mapping[str, str],
    held: str | None,
    environment: str,
) -> tuple[str, ...]:
    """The keys under which the verdict of a dataset's own gate may stand, the first found counts.

    That which was given when the version arrived stays when it is held.
    """
    there = own_key(whole, checks, beside, held)
    if whole.id != held:
        return (there,)
    every = tuple(dict.fromkeys((there, own_key(whole, checks, beside, None))))
    return (*(waived(each, environment) for each in every), *every)


def waived(key: str, environment: str) -> str:
    """The key of a verdict that a person's word opened, which counts in one environment alone."""
    return f"{key}@{environment}"


def keys(key: str, version: str, held: str | None, environment: str) -> tuple[str, ...]:
    """The keys under which a verdict of a version may stand, the first found counts.

    What was waived stays open while the environment holds it. Elsewhere, and when it comes back
    later, it is judged as if nobody had said a word.
    """
    return (waived(key, environment), key) if version == held else (key,)


def lasting(checks: Sequence[Check]) -> bool:
    """Whether a verdict stays true as time passes: an age does not."""
    return not any(isinstance(plainly(check.metric), Age) for check in checks)


def standing(
    tx: Transaction, dataset: str, version: str, keys: Sequence[str], checks: Sequence[Check]
) -> Verdict | None:
    """The verdict of the version under these checks, where there is one that still holds."""
    _, found = _found(tx, dataset, version, keys, checks)
    return Verdict(found.verdict) if found else None


def remembered(
    tx: Transaction, gate: str, version: Version, keys: Sequence[str], checks: Sequence[Check]
) -> Remembered | None:
    """The judgement of a version under these checks, if it was made before and still holds.

    An outcome that is an error is never remembered: what failed once may work now.
    """
    key, found = _found(tx, version.dataset, version.id, keys, checks)
    if found is None:
        return None
    by_id = {check.id: check for check in checks}
    outcomes = [
        _outcome(by_id[row["check"]], row) for row in found.outcomes if row["check"] in by_id
    ]
    if len(outcomes) != len(found.outcomes):
        return None
    if any(outcome.status is Status.ERROR for outcome in outcomes):
        return None
    judged = Judgement(gate, version.dataset, Verdict(found.verdict), tuple(outcomes))
    failing = _failing(tx, found.run, gate, version.dataset)
    return Remembered(judged, key, failing, Left(found.good, found.aside))


def remember(
    tx: Transaction, judged: Judgement, version: str, key: str, run: str, at: datetime, left: Left
) -> None:
    """Keeps a judgement for the next run, and its numbers for ever."""
    outcomes = [outcome.as_json() for outcome in judged.outcomes]
    result = GateResult(judged.verdict.value, outcomes, run, at, left.good, left.aside)
    keep_gate_result(tx, judged.dataset, version, key, result)
    keep_measurements(
        tx,
        run=run,
        dataset=judged.dataset,
        version=version,
        at=at,
        values=dict(value for outcome in judged.outcomes if (value := _measured(outcome))),
    )


def _found(
    tx: Transaction, dataset: str, version: str, keys: Sequence[str], checks: Sequence[Check]
) -> tuple[str, GateResult | None]:
    for key in keys if lasting(checks) else ():
        if found := gate_result(tx, dataset, version, key):
            return key, found
    return "", None


def _measured(outcome: Outcome) -> tuple[str, float] | None:
    """The number behind an outcome, under the name its history is kept by."""
    name = repr(outcome.check.metric)
    if outcome.unexpected is not None:
        return name, float(outcome.unexpected)
    if isinstance(outcome.observed, int | float):
        return name, float(outcome.observed)
    return None


def _failing(tx: Transaction, run: str, gate: str, dataset: str) -> str | None:
    for _, event in history.events(tx, run=run, kinds=(GateJudged.kind,)):
        if isinstance(event, GateJudged) and (event.gate, event.dataset) == (gate, dataset):
            return event.failing_rows
    return None


def _outcome(check: Check, row: Mapping[str, Any]) -> Outcome:
    samples = tuple(
        Sample(tuple((name, value) for name, value in s["values"]), s["file"], s["line"], s["note"])
        for s in row["samples"]
    )
    return Outcome(
        check,
        Status(row["status"]),
        observed=row["observed"],
        elements=row["elements"],
        missing=row["missing"],
        unexpected=row["unexpected"],
        proved_by=ProvedBy(row["proved_by"]),
        message=row["message"],
        samples=samples,
        details=row.get("details", {}),
    )
