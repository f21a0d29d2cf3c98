"""`data push` and `data pull`: versions and releases, sent to a remote and brought from it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from headgate.cli.amounts import counted, size
from headgate.cli.colours import redraws
from headgate.cli.output import Output
from headgate.environments import carried, life
from headgate.errors import UsageError
from headgate.project import remotes
from headgate.project.access import Right, require
from headgate.runs import pull as pulling
from headgate.runs import push as pushing
from headgate.runs.pointed import fetch_pointed, pointed_here
from headgate.store.manifest import Release
from headgate.store.remote import Remote
from headgate.store.transfer import Moved, Told, silent
from headgate.workspace.known import require_whole
from headgate.workspace.links import link_outputs
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("remote", required=False)
@click.option("--all", "every", is_flag=True, help="Send every recorded version, not the newest.")
@click.pass_obj
def push(output: Output, remote: str | None, every: bool) -> None:
    """Send what the environment serves to REMOTE, with its log of releases.

    Without REMOTE: to the only one that the project has. What is there is not sent again, so a push
    that was broken off goes on where it was. Data that `.dvc` files name is sent too.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        name, place = _remote(workspace, remote)
        tools, environment = workspace.tools, workspace.environment
        require(workspace.settings, tools, Right.READ_RAW, environment)
        also = {**pointed_here(tools), **(pushing.recorded(tools) if every else {})}
        with _telling(output, "pushed") as told:
            sent = pushing.push(tools, environment, place, also, told, made=carried.made)
    if output.json:
        body = _moved(sent.moved) | {"remote": name, "release": sent.release, "releases": sent.new}
        output.document("headgate.push/1", body)
    output.echo(f"✓ {_said(sent.moved, 'sent')}; {name} has {sent.release or 'no release'}")


@click.command()
@click.argument("remote", required=False)
@click.option("--release", "number", type=int, help="The release to bring; else the newest.")
@click.pass_obj
def pull(output: Output, remote: str | None, number: int | None) -> None:
    """Bring what was pushed to REMOTE, and serve it: the newest release of the environment.

    Without REMOTE: from the only one that the project has. The releases before it come into the log;
    their data comes when it is asked for with --release. Where the remote knows of no release, because
    DVC pushed to it, what the `.dvc` files name is brought, and released as imported.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        name, place = _remote(workspace, remote)
        tools, environment = workspace.tools, workspace.environment
        require(workspace.settings, tools, Right.PUBLISH, environment)
        require_whole(workspace, "take what was pushed")

        def link(release: Release) -> None:
            link_outputs(workspace, release, release.run)

        with _telling(output, "pulled") as told:
            settle = partial(carried.settle, where=place.name)
            pulled = pulling.pull(tools, environment, place, number, told, settle=settle, link=link)
            if pulled is None:
                if number is not None:
                    what = f"{name} knows of no release of {environment}"
                    raise UsageError(what, place.name, "push to it: headgate data push")
                with tools.ledger.snapshot() as tx:
                    life.require_exists(tx, environment, workspace.project.settings.environment)
                pulled = fetch_pointed(tools, environment, place, told, link=link)
    if output.json:
        body = {
            **_moved(pulled.moved),
            "remote": name,
            "release": pulled.release.name,
            "releases": pulled.new,
        }
        output.document("headgate.pull/1", body)
    log = f" ({counted(pulled.new, 'new release')})" if pulled.new else ""
    output.echo(f"✓ {_said(pulled.moved, 'brought')}; serving {pulled.release.name}{log}")


def _remote(workspace: Workspace, name: str | None) -> tuple[str, Remote]:
    name = remotes.named(workspace.settings, name)
    settings = workspace.settings.remotes[name]
    return name, remotes.opened_remote(settings, workspace.tools.root, f"remotes.{name}")


def _said(moved: Moved, verb: str) -> str:
    there = f", {counted(moved.skipped, 'object')} there before" if moved.skipped else ""
    return f"{counted(moved.objects, 'object')} {verb}, {size(moved.size)}{there}"


def _moved(moved: Moved) -> dict[str, object]:
    return {"objects": moved.objects, "bytes": moved.size, "skipped": moved.skipped}


@contextmanager
def _telling(output: Output, verb: str) -> Iterator[Told]:
    """What is called while objects move: a line on a terminal that is drawn anew, else nothing."""
    if output.json or output.quiet or not redraws(sys.stderr):
        yield silent
        return
    started = shown = time.monotonic()

    def told(done: int, every: int, moved: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started < 0.5 or (now - shown < 0.1 and done < every):
            return
        shown = now
        click.echo(f"\r\x1b[K{done:,} of {every:,} {verb}, {size(moved)}", nl=False, err=True)

    try:
        yield told
    finally:
        if shown != started:
            click.echo("\r\x1b[K", nl=False, err=True)
