"""`env promote` and `env approve`: what another environment made, moved after review."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import counted
from headgate.cli.environments import as_json as move_as_json
from headgate.cli.environments import move_lines
from headgate.cli.exit_codes import exit_code
from headgate.cli.lines import PlainLines
from headgate.cli.output import Output
from headgate.cli.policies import note_misspelt
from headgate.cli.run import require_rights
from headgate.cli.withheld import shown_to
from headgate.environments.promote import approve as approve_it
from headgate.environments.promote import ask, promote, reviewed
from headgate.environments.propose import Proposal, propose
from headgate.environments.review import Review, Standing
from headgate.errors import UsageError
from headgate.incidents.respond import respond
from headgate.ledger.events import Event
from headgate.ledger.ledger import Listener
from headgate.runs.execute import Request, Result
from headgate.runs.gate import Waiver
from headgate.runs.plan import Plan, gates
from headgate.workspace.channels import alert_channels
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened


@click.command("promote")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--dry-run", is_flag=True, help="Show what would change, and nothing else.")
@click.option(
    "--waive", multiple=True, metavar="DATASET:CHECK", help="Let this check fail, this once."
)
@click.option("--reason", default="", help="Why it may fail; recorded with who says so.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for a run in TO to end.",
)
@click.pass_obj
def promote_(
    output: Output,
    source: str,
    target: str,
    dry_run: bool,
    waive: tuple[str, ...],
    reason: str,
    wait_seconds: float,
) -> int:
    """Move what the environment FROM serves to TO: nothing is computed again.

    The gates of TO judge it, and all of it moves in one transaction, or none. Where the policy of TO
    names reviewers, the promotion is asked for first, and ends with 1 until they approved.
    """
    if bool(waive) != bool(reason.strip()):
        raise UsageError(
            "a check is waived with a reason", hint='--waive DATASET:CHECK --reason "..."'
        )
    with opened(Path(output.directory), target) as workspace:
        note_misspelt(output, workspace)
        proposal = _proposal(workspace, source)
        if proposal is None:
            _show(output, {"status": "unchanged"}, [f"✓ {target} serves what {source} does"])
            return 0
        review = _review(workspace)
        stands = reviewed(proposal, review, workspace.tools.user)
        _tell(output, lines(proposal, stands))
        if dry_run:
            _document(output, proposal, stands, "planned")
            return 0
        if stands.missing:
            ask(workspace.tools, proposal)
            _document(output, proposal, stands, "asked")
            output.note(_missing(proposal, stands))
            return 1
        waiver = Waiver(waive, reason, workspace.tools.user) if waive else None
        require_rights(workspace, Request(waiver))
        output.echo()
        results, told = _watched(
            output, workspace, proposal, review, Request(waiver, wait_seconds=wait_seconds)
        )
    ending = results[0].ending.value
    _document(output, proposal, stands, ending, results, told)
    return exit_code(ending)


@click.command("approve")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--comment", default="", help="What the others should know; recorded.")
@click.pass_obj
def approve_(output: Output, source: str, target: str, comment: str) -> None:
    """Approve that what FROM serves is promoted to TO, exactly as it is shown.

    It takes a reviewer of TO who neither made it nor asked for it. Where FROM or TO moves
    afterwards, the approval does not count any more.
    """
    with opened(Path(output.directory), target) as workspace:
        note_misspelt(output, workspace)
        proposal = _proposal(workspace, source)
        if proposal is None:
            raise UsageError(
                f"{target} serves what {source} does", hint="nothing is to be approved"
            )
        stands = approve_it(workspace.tools, proposal, _review(workspace), comment)
    _tell(output, lines(proposal, stands))
    _document(output, proposal, stands, "asked")
    output.echo(f"✓ approved by {', '.join(stands.given)}")
    if stands.missing:
        output.note(_missing(proposal, stands))
    else:
        output.note(f"  headgate env promote {source} {target}")


def _proposal(workspace: Workspace, source: str) -> Proposal | None:
    jobs = [job(workspace, name) for name in workspace.project.pipelines]
    default = workspace.project.settings.environment
    return propose(workspace.tools, source, workspace.environment, jobs, default)


def _review(workspace: Workspace) -> Review:
    policy = workspace.settings.environments.get(workspace.environment)
    return Review(tuple(policy.reviewers), policy.approvals) if policy else Review()


def _watched(
    output: Output, workspace: Workspace, proposal: Proposal, review: Review, request: Request
) -> tuple[list[Result], list[Event]]:
    """What came of the promotion, and what happened; alerts go out however it ends."""
    tools, told = workspace.tools, list[Event]()
    channels = alert_channels(workspace.project)
    tell, shown = _telling(output, proposal), shown_to(workspace, proposal.origin.environment)
    tools.ledger.subscribe(lambda event: told.append(shown(event)))
    tools.ledger.subscribe(lambda event: tell(shown(event)))
    try:
        results = promote(tools, proposal, review, request)
    finally:
        respond(tools.ledger, channels, tools.now())
    return results, told


def _telling(output: Output, proposal: Proposal) -> Listener:
    """A listener that tells each run's story by itself: those of a promotion go side by side."""
    published = {each.pipeline.name: each.published for each in proposal.transfer.jobs}
    stories: dict[str, PlainLines] = {}

    def tell(event: Event) -> None:
        if event.run not in stories:
            verbosity = -1 if output.json else output.verbosity
            stories[event.run] = PlainLines(
                sys.stdout,
                sys.stderr,
                verbosity=verbosity,
                published=published,
                again=f"headgate env promote {proposal.origin.environment} {proposal.target}",
                plain=output.plain,
            )
        stories[event.run](event)

    return tell


# ------------------------------------------------------------------ in words


def lines(proposal: Proposal, stands: Standing) -> Iterator[str]:
    """What a promotion changes, whom it is about, and what has to hold first."""
    on = proposal.serving.name if proposal.serving else "nothing: the first release"
    yield f"{proposal.origin.name} to {proposal.target}, on top of {on}"
    yield from (f"  {line}" for line in move_lines(proposal.moves))
    for plan in proposal.plans:
        yield from (f"  {dataset}  {how}" for dataset, how in plan.show.items())
    if proposal.downstream:
        yield f"  downstream of it: {', '.join(proposal.downstream)}"
    for plan in proposal.plans:
        yield from (f"  {line}" for line in _pipeline_lines(plan))
    if proposal.taken_back:
        yield f"  ! a rollback of {proposal.target} took this back, and it comes again"
    yield f"  {_review_line(stands, proposal)}"


def _pipeline_lines(plan: Plan) -> Iterator[str]:
    pipeline = plan.job.pipeline
    people = [f"owned by {pipeline.owner}"] if pipeline.owner else []
    if pipeline.reviewers:
        people.append(f"reviewed by {', '.join(pipeline.reviewers)}")
    yield (
        f"pipeline {pipeline.name}, {', '.join(people)}" if people else f"pipeline {pipeline.name}"
    )
    judging = [
        (gate if gate == name else f"{gate} of {name}", len(checks), plan.judge.get(name))
        for name in plan.job.datasets
        for gate, checks in gates(plan.job, name)
    ]
    for gate, count, why in judging:
        yield f"  gate {gate}: {counted(count, 'check')}, {why or 'passed before'}"
    for trigger in pipeline.on_publish:
        yield f"  then {trigger.label} is started"


def _review_line(stands: Standing, proposal: Proposal) -> str:
    if not stands.review.needed:
        return f"{proposal.target} asks for no approval"
    told = f"{len(stands.given)} of {counted(stands.review.needed, 'approval')}"
    given = f", of {', '.join(stands.given)}" if stands.given else ""
    return f"{told}{given}; made or asked for by {', '.join(stands.authors)}"


def _missing(proposal: Proposal, stands: Standing) -> str:
    source, target = proposal.origin.environment, proposal.target
    earlier = proposal.request if proposal.asked is None else None
    lapsed = [approval.user for approval in earlier.approvals] if earlier else []
    told = []
    if lapsed:
        names = ", ".join(lapsed)
        told.append(f"what {names} approved counts no more: {source} or {target} moved since")
    if len(stands.may) < stands.missing:
        told.append(f"too few reviewers of {target} are left who have no part in it: name others")
    who = ", ".join(stands.may) or "nobody"
    told.append(f"it waits for {counted(stands.missing, 'approval')}, which {who} may give:")
    return "\n".join([*told, f"  headgate env approve {source} {target}"])


# ------------------------------------------------------------------ what is shown


def _tell(output: Output, told: Iterator[str]) -> None:
    for line in told:
        output.echo(line)


def _show(output: Output, body: dict[str, Any], told: Sequence[str]) -> None:
    if output.json:
        output.document("headgate.promotion/1", body)
    _tell(output, iter(told))


def _document(
    output: Output,
    proposal: Proposal,
    stands: Standing,
    status: str,
    results: Sequence[Result] = (),
    told: Sequence[Event] = (),
) -> None:
    if not output.json:
        return
    release = results[0].release if results else proposal.serving
    body = {
        "status": status,
        "from": proposal.origin.name,
        "to": proposal.target,
        "release": release.name if release else None,
        "digest": proposal.digest,
        "datasets": [move_as_json(move) for move in proposal.moves],
        "downstream": list(proposal.downstream),
        "pipelines": [plan.job.pipeline.name for plan in proposal.plans],
        "validate": {name: why for plan in proposal.plans for name, why in plan.judge.items()},
        "approvals": {
            "needed": stands.review.needed,
            "given": list(stands.given),
            "may": list(stands.may),
            "authors": list(stands.authors),
        },
        "runs": [
            {"run": r.run, "events": [e.as_json() for e in told if e.run == r.run]} for r in results
        ],
    }
    output.document("headgate.promotion/1", body)
