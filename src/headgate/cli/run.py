"""`run`: pipelines through their gates to a release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from headgate.cli.exit_codes import exit_code
from headgate.cli.output import Output
from headgate.cli.policies import note_misspelt
from headgate.cli.progress import watching
from headgate.cli.queued import leave_to_workers
from headgate.cli.story import RUN
from headgate.cli.withheld import shown_to
from headgate.environments import life
from headgate.errors import UsageError
from headgate.incidents.respond import respond
from headgate.ledger.events import Event
from headgate.project.access import Right, require
from headgate.runs.execute import Request, Result, run
from headgate.runs.gate import Waiver
from headgate.runs.job import Job
from headgate.workspace.channels import alert_channels
from headgate.workspace.known import chosen, require_environment
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened, user


@click.command()
@click.argument("pipelines", nargs=-1)
@click.option(
    "--waive", multiple=True, metavar="DATASET:CHECK", help="Let this check fail, this once."
)
@click.option("--reason", default="", help="Why it may fail; recorded with who says so.")
@click.option("--force", is_flag=True, help="Compute every step again.")
@click.option("--retry", is_flag=True, help="Start the triggers again that failed.")
@click.option(
    "--refresh", is_flag=True, help="Move the environment to its base's newest release first."
)
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for another run of the pipeline to end, or with --queue for this one.",
)
@click.option("--queue", "queued", is_flag=True, help="Leave it to a worker.")
@click.pass_obj
def command(
    output: Output,
    pipelines: tuple[str, ...],
    waive: tuple[str, ...],
    reason: str,
    force: bool,
    retry: bool,
    refresh: bool,
    wait_seconds: float,
    queued: bool,
) -> int:
    """Run PIPELINES through their gates and publish; all of them without a name.

    Readers see a new release only when every gate is open. Ends with 1 where a gate stayed
    closed: the release before is then still served. With --queue, `headgate worker` runs it.
    """
    if bool(waive) != bool(reason.strip()):
        raise UsageError(
            "a check is waived with a reason", hint='--waive DATASET:CHECK --reason "..."'
        )
    waiver = Waiver(waive, reason, user()) if waive else None
    request = Request(waiver, force, retry, wait_seconds)
    with opened(Path(output.directory), output.environment) as workspace:
        require_environment(workspace)
        note_misspelt(output, workspace)
        require_rights(workspace, request)
        if queued:
            return _left(output, workspace, pipelines, replace(request, refresh=refresh))
        if refresh:
            output.note(refreshed(workspace, wait_seconds))
        endings = run_pipelines(output, workspace, pipelines, request)
    _show_document(output, endings)
    return max(exit_code(ending) for ending, _ in endings)


def _left(output: Output, workspace: Workspace, pipelines: Sequence[str], request: Request) -> int:
    """The exit code of runs that are left to workers; what they could not do is refused at once."""
    if request.refresh:
        with workspace.tools.ledger.snapshot() as tx:
            life.movable(tx, workspace.environment)
    return leave_to_workers(output, workspace, pipelines, request)


def refreshed(workspace: Workspace, wait_seconds: float = 0.0) -> str:
    """What is told of the environment, moved to its base's newest release after such a wait."""
    pipelines = workspace.project.pipelines.values()
    sources = {name for each in pipelines for name in each.pipeline.sources}
    moved = life.refresh(workspace.tools, workspace.environment, sources, wait_seconds)
    return f"{moved.name}: {moved.because}" if moved else "its base has no newer release"


def run_pipelines(
    output: Output, workspace: Workspace, pipelines: Sequence[str], request: Request
) -> list[tuple[str, list[Event]]]:
    """Each run's ending and what happened in it. Alerts go out however the runs end."""
    jobs = [job(workspace, name) for name in chosen(workspace.project, pipelines)]
    results: list[Result] = []
    with watched(output, workspace, jobs) as told:
        results.extend(run(each, workspace.tools, request) for each in jobs)
    return [
        (result.ending.value, [event for event in told if event.run == result.run])
        for result in results
    ]


def require_rights(workspace: Workspace, request: Request) -> None:
    """Raises AccessError for a person who may not publish, or who waives and may not."""
    # a run that publishes nothing this time could have
    require(workspace.settings, workspace.tools, Right.PUBLISH, workspace.environment)
    if request.waiver:
        require(workspace.settings, workspace.tools, Right.OVERRIDE, workspace.environment)


@contextmanager
def watched(output: Output, workspace: Workspace, jobs: Sequence[Job]) -> Iterator[list[Event]]:
    """What happens in runs of the jobs, told as it happens. Alerts go out however they end."""
    ledger, channels = workspace.tools.ledger, alert_channels(workspace.project)
    shown = shown_to(workspace)
    told: list[Event] = []
    ledger.subscribe(lambda event: told.append(shown(event)))
    published = {each.pipeline.name: each.published for each in jobs}
    own = workspace.project.settings.environment
    where = "" if workspace.environment == own else f" --env {workspace.environment}"
    with watching(output, published, f"{RUN}{where}") as listen:
        ledger.subscribe(lambda event: listen(shown(event)))
        try:
            yield told
        finally:
            respond(ledger, channels, workspace.tools.now())


def _show_document(output: Output, endings: list[tuple[str, list[Event]]]) -> None:
    if output.json != "document":
        return
    worst = next((e for e, _ in endings if e not in {"published", "unchanged"}), endings[-1][0])
    runs = [_as_json(ending, told) for ending, told in endings]
    output.document("headgate.run/1", {"status": worst, "runs": runs})


def _as_json(ending: str, told: list[Event]) -> dict[str, Any]:
    last = next(event.as_json() for event in reversed(told) if event.kind == "run_finished")
    return {
        "run": last["run"],
        "pipeline": last["pipeline"],
        "status": ending,
        "release": last["serving"],
        "events": [event.as_json() for event in told],
    }
