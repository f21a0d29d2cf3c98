"""A run that is going on: what it has made so far, and the record it keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from headgate.engines.engine import Frame
from headgate.ledger.events import Event, StageStarted
from headgate.runs.claim import Claim
from headgate.runs.gate import Judgement, Waiver
from headgate.runs.job import Job
from headgate.runs.plan import Plan
from headgate.runs.tools import Tools
from headgate.runs.verdicts import Left
from headgate.schema.table import Table
from headgate.store import versions
from headgate.store.manifest import Part, Version


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a version before its rows are written."""

    fingerprint: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    sort_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Going:
    """One run in progress. `made` are the candidate versions, which nobody else sees yet."""

    id: str
    job: Job
    tools: Tools
    plan: Plan
    claim: Claim
    waiver: Waiver | None
    made: dict[str, Version] = field(default_factory=dict)
    judged: list[Judgement] = field(default_factory=list)
    forced: bool = False
    retry: bool = False
    """Whether triggers that failed are started again."""
    stage: int = 0
    waived: list[tuple[Judgement, str, str, Left]] = field(default_factory=list)
    """Judgements that a person's word opened, with their version, the key of their checks, and what
    was left of it."""
    wholes: dict[str, Version] = field(default_factory=dict)
    """What was read or computed behind the candidates that rows were set aside from."""
    fresh: dict[str, int] = field(default_factory=dict)
    """Bytes that were new to the store, by dataset; a dataset that is not here was there."""

    def begin_stage(self, title: str) -> None:
        self.stage += 1
        self.note(StageStarted(run=self.id, at=self.now, number=self.stage, title=title))

    @property
    def now(self) -> datetime:
        return self.tools.now()

    def note(self, *events: Event) -> None:
        """Events of this run, recorded at once."""
        self.tools.ledger.append(*events)

    def table(self, dataset: str) -> Table:
        """A candidate as a table to read."""
        return versions.table(self.tools.objects, self.made[dataset])

    def keep(self, dataset: str, frame: Frame, draft: Draft) -> Version:
        """The frame, written into the store as a version that nobody sees yet."""
        temporary = self.tools.objects.temporary(self.id)
        written = self.tools.engine.write(frame, temporary, sort_by=draft.sort_by)
        with ThreadPoolExecutor(1) as beside:  # the file is hashed while its frame is described
            keeping = beside.submit(self.tools.objects.keep, temporary)
            statistics = self.tools.engine.describe(frame)
        kept = keeping.result()
        if kept.new:
            self.fresh[dataset] = kept.size
        part = Part(kept.digest, kept.size, written.rows, statistics, unique=written.unique)
        return Version(
            id=kept.digest,
            dataset=dataset,
            schema=written.schema,
            parts=(part,),
            created_at=self.now,
            run=self.id,
            fingerprint=draft.fingerprint,
            inputs=draft.inputs,
            code=draft.code,
        )

    def record(self, version: Version, *events: Event) -> None:
        """A version and what is said of it, in one transaction that only the holder may make."""
        with self.tools.ledger.transaction() as tx:
            self.claim.fence(tx)
            versions.record(tx, version)
            tx.append(*events)
