"""`data gc`: what nobody needs any more, shown or removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from headgate.checks.released import numbered
from headgate.cli.amounts import counted, size
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.environments.collect import Garbage, collect, find
from headgate.environments.retention import Rules
from headgate.project.access import Right, require
from headgate.project.git import named_by_pointers
from headgate.runs.job import beside, checks_of_gates
from headgate.store.sweep import Swept
from headgate.workspace.resolve import job
from headgate.workspace.service_levels import service_levels
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.option("--delete", is_flag=True, help="Remove it. Without it: show what would go.")
@click.option(
    "--keep-days",
    type=click.FloatRange(min=0),
    help="Keep what was served in these days. Without it: retention: in headgate.yml, or 30.",
)
@click.option(
    "--keep-releases",
    type=click.IntRange(min=0),
    help="Keep so many of the newest releases of each environment. Without it: as said, or 10.",
)
@click.pass_obj
def command(
    output: Output, delete: bool, keep_days: float | None, keep_releases: int | None
) -> None:
    """Show the data that nobody needs any more, and remove it with --delete.

    What an environment serves, a tag, a pin or a commit of Git names, a process reads, or a run
    is at work with is never removed; nor what is younger than an hour, or what contracts promise
    to retain.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        rules = _rules(workspace, keep_days, keep_releases)
        tools, named = workspace.tools, partial(named_by_pointers, workspace.tools.root)
        if delete:
            # what goes is of all environments, so `--env` is not asked
            own = workspace.project.settings.environment
            require(workspace.settings, workspace.tools, Right.PUBLISH, own)
            garbage, swept = collect(tools, rules, named, workspace.environment)
        else:
            garbage, swept = find(tools, rules, named), Swept()
    if output.json:
        output.document("headgate.gc/1", _as_json(garbage, swept, deleted=delete))
        return
    for line in _lines(garbage):
        output.echo(line)
    if delete:
        output.echo(f"✓ {counted(swept.objects, 'object')} removed, {size(swept.size)}")
    elif garbage.digests:
        output.echo(f"{size(garbage.size)} can go: headgate data gc --delete")


def _rules(workspace: Workspace, days: float | None, newest: int | None) -> Rules:
    """What is kept, as the project says and the options override."""
    settings = workspace.project.settings
    retention = settings.retention
    jobs = [job(workspace, name) for name in workspace.project.pipelines]
    checks = [check for each in jobs for group in checks_of_gates(each).values() for check in group]
    compared = [place for name in beside(checks) if (place := numbered(name))]
    there = {settings.environment, workspace.environment, *settings.environments}
    return Rules(
        retention.keep_days if days is None else days,
        retention.keep_releases if newest is None else newest,
        frozenset(there),
        frozenset(compared),
        _promised(workspace),
    )


def _promised(workspace: Workspace) -> dict[str, timedelta]:
    """How far back contracts promise versions of datasets; of a column, they promise rows."""
    return {
        level.dataset: level.promise
        for levels in service_levels(workspace).values()
        for level in levels
        if level.property == "retention" and not level.column
        if isinstance(level.promise, timedelta)
    }


def _lines(garbage: Garbage) -> Iterator[str]:
    if garbage.going:
        rows = [
            [each.dataset, each.versions or "", each.objects, size(each.size)]
            for each in garbage.going
        ]
        yield from table(["goes", "versions", "objects", "bytes"], rows)
    else:
        yield "nothing can go"
    rows = [
        [each.reason, each.versions or "", each.objects, size(each.size)]
        for each in garbage.staying
    ]
    if rows:
        yield ""
        yield from table(["stays, because", "versions", "objects", "bytes"], rows)
    if garbage.young:
        yield f"{counted(garbage.young, 'object')} of the last hour may be in use"
    if garbage.record:
        yield f"the record has {size(garbage.record)}, history of what goes included"


def _as_json(garbage: Garbage, swept: Swept, *, deleted: bool) -> dict[str, object]:
    return {
        "deleted": deleted,
        "going": [
            {"dataset": e.dataset, "versions": e.versions, "objects": e.objects, "bytes": e.size}
            for e in garbage.going
        ],
        "staying": [
            {"because": e.reason, "versions": e.versions, "objects": e.objects, "bytes": e.size}
            for e in garbage.staying
        ],
        "young": garbage.young,
        "record_bytes": garbage.record,
        "removed": {"objects": swept.objects, "bytes": swept.size},
    }
