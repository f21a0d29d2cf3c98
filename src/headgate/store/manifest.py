"""A version: one immutable state of a dataset, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from headgate.schema.schema import Schema
from headgate.schema.statistics import ColumnStatistics, together

JOINED = ", "
"""What stands between the names of the pipelines of a release."""


class Part(Struct, frozen=True):
    """One Parquet object of a version. `digest` is its MD5, the name DVC would give it."""

    digest: str
    size: int
    rows: int
    statistics: Mapping[str, ColumnStatistics] = {}
    path: str = ""
    """The file's name inside a version of several parts; empty when there is one part."""
    unique: tuple[str, ...] = ()
    """Columns in which no two rows of the part agree, as its writer saw."""


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable state of a dataset.

    `id` is the hash DVC would give: the object's MD5, or the `.dir` hash of several parts.
    `inputs` maps the datasets it was computed from to their version ids; for a source it maps
    each delivered file to its content hash. `fingerprint` is that of the step that made it.
    """

    id: str
    dataset: str
    schema: Schema
    parts: tuple[Part, ...]
    created_at: datetime
    run: str
    fingerprint: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    """The parts of the code behind it, by name, so that a later change can be told in words."""
    unique: tuple[str, ...] = ()
    """Columns in which no two rows agree, whichever parts they are in, as its writer saw."""
    merged: Mapping[str, ColumnStatistics] | None = field(default=None, compare=False, repr=False)
    """The statistics of all parts together, where they were put together before."""
    whole: str = ""
    """The id of what was ingested or computed, where this is what a gate left of it."""
    aside: str = ""
    """The version of `_quarantine/<dataset>` with the rows that are not in this one."""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def statistics(self) -> Mapping[str, ColumnStatistics]:
        """The statistics of all parts together, one entry a column; empty where a part has none."""
        if self.merged is not None:
            return self.merged
        return together(part.statistics for part in self.parts)


class Release(Struct, frozen=True):
    """What readers of an environment see: one version of every published dataset.

    `kind` says how it came to be: by a `publish` or a `promote` of a run, by a `rollback`, or as a
    `branch` of another environment, which a `refresh` moves. `verdicts` and `metrics` are those of
    the run that published it. `inputs` are the versions that the environment holds and readers do
    not see: sources, and steps that are not published.
    """

    environment: str
    number: int
    versions: Mapping[str, str]
    published_at: datetime
    run: str
    pipeline: str
    kind: str = "publish"
    because: str = ""
    code: str | None = None
    """The Git commit of the project's code; None outside a repository."""
    dirty: bool = False
    """True where the working tree had changes that the commit does not have."""
    inputs: Mapping[str, str] = {}
    verdicts: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}
    user: str = ""
    """Who made it, where a person did: rolled back, promoted, made or moved an environment."""
    restores: int | None = None
    """The number of the release that a rollback brought back."""
    only: str | None = None
    """The dataset that a rollback was about; None where it was about all of them."""
    origin: str = ""
    """The release of another environment that the pointers came from: `dev@4`."""

    @property
    def name(self) -> str:
        return f"{self.environment}@{self.number}"

    @property
    def state(self) -> dict[str, str]:
        """The version of every dataset, those that readers do not see too."""
        return {**self.inputs, **self.versions}

    @property
    def pipelines(self) -> tuple[str, ...]:
        """The pipelines whose datasets it brought; a promotion may bring those of several."""
        return tuple(self.pipeline.split(JOINED))
