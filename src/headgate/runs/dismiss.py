"""Rows that could not be read, let go by a person: they were delivered again, or are not wanted."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from headgate.checks.set_aside import apart_from
from headgate.errors import UnknownNameError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.events import RowsDismissed
from headgate.runs.claim import claim
from headgate.runs.delivered import well_formed
from headgate.runs.job import Job, SourceJob
from headgate.runs.tools import Tools
from headgate.runs.writing import Draft, write_version
from headgate.store import holdings, refs, versions
from headgate.store.manifest import Version


def dismiss(job: Job, tools: Tools, source: SourceJob, file: str, reason: str) -> int:
    """How many rows of a file that could not be read are not in the quarantine any more.

    Nothing else changes: they were never in a version. Raises UnknownNameError where the file has
    no such row, BusyError while a run of the pipeline is going on.
    """
    run = secrets.token_hex(4)
    with claim(tools.ledger, f"{job.pipeline.name}@{job.environment}", run=run) as taken:
        found = [
            (each, _without(tools, run, each, source, file))
            for each in _with_rows_aside(job, tools, source.name)
        ]
        if not any(rows for _, (rows, _) in found):
            raise UnknownNameError(
                f"no row of {source.name} in quarantine that could not be read is from {file!r}",
                None,
                f"headgate quality replay {source.name} --dry-run",
            )
        rows = max(rows for _, (rows, _) in found)
        with tools.ledger.transaction(durable=True) as tx:
            taken.fence(tx)
            for version, (_, kept) in found:
                if kept:
                    versions.record(tx, kept)
                left = replace(version, aside=kept.id if kept else "")
                holdings.adopt(tx, job.environment, left)
            tx.append(
                RowsDismissed(
                    run=run,
                    at=tools.now(),
                    dataset=source.name,
                    file=file,
                    rows=rows,
                    reason=reason,
                    user=tools.user,
                )
            )
            body = {"file": file, "rows": rows, "reason": reason}
            act = Act(tools.now(), tools.user, "dismiss", job.environment, source.name, body)
            audit.record(tx, act)
    return rows


def _with_rows_aside(job: Job, tools: Tools, dataset: str) -> Sequence[Version]:
    """What is held of a dataset and its whole, as far as rows are kept beside them."""
    with tools.ledger.snapshot() as tx:
        held = refs.held(tx, job.environment).get(dataset)
        finds = (holdings.find, holdings.find_whole) if held else ()
        found = [find(tx, job.environment, dataset, held or "") for find in finds]
    by_id = {each.id: each for each in found if each and each.aside}
    return list(by_id.values())


def _without(
    tools: Tools, run: str, version: Version, source: SourceJob, file: str
) -> tuple[int, Version | None]:
    """How many rows beside a version are let go, and the version of those that stay."""
    with tools.ledger.snapshot() as tx:
        kept = versions.quarantined(tx, version)
    assert kept is not None
    table = versions.table(tools.objects, kept)
    rest = apart_from(table, well_formed(source).id, file)
    if rest.height == kept.rows:
        return 0, kept
    if not rest.height:
        return kept.rows, None
    draft = Draft(inputs={version.dataset: version.whole or version.id})
    made, _ = write_version(tools, run, kept.dataset, rest, draft)
    return kept.rows - rest.height, made
