"""A run that finds nothing to do: what it rests on, and what it leaves in the record."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from headgate.ledger import history
from headgate.ledger.events import Event, ReleaseUnchanged, RunFinished, RunStarted
from headgate.ledger.ledger import Ledger, Transaction
from headgate.runs.quiet import Standing
from headgate.store import releases
from headgate.store.manifest import Release

if TYPE_CHECKING:
    from headgate.checks.check import Check
    from headgate.runs.execute import Result
    from headgate.runs.job import Job
    from headgate.runs.tools import Tools


def standing(tools: Tools, jobs: Sequence[Job], results: Sequence[Result]) -> Standing | None:
    """What the next run may rest on; None where it has to look for itself.

    A pipeline with a freshness check is always looked at, because time alone can close its gate.
    """
    from headgate.runs.verdicts import lasting
    from headgate.store import versions

    quiet = all(result.ending in {"published", "unchanged"} for result in results)
    ages = any(not lasting(checks) for job in jobs for checks in _suites(job))
    numbers = {result.release.number for result in results if result.release}
    state = getattr(tools.ledger, "path", None)
    if not quiet or ages or len(numbers) != 1 or state is None:
        return None
    with tools.ledger.snapshot() as tx:
        held = releases.held(tx, jobs[0].environment)
        known = [versions.find(tx, name, version) for name, version in held.items()]
    objects = [
        str(tools.objects.path(part.digest))
        for version in known
        if version
        for part in version.parts
    ]
    place = os.path.relpath(state, tools.root)
    names = tuple(job.pipeline.name for job in jobs)
    return Standing(place, jobs[0].environment, numbers.pop(), names, tuple(objects))


def own_files(job: Job) -> list[str]:
    """The files that a run of the job itself puts into the working tree."""
    paths = [path for dataset in job.published if (path := job.path(dataset))]
    return [os.path.normpath(name) for path in paths for name in (path, f"{path}.dvc")]


def _suites(job: Job) -> list[tuple[Check, ...]]:
    return [
        *(source.checks for source in job.sources.values()),
        *(step.checks for step in job.steps.values()),
        *job.quality.values(),
    ]


def unchanged(ledger: Ledger, found: Standing) -> bool:
    """Records a run of each pipeline that had nothing to do; False where that is not so.

    It is not so when another release is served now, or a run of a pipeline has not ended.
    """
    with ledger.transaction() as tx:
        release = releases.current(tx, found.environment)
        if release is None or release.number != found.release:
            return False
        if any(history.interrupted(tx, name, found.environment) for name in found.pipelines):
            return False
        for name in found.pipelines:
            tx.append(*_events(tx, name, release))
    return True


def _events(tx: Transaction, pipeline: str, release: Release) -> list[Event]:
    now = datetime.now(UTC)
    run = secrets.token_hex(4)
    user = os.environ.get("HEADGATE_USER") or os.environ.get("USER", "")
    place = release.environment
    history.start_run(tx, run=run, pipeline=pipeline, environment=place, at=now, owner=user)
    history.end_run(tx, run, "unchanged", now)
    return [
        RunStarted(run=run, at=now, pipeline=pipeline, environment=place, user=user),
        ReleaseUnchanged(
            run=run, at=now, environment=place, number=release.number, pipeline=pipeline
        ),
        RunFinished(
            run=run,
            at=now,
            pipeline=pipeline,
            environment=place,
            status="unchanged",
            serving=release.name,
            serving_since=release.published_at.isoformat(),
        ),
    ]
