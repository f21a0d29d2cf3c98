"""A file that lies where a source of the project takes it in, judged as the source says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.checks.verify import Verify, engine_for, table_for
from headgate.pipelines.paths import matches
from headgate.runs.compared import Judged, released, released_tables
from headgate.runs.delivered import counted, promises
from headgate.runs.gate import Judgement
from headgate.runs.job import SourceJob, beside
from headgate.runs.reading import Reading
from headgate.runs.validation import judge_file
from headgate.schema.table import Table
from headgate.store import refs
from headgate.workspace.held import held_tables
from headgate.workspace.resolve import source_job
from headgate.workspace.workspace import Workspace


def source_of(workspace: Workspace, path: Path) -> SourceJob | None:
    """The source whose path names a file, the first where there are more; None where none does.

    The path is absolute, as that of the project is.
    """
    name = os.path.relpath(path, workspace.tools.root)
    for declared in workspace.project.pipelines.values():
        for source, found in declared.pipeline.sources.items():
            if matches(Path(name).as_posix(), found.path):
                return source_job(workspace.project, declared, source)
    return None


def judge_delivery(
    workspace: Workspace,
    path: Path,
    suite: Sequence[Check] | None,
    verify: Verify,
    reading: Reading,
) -> Judgement:
    """The judgement of the file alone, by a suite or else by what its source declares.

    Its checks compare with the datasets that are held now.
    """
    source = reading.source
    assert source is not None
    asked = [*promises(source, first=True), *source.checks] if suite is None else suite
    engine = engine_for(verify, workspace.tools.engine)
    tables = {
        name: table_for(verify, engine, table)
        for name, table in (held_tables(workspace) | _earlier(workspace, source, asked)).items()
    }
    judged = judge_file(engine, path, asked, verify, reading, tables)
    return replace(judged, outcomes=tuple(counted(judged.outcomes)))


def _earlier(workspace: Workspace, source: SourceJob, checks: Sequence[Check]) -> dict[str, Table]:
    """The releases that checks compare with; the one before the file is the one that is held."""
    name, environment = source.name, workspace.environment
    with workspace.tools.ledger.snapshot() as tx:
        arriving = Judged(environment, name, "", refs.held(tx, environment).get(name))
        ids = released(tx, arriving, beside(checks))
        return released_tables(tx, workspace.tools.objects, name, ids)
