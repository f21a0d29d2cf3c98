"""A dataset at its gate: judged or remembered, its failing rows kept, all of it recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.quarantine import failing_rows
from headgate.engines.engine import Frame, Malformed
from headgate.ledger.events import CheckWaived, Event, GateJudged
from headgate.runs import verdicts
from headgate.runs.compared import Judged, released, released_tables
from headgate.runs.delivered import counted
from headgate.runs.gate import Judgement, judgement, waive
from headgate.runs.going import Going
from headgate.runs.job import beside
from headgate.runs.writing import Draft
from headgate.schema.table import Table
from headgate.store import versions
from headgate.store.manifest import Version


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a gate is told of a delivery: its malformed rows, and how to find a row's line."""

    outcomes: tuple[Outcome, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    trace: Callable[[], Frame] | None = None


def pass_gate(
    going: Going,
    gate: str,
    dataset: str,
    checks: Sequence[Check],
    arrived: Delivered | None = None,
) -> Judgement:
    """The judgement of a dataset at a gate: made now, or remembered where nothing changed."""
    started = time.perf_counter()
    version = going.made[dataset]
    if not checks and not arrived:
        return judgement(gate, dataset, [])
    ids, tables = _compared(going, dataset, beside(checks))
    key = verdicts.key(gate, checks, ids)
    arrived = arrived or Delivered()
    if not arrived.outcomes:
        held = going.plan.held.get(dataset)
        known = verdicts.keys(key, version.id, held, going.job.environment)
        with going.tools.ledger.snapshot() as tx:
            found = verdicts.remembered(tx, gate, version, known, checks)
        if found is not None:
            judged = found.judgement
            return _record(going, judged, version.id, found.key, found.failing, cached=True)
    outcomes = evaluate(
        going.tools.engine,
        going.table(dataset),
        checks,
        beside=tables,
        now=going.now,
        newest=_newest_delivery(going),
        trace=arrived.trace,
        ledger=going.tools.ledger,
    )
    judged = judgement(gate, dataset, counted([*arrived.outcomes, *outcomes]))
    failing = _keep_failing(going, dataset, judged, arrived, tables)
    seconds = time.perf_counter() - started
    return _record(going, judged, version.id, key, failing, seconds=seconds)


def _compared(
    going: Going, dataset: str, names: Sequence[str]
) -> tuple[dict[str, str], dict[str, Table]]:
    """The versions that checks of a dataset compare with, and their tables."""
    made = [name for name in names if name in going.made]
    held = going.plan.held.get(dataset)
    at_gate = Judged(going.job.environment, dataset, going.made[dataset].id, held)
    with going.tools.ledger.snapshot() as tx:
        earlier = released(tx, at_gate, names)
        tables = released_tables(tx, going.tools.objects, dataset, earlier)
    ids = {name: going.made[name].id for name in made}
    return ids | earlier, {name: going.table(name) for name in made} | tables


def refuse(going: Going, dataset: str, outcome: Outcome) -> Judgement:
    """The judgement of a delivery that could not even be read."""
    return _record(going, judgement(dataset, dataset, [outcome]), "", "")


def _newest_delivery(going: Going) -> datetime | None:
    made = [going.made[name].created_at for name in going.job.sources if name in going.made]
    return max(made, default=None)


def _keep_failing(
    going: Going,
    dataset: str,
    judged: Judgement,
    arrived: Delivered,
    beside: Mapping[str, Table],
) -> Version | None:
    """All rows that broke a rule, kept as a version of `_quarantine/<dataset>`."""
    failed = [outcome for outcome in judged.outcomes if outcome.status is Status.FAILED]
    if not failed:
        return None
    frame = failing_rows(
        going.tools.engine,
        going.table(dataset),
        failed,
        arrived.trace,
        arrived.malformed,
        beside,
    )
    if frame is None:
        return None
    draft = Draft(inputs={dataset: going.made[dataset].id})
    return going.keep(f"_quarantine/{dataset}", frame, draft)


def _record(
    going: Going,
    judged: Judgement,
    version: str,
    key: str,
    failing: Version | str | None = None,
    *,
    cached: bool = False,
    seconds: float = 0.0,
) -> Judgement:
    """The judgement in the ledger: for people as an event, for the next run as a verdict.

    What is remembered is the verdict without anybody's word. A waiver is given once, and lasts
    with the release that it let through.
    """
    found, judged = judged, waive(judged, going.waiver)
    kept = failing.id if isinstance(failing, Version) else failing
    event = GateJudged(
        run=going.id,
        at=going.now,
        gate=judged.gate,
        dataset=judged.dataset,
        version=version,
        verdict=judged.verdict.value,
        passed=judged.passed,
        total=len(judged.outcomes),
        outcomes=[outcome.as_json() for outcome in judged.outcomes],
        failing_rows=kept,
        cached=cached,
        seconds=seconds,
    )
    going.judged.append(judged)
    with going.tools.ledger.transaction() as tx:
        going.claim.fence(tx)
        if isinstance(failing, Version):
            versions.record(tx, failing)
        if key:
            verdicts.remember(tx, found, version, key, going.id, going.now)
        tx.append(event, *_waived(going, judged))
    if judged.verdict is not found.verdict:
        going.waived.append((judged, version, verdicts.waived(key, going.job.environment)))
    return judged


def _waived(going: Going, judged: Judgement) -> list[Event]:
    if going.waiver is None:
        return []
    return [
        CheckWaived(
            run=going.id,
            at=going.now,
            dataset=judged.dataset,
            check=outcome.check.description or outcome.check.kind,
            reason=going.waiver.reason,
            user=going.waiver.user,
        )
        for outcome in judged.outcomes
        if outcome.status is Status.WAIVED and going.waiver.covers(outcome)
    ]
