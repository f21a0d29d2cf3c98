"""What a promotion would change, as data, before anything is changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from headgate.environments import environment, promotion
from headgate.environments.life import require_exists
from headgate.environments.move import Move, moves
from headgate.environments.past import knew
from headgate.environments.promotion import Promotion
from headgate.errors import UsageError
from headgate.ledger import history
from headgate.ledger.events import RunStarted
from headgate.ledger.ledger import Transaction
from headgate.runs import verdicts
from headgate.runs.delivered import promises, well_formed
from headgate.runs.job import Job
from headgate.runs.plan import Plan, gates
from headgate.runs.tools import Tools
from headgate.runs.transfer import Transfer, planned
from headgate.store import refs, releases
from headgate.store.manifest import Release, Version
from headgate.store.readers import Lease


class Proposal(Struct, frozen=True):
    """What would move from one environment to another, and what follows from it.

    `makers` are who had a part in the runs that made it. `request` is what somebody asked for last and
    was not carried out; it is for these moves only where its digest is theirs.
    """

    origin: Release
    target: str
    serving: Release | None
    transfer: Transfer
    plans: tuple[Plan, ...]
    moves: tuple[Move, ...]
    downstream: tuple[str, ...]
    """The published datasets that are computed from what moves."""
    makers: tuple[str, ...]
    digest: str
    request: Promotion | None

    @property
    def asked(self) -> Promotion | None:
        """The request for exactly these moves."""
        same = self.request is not None and self.request.digest == self.digest
        return self.request if same else None

    @property
    def taken_back(self) -> bool:
        """Whether it brings back what a rollback of the target took back."""
        return any(plan.taken_back for plan in self.plans)


def propose(
    tools: Tools, source: str, target: str, jobs: Sequence[Job], default: str
) -> Proposal | None:
    """What promoting `source` to `target` would change; None where nothing differs.

    `jobs` are the pipelines of the project in the target. Raises UnknownNameError for an environment
    that is not there, and UsageError where the source lacks a dataset, or would take data of the
    target back.
    """
    if source == target:
        raise UsageError(f"{source} cannot be promoted to itself", hint="name two environments")
    with tools.ledger.snapshot() as tx:
        for name in (source, target):
            require_exists(tx, name, default)
            if (made := environment.find(tx, name)) is not None:
                made.require_whole("be promoted" if name == source else "be promoted to")
        origin, serving = releases.current(tx, source), releases.current(tx, target)
        if origin is None:
            raise UsageError(f"{source} has no release", hint=f"headgate run --env {source}")
        held, there = refs.held(tx, source), refs.held(tx, target)
        concerned = tuple(job for job in jobs if _differs(tx, job, source, held, there))
        found = moves(tx, there, held, _datasets(tx, concerned, target))
        for job in concerned:
            _require_all(job, origin, held)
        with Lease(tools.objects) as lease:
            wanted = [move.after for move in found if move.after]
            lease.require(wanted, f"headgate run --env {source} makes it again")
        _require_ahead(tx, origin, target, found, {n for job in concerned for n in job.sources})
        makers = _makers(tx, source, found)
        request = promotion.asked(tx, source, target)
    if not concerned:
        return None
    transfer = Transfer(origin, concerned, held, there)
    plans = tuple(planned(job, transfer, tools) for job in concerned)
    below = _downstream(jobs, {move.dataset for move in found})
    digest = _digest(origin, target, found, plans)
    return Proposal(origin, target, serving, transfer, plans, found, below, makers, digest, request)


# ------------------------------------------------------------------ what is concerned


def _differs(
    tx: Transaction, job: Job, source: str, held: Mapping[str, str], there: Mapping[str, str]
) -> bool:
    """Whether the source ran the pipeline, and something of it is not as in the target."""
    if not any(name in held for name in job.steps):
        return False
    name, target = job.pipeline.name, job.environment
    shown = refs.shown(tx, target, name)
    shows = set(refs.shown(tx, source, name)) == set(job.published) != set(shown)
    return shows or any(held.get(name) != there.get(name) for name in job.datasets)


def _datasets(tx: Transaction, jobs: Sequence[Job], target: str) -> list[str]:
    """The datasets of the pipelines, and those that the target still shows of them."""
    return list(
        dict.fromkeys(
            name
            for job in jobs
            for name in (*job.datasets, *refs.shown(tx, target, job.pipeline.name))
        )
    )


def _downstream(jobs: Sequence[Job], moved: Collection[str]) -> tuple[str, ...]:
    """The published datasets that steps compute from what moves."""
    found: list[str] = []
    for job in jobs:
        reached = set(moved)
        for name, step in job.steps.items():
            if reached.intersection(step.code.inputs.values()):
                reached.add(name)
                found += [name] if name in job.published else []
    return tuple(dict.fromkeys(found))


def _makers(tx: Transaction, source: str, found: Sequence[Move]) -> tuple[str, ...]:
    """Who ran what made the versions that come, wherever they were made, and brought them here."""
    runs = set()
    for move in found:
        if move.after is None:
            continue
        runs.add(move.after.run)
        brought = tx.execute(
            "select release.run from release_item join release on"
            " release.environment = release_item.environment"
            " and release.number = release_item.number where release_item.environment = ?"
            " and release_item.dataset = ? and release_item.version = ?"
            " order by release_item.number limit 1",
            (source, move.dataset, move.after.id),
        )
        runs |= {run for (run,) in brought}
    makers = {
        owner
        for run in runs
        for (owner,) in tx.execute("select owner from run where id = ?", (run,))
    }
    # whoever's worker did it had their own working tree at hand
    makers |= {
        event.user
        for run in runs
        for _, event in history.events(tx, run=run, kinds=(RunStarted.kind,))
        if isinstance(event, RunStarted)
    }
    makers |= {user for move in found if move.after for user in _importers(tx, move.after)}
    return tuple(sorted(makers - {""}))


def _importers(tx: Transaction, version: Version) -> set[str]:
    """Who brought a version from elsewhere, which no run of this record made; it is theirs then."""
    if history.is_known(tx, version.run):
        return set()
    rows = tx.execute(
        "select release.environment, release.number, release.author from release_item join release on"
        " release.environment = release_item.environment"
        " and release.number = release_item.number where release_item.dataset = ?"
        " and release_item.version = ? order by release.published, release.environment,"
        " release.number limit 1",
        (version.dataset, version.id),
    )
    return {
        user
        for environment_, number, author in rows
        for user in (author, *_pullers(tx, environment_, number))
    }


def _pullers(tx: Transaction, environment_: str, number: int) -> list[str]:
    """Who pulled a release; that it was made by another is what the remote says."""
    acts = tx.execute(
        "select subject, author from audit where action = 'pull' and environment = ?"
        " order by number",
        (environment_,),
    )
    return [user for subject, user in acts if int(subject.rpartition("@")[2]) >= number][:1]


def _digest(origin: Release, target: str, found: Sequence[Move], plans: Sequence[Plan]) -> str:
    """The name of exactly these moves: another one as soon as either side moves, or a gate does."""
    shown = sorted(pair for plan in plans for pair in plan.show.items())
    told = [[m.dataset, *m.as_json().values()] for m in found]
    judging = [_gates(plan) for plan in plans]
    body = ["promotion/2", target, told, shown, origin.code, origin.dirty, judging]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def _gates(plan: Plan) -> list[object]:
    """What judges the moves of a pipeline and what follows them, as far as it is declared."""
    job = plan.job
    judging = [(name, *each) for name in job.datasets for each in gates(job, name)]
    promised = [
        (name, check)
        for name, source in job.sources.items()
        for check in (*promises(source, first=True), well_formed(source))
    ]
    return [
        job.pipeline.name,
        sorted((name, gate, verdicts.key(gate, checks, {})) for name, gate, checks in judging),
        sorted(
            (name, check.id, check.severity.value, check.on_fail.value, repr(check.limit))
            for name, check in promised
        ),
        [repr(trigger) for trigger in job.pipeline.on_publish],
    ]


# ------------------------------------------------------------------ what is refused


def _require_all(job: Job, origin: Release, held: Mapping[str, str]) -> None:
    """Raises UsageError where the source does not hold all that the pipeline declares."""
    lacks = [name for name in job.datasets if name not in held]
    if lacks:
        raise UsageError(
            f"{origin.name} has no {lacks[0]}, which pipeline {job.pipeline.name} declares",
            hint=f"headgate run --env {origin.environment}",
        )


def _require_ahead(
    tx: Transaction, origin: Release, target: str, found: Sequence[Move], sources: Collection[str]
) -> None:
    """Raises UsageError where the target holds what the source never had.

    To promote over it would take it back. Where the source began from the target, that is so for
    everything; else for data that arrived, since what is computed is there to be replaced.
    """
    source = origin.environment
    made = environment.find(tx, source)
    began = made is not None and made.base == target
    for move in found:
        if move.before is None or not (began or move.dataset in sources):
            continue
        if knew(tx, source, move.dataset, move.before.id):
            continue
        serving = releases.current(tx, target)
        assert serving is not None  # it holds a version
        if made is not None and began:
            told = f"{target} moved on to {serving.name} since {source} began from {made.origin}"
        else:
            told = f"{serving.name} has a version of {move.dataset} that {source} never had"
        raise UsageError(
            f"{told}: promoting would take {move.dataset} back",
            hint=f"headgate run --env {source} --refresh, and promote again",
        )
