"""`plan`: what a run would do, and why. Nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.runs.plan import Action, Compute, Ingest, Plan, Refuse, Reuse, plan
from headgate.workspace.known import chosen, require_environment
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened


@click.command()
@click.argument("pipelines", nargs=-1)
@click.option("--force", is_flag=True, help="Plan as if every step were to be computed again.")
@click.pass_obj
def command(output: Output, pipelines: tuple[str, ...], force: bool) -> None:
    """Show what a run of PIPELINES would do, and why; all of them without a name."""
    with opened(Path(output.directory), output.environment) as workspace:
        require_environment(workspace)
        plans = [
            plan(job(workspace, name), workspace.tools, force=force)
            for name in chosen(workspace.project, pipelines)
        ]
    if output.json:
        output.document("headgate.plan/1", {"plans": [as_json(planned) for planned in plans]})
    for planned in plans:
        for line in lines(planned):
            output.echo(line)


def lines(planned: Plan) -> list[str]:
    """A plan in words."""
    name, environment = planned.job.pipeline.name, planned.job.environment
    base = planned.base
    if planned.changes_nothing and base:
        return [f"{name}: nothing to do, {base.name} is served"]
    told = [f"{name}, on top of {base.name if base else 'nothing: the first release'}"]
    width = max(len(action.dataset) for action in planned.actions)
    for action in planned.actions:
        verb, because = _words(action)
        told.append(f"  {action.dataset:<{width}}  {verb:<8}  {because}")
    told.extend(
        f"  {dataset:<{width}}  validate  {because}" for dataset, because in planned.judge.items()
    )
    told.extend(f"  {dataset:<{width}}  publish   {how}" for dataset, how in planned.show.items())
    return [*told, f"  then {_outcome(planned, environment)}"]


def _outcome(planned: Plan, environment: str) -> str:
    if planned.taken_back:
        return "nothing: a rollback took this back (headgate run --force publishes it again)"
    if planned.publishes:
        return f"{counted(len(planned.job.published), 'dataset')} of {environment} in one release"
    if any(isinstance(action, Refuse) for action in planned.actions):
        return "nothing: a delivery cannot be read"
    return "nothing new to publish"


def _words(action: Action) -> tuple[str, str]:
    match action:
        case Ingest(because=because):
            return "read", because
        case Compute(because=because):
            return "compute", because
        case Reuse(because=because):
            return "reuse", because
        case Refuse(because=because):
            return "held", because


def as_json(planned: Plan) -> dict[str, Any]:
    """A plan as one entry of `headgate.plan/1`."""
    return {
        "pipeline": planned.job.pipeline.name,
        "environment": planned.job.environment,
        "base": planned.base.name if planned.base else None,
        "changes_nothing": planned.changes_nothing,
        "actions": [
            {
                "dataset": action.dataset,
                "action": _words(action)[0],
                "because": action.because,
                "version": action.version.id if isinstance(action, Reuse) else None,
            }
            for action in planned.actions
        ],
        "validate": dict(planned.judge),
        "show": dict(planned.show),
        "publish": list(planned.job.published) if planned.publishes else [],
    }
