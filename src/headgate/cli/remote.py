"""`data remote`: the places elsewhere that versions are pushed to and pulled from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.errors import UsageError
from headgate.project import remotes
from headgate.project.root import find_root
from headgate.project.settings import Remote, Settings, read_settings
from headgate.project.yaml import Document, validate
from headgate.store import dvc
from headgate.store.fsspec_remote import without_password
from headgate.store.schemes import require_scheme
from headgate.workspace.workspace import store

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.command()
@click.argument("name")
@click.argument("url")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="What the driver wants to be told, such as endpoint_url; a secret as ${NAME}. Repeatable.",
)
@click.pass_obj
def add(output: Output, name: str, url: str, options: tuple[str, ...]) -> None:
    """Write a remote NAME at URL into headgate.yml: a folder, s3://bucket/prefix, gs://, abfs://...

    Where DVC is used beside, its settings get a remote of the same name, unless they have one.
    """
    if not _NAME.fullmatch(name):
        what = f"{name!r} cannot be the name of a remote"
        raise UsageError(what, hint="use letters, digits, `.`, `_` and `-`")
    require_scheme(url)
    root = find_root(Path(output.directory))
    settings = read_settings(root)
    body = {"remotes": {name: {"url": url, "options": _options(options)}}}
    remote = validate(Settings, Document(body, "data remote add")).remotes[name]
    remotes.add(root, name, remote)
    known = settings.versioning.dvc and _tell_dvc(root, settings, name, remote)
    if output.json:
        output.document("headgate.remote/1", _as_json(name, remote))
    output.echo(f"✓ {name} is {without_password(url)}")
    if known:
        output.note(f"  DVC knows it too: dvc push -r {name}")


@click.command(name="list")
@click.pass_obj
def list_(output: Output) -> None:
    """List the remotes of the project."""
    known = read_settings(find_root(Path(output.directory))).remotes
    if output.json:
        listed = [_as_json(name, remote) for name, remote in known.items()]
        output.document("headgate.remotes/1", {"remotes": listed})
        return
    if not known:
        output.echo("the project has no remote: headgate data remote add NAME URL")
        return
    for line in table(
        ["remote", "url"], [[name, without_password(remote.url)] for name, remote in known.items()]
    ):
        output.echo(line)


@click.command()
@click.argument("name")
@click.pass_obj
def remove(output: Output, name: str) -> None:
    """Take a remote out of headgate.yml. What lies there stays there."""
    root = find_root(Path(output.directory))
    settings = read_settings(root)
    remotes.remove(root, name)
    if settings.versioning.dvc and name in settings.remotes:
        dvc.remove_remote(root, name, settings.remotes[name].url)
    if output.json:
        output.document("headgate.remote/1", {"name": name, "removed": True})
    output.echo(f"✓ {name} is no remote of the project any more; what lies there stays")


def _options(words: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not key or not sign:
            raise UsageError(f"--option: {word!r} is not KEY=VALUE")
        found[key] = value
    return found


def _tell_dvc(root: Path, settings: Settings, name: str, remote: Remote) -> bool:
    """Whether DVC knows the remote now; what it cannot be told is left to a person."""
    if "${" in remote.url or set(remote.options) - {"endpoint_url"}:
        return False
    dvc.configure(root, store(root, settings).root)
    endpoint = str(remote.options.get("endpoint_url", ""))
    return dvc.add_remote(root, name, remote.url, endpoint if "${" not in endpoint else "")


def _as_json(name: str, remote: Remote) -> dict[str, Any]:
    return {"name": name, "url": without_password(remote.url), "options": dict(remote.options)}
