"""What is started after a release: commands and webhooks, retried, recorded, never undoing it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.ledger import history
from headgate.ledger.events import Event, ReleasePublished, TriggerFailed, TriggerFinished
from headgate.ledger.ledger import Ledger
from headgate.pipelines.pipeline import Trigger
from headgate.runs.tools import Tools
from headgate.store.manifest import Release

OUTPUT_KEPT = 4000  # characters of a trigger's output that the ledger keeps


class _AttemptFailedError(Exception):
    """One attempt of a trigger failed; the text says how."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A trigger that a release still owes."""

    trigger: Trigger
    release: str


def pending(
    ledger: Ledger, triggers: Sequence[Trigger], pipeline: str, environment: str
) -> list[Pending]:
    """The triggers that the pipeline's newest release owes, in the order declared.

    A release names its triggers when it is published, so a crash loses none, and a trigger that
    is declared later does not fire for a release that is already out.
    """
    with ledger.snapshot() as tx:
        published = [
            event
            for _, event in history.events(tx, kinds=("release_published",))
            if isinstance(event, ReleasePublished)
            and (event.pipeline, event.environment) == (pipeline, environment)
        ]
        if not published:
            return []
        newest = published[-1]
        release = f"{newest.environment}@{newest.number}"
        ended = {
            event.trigger
            for _, event in history.events(
                tx, run=newest.run, kinds=("trigger_finished", "trigger_failed")
            )
            if isinstance(event, TriggerFinished | TriggerFailed) and event.release == release
        }
    owed = [label for label in newest.triggers if label not in ended]
    return [Pending(trigger, release) for trigger in triggers if trigger.label in owed]


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


def fire(trigger: Trigger, body: Mapping[str, Any], tools: Tools, run: str) -> Event:
    """Starts a trigger, again after a failure as often as it allows, and says how it ended."""
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
        return TriggerFinished(
            run=run,
            at=tools.now(),
            trigger=trigger.label,
            release=str(body["release"]),
            attempts=attempt,
            output=output[-OUTPUT_KEPT:],
            seconds=time.perf_counter() - started,
        )
    return TriggerFailed(
        run=run,
        at=tools.now(),
        trigger=trigger.label,
        release=str(body["release"]),
        attempts=attempts,
        error=error[-OUTPUT_KEPT:],
    )


def _attempt(trigger: Trigger, body: Mapping[str, Any], root: Path) -> str:
    text = json.dumps(body)
    if trigger.command is not None:
        return _command(trigger, text, root)
    return _webhook(trigger, text)


def _command(trigger: Trigger, text: str, root: Path) -> str:
    import shlex

    assert trigger.command is not None
    words = shlex.split(trigger.command) if isinstance(trigger.command, str) else trigger.command
    try:
        done = subprocess.run(
            words,
            cwd=root,
            input=text,
            capture_output=True,
            text=True,
            timeout=trigger.timeout_seconds,
            check=False,
            env={**os.environ, "PATH": _path()},
        )
    except subprocess.TimeoutExpired:
        raise _AttemptFailedError(f"no end after {trigger.timeout_seconds:g} seconds") from None
    except OSError as error:
        raise _AttemptFailedError(f"cannot be started: {error.strerror}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-OUTPUT_KEPT:]
        raise _AttemptFailedError(f"exit code {done.returncode}: {said}")
    return done.stdout


def _path() -> str:
    """PATH with this interpreter's folder first, so that `python` is the one Headgate runs in."""
    import sys

    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _webhook(trigger: Trigger, text: str) -> str:
    from urllib.error import HTTPError, URLError
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
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise _AttemptFailedError(f"cannot be reached: {reason}") from None
