"""Helping a run that another worker leads: a step whose inputs are made is computed beside it.

What is ready is told by the run's own events. The helper only adds a version under the step's
fingerprint; gates, the release and everything else stay with the run, which finds the version as it
finds what a dead run left.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from msgspec import Struct

from headgate.errors import BusyError
from headgate.ledger import history
from headgate.ledger.events import (
    DatasetReused,
    Event,
    GateJudged,
    RunFinished,
    RunStarted,
    SourceIngested,
    StageStarted,
    StepComputed,
    StepFinished,
)
from headgate.ledger.ledger import Transaction
from headgate.runs import stages
from headgate.runs.claim import ONCE, Claim, claim, holders, is_free, is_own
from headgate.runs.gate import Verdict
from headgate.runs.going import Going
from headgate.runs.job import Job, StepJob
from headgate.runs.plan import Plan, reusable, step_fingerprint
from headgate.runs.step_claims import step_claim
from headgate.runs.tools import Tools
from headgate.store import versions

TOLD = (
    RunStarted,
    StageStarted,
    SourceIngested,
    DatasetReused,
    StepFinished,
    GateJudged,
    RunFinished,
)
"""The events that tell how far a run has come."""


class Opening(Struct, frozen=True):
    """A step of a run in progress that could be computed now, by whoever claims it."""

    run: str
    job: Job
    step: StepJob
    inputs: Mapping[str, str]
    fingerprint: str

    @property
    def claim(self) -> str:
        return step_claim(self.step.name, self.fingerprint)


def openings(job: Job, tools: Tools, after: int, commit: str | None) -> list[Opening]:
    """The steps that a worker could compute for the run of a job that another process leads.

    Of a run that works with this commit, computes nothing twice on purpose, and began a stage
    after that place in the record: it has looked for workers since, and claims what it computes.
    """
    with tools.ledger.snapshot() as tx:
        run = led_elsewhere(tx, job.environment).get(job.pipeline.name)
        kinds = [event.kind for event in TOLD]
        told = history.events(tx, run=run, kinds=kinds) if run else []
        events = [event for _, event in told]
        if run is None or not _takes_help(events, commit):
            return []
        if not any(isinstance(event, StageStarted) and place > after for place, event in told):
            return []
        there = candidates(job, events)
        done = {e.dataset for e in events if isinstance(e, StepFinished | DatasetReused)}
        found = [
            _opening(run, job, step, there)
            for name, step in job.steps.items()
            if name not in done and there.keys() >= set(step.code.inputs.values())
        ]
        return [one for one in found if is_free(tx, one.claim)]


def candidates(job: Job, events: Sequence[Event]) -> dict[str, str]:
    """The versions that steps of a run may read by now: made, and judged where they have a gate.

    The sources' gates are all open once a stage follows theirs.
    """
    made: dict[str, str] = {}
    judged: set[str] = set()
    sources_open = not job.sources
    for event in events:
        match event:
            case StageStarted(number=number):
                sources_open = sources_open or number > 1
            case SourceIngested() | DatasetReused() | StepFinished():
                made[event.dataset] = event.version
            case GateJudged() if event.gate == event.dataset and event.verdict != Verdict.CLOSED:
                made[event.dataset] = event.version
                judged.add(event.dataset)
    return {
        name: version
        for name, version in made.items()
        if (sources_open if name in job.sources else _is_open(job, name, judged))
    }


def help_out(tools: Tools, opening: Opening, worker: str) -> StepComputed | None:
    """A step, computed for the run that reads it; None where somebody else has it.

    Raises what the step's code raises, which the run will meet too, and BusyError where the claim
    was lost meanwhile.
    """
    with ExitStack() as claims:
        try:
            own = secrets.token_hex(4)
            held = claims.enter_context(claim(tools.ledger, opening.claim, run=own))
        except BusyError:
            return None
        if reusable(tools.ledger, tools, opening.step.name, opening.fingerprint):
            return None
        return _compute(tools, opening, held, worker)


def led_elsewhere(tx: Transaction, environment: str) -> dict[str, str]:
    """The run of each pipeline of an environment that a process which is alive leads; not this one."""
    end = f"@{environment}"
    return {
        name.removesuffix(end): held.owner
        for name, held in holders(tx, "").items()
        if name.endswith(end) and not name.startswith(ONCE) and not is_own(held)
    }


# ------------------------------------------------------------------ inside


def _takes_help(events: Sequence[Event], commit: str | None) -> bool:
    if any(isinstance(event, RunFinished) for event in events):
        return False
    started = next((event for event in events if isinstance(event, RunStarted)), None)
    return started is not None and not started.forced and started.code == commit


def _is_open(job: Job, name: str, judged: set[str]) -> bool:
    return name in job.steps and (name in judged or not job.steps[name].checks)


def _opening(run: str, job: Job, step: StepJob, there: Mapping[str, str]) -> Opening:
    inputs = {dataset: there[dataset] for dataset in step.code.inputs.values()}
    return Opening(run, job, step, inputs, step_fingerprint(step, inputs))


def _compute(tools: Tools, opening: Opening, held: Claim, worker: str) -> StepComputed:
    started = time.perf_counter()
    going = _beside(tools, opening, held)
    name = opening.step.name
    with going.lease:
        going.hold(*going.made.values())
        made = stages.computed(going, opening.step, dict(opening.inputs), opening.fingerprint)
        event = StepComputed(
            run=opening.run,
            at=going.now,
            dataset=name,
            version=made.id,
            rows=made.rows,
            worker=worker,
            new_files=going.fresh[name].files,
            new_bytes=going.fresh[name].size,
            seconds=time.perf_counter() - started,
        )
        going.record(replace(made, run=opening.run), event)
    return event


def _beside(tools: Tools, opening: Opening, held: Claim) -> Going:
    """The helper's own view of the run: its id is that of the claim, which its files lie under."""
    plan = Plan(opening.job, None, {}, (), {}, {})
    going = Going(held.run, opening.job, tools, plan, held, None)
    with tools.ledger.snapshot() as tx:
        for dataset, id_ in opening.inputs.items():
            found = versions.find(tx, dataset, id_)
            assert found is not None  # the run recorded it before it told of it
            going.made[dataset] = found
    return going
