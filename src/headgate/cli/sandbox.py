"""`env sandbox`: a throw-away environment with a sample of a release."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import click

from headgate.checks.conditions import Any, RowCondition
from headgate.checks.sql_conditions import of_sql
from headgate.cli.amounts import counted
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.cli.policies import note_misspelt
from headgate.cli.tables import table
from headgate.environments import environment
from headgate.environments.entity import Entity
from headgate.environments.pseudonyms import read_key
from headgate.environments.sample import Wanted
from headgate.environments.sandbox import Order, Sandbox, is_demanded, sandbox
from headgate.errors import UnknownNameError, UsageError
from headgate.project.access import require_new
from headgate.store import releases
from headgate.store.manifest import Release
from headgate.store.named import number_of
from headgate.workspace.declared import declared_datasets
from headgate.workspace.workspace import Workspace, opened

SPAN = re.compile(r"(\d+)\s*([hdw])")
HOURS = {"h": 1, "d": 24, "w": 24 * 7}
SHARE = 0.05


@click.command()
@click.argument("name")
@click.option(
    "--from", "base", metavar="ENV[@N]", help="The release to take. Without it: what is served."
)
@click.option(
    "--sample", "share", metavar="SHARE", help="The share of the entities, such as 5%, the default."
)
@click.option("--rows", type=COUNT, help="About so many rows of the largest table.")
@click.option(
    "--where", multiple=True, metavar="DATASET:CONDITION", help="Only these rows of a dataset."
)
@click.option(
    "--key", nargs=2, metavar="DATASET COLUMN", help="What tells entities apart; else it is found."
)
@click.option("--stratify", metavar="COLUMN", help="Keep the share of each value of this column.")
@click.option("--seed", default="0", show_default=True, help="Another one gives another sample.")
@click.option("--keep-orphans", is_flag=True, help="Keep rows whose parent the base has not.")
@click.option("--redact", is_flag=True, help="Redact what contracts call personal.")
@click.option("--synthetic", is_flag=True, help="Make rows up from contracts; no data is read.")
@click.option(
    "--expires", default="7d", show_default=True, help="When it ends: 12h, 7d, 2w or never."
)
@click.pass_obj
def command(
    output: Output,
    *,
    name: str,
    base: str | None,
    share: str | None,
    rows: int | None,
    where: Sequence[str],
    key: tuple[str, str] | None,
    stratify: str | None,
    seed: str,
    keep_orphans: bool,
    redact: bool,
    synthetic: bool,
    expires: str,
) -> None:
    """Make the environment NAME, a sandbox: a sample of a release in which keys still join.

    Rows belong to entities, such as customers: those of a share of all entities are in it, with
    all that they refer to. Personal data is redacted with --redact, and always where the policy of
    the environment asks for it; that needs a key in HEADGATE_REDACTION_KEY.
    """
    lifetime = _span(expires)
    with opened(Path(output.directory), output.environment) as workspace:
        note_misspelt(output, workspace)
        require_new(workspace.settings, workspace.tools, name)
        if synthetic:
            from headgate.cli.synthetic import make

            _alone(share, where, key, stratify, redact, keep_orphans)
            make(output, workspace, name, rows, seed, lifetime)
            return
        wanted = Wanted(
            share=_share(share, rows, where),
            rows=rows,
            where=_conditions(where),
            seed=seed,
            stratify=stratify,
            keep_orphans=keep_orphans,
        )
        release = _base(workspace, base)
        _require_alive(workspace, release)
        demanding = {n: p.redact for n, p in workspace.settings.environments.items()}
        with workspace.tools.ledger.snapshot() as tx:
            demanded = is_demanded(tx, release, demanding)
        entity = Entity(key[0], (key[1],)) if key else None
        order = Order(name, wanted, entity, redact, demanded, lifetime)
        secret = read_key() if order.redacts else None
        made = sandbox(workspace.tools, declared_datasets(workspace), release, order, secret)
    _show(output, made)


def _show(output: Output, made: Sandbox) -> None:
    told, base = made.environment.sampled, made.environment.origin
    if output.json:
        output.document("headgate.sandbox/1", _as_json(made))
    share = f"{100 * told['share']:.3g} %"
    output.echo(f"✓ {made.release.name} holds {share} of {made.entity}, of {base}")
    rows = [
        [name, f"{now:,} of {was:,}", counted(made.gone[name], "row") if name in made.gone else ""]
        for name, (was, now) in made.rows.items()
    ]
    header = ["dataset", "rows", "left out"]
    for line in table(header, rows) if made.gone else table(header[:2], [r[:2] for r in rows]):
        output.echo(line)
    for strategy, places in _by_strategy(told["redacted"]).items():
        output.echo(f"redacted by {strategy}: {', '.join(places)}")
    for warning in made.warnings:
        output.note(f"! {warning}")
    output.note(f"  headgate run --env {made.environment.name}")


def _as_json(made: Sandbox) -> dict[str, object]:
    expires = made.environment.expires_at
    return {
        "environment": made.environment.name,
        "release": made.release.name,
        "from": made.environment.origin,
        "expires_at": expires.isoformat() if expires else None,
        "sampled": dict(made.environment.sampled),
        "rows": {name: {"before": was, "after": now} for name, (was, now) in made.rows.items()},
        "left_out": dict(made.gone),
        "returned": dict(made.returned),
        "warnings": list(made.warnings),
    }


def _by_strategy(redacted: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for dataset, columns in redacted.items():
        for column, strategy in columns.items():
            found.setdefault(strategy, []).append(f"{dataset}.{column}")
    return found


# ------------------------------------------------------------------ what a person says


def _alone(*others: object) -> None:
    if any(others):
        told = "--synthetic reads no data, so nothing is sampled or redacted"
        raise UsageError(told, hint="say --rows, --seed and --expires alone")


def _base(workspace: Workspace, text: str | None) -> Release:
    """The release of `prod`, or of `prod@3`."""
    name, _, digits = (text or workspace.environment).partition("@")
    number = number_of(digits)
    if digits and number is None:
        raise UsageError(f"--from: {text!r} is no release", hint=f"--from {name}@3, or {name}")
    with workspace.tools.ledger.snapshot() as tx:
        found = releases.current(tx, name) if number is None else releases.find(tx, name, number)
        if found is None:
            told = f"{name} has no release {digits}".rstrip()
            raise UnknownNameError(told, None, f"headgate data log --env {name}")
        return releases.require_there(tx, found)


def _require_alive(workspace: Workspace, release: Release) -> None:
    with workspace.tools.ledger.snapshot() as tx:
        made = environment.find(tx, release.environment)
    if made:
        made.require_alive(workspace.tools.now())


def _share(text: str | None, rows: int | None, where: Sequence[str]) -> float:
    """A share as people write it. Rows that are picked by a condition are all meant."""
    if text is None:
        return 1.0 if where and rows is None else SHARE
    if rows is not None:
        raise UsageError("--sample and --rows say two things", hint="say one of them")
    return share_of(text)


def share_of(text: str) -> float:
    """A share as people write it: `5%`, or `0.05`. Raises UsageError for anything else."""
    plain = text.replace(" ", "")
    try:
        share = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise UsageError(f"--sample: {text!r} is no share", hint="say 5%, or 0.05")
    return share


def _conditions(given: Sequence[str]) -> Mapping[str, RowCondition]:
    """The conditions on each dataset; a row is meant that meets one of several."""
    found: dict[str, RowCondition] = {}
    for text in given:
        name, colon, condition = text.partition(":")
        if not colon or not name or not condition.strip():
            raise UsageError(
                f"--where: {text!r} names no dataset", hint='--where "flights: month = 1"'
            )
        one = of_sql(condition)
        found[name.strip()] = Any((found[name.strip()], one)) if name.strip() in found else one
    return found


def _span(text: str) -> timedelta | None:
    if text == "never":
        return None
    found = SPAN.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise UsageError(f"--expires: {text!r} is no span", hint="say 12h, 7d, 2w or never")
    return timedelta(hours=int(found[1]) * HOURS[found[2]])
