"""Which events a person should know of, and what the alert says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from headgate.checks.lacking import folded
from headgate.checks.phrases import set_aside_words, unread_words
from headgate.ledger.events import (
    AlertRaised,
    Event,
    GateJudged,
    RequestGivenUp,
    RunFinished,
    TriggerFailed,
)

CAUSES = (GateJudged.kind, TriggerFailed.kind, RunFinished.kind, RequestGivenUp.kind)
"""The kinds of events that can be behind an alert."""

VERDICTS = {"closed": "error", "warned": "warn"}
LISTED = 10


def alert_of(event: Event, at: datetime, pipeline: str = "") -> AlertRaised | None:
    """The alert that an event calls for, None for one that nobody needs to know of.

    `pipeline` names the pipeline of events that do not name it themselves.
    """
    match event:
        case GateJudged(verdict=verdict) if verdict in VERDICTS and not _as_before(event):
            return _gate(event, at, pipeline)
        case TriggerFailed():
            return AlertRaised(
                run=event.run,
                at=at,
                cause=event.kind,
                severity="error",
                title=_titled(pipeline, f"trigger failed: {event.trigger}"),
                text=f"{event.release} stands. {event.error}".strip(),
                pipeline=pipeline,
            )
        case RunFinished(status="failed"):
            return AlertRaised(
                run=event.run,
                at=at,
                cause=event.kind,
                severity="error",
                title=f"{event.pipeline}: run failed in {event.environment}",
                text="\n".join(line for line in (event.message, event.hint) if line),
                pipeline=event.pipeline,
            )
        case RequestGivenUp():
            return AlertRaised(
                run=event.run,
                at=at,
                cause=event.kind,
                severity="error",
                title=f"{event.pipeline}: request {event.request} was given up",
                text=f"{event.attempts} workers died of its run, or lost touch",
                pipeline=event.pipeline,
            )
    return None


def _as_before(event: GateJudged) -> bool:
    """Whether all there is to say is that rows are set aside, and all of them were told of."""
    failed = [outcome for outcome in event.outcomes if _counts(outcome)]
    known = bool(event.set_aside) and not event.newly_set_aside
    return known and all(outcome["status"] == "quarantined" for outcome in failed)


def _gate(event: GateJudged, at: datetime, pipeline: str) -> AlertRaised:
    failed = [outcome for outcome in event.outcomes if _counts(outcome)]
    name = event.gate if event.gate == event.dataset else f"{event.gate} of {event.dataset}"
    kept = [outcome for outcome in failed if outcome["status"] == "quarantined"]
    state = "closed" if event.verdict == "closed" else "opened with warnings"
    if event.verdict == "warned" and kept == failed:
        state = "opened"
    broken = event.total - event.passed - len(kept)
    told = [f"{broken} of {event.total} expectations failed"] if broken or not kept else []
    if event.set_aside:
        told.append(set_aside_words(event.set_aside, event.newly_set_aside))
    shown = folded(failed)
    listed = [f"- {_said(outcome)}" for outcome in shown[:LISTED]]
    if len(shown) > LISTED:
        listed.append(f"- and {len(shown) - LISTED} more")
    if event.unread_earlier:
        listed.append(f"- {unread_words(event.unread_earlier)}")
    return AlertRaised(
        run=event.run,
        at=at,
        cause=event.kind,
        severity=VERDICTS[event.verdict],
        title=_titled(pipeline, f"gate {name} {state}, {', '.join(told)}"),
        text="\n".join([*listed, f"headgate show {event.run}"]),
        pipeline=pipeline,
        notify=_notified(failed),
    )


def _titled(pipeline: str, title: str) -> str:
    return f"{pipeline}: {title}" if pipeline else title


def _counts(outcome: Mapping[str, Any]) -> bool:
    return outcome["status"] in {"error", "quarantined"} or (
        outcome["status"] == "failed" and outcome.get("severity") != "info"
    )


def _said(outcome: Mapping[str, Any]) -> str:
    # no sample values: an alert leaves the project, and the rows may be personal
    words = str(outcome.get("description") or outcome.get("kind") or outcome.get("check"))
    if outcome["status"] == "error":
        return f"{words}: could not be judged"
    if (unexpected := outcome.get("unexpected")) is not None:
        elements = outcome.get("elements")
        count = f"{words}: {unexpected:,}" + (f" of {elements:,} rows" if elements else "")
        return f"{count} set aside" if outcome["status"] == "quarantined" else count
    return f"{words}: observed {outcome.get('observed')}"


def _notified(outcomes: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = (name for outcome in outcomes for name in outcome.get("notify") or ())
    return tuple(dict.fromkeys(names))
