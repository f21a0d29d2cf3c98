"""`run`: pipelines through their gates to a release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.output import Output
from headgate.errors import UsageError
from headgate.project.root import find_root
from headgate.runs import quiet

if TYPE_CHECKING:
    from headgate.ledger.events import Event
    from headgate.runs.execute import Request, Result
    from headgate.runs.job import Job
    from headgate.workspace import Workspace


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
    root = find_root(Path(output.directory))
    asked = quiet.question(output.environment, pipelines, Path(click.__file__).parents[1])
    if not waive and not force:
        standing = quiet.recall(root, asked)
        if standing and (told := _say_quiet(output, root, standing)):
            _show_document(output, [("unchanged", told)])
            return 0
    from headgate.runs.execute import Request
    from headgate.runs.gate import Waiver
    from headgate.workspace import user

    waiver = Waiver(waive, reason, user()) if waive else None
    return _run(output, root, asked, pipelines, Request(waiver, force, wait_seconds))


# ------------------------------------------------------------------ nothing moved


def _say_quiet(output: Output, root: Path, standing: quiet.Standing) -> list[Event] | None:
    """Records a run with nothing to do, where the release is still the one that was noted."""
    from headgate.cli.progress import watching
    from headgate.ledger.sqlite import open_ledger
    from headgate.runs.unchanged import unchanged

    told: list[Event] = []
    ledger = open_ledger(root / standing.state)
    try:
        ledger.subscribe(told.append)
        with watching(output) as listen:
            ledger.subscribe(listen)
            return told if unchanged(ledger, standing) else None
    finally:
        ledger.close()


# ------------------------------------------------------------------ a whole run


def _run(output: Output, root: Path, asked: str, pipelines: Sequence[str], request: Request) -> int:
    from headgate.cli.lines import exit_code
    from headgate.cli.progress import watching
    from headgate.incidents.respond import respond
    from headgate.runs.execute import run
    from headgate.workspace import alert_channels, chosen, job, opened

    before = quiet.look(root)
    with opened(root, output.environment) as workspace:
        ledger = workspace.tools.ledger
        channels = alert_channels(workspace.project)
        jobs = [job(workspace, name) for name in chosen(workspace.project, pipelines)]
        published = {each.pipeline.name: each.published for each in jobs}
        told: list[Event] = []
        results: list[Result] = []
        ledger.subscribe(told.append)
        with watching(output, published) as listen:
            ledger.subscribe(listen)
            try:
                results.extend(run(each, workspace.tools, request) for each in jobs)
            finally:
                sent = respond(ledger, channels, workspace.tools.now())
        if not sent.failed and not sent.alerts:
            _note(workspace, jobs, results, asked, before)
    endings = [
        (result.ending.value, [event for event in told if event.run == result.run])
        for result in results
    ]
    _show_document(output, endings)
    return max(exit_code(ending) for ending, _ in endings)


def _note(
    workspace: Workspace, jobs: list[Job], results: list[Result], asked: str, before: quiet.Look
) -> None:
    """Notes what the answer rested on, where the next run would have nothing to do."""
    from headgate.runs.unchanged import own_files, standing

    found = standing(workspace.tools, jobs, results)
    if found:
        own = {name for each in jobs for name in own_files(each)}
        quiet.note(workspace.tools.root, asked, before, own, found)


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
