"""The last stage: the publish gate, one transaction that moves all pointers, and what follows."""

from __future__ import annotations

import time
from collections.abc import Mapping

from headgate.errors import BusyError
from headgate.ledger import audit, history
from headgate.ledger.audit import Act
from headgate.ledger.events import Event, ReleasePublished, ReleaseUnchanged
from headgate.ledger.ledger import Transaction
from headgate.runs import triggers, verdicts
from headgate.runs.expected import keep_deviations
from headgate.runs.going import Going
from headgate.runs.judging import pass_gate
from headgate.runs.plan import Action, Reuse, undone
from headgate.runs.reported import Report
from headgate.runs.stages import HeldError
from headgate.runs.tools import Code
from headgate.store import holdings, models, publishing, refs, versions
from headgate.store.manifest import Release


def publish(going: Going, code: Code) -> Release:
    """The release that readers see from now on: a new one, or the old one where nothing differs.

    Raises HeldError where the publish gate stays closed.
    """
    started = time.perf_counter()
    going.begin_stage("Versioning data")
    pass_publish_gate(going)
    made = {name: version.id for name, version in going.made.items()}
    base = going.plan.base
    same = made == going.plan.held and not going.plan.show
    if base and (same or _is_taken_back(going, made)):
        with going.tools.ledger.transaction() as tx:
            going.claim.fence(tx)
            adopt(going, tx)
        say_unchanged(going, base)
        return base
    return _move(going, made, code, started)


def adopt(going: Going, tx: Transaction) -> None:
    """What passed is known from now on by the files, inputs and code it was made of this time.

    What a person waived stays waived while it is held.
    """
    for version in (*going.made.values(), *going.wholes.values()):
        holdings.adopt(tx, going.job.environment, version)
    for judged, waived, key, left in going.waived:
        verdicts.remember(tx, judged, waived, key, going.id, going.now, left)


def pass_publish_gate(going: Going) -> None:
    """The last gate, of all that is to be published. Raises HeldError where it stays closed."""
    judged = [
        pass_gate(going, "publish", dataset, checks)
        for dataset, checks in going.job.quality.items()
        if checks
    ]
    if closed := [judgement for judgement in judged if not judgement.verdict.lets_through]:
        raise HeldError(closed)


def say_unchanged(going: Going, base: Release) -> None:
    """Records that the release which is served stays."""
    going.note(
        ReleaseUnchanged(
            run=going.id,
            at=going.now,
            environment=base.environment,
            number=base.number,
            pipeline=going.job.pipeline.name,
        )
    )


def _is_taken_back(going: Going, made: Mapping[str, str]) -> bool:
    if going.forced:
        return False
    with going.tools.ledger.snapshot() as tx:
        return undone(going.job, made, tx)


def _move(going: Going, made: Mapping[str, str], code: Code, started: float) -> Release:
    going.hold(*going.made.values(), *going.wholes.values())
    with going.tools.ledger.transaction(durable=True) as tx:
        going.claim.fence(tx)
        require_unmoved(going, tx)
        release = publishing.publish(tx, draft(going, made, code))
        adopt(going, tx)
        history.end_run(tx, going.id, "published", going.now)
        keep_deviations(going, tx, release)
        tx.append(_published(going, release, time.perf_counter() - started))
        if going.replays:
            audit.record(tx, _replayed(going, release))
        if going.compacts:
            audit.record(tx, _compacted(going, release))
    return release


def _replayed(going: Going, release: Release) -> Act:
    body = {"dataset": going.replays, "run": going.id}
    return Act(going.now, going.tools.user, "replay", release.environment, release.name, body)


def _compacted(going: Going, release: Release) -> Act:
    body = {"datasets": list(going.compacts), "run": going.id}
    return Act(going.now, going.tools.user, "compact", release.environment, release.name, body)


def require_unmoved(going: Going, tx: Transaction) -> None:
    """Raises BusyError where the environment holds other versions than when the run was planned."""
    job, pointers = going.job, refs.held(tx, going.job.environment)
    if {name: pointers[name] for name in job.datasets if name in pointers} != going.plan.held:
        raise BusyError(
            f"{job.environment} moved while this run was going on",
            hint="run again: what is computed is kept",
        )


def draft(going: Going, made: Mapping[str, str], code: Code) -> Release:
    """The release that a run makes of its candidates, without a number yet."""
    job = going.job
    visible = {name: made[name] for name in job.published}
    return Release(
        job.environment,
        0,
        visible,
        going.now,
        going.id,
        job.pipeline.name,
        because="; ".join(_reasons(going)),
        code=code.commit,
        dirty=code.dirty,
        inputs={name: made[name] for name in job.datasets if name not in visible},
        verdicts={f"{j.gate}/{j.dataset}": j.verdict.value for j in going.judged},
        metrics=_metrics(going),
    )


def _metrics(going: Going) -> dict[str, float]:
    """How many rows every dataset has, and how many rows beside it are set aside, where some are."""
    metrics = {f"rows({name})": float(going.made[name].rows) for name in going.job.datasets}
    with going.tools.ledger.snapshot() as tx:
        for name in going.job.datasets:
            if aside := versions.quarantined(tx, going.made[name]):
                metrics[f"set_aside({name})"] = float(aside.rows)
    return metrics


def _reasons(going: Going) -> list[str]:
    moved = {
        action.dataset: _reason(going, action)
        for action in going.plan.actions
        if going.made[action.dataset].id != going.plan.held.get(action.dataset)
    }
    return [f"{dataset}: {because}" for dataset, because in {**moved, **going.plan.show}.items()]


def _reason(going: Going, action: Action) -> str:
    """Why a dataset is another one: what is new of it, or what of the same rows goes on."""
    name = action.dataset
    same = isinstance(action, Reuse) and action.version.id == going.plan.wholes.get(name)
    return going.plan.judge.get(name, "its checks changed") if same else action.because


def _published(going: Going, release: Release, seconds: float) -> Event:
    fresh = [new for name, new in going.fresh.items() if name in going.job.published]
    files = sum(len(going.made[name].parts) for name in going.job.published)
    new_files = sum(new.files for new in fresh)
    return ReleasePublished(
        run=going.id,
        at=release.published_at,
        environment=release.environment,
        number=release.number,
        pipeline=release.pipeline,
        versions=dict(release.versions),
        because=release.because,
        new_files=new_files,
        new_bytes=sum(new.size for new in fresh),
        reused_files=files - new_files,
        triggers=[trigger.label for trigger in going.job.pipeline.on_publish],
        seconds=seconds,
    )


def pay_triggers(going: Going) -> int:
    """Starts what the newest release still owes, and says how many of them failed."""
    pipeline = going.job.pipeline
    ledger, environment = going.tools.ledger, going.job.environment
    owed = triggers.owed(ledger, pipeline, environment, again=going.retry)
    if owed is None:
        return 0
    body = triggers.payload(owed.release, pipeline.name, owed.rows)
    failed = 0
    for trigger in owed.triggers:
        event, reports = triggers.fire(trigger, body, going.tools)
        with going.tools.ledger.transaction() as tx:
            tx.append(event)
            for report in reports:
                models.record(tx, _model(going, owed.release, report))
        failed += event.kind == "trigger_failed"
    return failed


def _model(going: Going, release: Release, report: Report) -> models.Model:
    return models.Model(
        report.model,
        release.environment,
        release.number,
        release.run,
        going.now,
        going.tools.user,
        report.metrics,
        report.location,
    )
