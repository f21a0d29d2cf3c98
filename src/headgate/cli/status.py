"""`status`: what is served, how old it is, and what is held back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from headgate.cli.output import Output, age, table
from headgate.ledger import history
from headgate.store import releases, versions
from headgate.workspace import Workspace, opened


@click.command()
@click.pass_obj
def command(output: Output) -> None:
    """Show what is served, how old it is, and what is held back."""
    with opened(Path(output.directory), output.environment) as workspace:
        body = status(workspace)
    if output.json:
        output.document("headgate.status/1", body)
        return
    serving = body["serving"]
    if serving is None:
        output.echo(f"{body['environment']}: nothing has been released yet; headgate run")
    else:
        output.echo(f"{serving['release']} · served for {serving['age']} · {serving['kind']}")
        rows = [[d["dataset"], d["rows"], d["version"], d["path"]] for d in serving["datasets"]]
        for line in table(["dataset", "rows", "version", "path"], rows):
            output.echo(f"  {line}")
    for pipeline in body["pipelines"]:
        output.echo(_line(pipeline))


def _line(pipeline: dict[str, Any]) -> str:
    last = pipeline["last_run"]
    if last is None:
        return f"{pipeline['pipeline']}: never ran"
    mark = {"published": "✓", "unchanged": "✓"}.get(last["status"], "✗")
    text = f"{mark} {pipeline['pipeline']}: {last['status']} {last['age']} ago, run {last['run']}"
    return f"{text}  (headgate show {last['run']})" if mark == "✗" else text


def status(workspace: Workspace) -> dict[str, Any]:
    """The board of an environment, the body of `headgate.status/1`."""
    now = datetime.now(UTC)
    environment = workspace.environment
    paths = {
        name: step.path
        for declared in workspace.project.pipelines.values()
        for name, step in declared.pipeline.steps.items()
    }
    with workspace.tools.ledger.snapshot() as tx:
        release = releases.current(tx, environment)
        datasets = []
        for name, version_id in sorted(release.versions.items()) if release else []:
            version = versions.find(tx, name, version_id)
            datasets.append(
                {
                    "dataset": name,
                    "version": version_id[:8],
                    "rows": version.rows if version else None,
                    "bytes": version.size if version else None,
                    "path": paths.get(name),
                }
            )
        runs = {
            name: history.runs(tx, pipeline=name, environment=environment, limit=1)
            for name in workspace.project.pipelines
        }
    return {
        "environment": environment,
        "serving": release
        and {
            "release": release.name,
            "kind": release.kind,
            "published_at": release.published_at.isoformat(),
            "age": age((now - release.published_at).total_seconds()),
            "datasets": datasets,
        },
        "pipelines": [
            {
                "pipeline": name,
                "owner": workspace.project.pipelines[name].pipeline.owner,
                "last_run": _last(found[0], now) if found else None,
            }
            for name, found in runs.items()
        ],
    }


def _last(record: history.RunRecord, now: datetime) -> dict[str, Any]:
    return {
        "run": record.id,
        "status": record.status,
        "started_at": record.started_at.isoformat(),
        "age": age((now - record.started_at).total_seconds()),
    }
