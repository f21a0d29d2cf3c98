"""`data tag`, `data pin` and `data unpin`: names for releases, and what is kept on purpose."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import age
from headgate.cli.named import release_named, version_named
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.environments.marking import pin_release, pin_version, tag_release, unpin, untag
from headgate.errors import UsageError
from headgate.project import git
from headgate.project.access import Right, require
from headgate.store import appearances, marks
from headgate.store.manifest import Release
from headgate.store.marks import Pin, Tag
from headgate.store.named import release_at
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("name", required=False)
@click.argument("release", required=False)
@click.option("--message", default="", help="What is special about the release.")
@click.option("--list", "listed", is_flag=True, help="List all tags.")
@click.option("--delete", metavar="NAME", help="Take a tag away.")
@click.pass_obj
def tag(
    output: Output,
    name: str | None,
    release: str | None,
    message: str,
    listed: bool,
    delete: str | None,
) -> None:
    """Give RELEASE the NAME, and keep its data; without RELEASE, the one that is served.

    A tag is taken wherever a release is: headgate.read(at="q2-audit"), data diff, data checkout,
    data rollback --release. It stays with its release. Without NAME: list all tags.
    """
    if name and (listed or delete):
        raise UsageError("--list and --delete go without another name")
    with opened(Path(output.directory), output.environment) as workspace:
        if name:
            _require_no_commit(workspace, name)
            found = [tag_release(workspace.tools, name, _release(workspace, release), message)]
        elif delete:
            _require_publish(workspace, _environment_of_tag(workspace, delete))
            found = [untag(workspace.tools, delete)]
        else:
            with workspace.tools.ledger.snapshot() as tx:
                found = marks.tags(tx)
    if output.json:
        output.document("headgate.tags/1", {"tags": [_tag_as_json(each) for each in found]})
    elif name:
        output.echo(f"✓ {found[0].release} is {name} from now on")
    elif delete:
        output.echo(f"✓ {found[0].release} is no longer {delete}")
    else:
        _list(output, found)


def _require_no_commit(workspace: Workspace, name: str) -> None:
    """Raises UsageError for what Git takes for a commit: a checkout is asked for those too."""
    marks.require_name(name)
    if commit := git.resolved(workspace.tools.root, name):
        what = f"{name} is what Git calls commit {commit[:7]}"
        raise UsageError(what, None, f"for example: {name}-data")


def _list(output: Output, found: list[Tag]) -> None:
    if not found:
        output.echo("no release has a tag yet")
        return
    rows = [
        [each.name, each.release, _ago(each.created_at), each.user, each.message] for each in found
    ]
    for line in table(["tag", "release", "age", "by", "message"], rows):
        output.echo(line)


@click.command()
@click.argument("subject", required=False)
@click.option("--reason", default="", help="Why it must stay.")
@click.pass_obj
def pin(output: Output, subject: str | None, reason: str) -> None:
    """Keep SUBJECT, whatever its age: a release (prod@3, a tag) or a version (train@VERSION).

    `data gc` removes nothing of it until `data unpin`. Without SUBJECT: list all pins.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        if subject is None:
            with workspace.tools.ledger.snapshot() as tx:
                found = marks.pins(tx)
        elif not reason:
            raise UsageError("say why it must stay", None, f'data pin {subject} --reason "..."')
        else:
            found = [_pinned(workspace, subject, reason)]
    if output.json:
        output.document("headgate.pins/1", {"pins": [_pin_as_json(each) for each in found]})
    elif subject is not None:
        output.echo(f"✓ {found[0].subject} is kept until: headgate data unpin {subject}")
    elif not found:
        output.echo("nothing is pinned")
    else:
        rows = [[each.subject, _ago(each.created_at), each.user, each.because] for each in found]
        for line in table(["pin", "age", "by", "because"], rows):
            output.echo(line)


@click.command(name="unpin")
@click.argument("subject")
@click.pass_obj
def take_away(output: Output, subject: str) -> None:
    """Keep SUBJECT no longer than anything else. It is named as it was pinned."""
    with opened(Path(output.directory), output.environment) as workspace:
        release = release_named(workspace, subject)
        name = release.name if release else subject
        _require_publish(workspace, *_environments_of_pin(workspace, name))
        found = unpin(workspace.tools, name, workspace.environment)
    if output.json:
        output.document("headgate.pins/1", {"pins": [_pin_as_json(found)]})
    output.echo(f"✓ {found.subject} is pinned no longer")


def _pinned(workspace: Workspace, subject: str, reason: str) -> Pin:
    if release := release_named(workspace, subject):
        return pin_release(workspace.tools, release, reason)
    if "@" not in subject:
        what = f"{subject!r} is no release, and names no version"
        raise UsageError(what, None, f"prod@3, a tag, or {subject}@3")
    version = version_named(workspace, subject).version
    return pin_version(workspace.tools, version, workspace.environment, reason)


def _release(workspace: Workspace, name: str | None) -> Release:
    if name and (found := release_named(workspace, name)):
        return found
    with workspace.tools.ledger.snapshot() as tx:
        return release_at(tx, workspace.environment, name)


def _require_publish(workspace: Workspace, *environments: str) -> None:
    """Raises AccessError for who may publish in none: what is kept no longer is soon gone."""
    require(workspace.settings, workspace.tools, Right.PUBLISH, *environments)


def _environments_of_pin(workspace: Workspace, subject: str) -> tuple[str, ...]:
    """The environment of a pinned release, or all that have had a pinned version."""
    with workspace.tools.ledger.snapshot() as tx:
        for pin in marks.pins(tx):
            if pin.subject != subject:
                continue
            if pin.environment is not None and pin.number is not None:
                return (pin.environment,)
            if holders := appearances.holders(tx, pin.dataset or "", pin.version or ""):
                return holders
    return (workspace.project.settings.environment,)


def _environment_of_tag(workspace: Workspace, name: str) -> str:
    with workspace.tools.ledger.snapshot() as tx:
        found = marks.find_tag(tx, name)
    return found.environment if found else workspace.environment


def _ago(at: datetime) -> str:
    return f"{age((datetime.now(UTC) - at).total_seconds())} ago"


def _tag_as_json(tag: Tag) -> dict[str, Any]:
    return {
        "tag": tag.name,
        "release": tag.release,
        "created_at": tag.created_at.isoformat(),
        "by": tag.user,
        "message": tag.message,
    }


def _pin_as_json(pin: Pin) -> dict[str, Any]:
    return {
        "pin": pin.subject,
        "created_at": pin.created_at.isoformat(),
        "by": pin.user,
        "because": pin.because,
    }
