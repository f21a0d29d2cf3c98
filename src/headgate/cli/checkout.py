"""`data checkout`: the working tree as of a release, a tag, a time or a commit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from headgate.cli.named import release_named
from headgate.cli.output import Output
from headgate.environments.lineage import through
from headgate.errors import UsageError
from headgate.ledger.clock import told_moment
from headgate.project import git
from headgate.project.access import Right, require
from headgate.runs import tree
from headgate.runs.job import Job
from headgate.runs.tree import Tree
from headgate.store import releases
from headgate.store.manifest import Release
from headgate.store.named import number_in, release_at
from headgate.workspace.known import datasets
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("at", metavar="[RELEASE]", required=False)
@click.pass_obj
def command(output: Output, at: str | None) -> None:
    """Put the published files as of RELEASE into the working tree; readers see what they saw.

    RELEASE is 3, prod@3, a tag, a time, or a commit of Git: then the files are those that its
    .dvc files name. Without RELEASE: what is served, which the next run puts back too.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        jobs = [job(workspace, name) for name in workspace.project.pipelines]
        name, wanted = _wanted(workspace, jobs, at)
        _require_readable(workspace, wanted)
        linked = workspace.project.settings.environment
        moved = tree.put(workspace.tools, jobs, linked, wanted)
    if output.json:
        body = {
            "tree": name,
            "linked": {path: version.id for path, version in wanted.versions.items()},
            "changed": [event.path for event in moved],
            "left": list(wanted.lacking),
        }
        output.document("headgate.checkout/1", body)
    for event in moved:
        output.echo(f"✓ {event.path} is {event.version[:8]}")
        if event.moved_aside:
            output.echo(f"! your own file is {event.moved_aside} now")
    for path in wanted.lacking:
        output.echo(f"! {path} is left as it is: {name} has none")
    if not moved:
        output.echo(f"✓ the working tree is as of {name} already")
    if at is not None:
        output.note(
            "readers see what they saw; headgate data checkout, or the next run, puts it back"
        )


def _wanted(workspace: Workspace, jobs: list[Job], at: str | None) -> tuple[str, Tree]:
    """What is to be in the working tree, and what it is called."""
    tools = workspace.tools
    release = _release(workspace, at)
    commit = git.resolved(tools.root, at) if at and release is None else None
    if commit is not None:
        pointers = git.files_at(tools.root, commit, ".dvc")
        with tools.ledger.snapshot() as tx:
            if pointers:
                return commit[:8], tree.tree_named(tx, tools.objects, jobs, pointers)
            release = next(iter(releases.of_code(tx, workspace.environment, commit)), None)
        if release is None:
            what = f"commit {commit[:8]} has no .dvc file, and nothing was published by its code"
            raise UsageError(what, None, "name a release: headgate data log")
    if release is None:
        raise _unknown(workspace, at or "")
    with tools.ledger.snapshot() as tx:
        releases.require_there(tx, release)
        return release.name, tree.tree_of(tx, jobs, release)


def _unknown(workspace: Workspace, at: str) -> UsageError:
    """What to say of a name that is none of a release."""
    dataset, _, of = at.partition("@")
    if dataset in datasets(workspace):
        how = f"headgate data export {dataset} FILE" + (f" --at {of}" if of else "")
        return UsageError(f"{at} is a dataset, and all files are checked out together", None, how)
    if (number := number_in(workspace.environment, at)) is not None:
        what = f"{workspace.environment} has no release {number}"
        return UsageError(what, None, f"headgate data log --env {workspace.environment}")
    what = f"{at!r} is no release, tag, time or commit"
    return UsageError(what, None, "headgate data log, headgate data tag, git log")


def _require_readable(workspace: Workspace, wanted: Tree) -> None:
    """Raises AccessError where the person may not read what would be linked."""
    settings, tools = workspace.settings, workspace.tools
    for version in wanted.versions.values():
        with tools.ledger.snapshot() as tx:
            places = through(tx, version, workspace.environment)
        require(settings, tools, Right.READ_RAW, *places)


def _release(workspace: Workspace, at: str | None) -> Release | None:
    """The release that is named; None where the name may be that of a commit."""
    if at and (found := release_named(workspace, at)):
        return found
    environment = workspace.environment
    with workspace.tools.ledger.snapshot() as tx:
        if at is None:
            return release_at(tx, environment, None)
        if (number := number_in(environment, at)) is not None:
            return releases.find(tx, environment, number)
        with suppress(ValueError):
            return release_at(tx, environment, told_moment(at))
    return None
