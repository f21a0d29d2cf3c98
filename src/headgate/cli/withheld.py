"""What of a judgement may be told to people who may not read the rows behind it.

Counts and verdicts stay. Values of rows do not: samples, what was observed, and messages that may
name a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Outcome
from headgate.checks.lacking import LACKS, lacks
from headgate.ledger.events import AlertRaised, Event, GateJudged
from headgate.project.access import Right, may
from headgate.runs.gate import Judgement
from headgate.schema.statistics import ColumnStatistics
from headgate.workspace.workspace import Workspace

SAID = "values are not shown: the policy of the environment does not let you read its rows"


def readable(workspace: Workspace, *environments: str) -> bool:
    """Whether the person may read rows as they are, in one of these environments or else here."""
    names = environments or (workspace.environment,)
    return may(workspace.settings, workspace.tools, Right.READ_RAW, *names)


def shown_to(workspace: Workspace, *others: str) -> Callable[[Event], Event]:
    """What to do with events before they are told: without values, unless the person may read rows.

    That is asked of the environment, and of all `others` whose rows are judged.
    """
    names = (workspace.environment, *others)
    return _as_it_is if all(readable(workspace, name) for name in names) else event_withheld


def _as_it_is(event: Event) -> Event:
    return event


def outcome_withheld(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """An outcome without any value of a row."""
    kept = {key: value for key, value in outcome.items() if key != "details"}
    names = {"details": {LACKS: lacks(outcome)}} if lacks(outcome) else {}
    return {**kept, **names, "samples": [], "observed": None, "message": ""}


def judgement_withheld(judged: Judgement) -> Judgement:
    """A judgement without any value of a row."""
    return replace(judged, outcomes=tuple(map(_judged_withheld, judged.outcomes)))


def _judged_withheld(outcome: Outcome) -> Outcome:
    names = lacks(outcome.as_json())
    details = {LACKS: names} if names else {}
    return replace(outcome, samples=(), observed=None, message="", details=details)


def statistics_withheld(known: Mapping[str, ColumnStatistics]) -> dict[str, ColumnStatistics]:
    """Statistics without the least and greatest value, which stand in rows."""
    return {name: replace(each, low=None, high=None) for name, each in known.items()}


def event_withheld(event: Event) -> Event:
    """An event without any value of a row.

    What the project's own code says of its failure, or a trigger prints, is theirs to answer for.
    """
    match event:
        case GateJudged():
            return replace(event, outcomes=[outcome_withheld(each) for each in event.outcomes])
        case AlertRaised(cause=GateJudged.kind):
            return replace(event, text="")
        case _:
            return event
