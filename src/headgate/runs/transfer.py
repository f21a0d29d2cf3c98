"""A run that computes nothing: versions that another environment made pass the gates, and move in.

One transaction moves the pointers of all its pipelines, or of none. Each pipeline has a run of its
own, with its own claim and its own gates, so that whatever reads runs finds what it knows.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import OnFail, Outcome, Status
from headgate.errors import BusyError, DataError
from headgate.ledger import history
from headgate.ledger.events import Event, Promoted
from headgate.ledger.ledger import Transaction
from headgate.runs import execute
from headgate.runs.claim import claim_waiting
from headgate.runs.compared import judging_order
from headgate.runs.delivered import promises, well_formed
from headgate.runs.execute import Ending, Request, Result
from headgate.runs.expected import keep_deviations
from headgate.runs.gate import Judgement, known_checks
from headgate.runs.going import Going
from headgate.runs.job import Job
from headgate.runs.judging import Delivered, pass_gate
from headgate.runs.plan import Plan, Reuse, plan
from headgate.runs.publish import adopt, draft, pass_publish_gate, require_unmoved
from headgate.runs.refine import unread_rows_of
from headgate.runs.stages import HeldError
from headgate.runs.tools import Code, Tools
from headgate.store import holdings, publishing
from headgate.store.manifest import Release, Version


class Transfer(Struct, frozen=True):
    """What moves: jobs of the environment that it moves to, and what `origin` held of them."""

    origin: Release
    jobs: tuple[Job, ...]
    held: Mapping[str, str]
    """The version of each dataset of the jobs, as the origin had it."""
    there: Mapping[str, str]
    """The versions that the environment held when this was decided."""
    approved_by: tuple[str, ...] = ()


Settle = Callable[[Transaction, Release], None]
"""What else belongs to the move. It is called within its transaction, and ends it by raising."""


def planned(job: Job, transfer: Transfer, tools: Tools) -> Plan:
    """What a run of the job would do that takes every dataset as the origin held it."""
    because = f"promoted from {transfer.origin.name}"
    with tools.ledger.snapshot() as tx:
        wholes = {
            name: holdings.find_whole(tx, transfer.origin.environment, name, transfer.held[name])
            for name in job.datasets
        }
    decided = {name: Reuse(name, whole, because) for name, whole in wholes.items() if whole}
    return plan(job, tools, decided=decided)


def run(transfer: Transfer, tools: Tools, request: Request, settle: Settle) -> list[Result]:
    """Moves the versions in, where all gates open; nothing moves where one stays closed.

    Raises BusyError where another run of one of the pipelines is alive, DataError where a gate would
    leave other rows of a dataset than the origin held, and whatever `settle` raises; each is
    recorded first.
    """
    if request.waiver:
        known_checks(request.waiver, [c for job in transfer.jobs for c in execute.all_checks(job)])
    goings: list[Going] = []
    started = time.perf_counter()
    with ExitStack() as claims:
        try:
            # always in one order, so that two promotions never wait for each other
            jobs = sorted(transfer.jobs, key=lambda job: job.pipeline.name)
            goings.extend(_begun(job, transfer, tools, request, claims) for job in jobs)
            return _go(goings, transfer, settle, started)
        except BaseException as error:
            ending = Ending.INTERRUPTED if isinstance(error, KeyboardInterrupt) else Ending.FAILED
            for going in goings:
                execute.fail(going.job, tools, going.id, ending, error, started)
            raise


def _begun(
    job: Job, transfer: Transfer, tools: Tools, request: Request, claims: ExitStack
) -> Going:
    run_id, name = secrets.token_hex(4), f"{job.pipeline.name}@{job.environment}"
    waiting = claim_waiting(tools.ledger, name, run=run_id, wait_seconds=request.wait_seconds)
    claim = claims.enter_context(waiting)
    resumes = execute.begin(job, tools, run_id)
    try:
        going = Going(run_id, job, tools, planned(job, transfer, tools), claim, request.waiver)
        claims.enter_context(going.lease)
        _require_there(going, transfer)
        _hold(going, transfer)
        execute.say_started(going, _code(transfer), resumes)
    except BaseException as error:
        execute.fail(job, tools, run_id, Ending.FAILED, error, time.perf_counter())
        raise
    return going


def _require_there(going: Going, transfer: Transfer) -> None:
    """Raises BusyError where the environment moved since the transfer was decided."""
    job, there = going.job, transfer.there
    if {name: there[name] for name in job.datasets if name in there} != going.plan.held:
        raise BusyError(
            f"{job.environment} moved since this was planned",
            hint="nothing was promoted; plan it again",
        )


def _hold(going: Going, transfer: Transfer) -> None:
    """Keeps what moves in the store: nothing else does once its environment is dropped."""
    job = going.job
    with going.tools.ledger.snapshot() as tx:
        origin = transfer.origin.environment
        found = [holdings.find(tx, origin, name, transfer.held[name]) for name in job.datasets]
    given = [action.version for action in going.plan.actions if isinstance(action, Reuse)]
    going.hold(*filter(None, found), *given)


def _go(
    goings: Sequence[Going], transfer: Transfer, settle: Settle, started: float
) -> list[Result]:
    base = goings[0].plan.base
    if closed := [judged for going in goings for judged in _closed(going)]:
        message = execute.closed_gates(HeldError(closed))
        for going in goings:
            execute.settle(going, base)
        return [execute.close(g, Ending.HELD, base, started, message) for g in goings]
    for going in goings:
        _require_same(going, transfer)
    release = _move(goings, transfer, settle, started)
    unpaid = [execute.settle(going, release) for going in goings]
    return [
        execute.close(going, Ending.PUBLISHED, release, started, message)
        for going, message in zip(goings, unpaid, strict=True)
    ]


# ------------------------------------------------------------------ the gates


def _closed(going: Going) -> list[Judgement]:
    """The judgements of the gates that stay closed: up to the first stage with one, as in any run."""
    job = going.job
    going.begin_stage(f"Validating what moves to {job.environment}")
    given = [action for action in going.plan.actions if isinstance(action, Reuse)]
    going.made.update({action.dataset: action.version for action in given})
    going.hold(*going.made.values())
    judged = [_source_gate(going, name) for name in judging_order(job)]
    if closed := [each for each in judged if not each.verdict.lets_through]:
        return closed
    for name, step in job.steps.items():
        if not (gate := pass_gate(going, name, name, step.checks)).verdict.lets_through:
            return [gate]
    try:
        pass_publish_gate(going)
    except HeldError as held:
        return list(held.judgements)
    return []


def _source_gate(going: Going, name: str) -> Judgement:
    """The judgement of a source; one that the environment does not hold keeps its promises too.

    Somebody may have let them fail where it was read, and that word does not count here.
    """
    source, whole = going.job.sources[name], going.made[name]
    if going.plan.wholes.get(name) == whole.id:
        return pass_gate(going, name, name, source.checks)
    checks = (*source.checks, *promises(source, first=True))
    return pass_gate(going, name, name, checks, Delivered(tuple(_unread(going, whole))))


def _unread(going: Going, whole: Version) -> Iterator[Outcome]:
    """The outcome of rows that could not be read, where the environment does not hold as many."""
    check, unread = well_formed(going.job.sources[whole.dataset]), unread_rows_of(going, whole)
    with going.tools.ledger.snapshot() as tx:
        there = holdings.find(
            tx, going.job.environment, whole.dataset, going.plan.wholes.get(whole.dataset, "")
        )
    if unread <= (unread_rows_of(going, there) if there else 0):
        return
    rows = whole.rows + unread
    allowed = check.on_fail is OnFail.QUARANTINE and unread / rows <= check.limit
    yield Outcome(
        check,
        Status.QUARANTINED if allowed else Status.FAILED,
        observed=f"{unread:,} of {rows:,} rows are malformed",
        elements=rows,
        missing=0,
        unexpected=unread,
        message="" if allowed else f"let through elsewhere: waive it for {going.job.environment}",
    )


def _require_same(going: Going, transfer: Transfer) -> None:
    """Raises DataError where a gate leaves other rows than those that the rest was computed from."""
    for name, version in going.made.items():
        if version.id != transfer.held[name]:
            raise DataError(
                f"the gate of {name} leaves other rows of it in {going.job.environment} than"
                f" {transfer.origin.name} has",
                None,
                "nothing was promoted; its checks changed, or somebody let rows through there:"
                f" headgate run --env {transfer.origin.environment}, and promote again",
            )


# ------------------------------------------------------------------ the move


def _move(goings: Sequence[Going], transfer: Transfer, settle: Settle, started: float) -> Release:
    tools = goings[0].tools
    for going in goings:
        going.hold(*going.made.values(), *going.wholes.values())
    with tools.ledger.transaction(durable=True) as tx:
        for going in goings:
            going.claim.fence(tx)
            require_unmoved(going, tx)
        release = publishing.promote(tx, [_draft(going, transfer) for going in goings])
        for going in goings:
            adopt(going, tx)
            history.end_run(tx, going.id, Ending.PUBLISHED.value, going.now)
            keep_deviations(going, tx, release)
        settle(tx, release)
        seconds = time.perf_counter() - started
        tx.append(*_promoted(goings, transfer, release, seconds))
    return release


def _draft(going: Going, transfer: Transfer) -> Release:
    made = {name: version.id for name, version in going.made.items()}
    return replace(
        draft(going, made, _code(transfer)),
        because=f"promoted from {transfer.origin.name}",
        user=going.tools.user,
        origin=transfer.origin.name,
    )


def _code(transfer: Transfer) -> Code:
    """The code that made what moves."""
    return Code(transfer.origin.code, transfer.origin.dirty)


def _promoted(
    goings: Sequence[Going], transfer: Transfer, release: Release, seconds: float
) -> Iterator[Event]:
    for going in goings:
        pipeline = going.job.pipeline
        yield Promoted(
            run=going.id,
            at=release.published_at,
            environment=release.environment,
            number=release.number,
            pipeline=pipeline.name,
            origin=transfer.origin.name,
            versions=dict(release.versions),
            runs={each.job.pipeline.name: each.id for each in goings},
            user=going.tools.user,
            approved_by=transfer.approved_by,
            triggers=[trigger.label for trigger in pipeline.on_publish],
            seconds=seconds,
        )
