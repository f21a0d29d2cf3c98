"""A run that is going on: what it has made so far, and the record it keeps of it."""

from __future__ import annotations

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
from headgate.runs.writing import Draft, Fresh, write_version
from headgate.schema.table import Table
from headgate.store import versions
from headgate.store.manifest import Version
from headgate.store.readers import Lease


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
    replays: str = ""
    """The dataset whose rows a person has judged again, where the run is for that."""
    compacts: tuple[str, ...] = ()
    """The datasets whose parts a person has joined, where the run is for that."""
    stage: int = 0
    waived: list[tuple[Judgement, str, str, Left]] = field(default_factory=list)
    """Judgements that a person's word opened, with their version, the key of their checks, and what
    was left of it."""
    wholes: dict[str, Version] = field(default_factory=dict)
    """What was read or computed behind the candidates that rows were set aside from."""
    fresh: dict[str, Fresh] = field(default_factory=dict)
    """What was new to the store, by dataset; a dataset that is not here was there."""
    shared: bool = False
    """Whether other workers were alive that could compute steps of it, when it last looked."""

    lease: Lease = field(init=False)
    """Keeps what the run relies on in the store until it ends."""

    def __post_init__(self) -> None:
        self.lease = Lease(self.tools.objects)

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
        version, self.fresh[dataset] = write_version(self.tools, self.id, dataset, frame, draft)
        return version

    def hold(self, *wanted: Version) -> None:
        """Keeps versions in the store while this run goes on.

        Raises StoreError where one of them went since it was found.
        """
        self.lease.require(wanted, "run again to make it anew; nothing was published")

    def record(self, version: Version, *events: Event) -> None:
        """A version and what is said of it, in one transaction that only the holder may make."""
        self.hold(version)
        with self.tools.ledger.transaction() as tx:
            self.claim.fence(tx)
            versions.record(tx, version)
            tx.append(*events)
