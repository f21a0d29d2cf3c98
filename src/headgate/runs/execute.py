"""A run, from the claim on its pipeline to the last trigger.

Nothing a run makes is seen before the one transaction that publishes it. Whatever happens before
(a closed gate, a failing step, kill -9) leaves the last good release where it was, and what was
computed is found again by its fingerprint.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.errors import HeadgateError
from headgate.ledger import history
from headgate.ledger.events import RunFinished, RunStarted
from headgate.runs import compact, outputs, stages
from headgate.runs.claim import Claim, alive, claim_waiting
from headgate.runs.compact import Compaction
from headgate.runs.delivered import waivable
from headgate.runs.gate import Waiver, known_checks
from headgate.runs.going import Going
from headgate.runs.job import Job
from headgate.runs.plan import Plan, plan
from headgate.runs.publish import pay_triggers, publish, say_unchanged
from headgate.runs.step_claims import next_step
from headgate.runs.tools import Code, Tools
from headgate.store.manifest import Release


class Ending(StrEnum):
    """How a run ended."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    HELD = "held"  # a gate stayed closed; the last good release is served
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Request(Struct, frozen=True):
    """What a person asks of a run."""

    waiver: Waiver | None = None
    force: bool = False
    """Compute every step again, and publish even what a rollback took back."""
    retry: bool = False
    """Start again the triggers that failed for the release that is served."""
    wait_seconds: float = 0.0
    """How long to wait for another run of the same pipeline before refusing."""
    refresh: bool = False
    """Whether a worker is to move the environment to its base's newest release just before."""
    replays: str = ""
    """The dataset whose rows that are set aside a person has judged again."""
    compacts: Compaction | None = None
    """The sources whose parts a person has joined."""


class Result(Struct, frozen=True):
    """What came of a run: how it ended, and the release that readers see now."""

    run: str
    ending: Ending
    release: Release | None


def run(
    job: Job,
    tools: Tools,
    request: Request | None = None,
    errand: Claim | None = None,
    *,
    owner: str = "",
) -> Result:
    """Runs a job once; under the claim of a request in the queue, where it is an errand.

    `owner` is who asked for it, where that is not whoever is at work.

    Raises BusyError where another run of it is alive, or has the errand by now, StepError where the project's own code
    fails, and any other HeadgateError that stops it; each is recorded first.
    """
    request = request or Request()
    if request.waiver:
        known_checks(request.waiver, all_checks(job))
    run_id = errand.run if errand else secrets.token_hex(4)
    name = f"{job.pipeline.name}@{job.environment}"
    with claim_waiting(
        tools.ledger, name, run=run_id, wait_seconds=request.wait_seconds
    ) as held_claim:
        started = time.perf_counter()
        resumes = begin(job, tools, run_id, errand, owner=owner)
        return _run(job, tools, request, held_claim, started, resumes)


def _run(
    job: Job, tools: Tools, request: Request, claim: Claim, started: float, resumes: str | None
) -> Result:
    run_id = claim.run
    try:
        planned = _planned(job, tools, request, claim)
        going = Going(run_id, job, tools, planned, claim, request.waiver)
        going.forced, going.retry = request.force, request.retry
        going.replays = request.replays
        going.compacts = request.compacts.datasets if request.compacts else ()
        code = Code() if planned.changes_nothing else tools.code()
        with going.lease:
            say_started(going, code, resumes)
            ending, release, message = _go(going, code)
            unpaid = settle(going, release)
            return close(going, ending, release, started, message or unpaid)
    except KeyboardInterrupt as error:
        fail(job, tools, run_id, Ending.INTERRUPTED, error, started)
        raise
    except BaseException as error:
        fail(job, tools, run_id, Ending.FAILED, error, started)
        raise


def _planned(job: Job, tools: Tools, request: Request, claim: Claim) -> Plan:
    if request.compacts:
        return compact.planned(job, tools, request.compacts, claim)
    return plan(job, tools, force=request.force)


def _go(going: Going, code: Code) -> tuple[Ending, Release | None, str]:
    """How the run ends, the release that is served then, and what there is to say of it."""
    base = going.plan.base
    if base and going.plan.changes_nothing:
        say_unchanged(going, base)
        return Ending.UNCHANGED, base, ""
    try:
        stages.sources(going)
        left = list(going.job.steps.values())
        while left:
            going.tools.check_stop()
            step = next_step(going, left)
            stages.step(going, step)
            left.remove(step)
        going.tools.check_stop()
        release = publish(going, code)
    except stages.HeldError as held:
        return Ending.HELD, base, closed_gates(held)
    return (Ending.UNCHANGED if release == base else Ending.PUBLISHED), release, ""


def settle(going: Going, release: Release | None) -> str:
    """Links and triggers of the release that is served, those of a dead run too; says what failed.

    A run that lost its claim leaves them to the one that took over.
    """
    with going.tools.ledger.snapshot() as tx:
        if release is None or not going.claim.stands(tx):
            return ""
    going.note(*outputs.refresh(going.job, going.tools, release, going.id))
    failed = pay_triggers(going)
    return f"{failed} of the release's triggers failed" if failed else ""


def begin(
    job: Job, tools: Tools, run_id: str, errand: Claim | None = None, *, owner: str = ""
) -> str | None:
    """The run, in the record; what a dead run left is closed and swept. Gives that run's id."""
    with tools.ledger.transaction() as tx:
        if errand:
            errand.fence(tx)
        if job.require:
            job.require(tx)  # it may have been dropped while this waited for its claim
        resumes = history.interrupted(tx, job.pipeline.name, job.environment)
        if resumes:
            history.end_run(tx, resumes, Ending.INTERRUPTED, tools.now())
        history.start_run(
            tx,
            run=run_id,
            pipeline=job.pipeline.name,
            environment=job.environment,
            at=tools.now(),
            owner=owner or tools.user,
        )
        # inside the transaction: a run that claims meanwhile would lose its temporaries
        tools.objects.drop_temporaries(alive(tx))
    return resumes


def say_started(going: Going, code: Code, resumes: str | None) -> None:
    going.note(
        RunStarted(
            run=going.id,
            at=going.now,
            pipeline=going.job.pipeline.name,
            environment=going.job.environment,
            code=code.commit,
            dirty=code.dirty,
            user=going.tools.user,
            resumes=resumes,
            forced=going.forced,
        )
    )


def close(
    going: Going, ending: Ending, release: Release | None, started: float, message: str
) -> Result:
    event = RunFinished(
        run=going.id,
        at=going.now,
        pipeline=going.job.pipeline.name,
        environment=going.job.environment,
        status=ending.value,
        message=message,
        serving=release.name if release else None,
        serving_since=release.published_at.isoformat() if release else None,
        seconds=time.perf_counter() - started,
    )
    with going.tools.ledger.transaction() as tx:
        history.end_run(tx, going.id, ending.value, going.now)
        tx.append(event)
    return Result(going.id, ending, release)


def fail(
    job: Job, tools: Tools, run_id: str, ending: Ending, error: BaseException, started: float
) -> None:
    """The failure in the record, as far as the record can still be written.

    A run that had published has not failed: what went wrong after it is said beside that.
    """
    told = error if isinstance(error, HeadgateError) else None
    event = RunFinished(
        run=run_id,
        at=tools.now(),
        pipeline=job.pipeline.name,
        environment=job.environment,
        status=ending.value,
        message=str(told.what) if told else type(error).__name__,
        hint=(told.hint or "") if told else "",
        seconds=time.perf_counter() - started,
    )
    try:
        with tools.ledger.transaction() as tx:
            status = history.fail_run(tx, run_id, ending.value, tools.now())
            tx.append(replace(event, status=status))
    except HeadgateError as unrecorded:
        error.add_note(f"the failure could not be recorded: {unrecorded.what}")


def closed_gates(held: stages.HeldError) -> str:
    names = ", ".join(judged.dataset for judged in held.judgements)
    return f"gate {names} closed, nothing was published"


def all_checks(job: Job) -> list[tuple[str, Check]]:
    """All checks of a job, each with the dataset that it judges."""
    groups: list[tuple[str, Iterable[Check]]] = [
        *((name, (*source.checks, *waivable(source))) for name, source in job.sources.items()),
        *((name, step.checks) for name, step in job.steps.items()),
        *job.quality.items(),
    ]
    return [(dataset, check) for dataset, checks in groups for check in checks]
