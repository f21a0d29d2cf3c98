"""`audit`: what people did, and whether the log of it is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import counted
from headgate.cli.limits import COUNT
from headgate.cli.options import with_global_options
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.errors import DataError, StateError
from headgate.ledger import audit
from headgate.ledger.audit import Entry
from headgate.workspace.workspace import opened

KEPT = "keep it where nobody who can write to the record can write: headgate audit verify --expect"


@click.group(invoke_without_command=True)
@click.option(
    "--limit",
    type=COUNT,
    default=50,
    show_default=True,
    help="How many acts at the most.",
)
@click.pass_context
def command(ctx: click.Context, limit: int) -> None:
    """List what people did, newest first: who, what, where; with --env of one environment.

    What was denied to somebody is listed too.
    """
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, limit)


def _list(output: Output, limit: int) -> None:
    with (
        opened(Path(output.directory), output.environment) as workspace,
        workspace.tools.ledger.snapshot() as tx,
    ):
        found = audit.entries(tx, limit, output.environment)
    if output.json:
        output.document("headgate.audit/1", {"acts": [_as_json(each) for each in found]})
        return
    if not found:
        output.echo("nobody has done anything that is kept in the audit log yet")
        return
    for line in table(["number", "when", "who", "what", "where", "of", ""], _rows(found)):
        output.echo(line)


def _rows(found: list[Entry]) -> list[list[object]]:
    return [
        [
            each.number,
            f"{each.act.at:%Y-%m-%d %H:%M:%S}",
            each.act.user,
            each.act.action,
            each.act.environment,
            each.act.subject,
            ", ".join(f"{key}: {value}" for key, value in each.act.body.items() if value),
        ]
        for each in found
    ]


def _as_json(entry: Entry) -> dict[str, Any]:
    act = entry.act
    return {
        "number": entry.number,
        "at": act.at.isoformat(),
        "user": act.user,
        "action": act.action,
        "environment": act.environment,
        "subject": act.subject,
        "body": dict(act.body),
        "digest": entry.digest,
    }


@command.command()
@click.option("--expect", metavar="DIGEST", help="A digest that was kept: the log must have it.")
@click.pass_obj
def verify(output: Output, expect: str | None) -> None:
    """Compute the seal of every row of the audit log anew, and print the newest.

    Ends with 1 at a row that was changed, removed or inserted. Who writes all later rows anew
    leaves no trace in the log itself: keep the digest elsewhere, and give it as --expect later.
    """
    with (
        opened(Path(output.directory), output.environment) as workspace,
        workspace.tools.ledger.snapshot() as tx,
    ):
        try:
            newest = audit.verify(tx)
        except StateError as error:
            raise DataError(error.what, error.where, error.hint) from None
        known = expect is None or audit.contains(tx, expect.strip().lower())
    if not known:
        raise DataError(
            f"the audit log has no row with the digest {expect}",
            None,
            "rows that were in it are gone, or were written anew; compare with a backup",
        )
    rows, digest = (newest.number, newest.digest) if newest else (0, None)
    if output.json:
        output.document("headgate.verified/1", {"rows": rows, "digest": digest})
        return
    output.echo(f"✓ {counted(rows, 'row')}, each as it was written")
    if digest:
        output.echo(f"  newest digest {digest}")
        output.note(f"  {KEPT}")


with_global_options(verify)
