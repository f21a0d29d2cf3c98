"""`data`: the releases of an environment, the way back, and the rows that gates set aside."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import age, model_words
from headgate.cli.commits import commit_as_json, commit_lines, of_commit
from headgate.cli.export import export, note_export, require_writable
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.cli.policies import note_misspelt
from headgate.cli.signed import judged_version, signed
from headgate.cli.tables import data_table, table
from headgate.environments.lineage import of_run
from headgate.errors import UnknownNameError, UsageError
from headgate.ledger import history
from headgate.ledger.events import GateJudged
from headgate.project import commits
from headgate.project.access import Right, require
from headgate.schema.table import Table
from headgate.store import models, releases, versions
from headgate.store.manifest import Release
from headgate.store.marks import find_tag
from headgate.store.named import number_in, release_at
from headgate.workspace.known import known_dataset, require_known
from headgate.workspace.rollback import roll_back
from headgate.workspace.workspace import Workspace, opened

SHORT = 8  # characters of a version id that people are shown
FEW = 20  # rows that are shown unless more are asked for
LONGEST = 72  # of a reason in a table; `show` has all of it


@click.command()
@click.argument("dataset", required=False)
@click.option(
    "--limit",
    type=COUNT,
    default=20,
    show_default=True,
    help="How many releases at the most.",
)
@click.option("--model", "with_models", is_flag=True, help="With the models made of each release.")
@click.option("--commit", metavar="SHA", help="Those of a commit, and the data that it names.")
@click.pass_obj
def log(
    output: Output, dataset: str | None, limit: int, with_models: bool, commit: str | None
) -> None:
    """List the releases of the environment, newest first; those that changed DATASET, if given.

    With --commit: the releases whose code is that commit, and the versions that its .dvc files name.
    """
    named: commits.Commit | None = None
    with opened(Path(output.directory), output.environment) as workspace:
        require_known(workspace)
        if dataset:
            known_dataset(workspace, dataset)
        with workspace.tools.ledger.snapshot() as tx:
            if commit is None:
                found = releases.log(tx, workspace.environment, dataset=dataset, limit=limit)
            else:
                named = commits.find(tx, workspace.tools.root, workspace.environment, commit)
                found = of_commit(named, dataset)[:limit]
            made = [models.of_release(tx, each.environment, each.number) for each in found]
        rows = [_row(workspace, release, dataset) for release in found]
    if output.json:
        bodies = [as_json(release) for release in found]
        if with_models:
            bodies = [
                body | {"models": [model.as_json() for model in those]}
                for body, those in zip(bodies, made, strict=True)
            ]
        more = commit_as_json(named, dataset) if named else {}
        output.document("headgate.log/1", {"releases": bodies, **more})
        return
    if named:
        for line in commit_lines(named, dataset):
            output.echo(line)
    if not found and named is None:
        output.echo(f"nothing has been released in {workspace.environment} yet")
        return
    if not found:
        return
    header = ["release", "age", "code", "rows" if dataset else "datasets", "version", "because"]
    if with_models:
        header.insert(-1, "models")
        for row, those in zip(rows, made, strict=True):
            row.insert(-1, ", ".join(model_words(one.name, one.metrics) for one in those))
    for line in table(header, rows):
        output.echo(line)


def _row(workspace: Workspace, release: Release, dataset: str | None) -> list[object]:
    now = datetime.now(UTC)
    count: object = len(release.versions)
    version = ""
    if dataset:
        version_id = release.versions.get(dataset) or release.inputs.get(dataset, "")
        with workspace.tools.ledger.snapshot() as tx:
            found = versions.find(tx, dataset, version_id)
        count, version = (found.rows if found else None), version_id[:SHORT]
    code = f"{release.code[:SHORT]}{'*' if release.dirty else ''}" if release.code else ""
    because = release.because if release.kind == "publish" else f"{release.kind}: {release.because}"
    because = because if len(because) <= LONGEST else f"{because[: LONGEST - 3]}..."
    ago = age((now - release.published_at).total_seconds())
    return [release.name, f"{ago} ago", code, count, version, because]


def as_json(release: Release) -> dict[str, Any]:
    """A release as machines read it."""
    return {
        "release": release.name,
        "environment": release.environment,
        "number": release.number,
        "kind": release.kind,
        "because": release.because,
        "origin": release.origin or None,
        "published_at": release.published_at.isoformat(),
        "pipeline": release.pipeline,
        "run": release.run,
        "code": release.code,
        "dirty": release.dirty,
        "versions": dict(release.versions),
        "inputs": dict(release.inputs),
        "verdicts": dict(release.verdicts),
        "metrics": dict(release.metrics),
    }


@click.command()
@click.argument("dataset", required=False)
@click.option(
    "--release",
    "to",
    metavar="RELEASE",
    help="The release to go back to: 3, prod@3 or a tag; else the last one.",
)
@click.option("--reason", default="", help="Why, for those who read the log.")
@click.pass_obj
def rollback(output: Output, dataset: str | None, to: str | None, reason: str) -> None:
    """Serve an earlier release again: all of it, or DATASET alone.

    It is one transaction and a release of its own; what was published stays in the log. The next
    run does not publish again what was taken back, until data or code are new.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        if dataset:
            known_dataset(workspace, dataset)
        note_misspelt(output, workspace)
        number = _number(workspace, to) if to else None
        before, release = roll_back(workspace, to=number, dataset=dataset, because=reason)
    if output.json:
        output.document("headgate.release/1", as_json(release))
    what = f"{dataset} of " if dataset else ""
    output.echo(f"✓ {release.name} serves {what}{release.environment}@{release.restores} again")
    output.note(f"  {before.name} stays in the log: headgate data log")


def _number(workspace: Workspace, name: str) -> int:
    """The number of the release of the environment that is named so.

    Raises UsageError for a time: a rollback says to which release it goes.
    """
    if (number := number_in(workspace.environment, name)) is not None:
        return number
    with workspace.tools.ledger.snapshot() as tx:
        if find_tag(tx, name) is not None:
            return release_at(tx, workspace.environment, name).number
    raise UsageError(
        f"{name!r} is no release of {workspace.environment}, and no tag", None, "headgate data log"
    )


@click.command()
@click.argument("run")
@click.option("--gate", help="The dataset whose gate set the rows aside.")
@click.option(
    "--limit",
    type=COUNT,
    help="How many rows at the most. Without it: 20, and none with --out.",
)
@click.option("--out", metavar="FILE", help="Write all of them to a .csv or .parquet file.")
@click.pass_obj
def rows(output: Output, run: str, gate: str | None, limit: int | None, out: str | None) -> None:
    """Show the rows that a gate of RUN set aside, with the rule they broke and where they stood."""
    with opened(Path(output.directory), output.environment) as workspace:
        record, judged = _kept(workspace, run, gate)
        with workspace.tools.ledger.snapshot() as tx:
            place = of_run(tx, record)
        require(workspace.settings, workspace.tools, Right.READ_RAW, place)
        kept = _table(workspace, judged)
        most = limit or (FEW if out is None else 0)
        found = workspace.tools.engine.measure(kept, "select * from data limit ?", [most])
        if out is not None:
            path = Path(output.directory, out)
            require_writable(path)
            note_export(workspace, record.environment, kept.name, run=judged.run, file=out)
            with signed(kept, judged) as whole:
                export(workspace.tools.engine, whole, path)
    names = list(kept.schema.names)
    if output.json:
        body = {
            "run": judged.run,
            "gate": judged.gate,
            "dataset": judged.dataset,
            "version": judged_version(judged),
            "set_aside": judged.set_aside,
            "total": kept.rows,
            "rows": [dict(zip(names, row, strict=True)) for row in found],
        }
        output.document("headgate.rows/1", body)
        return
    if most:
        for line in data_table(names, [[_shown(value) for value in row] for row in found]):
            output.echo(line)
        output.note(f"{len(found):,} of {kept.rows:,} rows")
    if out is not None:
        output.note(f"all {kept.rows:,} rows are in {out}")


def _table(workspace: Workspace, judged: GateJudged) -> Table:
    """The rows that a gate kept: those that failed, then those that are set aside."""
    ids = [id_ for id_ in (judged.failing_rows, judged.aside) if id_]
    name = versions.quarantine_of(judged.dataset)
    with workspace.tools.ledger.snapshot() as tx:
        found = [version for id_ in ids if (version := versions.find(tx, name, id_))]
    present = [versions.present(workspace.tools.objects, version) for version in found]
    if len(found) < len(ids) or not all(present):
        raise UnknownNameError(f"the failing rows of {judged.dataset} are no longer kept")
    first, *more = [versions.table(workspace.tools.objects, version) for version in found]
    if not more:
        return first
    (other,) = more
    paths, rows = (*first.paths, *other.paths), first.rows + other.rows
    return Table(first.name, paths, first.schema, rows)


def _shown(value: object) -> object:
    return str(value) if isinstance(value, float) else value


def _kept(workspace: Workspace, run: str, gate: str | None) -> tuple[history.RunRecord, GateJudged]:
    """The record of a run, and its gate that set rows aside."""
    with workspace.tools.ledger.snapshot() as tx:
        record = history.find_run(tx, run)
        events = [event for _, event in history.events(tx, run=record.id, kinds=("gate_judged",))]
    judged = [event for event in events if isinstance(event, GateJudged)]
    kept = [event for event in judged if event.failing_rows or event.aside]
    if gate:
        known = {name for event in judged for name in (event.gate, event.dataset)}
        if gate not in known:
            raise UnknownNameError.of("gate", gate, known, f"run {record.id}")
        kept = [event for event in kept if gate in {event.gate, event.dataset}]
    if not kept:
        told = f"gate {gate} of " if gate else ""
        raise UnknownNameError(f"{told}run {record.id} set no rows aside")
    if len({event.dataset for event in kept}) > 1:
        names = ", ".join(sorted({event.dataset for event in kept}))
        raise UsageError("more than one gate set rows aside", hint=f"say --gate: {names}")
    return record, kept[0]
