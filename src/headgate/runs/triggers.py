"""What is started after a release: commands and webhooks, retried, recorded, never undoing it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.ledger import history
from headgate.ledger.events import (
    Event,
    Promoted,
    ReleasePublished,
    TriggerFailed,
    TriggerFinished,
)
from headgate.ledger.ledger import Ledger, Transaction
from headgate.pipelines.pipeline import Pipeline, Trigger
from headgate.runs.reported import Report, reported
from headgate.runs.tools import Tools
from headgate.store import releases, versions
from headgate.store.manifest import Release

OUTPUT_KEPT = 4000  # characters of a trigger's output that the ledger keeps


_KINDS = (ReleasePublished.kind, Promoted.kind, TriggerFinished.kind, TriggerFailed.kind)


class _AttemptFailedError(Exception):
    """One attempt of a trigger failed; the text says how."""


class Owed(Struct, frozen=True):
    """Triggers that a release still owes, and the rows of the datasets it is about."""

    release: Release
    triggers: tuple[Trigger, ...]
    rows: Mapping[str, int]


def owed(
    ledger: Ledger, pipeline: Pipeline, environment: str, *, again: bool = False
) -> Owed | None:
    """What the pipeline's newest release owes, in the order declared; None once it is settled.

    A trigger that failed at every attempt is owed only where it is wanted `again`.
    A release names its triggers when it is published, so a crash loses none, and a trigger that
    is declared later does not fire for a release that is already out. A release that readers do
    not see any more, because a rollback took it back, owes nothing.
    """
    with ledger.snapshot() as tx:
        release = releases.published_by(tx, environment, pipeline.name)
        serving = releases.current(tx, environment)
        if release is None or serving is None:
            return None
        names = [name for name in pipeline.published if name in release.versions]
        if any(serving.versions.get(name) != release.versions[name] for name in names):
            return None
        release = _as_brought(tx, release, pipeline.name)
        events = [event for _, event in history.events(tx, run=release.run, kinds=_KINDS)]
        rows = {}
        for name in names:
            if version := versions.find(tx, name, release.versions[name]):
                rows[name] = version.rows
    made = [event for event in events if isinstance(event, ReleasePublished | Promoted)]
    named = {label for event in made for label in event.triggers}
    ends = TriggerFinished if again else TriggerFinished | TriggerFailed
    ended = {e.trigger for e in events if isinstance(e, ends)}
    open_ = tuple(t for t in pipeline.on_publish if t.label in named - ended)
    return Owed(release, open_, rows) if open_ else None


def _as_brought(tx: Transaction, release: Release, pipeline: str) -> Release:
    """The release, with the run of the pipeline: a promotion of several has one of each."""
    for _, event in history.events(tx, run=release.run, kinds=(Promoted.kind,)):
        if isinstance(event, Promoted):
            return replace(release, run=event.runs[pipeline])
    return release


def payload(release: Release, pipeline: str, rows: Mapping[str, int]) -> dict[str, Any]:
    """What a trigger is told: the release, its versions and its metrics."""
    return {
        "schema": "headgate.release/1",
        "release": release.name,
        "environment": release.environment,
        "number": release.number,
        "pipeline": pipeline,
        "run": release.run,
        "published_at": release.published_at.isoformat(),
        "code": release.code,
        "dirty": release.dirty,
        "versions": dict(release.versions),
        "inputs": dict(release.inputs),
        "rows": dict(rows),
        "verdicts": dict(release.verdicts),
        "metrics": dict(release.metrics),
    }


def fire(
    trigger: Trigger, body: Mapping[str, Any], tools: Tools
) -> tuple[Event, tuple[Report, ...]]:
    """Starts a trigger, again after a failure as often as it allows.

    Gives how it ended, and the models that it says it made.
    """
    run, release = str(body["run"]), str(body["release"])
    started = time.perf_counter()
    error = ""
    attempts = trigger.retries + 1
    for attempt in range(1, attempts + 1):
        try:
            output = _attempt(trigger, body, tools.root)
        except _AttemptFailedError as failure:
            error = str(failure)
            if attempt < attempts:
                time.sleep(min(0.2 * 2**attempt, 30))
            continue
        told = reported(output)
        finished = TriggerFinished(
            run=run,
            at=tools.now(),
            trigger=trigger.label,
            release=release,
            attempts=attempt,
            output=output[-OUTPUT_KEPT:],
            problems=told.problems,
            seconds=time.perf_counter() - started,
        )
        return finished, told.reports
    failed = TriggerFailed(
        run=run,
        at=tools.now(),
        trigger=trigger.label,
        release=release,
        attempts=attempts,
        error=error[-OUTPUT_KEPT:],
    )
    return failed, ()


def _attempt(trigger: Trigger, body: Mapping[str, Any], root: Path) -> str:
    text = json.dumps(body)
    if trigger.command is not None:
        return _command(trigger, text, root)
    return _webhook(trigger, text)


def _command(trigger: Trigger, text: str, root: Path) -> str:
    import shlex

    assert trigger.command is not None
    try:
        words = (
            shlex.split(trigger.command) if isinstance(trigger.command, str) else trigger.command
        )
        done = subprocess.run(
            words,
            cwd=root,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # what a command prints need not be text
            timeout=trigger.timeout_seconds,
            check=False,
            env={**os.environ, "PATH": _path()},
        )
    except subprocess.TimeoutExpired:
        raise _AttemptFailedError(f"no end after {trigger.timeout_seconds:g} seconds") from None
    except OSError as error:
        raise _AttemptFailedError(f"cannot be started: {error.strerror}") from None
    except (ValueError, IndexError) as error:  # an open quote, a NUL, no word at all
        raise _AttemptFailedError(f"is no command: {error}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-OUTPUT_KEPT:]
        raise _AttemptFailedError(f"exit code {done.returncode}: {said}")
    return done.stdout


def _path() -> str:
    """PATH with this interpreter's folder first, so that `python` is the one Headgate runs in."""
    import sys

    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _webhook(trigger: Trigger, text: str) -> str:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    url = os.path.expandvars(trigger.webhook or "")
    if not url.startswith(("http://", "https://")):
        raise _AttemptFailedError("the webhook is not an http or https address")
    request = Request(  # noqa: S310 - the scheme was checked
        url, data=text.encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urlopen(request, timeout=min(trigger.timeout_seconds, 60)) as answer:  # noqa: S310
            return f"HTTP {answer.status}"
    except HTTPError as error:
        raise _AttemptFailedError(f"HTTP {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _AttemptFailedError(f"cannot be reached: {reason}") from None
