"""`show`: one object, whatever it is: a run, a release, or a dataset at a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from headgate.cli.amounts import counted, model_words, size
from headgate.cli.data import as_json as release_as_json
from headgate.cli.lengths import deviation_words
from headgate.cli.named import release_named, version_named
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.cli.withheld import event_withheld, readable, statistics_withheld
from headgate.environments.lineage import of_run
from headgate.errors import UnknownNameError
from headgate.ledger import history
from headgate.ledger.events import Event, GateJudged
from headgate.store import appearances, models, versions
from headgate.store.manifest import Release, Version
from headgate.store.models import Model
from headgate.workspace.known import datasets, known_dataset
from headgate.workspace.workspace import Workspace, opened


class Used(Struct, frozen=True):
    """What a version went into: releases by environment and number, and the models made of those."""

    releases: Sequence[tuple[str, int]]
    models: Sequence[Model]


@click.command()
@click.argument("name", required=False)
@click.pass_obj
def command(output: Output, name: str | None) -> None:
    """Show NAME: a run's id, a release (prod@3), or a dataset (train_clean).

    A dataset may be that of a release of the environment (train_clean@3), of another one
    (train_clean@prod@3), or a version (train_clean@ID); without more it is the one held now.
    Without NAME: the last run.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        kind, body, lines = _found(workspace, name or _last_run(workspace))
    if output.json:
        output.document(f"headgate.{kind}/1", body)
    for line in lines:
        output.echo(line)


def _found(workspace: Workspace, name: str) -> tuple[str, dict[str, Any], list[str]]:
    subject, _, at = name.partition("@")
    if release := release_named(workspace, name):
        with workspace.tools.ledger.snapshot() as tx:
            made = models.of_release(tx, release.environment, release.number)
        body = release_as_json(release) | {"models": [model.as_json() for model in made]}
        return "release", body, _release(release, made)
    if subject in datasets(workspace):
        named = version_named(workspace, name)
        version = named.version
        if not readable(workspace, *named.environments):
            version = replace(version, merged=statistics_withheld(version.statistics))
        with workspace.tools.ledger.snapshot() as tx:
            aside = versions.quarantined(tx, version)
            used = Used(
                appearances.having(tx, version.dataset, version.id),
                models.of_version(tx, version.dataset, version.id),
            )
        count = aside.rows if aside else 0
        return "dataset", _as_json(version, count, used), _dataset(version, count, used)
    with workspace.tools.ledger.snapshot() as tx:
        try:
            record = history.find_run(tx, name)
        except UnknownNameError:
            if at or not _like_run(name):
                known_dataset(workspace, subject)
                raise UnknownNameError(
                    f"{subject} has no version in {workspace.environment} yet", None, "headgate run"
                ) from None
            raise
        events = [event for _, event in history.events(tx, run=record.id)]
        place = of_run(tx, record)
    if not readable(workspace, place):
        events = [event_withheld(event) for event in events]
    body = {
        "run": record.id,
        "pipeline": record.pipeline,
        "environment": record.environment,
        "status": record.status,
        "started_at": record.started_at.isoformat(),
        "ended_at": record.ended_at and record.ended_at.isoformat(),
        "user": record.owner,
        "events": [event.as_json() for event in events],
    }
    return "run", body, _run(record, events)


def _last_run(workspace: Workspace) -> str:
    with workspace.tools.ledger.snapshot() as tx:
        runs = history.runs(tx, environment=workspace.environment, limit=1)
    if not runs:
        where = workspace.environment
        raise UnknownNameError(f"nothing has run in {where} yet", None, "headgate run")
    return runs[0].id


def _like_run(name: str) -> bool:
    return all(sign in "0123456789abcdef" for sign in name)


def _run(record: history.RunRecord, events: list[Event]) -> list[str]:
    took = (record.ended_at - record.started_at).total_seconds() if record.ended_at else None
    ended = f" after {took:.1f} s" if took is not None else ""
    told = [
        " · ".join(
            [
                f"run {record.id}",
                record.pipeline,
                f"env {record.environment}",
                f"{record.status}{ended}",
                f"by {record.owner}",
            ]
        ),
        f"  started {record.started_at:%Y-%m-%d %H:%M:%S} UTC",
    ]
    for event in events:
        told.append(f"  {event.at:%H:%M:%S}  {event.kind:<18} {_words(event)}".rstrip())
        if isinstance(event, GateJudged):
            told.extend(f"{'':>14}{line}" for line in _broken(event))
    return told


def _words(event: Event) -> str:
    body = event.as_json()
    match body:
        case {"gate": gate, "dataset": dataset, "verdict": verdict}:
            told = f"{gate} {dataset}: {verdict}, {body['passed']}/{body['total']}"
            aside = body["set_aside"]
            return f"{told}, {counted(aside, 'row')} set aside" if aside else told
        case {"dataset": dataset, "deviation": deviation}:
            return f"{dataset}, {deviation_words(deviation)}"
        case {"dataset": dataset, "rows": rows}:
            return f"{dataset}, {rows:,} rows, version {str(body['version'])[:8]}"
        case {"number": number, "environment": environment}:
            return f"{environment}@{number}"
        case {"status": told} | {"title": told} | {"trigger": told}:
            return str(told)
        case {"reason": reason, "check": check, "user": user}:
            return f"{check}, by {user}: {reason}"
        case {"model": model, "metrics": metrics}:
            return model_words(model, metrics)
        case _:
            return ""


def _broken(event: GateJudged) -> list[str]:
    return [
        f"{o['status']}: {o['description'] or o['kind']}  {o['observed'] or o['message']}"
        for o in event.outcomes
        if o["status"] != "passed"
    ]


def _release(release: Release, made: Sequence[Model]) -> list[str]:
    code = f"{release.code[:8]}{' with changes' if release.dirty else ''}" if release.code else "-"
    told = [
        f"{release.name} · {release.kind} · {release.published_at:%Y-%m-%d %H:%M:%S} UTC",
        f"  run {release.run} · code {code} · {release.because}",
    ]
    rows = [[name, version[:8], "published"] for name, version in release.versions.items()]
    rows += [[name, version[:8], "input"] for name, version in release.inputs.items()]
    told.extend(f"  {line}" for line in table(["dataset", "version", ""], rows))
    told.extend(f"  gate {gate}: {verdict}" for gate, verdict in release.verdicts.items())
    told.extend(f"  model {_model(model)}" for model in made)
    return told


def _model(model: Model) -> str:
    at = f" at {model.location}" if model.location else ""
    return f"{model_words(model.name, model.metrics)}{at}"


def _spans(names: Sequence[tuple[str, int]]) -> str:
    """Releases in few words: `dev@1, prod@2 to prod@5`."""
    spans: list[tuple[str, int, int]] = []
    for environment, number in names:
        if spans and spans[-1][0] == environment and spans[-1][2] == number - 1:
            spans[-1] = (environment, spans[-1][1], number)
        else:
            spans.append((environment, number, number))
    return ", ".join(
        f"{name}@{first}" if first == last else f"{name}@{first} to {name}@{last}"
        for name, first, last in spans
    )


def _dataset(version: Version, aside: int, used: Used) -> list[str]:
    told = [
        " · ".join(
            [
                f"{version.dataset}@{version.id[:8]}",
                counted(version.rows, "row"),
                size(version.size),
                counted(len(version.parts), "file"),
            ]
        ),
        f"  made {version.created_at:%Y-%m-%d %H:%M:%S} UTC by run {version.run}",
    ]
    for name, value in version.inputs.items():
        told.append(f"  from {name} {value[:8]}")
    if used.releases:
        told.append(f"  in {_spans(used.releases)}")
    told.extend(f"  model {_model(model)}, of {model.made_of}" for model in used.models)
    if aside:
        of = f" of version {version.whole[:8]}" if version.whole else ""
        told.append(f"  {counted(aside, 'row')}{of} set aside")
    known = version.statistics
    rows = []
    for column in version.schema.columns:
        entry = known.get(column.name)
        cells = [entry.nulls, entry.low, entry.high] if entry else [None, None, None]
        rows.append([column.name, column.type.value, cells[0], *(_text(c) for c in cells[1:])])
    told.extend(f"  {line}" for line in table(["column", "type", "nulls", "low", "high"], rows))
    return told


def _text(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)[:40]


def _as_json(version: Version, aside: int, used: Used) -> dict[str, Any]:
    return {
        "dataset": version.dataset,
        "version": version.id,
        "rows": version.rows,
        "bytes": version.size,
        "files": len(version.parts),
        "created_at": version.created_at.isoformat(),
        "run": version.run,
        "inputs": dict(version.inputs),
        "whole": version.whole or None,
        "set_aside": aside,
        "releases": [f"{environment}@{number}" for environment, number in used.releases],
        "models": [model.as_json() for model in used.models],
        "columns": version.schema.as_json(),
        "statistics": {
            name: {"nulls": s.nulls, "nans": s.nans, "low": s.low, "high": s.high}
            for name, s in version.statistics.items()
        },
    }
