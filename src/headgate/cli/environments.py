"""`env`: environments made, listed, compared and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import age, counted
from headgate.cli.diff import schema_lines
from headgate.cli.output import Output
from headgate.cli.policies import note_misspelt
from headgate.cli.tables import table
from headgate.environments import environment, life
from headgate.environments.move import Move, moves
from headgate.errors import UsageError
from headgate.ledger.ledger import Transaction
from headgate.project.access import Right, require, require_new
from headgate.store import refs, releases
from headgate.store.manifest import Release
from headgate.store.named import number_of
from headgate.workspace.workspace import Workspace, opened


@click.command("list")
@click.pass_obj
def list_(output: Output) -> None:
    """List the environments: what they began from, what they serve, and what is their own."""
    with opened(Path(output.directory)) as workspace:
        with workspace.tools.ledger.snapshot() as tx:
            found = [_entry(tx, workspace, name) for name in _names(tx, workspace)]
        note_misspelt(output, workspace)
    if output.json:
        output.document("headgate.environments/1", {"environments": found})
        return
    header = ["environment", "base", "serves", "age", "sources", "by", "expires", "policy", "own"]
    for line in table(header, [_row(each) for each in found]):
        output.echo(line)


@click.command()
@click.argument("name")
@click.option(
    "--from",
    "base",
    metavar="ENV[@N]",
    help="The release to begin from. Without it: what is served.",
)
@click.option("--moving", is_flag=True, help="Let sources move with their files, as in production.")
@click.pass_obj
def create(output: Output, name: str, base: str | None, moving: bool) -> None:
    """Make the environment NAME, in which all is as in a release of another one.

    Nothing is copied. Its sources stay as they are in that release, and the code moves:
    `headgate run --env NAME` computes what the code changes, and publishes it there alone.
    """
    with opened(Path(output.directory)) as workspace:
        default = output.environment or workspace.settings.environment
        where, number = _release(base) if base else (default, None)
        note_misspelt(output, workspace)
        require_new(workspace.settings, workspace.tools, name)
        release = life.create(workspace.tools, name, where, number, fixed=not moving)
    if output.json:
        body = {"environment": name, "release": release.name, "from": release.origin}
        output.document("headgate.environment/1", {**body, "fixed": not moving})
    output.echo(f"✓ {release.name} serves what {release.origin} does")
    output.note(f"  headgate run --env {name}")


@click.command()
@click.argument("name", required=False)
@click.option("--expired", is_flag=True, help="End all that have expired, instead of one.")
@click.pass_obj
def drop(output: Output, name: str | None, expired: bool) -> None:
    """End the environment NAME. Its releases stay in the log, and keep no data."""
    if (name is None) is not expired:
        raise UsageError(
            "one environment is dropped, or all expired ones", hint="NAME or --expired"
        )
    with opened(Path(output.directory)) as workspace:
        default = workspace.settings.environment
        if name is None:
            for each in life.expired(workspace.tools):
                require(workspace.settings, workspace.tools, Right.PUBLISH, each)
            dropped = life.drop_expired(workspace.tools, default)
        else:
            require(workspace.settings, workspace.tools, Right.PUBLISH, name)
            life.drop(workspace.tools, name, default)
            dropped = [name]
    if output.json:
        body = {"environment": name, "dropped": True} if name else {"dropped": dropped}
        output.document("headgate.environment/1", body)
    for each in dropped:
        output.echo(f"✓ {each} is dropped")
    if not dropped:
        output.echo("no environment has expired")


@click.command()
@click.argument("before")
@click.argument("after")
@click.pass_obj
def diff(output: Output, before: str, after: str) -> None:
    """Show which datasets the environment AFTER holds otherwise than BEFORE, with rows and columns."""
    with opened(Path(output.directory)) as workspace, workspace.tools.ledger.snapshot() as tx:
        for name in (before, after):
            life.require_exists(tx, name, workspace.settings.environment)
        old, new = (refs.held(tx, name) for name in (before, after))
        found = moves(tx, old, new, sorted({**old, **new}))
        names = [release.name if release else name for name, release in _served(tx, before, after)]
    if output.json:
        body = {"before": names[0], "after": names[1]}
        output.document("headgate.moves/1", {**body, "datasets": [as_json(m) for m in found]})
        return
    for line in move_lines(found):
        output.echo(line)
    if not found:
        output.echo(f"✓ {names[1]} holds what {names[0]} does")
    elif changed := next((move for move in found if move.kind == "changed"), None):
        one, two = (f"{changed.dataset}@{name}" for name in names)
        output.note(f"rows: headgate data diff {one} {two}")


def move_lines(found: tuple[Move, ...]) -> Iterator[str]:
    """A line for each dataset that differs, and what became of its columns below it."""
    rows = [[move.dataset, move.kind, _rows(move)] for move in found]
    width = [max((len(row[place]) for row in rows), default=0) for place in range(2)]
    for (name, kind, count), move in zip(rows, found, strict=True):
        yield f"{name:<{width[0]}}  {kind:<{width[1]}}  {count}"
        yield from schema_lines(move.schema)


def as_json(move: Move) -> dict[str, Any]:
    """A move with the rows of both versions and what becomes of the columns."""
    schema = move.schema
    return {
        **move.as_json(),
        "change": move.kind,
        "rows": [side.rows if side else None for side in (move.before, move.after)],
        "schema": {
            "added": [column.name for column in schema.added],
            "removed": [column.name for column in schema.removed],
            "retyped": {old.name: [old.physical, new.physical] for old, new in schema.retyped},
            "moved": schema.moved,
        },
    }


def _rows(move: Move) -> str:
    match move:
        case Move(before=None, after=after):
            return counted(after.rows, "row") if after else ""
        case Move(before=before, after=None):
            return counted(before.rows, "row") if before else ""
    assert move.before is not None
    assert move.after is not None
    if move.before.rows == move.after.rows:
        return f"{counted(move.after.rows, 'row')} as before"
    return f"{move.before.rows:,} → {counted(move.after.rows, 'row')}"


def _release(text: str) -> tuple[str, int | None]:
    """An environment, and the number of a release of it where the text names one: `prod@3`."""
    name, _, digits = text.rpartition("@")
    if not name:
        return text, None
    if (number := number_of(digits)) is None:
        raise UsageError(
            f"--from: {text!r} is no release", hint=f"--from {name}@3, or --from {name}"
        )
    return name, number


def _served(tx: Transaction, *names: str) -> list[tuple[str, Release | None]]:
    return [(name, releases.current(tx, name)) for name in names]


# ------------------------------------------------------------------ the list


def _names(tx: Transaction, workspace: Workspace) -> list[str]:
    """The project's own environment first, then all that are there, by name."""
    there = {name for (name,) in tx.execute("select distinct environment from ref")}
    made = {each.name for each in environment.environments(tx)}
    own = workspace.settings.environment
    return [own, *sorted((there | made) - {own})]


def _entry(tx: Transaction, workspace: Workspace, name: str) -> dict[str, Any]:
    made, serving = environment.find(tx, name), releases.current(tx, name)
    policy = workspace.settings.environments.get(name)
    return {
        "environment": name,
        "base": made.origin if made else None,
        "serving": serving.name if serving else None,
        "published_at": serving.published_at.isoformat() if serving else None,
        "fixed": bool(made and made.fixed),
        "created_by": made.user if made else None,
        "expires_at": made.expires_at.isoformat() if made and made.expires_at else None,
        "policy": policy.model_dump() if policy else None,
        "differs": _own(tx, made) if made else [],
    }


def _own(tx: Transaction, made: environment.Environment) -> list[str]:
    """The datasets that an environment holds otherwise than the release it is from."""
    base, held = releases.find(tx, made.base, made.number), refs.held(tx, made.name)
    began = base.state if base else {}
    names = {**began, **held}
    return sorted(name for name in names if began.get(name) != held.get(name))


def _row(entry: dict[str, Any]) -> list[object]:
    at, expires = entry["published_at"], entry["expires_at"]
    old = age((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()) if at else ""
    return [
        entry["environment"],
        entry["base"],
        entry["serving"] or "nothing",
        old,
        "fixed" if entry["fixed"] else "moving",
        entry["created_by"],
        expires[:10] if expires else None,
        _policy(entry["policy"]),
        ", ".join(entry["differs"]),
    ]


def _policy(policy: dict[str, Any] | None) -> str:
    """A policy in short: whose approval it needs, and whether sandboxes are redacted."""
    if policy is None:
        return ""
    told = []
    if policy["reviewers"]:
        told.append(f"{policy['approvals']} of {', '.join(policy['reviewers'])}")
    if policy["redact"]:
        told.append("redacted")
    return "; ".join(told)
