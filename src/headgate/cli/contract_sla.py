"""`contract sla`: what contracts promise of the service, and what is observed of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from headgate.cli.lengths import lasting
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.errors import UnknownNameError
from headgate.ledger.ledger import Transaction
from headgate.scorecard.facts import Facts
from headgate.scorecard.indicator import Indicator, Unit, Verdict
from headgate.scorecard.service_levels import LATE, indicators
from headgate.workspace.known import require_known
from headgate.workspace.service_levels import service_levels
from headgate.workspace.workspace import Workspace, opened

LATE_CODE = 4
"""The exit code of what is late."""
MARKS = {Verdict.MET: "✓", Verdict.WARNED: "!", Verdict.MISSED: "✗", Verdict.ERROR: "✗"}


@click.command()
@click.argument("dataset", required=False)
@click.pass_obj
def command(output: Output, dataset: str | None) -> None:
    """Show the service levels that contracts promise, and what is observed of each.

    With DATASET: of that one alone. A level is met, missed, or not known yet; a property that the
    standard does not recommend is shown, and not executed.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        require_known(workspace)
        if dataset and dataset not in workspace.contracts:
            raise UnknownNameError.of("contract", dataset, workspace.contracts)
        with workspace.tools.ledger.snapshot() as tx:
            found = judged(workspace, tx, {dataset} if dataset else workspace.contracts)
    if output.json:
        body = {"environment": workspace.environment, "levels": [as_json(one) for one in found]}
        output.document("headgate.sla/1", body)
    if not found:
        whose = f"the contract of {dataset}" if dataset else "no contract"
        output.echo(f"{whose} has {'no ' if dataset else ''}slaProperties")
    for line in _lines(found):
        output.echo(line)


def judged(workspace: Workspace, tx: Transaction, names: Collection[str]) -> list[Indicator]:
    """The service levels of datasets in the workspace's environment, judged now."""
    pipelines = {
        name: declared.pipeline.name
        for declared in workspace.project.pipelines.values()
        for name in (*declared.pipeline.sources, *declared.pipeline.steps)
    }
    tools, now = workspace.tools, workspace.tools.now()
    found: list[Indicator] = []
    for name, levels in service_levels(workspace).items():
        if name in names:
            pipeline = pipelines.get(name, "")
            facts = Facts(tx, tools.objects, workspace.environment, name, pipeline, now)
            found += indicators(levels, facts)
    return found


def is_late(found: Collection[Indicator]) -> bool:
    """Whether data is late: a latency or a frequency is missed, or cannot be judged."""
    return any(one.is_broken and one.level.property in LATE for one in found)


def missed_line(one: Indicator) -> str:
    """A level that is missed, in one line."""
    level = one.level
    words = ": ".join(part for part in (observed_words(one), one.because) if part)
    return f"{_subject(one)} {level.property}: {words}; promised {level.written}  ({level.where})"


def _subject(one: Indicator) -> str:
    """What a level is about: a dataset, or a column of it."""
    level = one.level
    return f"{level.dataset}.{level.column}" if level.column else level.dataset


def observed_words(one: Indicator) -> str:
    """What was observed, in the unit that the promise is in."""
    if one.observed is None:
        return ""
    match one.unit:
        case Unit.SECONDS:
            return lasting(one.observed)
        case Unit.SHARE:
            return f"{one.observed * 100:.4g} %"
        case _:
            per = timedelta(seconds=float(one.details["per_seconds"] or 0))
            return f"{one.observed:,.4g} {one.unit.value} in {lasting(per.total_seconds())}"


def as_json(one: Indicator) -> dict[str, Any]:
    """A level and what is observed of it, as one record."""
    level = one.level
    return {
        "dataset": level.dataset,
        "property": level.property,
        "column": level.column or None,
        "promise": level.written,
        "verdict": one.verdict.value,
        "unit": one.unit.value,
        "observed": one.observed,
        "promised": one.promised,
        "slack": one.slack,
        "because": one.because,
        "details": dict(one.details),
        "driver": level.driver or None,
        "description": level.description or None,
        "where": level.where,
    }


def _lines(found: Collection[Indicator]) -> Iterator[str]:
    rows = [
        [
            f"{MARKS.get(one.verdict, '·')} {one.verdict}",
            _subject(one),
            one.level.property,
            one.level.written,
            observed_words(one),
            one.because,
            one.level.where,
        ]
        for one in found
    ]
    header = ["verdict", "of", "level", "promised", "observed", "", "where"]
    if rows:
        yield from table(header, rows)
    for one in found:
        if told := _budget(one):
            yield told


def _budget(one: Indicator) -> str:
    """What is left of an error budget, in words."""
    left = one.details.get("budget_left_seconds")
    if not isinstance(left, float):
        return ""
    burn = one.details.get("burn_rate")
    rate = f", burning at {burn:,.1f} times what it allows" if isinstance(burn, float) else ""
    window = lasting(one.level.window.total_seconds())
    state = f"{lasting(left)} left" if left >= 0 else f"{lasting(-left)} overspent"
    return f"  error budget of {one.level.dataset}: {state} of {window}{rate}"
