"""The same rows in fewer files: what many small deliveries left is joined.

It is a run in which a source takes a version that holds the rows it held. All gates judge that
version, the steps that read it are computed again, and one transaction publishes what comes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from msgspec import Struct

from headgate.engines.engine import Frame
from headgate.errors import UsageError
from headgate.pipelines.pipeline import Rows
from headgate.runs.claim import Claim
from headgate.runs.job import Job
from headgate.runs.plan import Plan, Reuse, plan
from headgate.runs.tools import Tools
from headgate.runs.writing import joined, store_each
from headgate.schema.statistics import together
from headgate.store import holdings, refs, versions
from headgate.store.manifest import Part, Version
from headgate.store.readers import Lease

ROWS = 1_000_000
"""Rows of a part, unless somebody says another number."""


class Compaction(Struct, frozen=True):
    """What a person asks for: sources of one pipeline, in parts of at most so many rows.

    A part that has more is left as it is.
    """

    datasets: tuple[str, ...]
    rows: int = ROWS


def small(job: Job, tools: Tools, rows: int) -> list[str]:
    """The sources of a pipeline that would have fewer parts."""
    with tools.ledger.snapshot() as tx:
        held = refs.held(tx, job.environment)
        known = [
            holdings.find_whole(tx, job.environment, name, held[name])
            for name in job.sources
            if name in held
        ]
    return [
        version.dataset
        for version in known
        if version and not _fixed(job, version.dataset) and _fewer(version, rows)
    ]


def planned(job: Job, tools: Tools, asked: Compaction, claim: Claim) -> Plan:
    """What a run does that joins the parts of sources, which are written here.

    Raises UsageError where a source's files follow from its declaration, where nothing would be
    joined, and where a run would do something else too.
    """
    for name in asked.datasets:
        if because := _fixed(job, name):
            raise UsageError(f"{name} cannot be compacted: {because}", None, _HINT)
    before = plan(job, tools)
    if not before.changes_nothing:
        raise UsageError(
            f"{job.pipeline.name} has something else to do first",
            None,
            "headgate plan shows it, headgate run does it; compact afterwards",
        )
    held = {each.dataset: each for each in before.actions if isinstance(each, Reuse)}
    decided = {name: held[name] for name in job.sources}
    for name in asked.datasets:
        whole = held[name].version
        if not _fewer(whole, asked.rows):
            raise UsageError(
                f"{name} is not in more parts than its rows need",
                None,
                f"{len(whole.parts):,} of at most {asked.rows:,} rows; say another number: --rows",
            )
        version = _compacted(tools, whole, job.sources[name].source.key, asked.rows, claim)
        told = f"compacted {len(whole.parts):,} parts into {len(version.parts):,}"
        decided[name] = Reuse(name, version, told)
    return plan(job, tools, decided=decided)


# ------------------------------------------------------------------ inside

_HINT = "only what arrives: append leaves a file for each delivery"


def _fixed(job: Job, name: str) -> str:
    """Why the files of a dataset are as its declaration wants them; empty where they are not."""
    if name in job.steps:
        return "it is the output of a step, which writes the files that its partition_by says"
    source = job.sources[name].source
    if isinstance(source.partition_by, Rows):
        return f"what arrives fills its files up to {source.partition_by.rows:,} rows"
    if source.partition_by:
        return f"partition_by: {', '.join(source.partition_by)} says which files it has"
    return "" if source.arrives == "append" else "it is one file"


def _groups(parts: Sequence[Part], rows: int) -> Iterator[Sequence[Part]]:
    """Parts that stand beside each other, as many as fit into one."""
    starts, filled = [0], 0
    for place, part in enumerate(parts):
        if filled and filled + part.rows > rows:
            starts.append(place)
            filled = 0
        filled += part.rows
    yield from (parts[start:end] for start, end in pairwise([*starts, len(parts)]))


def _fewer(version: Version, rows: int) -> bool:
    return len(list(_groups(version.parts, rows))) < len(version.parts)


def _compacted(tools: Tools, held: Version, key: Sequence[str], rows: int, claim: Claim) -> Version:
    """The rows of a version in fewer parts, in the store and in the record."""
    groups = list(_groups(held.parts, rows))
    with Lease(tools.objects) as lease:
        lease.require([held], "headgate run reads it again; nothing was changed")
        # one part alone needs no name
        taken = {
            group[0].path if len(groups) > 1 else "": partial(_read, tools, held, group)
            for group in groups
            if len(group) > 1
        }
        fresh = [each.part for each in store_each(tools, claim.run, taken, key)]
    kept = [group[0] for group in groups if len(group) == 1]
    parts = joined(kept, fresh)
    version = replace(
        held,
        id=versions.gather(tools.objects, claim.run, parts),
        parts=parts,
        run=claim.run,
        fingerprint="",
        merged=together(part.statistics for part in parts),
    )
    with tools.ledger.transaction() as tx:
        claim.fence(tx)
        versions.record(tx, version)
    return version


def _read(tools: Tools, held: Version, parts: Sequence[Part]) -> Frame:
    some = replace(held, parts=tuple(parts), merged=None)
    return tools.engine.stack([versions.table(tools.objects, some)], ())
