"""`data export`: a table as a file for other tools."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from headgate.cli.amounts import counted
from headgate.cli.named import Named, of_release, version_named
from headgate.cli.output import Output
from headgate.engines.engine import Engine
from headgate.engines.types import quoted
from headgate.errors import StoreError, UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.project.access import Right, require
from headgate.schema.table import Table
from headgate.store import versions
from headgate.store.named import release_at
from headgate.store.readers import require_held
from headgate.workspace.known import known_dataset
from headgate.workspace.workspace import Workspace, opened

PORTION = 100_000  # rows in memory at once


@click.command()
@click.argument("dataset")
@click.argument("file")
@click.option(
    "--at", metavar="RELEASE", help="The release: 3, prod@3, a tag, or the time it was served at."
)
@click.pass_obj
def command(output: Output, dataset: str, file: str, at: str | None) -> None:
    """Write DATASET to FILE, a .csv or .parquet file that is not there yet.

    It is the dataset as it is held now, or that of a release (train_clean@3, train_clean@prod@3),
    or a version (train_clean@ID). All its rows are written, however many files they are kept in.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        named = version_named(workspace, dataset) if at is None else _at(workspace, dataset, at)
        version, objects = named.version, workspace.tools.objects
        require(workspace.settings, workspace.tools, Right.READ_RAW, *named.environments)
        require_held(objects, version)
        path = Path(output.directory, file)
        require_writable(path)
        through = named.environments[0]
        note_export(workspace, through, version.dataset, version=version.id, file=file)
        export(workspace.tools.engine, versions.table(objects, version), path)
    if output.json:
        body = {
            "dataset": version.dataset,
            "name": named.name,
            "version": version.id,
            "rows": version.rows,
            "file": file,
        }
        output.document("headgate.export/1", body)
    output.echo(f"✓ {counted(version.rows, 'row')} of {version.dataset}@{named.name} are in {file}")


def note_export(workspace: Workspace, environment: str, subject: str, **more: str) -> None:
    """Says in the audit log that rows are about to leave the store."""
    tools = workspace.tools
    act = Act(tools.now(), tools.user, "export", environment, subject, more)
    with tools.ledger.transaction(durable=True) as tx:
        audit.record(tx, act)


def _at(workspace: Workspace, dataset: str, at: str) -> Named:
    """The version of a dataset in the release that is named so."""
    known_dataset(workspace, dataset)
    with workspace.tools.ledger.snapshot() as tx:
        release = release_at(tx, workspace.environment, at)
    held = of_release(workspace, release)
    if dataset not in held:
        raise UnknownNameError.of("dataset", dataset, held, release.name)
    return held[dataset]


def require_writable(path: Path) -> None:
    """Raises UsageError where `export` could not write: another kind of file, one that is there, or no folder."""
    if path.suffix not in {".csv", ".parquet"}:
        raise UsageError(f"cannot write {path.name!r}", hint="name a .csv or a .parquet file")
    if path.exists():
        raise UsageError(f"{path} is there already", hint="name another file, or remove it")
    if not path.parent.is_dir():
        raise UsageError(f"no such folder: {path.parent}", hint="make it, or name another")


def export(engine: Engine, table: Table, path: Path) -> None:
    """Writes all rows of a table to a `.csv` or `.parquet` file that is not there yet.

    Raises UsageError as `require_writable` does; StoreError where it cannot be written, and then
    leaves none.
    """
    require_writable(path)
    beside = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".csv":
            _write_csv(engine, table, beside)
        elif len(table.paths) == 1:
            shutil.copyfile(table.paths[0], beside)
        else:
            engine.copy(table, beside)
        beside.replace(path)
    except OSError as error:
        raise StoreError(f"it cannot be written: {error.strerror}", str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def _write_csv(engine: Engine, table: Table, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.schema.names)
        for portion in _portions(engine, table):
            writer.writerows(portion)


def _portions(engine: Engine, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in order, some at a time: of file after file, so that none is passed over often."""
    names = ", ".join(map(quoted, table.schema.names))
    statement = f"select {names} from data limit ? offset ?"  # noqa: S608 - names are quoted
    for path in table.paths:
        one, start = Table(table.name, (path,), table.schema, table.rows), 0
        while portion := engine.measure(one, statement, [PORTION, start]):
            yield portion
            start += PORTION
            if len(portion) < PORTION:
                break
