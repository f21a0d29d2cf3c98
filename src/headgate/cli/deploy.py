"""`deploy`: which commit runs in an environment, recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from headgate.ci.deployment import Deployment, deploy, deployments
from headgate.cli.amounts import age, counted
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.environments.life import require_exists
from headgate.errors import UsageError
from headgate.project.access import Right, require
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("environment", metavar="ENV", required=False)
@click.option(
    "--commit", "revision", metavar="REV", help="The commit. [default: what is checked out]"
)
@click.option("--override", is_flag=True, help="Deploy a commit that has no green verdict.")
@click.option("--reason", default="", help="Why it is deployed all the same; recorded.")
@click.option("--list", "listed", is_flag=True, help="List the deployments, of ENV or of all.")
@click.option(
    "--limit",
    type=COUNT,
    default=20,
    show_default=True,
    help="How many are listed.",
)
@click.pass_obj
def command(
    output: Output,
    *,
    environment: str | None,
    revision: str | None,
    override: bool,
    reason: str,
    listed: bool,
    limit: int,
) -> None:
    """Record that a commit now runs in ENV: who says so, when, and which commits came with it.

    It takes a green verdict of `headgate ci` on the commit; or --override with a --reason, which
    both are recorded. Nothing else is done: no data moves, and the next run is as it was.
    """
    if override is not bool(reason.strip()):
        raise UsageError("a verdict is overridden with a reason", hint='--override --reason "..."')
    if listed and (revision or override):
        raise UsageError("--list goes without a commit to deploy")
    with opened(Path(output.directory)) as workspace:
        name = environment or output.environment
        if listed:
            with workspace.tools.ledger.snapshot() as tx:
                found = deployments(tx, name, limit)
        elif name is None:
            raise UsageError("say where it is deployed to", hint="headgate deploy ENV")
        else:
            _require(workspace, name, override=override)
            found = [deploy(workspace.tools, name, revision or "HEAD", reason.strip())]
    if output.json:
        output.document("headgate.deployments/1", {"deployments": [_as_json(one) for one in found]})
    elif listed:
        _list(output, found)
    else:
        _show(output, found[0])


def _require(workspace: Workspace, name: str, *, override: bool) -> None:
    """Raises UnknownNameError where there is no such environment, AccessError for who may not."""
    if name not in workspace.settings.environments:
        with workspace.tools.ledger.snapshot() as tx:
            require_exists(tx, name, workspace.settings.environment)
    require(workspace.settings, workspace.tools, Right.PUBLISH, name)
    if override:
        require(workspace.settings, workspace.tools, Right.OVERRIDE, name)


def _show(output: Output, one: Deployment) -> None:
    came = f", with {counted(len(one.commits), 'commit')}"
    since = f" since {one.came_from[:8]}" if one.came_from else ""
    output.echo(f"✓ {one.commit.id[:8]} runs in {one.environment}{came}{since}")
    if one.reason:
        output.note(f"  without a green verdict: {one.reason}")


def _list(output: Output, found: list[Deployment]) -> None:
    if not found:
        output.echo("nothing was deployed yet")
        return
    now = datetime.now(UTC)
    rows = [
        [
            one.number,
            one.environment,
            one.commit.id[:8],
            f"{age((now - one.at).total_seconds())} ago",
            one.user,
            len(one.commits),
            one.status or "no verdict",
            one.reason,
        ]
        for one in found
    ]
    header = ["number", "environment", "commit", "age", "by", "commits", "verdict", "reason"]
    for line in table(header, rows):
        output.echo(line)


def _as_json(one: Deployment) -> dict[str, Any]:
    return {
        "number": one.number or None,
        "environment": one.environment,
        "commit": one.commit.id,
        "written_at": one.commit.written_at.isoformat(),
        "committed_at": one.commit.committed_at.isoformat(),
        "from": one.came_from,
        "at": one.at.isoformat(),
        "user": one.user,
        "verdict": one.status or None,
        "reason": one.reason,
        "commits": [
            {"commit": each.id, "committed_at": each.committed_at.isoformat()}
            for each in one.commits
        ],
    }
