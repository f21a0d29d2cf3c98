"""`data verify`: every object hashed again, and mended from a remote."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.amounts import counted, size
from headgate.cli.output import Output
from headgate.errors import UsageError
from headgate.ledger import audit
from headgate.project import remotes
from headgate.store import inventory, releases, versions
from headgate.store.inventory import Findings
from headgate.store.manifest import Version
from headgate.store.remote import Remote
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("remote", required=False)
@click.option("--repair", is_flag=True, help="Bring what is damaged or missing from REMOTE.")
@click.pass_obj
def command(output: Output, remote: str | None, repair: bool) -> int:
    """Hash all data of the store again, and say what is damaged, missing or in no version.

    Ends with 1 where something is damaged, or missing that an environment serves or a tag or a pin
    keeps. With --repair it is brought from REMOTE, or from the only remote that the project has;
    published files that were the damaged object are mended too.
    """
    if remote is not None and not repair:
        raise UsageError("a remote is for --repair", hint="headgate data verify --repair REMOTE")
    with opened(Path(output.directory), output.environment) as workspace:
        objects = workspace.tools.objects
        with workspace.tools.ledger.snapshot() as tx:
            wanted = inventory.needed(tx)
        found = inventory.inspect(objects, wanted)
        mended: list[Path] = []
        if repair and found.wrong:
            place = _source(workspace, remote)
            changed = inventory.repair(objects, place, found.wrong, _outputs(workspace))
            mended = [path.relative_to(workspace.tools.root) for path in changed]
            _record(workspace, place, found)
    body = {
        "whole": found.whole,
        "bytes": found.size,
        "damaged": list(found.damaged),
        "missing": list(found.missing),
        "gone": list(found.gone),
        "unknown": list(found.unknown),
        "repaired": list(found.wrong) if repair else [],
        "files": [path.as_posix() for path in mended],
    }
    if output.json:
        output.document("headgate.verify/1", body)
    _say(output, found, mended, repaired=repair)
    return 1 if found.wrong and not repair else 0


def _say(output: Output, found: Findings, mended: list[Path], *, repaired: bool) -> None:
    for told, digests in (("damaged", found.damaged), ("missing", found.missing)):
        for digest in digests:
            output.echo(f"✗ {told}  {digest}{'  repaired' if repaired else ''}")
    for path in mended:
        output.echo(f"  mended   {path}")
    good = f"{counted(found.whole, 'object')} whole, {size(found.size)}"
    good += f"; {len(found.wrong):,} mended" if repaired and found.wrong else ""
    output.echo(f"{'✗' if found.wrong and not repaired else '✓'} {good}")
    if found.gone:
        output.note(f"  {counted(len(found.gone), 'object')} of earlier versions not kept")
    if found.unknown:
        output.note(f"  {counted(len(found.unknown), 'file')} in no version")
    if found.wrong and not repaired:
        output.note("  mend them: headgate data verify --repair [REMOTE], or run again")


def _source(workspace: Workspace, name: str | None) -> Remote:
    """Where repairs come from: the remote that is named, else the store's own."""
    own = workspace.tools.objects.remote
    if name is None and own is not None:
        return own
    name = remotes.named(workspace.settings, name)
    settings = workspace.settings.remotes[name]
    return remotes.opened_remote(settings, workspace.tools.root, f"remotes.{name}")


def _outputs(workspace: Workspace) -> dict[Path, Version]:
    """What is published in the working tree, by its path."""
    tools = workspace.tools
    found = {}
    with tools.ledger.snapshot() as tx:
        release = releases.current(tx, workspace.environment)
        for name in workspace.project.pipelines if release else ():
            resolved = job(workspace, name)
            for dataset, id_ in release.versions.items() if release else ():
                version, path = versions.find(tx, dataset, id_), resolved.path(dataset)
                if version and path:
                    found[tools.root / path] = version
    return found


def _record(workspace: Workspace, place: Remote, found: Findings) -> None:
    tools, body = workspace.tools, {"objects": list(found.wrong)}
    act = audit.Act(tools.now(), tools.user, "repair", workspace.environment, place.name, body)
    with tools.ledger.transaction() as tx:
        audit.record(tx, act)
