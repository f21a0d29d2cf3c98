"""`run`: pipelines through their gates to a release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from headgate.cli.lines import exit_code
from headgate.cli.output import Output
from headgate.cli.progress import watching
from headgate.errors import UsageError
from headgate.incidents.respond import respond
from headgate.ledger.events import Event
from headgate.runs.execute import Ending, Request, Result, run
from headgate.runs.gate import Waiver
from headgate.workspace import Workspace, alert_channels, chosen, job, opened


@click.command()
@click.argument("pipelines", nargs=-1)
@click.option("--waive", multiple=True, metavar="CHECK", help="Let this check fail, this once.")
@click.option("--reason", default="", help="Why it may fail; recorded with who says so.")
@click.option("--force", is_flag=True, help="Compute every step again.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for another run of the pipeline to end.",
)
@click.pass_obj
def command(
    output: Output,
    pipelines: tuple[str, ...],
    waive: tuple[str, ...],
    reason: str,
    force: bool,
    wait_seconds: float,
) -> int:
    """Run PIPELINES through their gates and publish; all of them without a name.

    Readers see a new release only when every gate is open. Ends with 1 where a gate stayed
    closed: the release before is then still served.
    """
    if waive and not reason.strip():
        raise UsageError("a check is waived with a reason", hint='--reason "..."')
    with opened(Path(output.directory), output.environment) as workspace:
        waiver = Waiver(waive, reason, workspace.tools.user) if waive else None
        request = Request(waiver, force, wait_seconds)
        names = chosen(workspace.project, pipelines)
        jobs = [job(workspace, name) for name in names]
        published = {j.pipeline.name: j.published for j in jobs}
        told: list[Event] = []
        results: list[Result] = []
        workspace.tools.ledger.subscribe(told.append)
        with watching(output, published) as listen, _alerts_after(workspace):
            workspace.tools.ledger.subscribe(listen)
            results.extend(run(each, workspace.tools, request) for each in jobs)
    if output.json == "document":
        output.document("headgate.run/1", _document(results, told))
    return max(exit_code(result.ending.value) for result in results)


@contextmanager
def _alerts_after(workspace: Workspace) -> Iterator[None]:
    """Alerts go out however the runs ended."""
    try:
        yield
    finally:
        tools = workspace.tools
        respond(tools.ledger, alert_channels(workspace.project), tools.now())


def _document(results: list[Result], told: list[Event]) -> dict[str, Any]:
    return {
        "status": "held"
        if any(result.ending is Ending.HELD for result in results)
        else results[-1].ending.value,
        "runs": [
            {
                "run": result.run,
                "status": result.ending.value,
                "release": result.release.name if result.release else None,
                "events": [event.as_json() for event in told if event.run == result.run],
            }
            for result in results
        ],
    }
