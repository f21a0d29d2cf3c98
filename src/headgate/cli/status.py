"""`status`: what is served, how old it is, and what is held back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import age, counted
from headgate.cli.contract_sla import LATE_CODE, as_json, is_late, judged, missed_line
from headgate.cli.output import Output
from headgate.cli.queue_lines import queue_lines, queue_state
from headgate.cli.tables import table
from headgate.environments.environment import find as find_environment
from headgate.errors import DeclarationError
from headgate.ledger import history
from headgate.ledger.ledger import Transaction
from headgate.project.project import DeclaredPipeline
from headgate.runs.claim import alive
from headgate.runs.tools import Tools
from headgate.runs.triggers import owed
from headgate.scorecard.indicator import Indicator
from headgate.store import checkout, holdings, refs, releases, versions
from headgate.store.manifest import Version
from headgate.workspace.known import require_known
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.option("--check", is_flag=True, help="End with 4 where data is later than promised.")
@click.pass_obj
def command(output: Output, check: bool) -> int:
    """Show what is served, how old it is, what is held back, and what is later than promised.

    With --check it ends with 4 where a latency or a frequency that a contract promises is missed.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        require_known(workspace)
        body = status(workspace)
        levels, problem = _levels(workspace)
    body |= {
        "service_levels": [as_json(one) for one in levels if one.is_broken],
        "project_error": body["project_error"] or problem,
    }
    code = LATE_CODE if check and is_late(levels) else 0
    if check and body["project_error"] and not code:
        code = DeclarationError.exit_code  # nobody can say that nothing is late
    if output.json:
        output.document("headgate.status/1", body)
        return code
    _show(output, body)
    for level in levels:
        if level.is_broken:
            output.echo(f"! {missed_line(level)}")
    if body["project_error"]:
        output.note(
            f"warning: the project cannot be read, so nothing can run: {body['project_error']}"
        )
    return code


def _levels(workspace: Workspace) -> tuple[list[Indicator], str | None]:
    """The service levels of the environment, judged, or why they cannot be read.

    Where sources stay fixed at a release, nothing is expected, so nothing is late.
    """
    try:
        with workspace.tools.ledger.snapshot() as tx:
            made = find_environment(tx, workspace.environment)
            if made and (made.fixed or made.sampled):
                return [], None
            return judged(workspace, tx, workspace.contracts), None
    except DeclarationError as error:
        return [], str(error)


def _show(output: Output, body: Mapping[str, Any]) -> None:
    serving = body["serving"]
    if serving is None:
        output.echo(f"{body['environment']}: nothing has been released yet; headgate run")
    else:
        output.echo(f"{serving['release']} · served for {serving['age']} · {serving['kind']}")
        rows = [[d["dataset"], d["rows"], d["version"], d["path"]] for d in serving["datasets"]]
        for line in table(["dataset", "rows", "version", "path"], rows):
            output.echo(f"  {line}")
        if other := [d["path"] for d in serving["datasets"] if d["linked"] is False]:
            more = f" and {len(other) - 1} more are" if other[1:] else " is"
            output.echo(f"! {other[0]}{more} not what is served: headgate data checkout")
    for aside in body["quarantine"]:
        count = counted(aside["rows"], "row")
        told = (
            f"{count} of {aside['dataset']} set aside: headgate quality replay {aside['dataset']}"
        )
        output.echo(f"! {told}")
    for pipeline in body["pipelines"]:
        output.echo(_line(pipeline))
        for trigger in pipeline["failed_triggers"]:
            told = f"{trigger['trigger']} failed for {trigger['release']}: headgate run --retry"
            output.echo(f"  ✗ {told}")
    for line in queue_lines(body["queue"]):
        output.echo(line)


def _line(pipeline: dict[str, Any]) -> str:
    last = pipeline["last_run"]
    if last is None:
        return f"{pipeline['pipeline']}: never ran"
    mark = {"published": "✓", "unchanged": "✓", "running": "…"}.get(last["status"], "✗")
    when = f"for {last['age']}" if mark == "…" else f"{last['age']} ago"
    text = f"{mark} {pipeline['pipeline']}: {last['status']} {when}, run {last['run']}"
    return f"{text}  (headgate show {last['run']})" if mark == "✗" else text


def status(workspace: Workspace) -> dict[str, Any]:
    """The board of an environment, the body of `headgate.status/1`.

    What is served is told from the ledger alone; `project_error` says why the project cannot be
    read, where it cannot.
    """
    now = workspace.tools.now()
    environment = workspace.environment
    declared, problem = _declared(workspace)
    linked = not problem and environment == workspace.project.settings.environment
    with workspace.tools.ledger.snapshot() as tx:
        release = releases.current(tx, environment)
        served = [
            _dataset(
                workspace.tools,
                name,
                version_id,
                versions.find(tx, name, version_id),
                declared if linked else {},
            )
            for name, version_id in sorted(release.versions.items() if release else [])
        ]
        aside = _aside(tx, environment)
        names = dict.fromkeys([*declared, *history.pipelines(tx, environment)])
        runs = {
            name: history.runs(tx, pipeline=name, environment=environment, limit=1)
            for name in names
        }
        going = alive(tx)
        waiting = queue_state(tx, environment, now)
    return {
        "environment": environment,
        "serving": release
        and {
            "release": release.name,
            "kind": release.kind,
            "published_at": release.published_at.isoformat(),
            "age": age((now - release.published_at).total_seconds()),
            "datasets": served,
        },
        "quarantine": aside,
        "pipelines": [
            {
                "pipeline": name,
                "owner": declared[name].pipeline.owner if name in declared else None,
                "last_run": _last(found[0], now, going) if found else None,
                "failed_triggers": _failed(workspace, declared.get(name)),
            }
            for name, found in runs.items()
        ],
        "queue": waiting,
        "project_error": problem,
    }


def _aside(tx: Transaction, environment: str) -> list[dict[str, Any]]:
    """How many rows of each dataset are set aside now, readers see it or not."""
    found = []
    for dataset, version_id in sorted(refs.held(tx, environment).items()):
        version = holdings.find(tx, environment, dataset, version_id)
        if version and (kept := versions.quarantined(tx, version)):
            found.append({"dataset": dataset, "rows": kept.rows})
    return found


def _declared(workspace: Workspace) -> tuple[Mapping[str, DeclaredPipeline], str | None]:
    try:
        return workspace.project.pipelines, None
    except DeclarationError as error:
        return {}, str(error)


def _failed(workspace: Workspace, declared: DeclaredPipeline | None) -> list[dict[str, str]]:
    """The triggers that the pipeline's newest release still owes, because they failed."""
    if declared is None:
        return []
    ledger, place = workspace.tools.ledger, workspace.environment
    found = owed(ledger, declared.pipeline, place, again=True)
    if found is None:
        return []
    return [{"trigger": one.label, "release": found.release.name} for one in found.triggers]


def _dataset(
    tools: Tools,
    name: str,
    version_id: str,
    version: Version | None,
    declared: Mapping[str, DeclaredPipeline],
) -> dict[str, Any]:
    steps = [each.pipeline.steps.get(name) for each in declared.values()]
    path = next((step.path for step in steps if step), None)
    there = version and path and checkout.linked(tools.objects, version, tools.root / path)
    return {
        "dataset": name,
        "version": version_id[:8],
        "rows": version.rows if version else None,
        "bytes": version.size if version else None,
        "path": path,
        "linked": there if path else None,
    }


def _last(record: history.RunRecord, now: datetime, going: set[str]) -> dict[str, Any]:
    died = record.status == history.RUNNING and record.id not in going
    return {
        "run": record.id,
        "status": "interrupted" if died else record.status,
        "started_at": record.started_at.isoformat(),
        "age": age((now - record.started_at).total_seconds()),
    }
