"""`model`: which data a model was made of, said by those who made it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from headgate.cli.amounts import age, model_words
from headgate.cli.limits import COUNT
from headgate.cli.named import release_named
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.errors import UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.runs.reported import problem_of
from headgate.store import models
from headgate.store.models import Model
from headgate.workspace.workspace import opened


@click.command("list")
@click.argument("name", required=False)
@click.option(
    "--limit",
    type=COUNT,
    default=50,
    show_default=True,
    help="How many models at the most.",
)
@click.pass_obj
def list_models(output: Output, name: str | None, limit: int) -> None:
    """List the models that were made of releases of any environment, newest first; NAME's alone."""
    with (
        opened(Path(output.directory), output.environment) as workspace,
        workspace.tools.ledger.snapshot() as tx,
    ):
        found = models.models(tx, name, limit)
        known = {model.name for model in models.models(tx)}
    if name and not found:
        raise UnknownNameError.of("model", name, known)
    if output.json:
        output.document("headgate.models/1", {"models": [model.as_json() for model in found]})
        return
    if not found:
        output.echo("no model has been recorded yet")
        return
    now = datetime.now(UTC)
    rows = [
        [
            model_words(model.name, model.metrics),
            model.made_of,
            f"{age((now - model.at).total_seconds())} ago",
            model.user,
            model.location,
        ]
        for model in found
    ]
    for line in table(["model", "of", "age", "by", "location"], rows):
        output.echo(line)


@click.command()
@click.argument("name")
@click.option("--release", required=True, help="The release that it was made of, as prod@3.")
@click.option("--metric", multiple=True, metavar="NAME=NUMBER", help="What it scored. Repeatable.")
@click.option("--location", default="", help="Where it is kept: a path, an address, a registry.")
@click.pass_obj
def record(output: Output, name: str, release: str, metric: tuple[str, ...], location: str) -> None:
    """Say that a model called NAME was made of a release.

    What a trigger makes need not be recorded so: it reports its model on its standard output.
    """
    metrics = _metrics(metric)
    if problem := problem_of(name, metrics, location):
        raise UsageError(problem)
    with opened(Path(output.directory), output.environment) as workspace:
        found = release_named(workspace, release)
        if found is None:
            raise UsageError(f"{release!r} is no release", None, "name one as prod@3")
        tools = workspace.tools
        at = tools.now()
        model = Model(
            name, found.environment, found.number, found.run, at, tools.user, metrics, location
        )
        body = {"release": found.name, "metrics": metrics, "location": location}
        with tools.ledger.transaction(durable=True) as tx:
            models.record(tx, model)
            audit.record(tx, Act(at, tools.user, "record model", found.environment, name, body))
    if output.json:
        output.document("headgate.model/1", model.as_json())
    output.echo(f"✓ {model_words(name, metrics)} is a model of {found.name}")


def _metrics(texts: Sequence[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            found[name] = float(number)
        except ValueError:
            name = ""
        if not name:
            raise UsageError(
                f"--metric: {text!r} is no name and number", None, "--metric rmse=12.3"
            )
    return found
