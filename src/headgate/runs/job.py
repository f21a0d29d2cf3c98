"""Everything a run needs to know of a pipeline, resolved and handed down as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from headgate.checks.check import Check
from headgate.checks.metric import tables_of
from headgate.contracts.service_levels.cadence import Cadence
from headgate.engines.engine import Format
from headgate.ledger.ledger import Transaction
from headgate.pipelines.fingerprint import Fingerprint
from headgate.pipelines.pipeline import Pipeline, Source, Step
from headgate.pipelines.step import StepCode
from headgate.schema.types import LogicalType


class SourceJob(Struct, frozen=True):
    """A source with its file format, its column types and its checks. `where` declares it."""

    name: str
    source: Source
    form: Format
    types: Mapping[str, LogicalType]
    checks: tuple[Check, ...]
    where: str


class StepJob(Struct, frozen=True):
    """A step with its code, what the code amounts to, and the checks of its output."""

    name: str
    step: Step
    code: StepCode
    fingerprint: Fingerprint
    checks: tuple[Check, ...]


class Job(Struct, frozen=True):
    """A pipeline in an environment: sources, steps in the order they run, and checks."""

    pipeline: Pipeline
    environment: str
    sources: Mapping[str, SourceJob]
    steps: Mapping[str, StepJob]
    quality: Mapping[str, tuple[Check, ...]]
    """The checks of the last gate, on published datasets."""
    linked: bool = True
    """Whether declared paths are linked into the working tree."""
    fixed: str = ""
    """The release that sources are fixed at, such as `prod@3`; empty where they move."""
    sealed: bool = False
    """Whether files of sources are never read: what a sandbox has no sample of it does not get."""

    cadences: Mapping[str, Cadence] = {}
    """How often new data of a dataset is expected, where its contract says."""
    require: Callable[[Transaction], None] | None = None
    """Raises where the environment is not there any more. It is asked where a run begins."""

    @property
    def datasets(self) -> tuple[str, ...]:
        return (*self.sources, *self.steps)

    @property
    def published(self) -> tuple[str, ...]:
        return tuple(self.pipeline.published)

    def path(self, dataset: str) -> str | None:
        """Where the published dataset is linked in the working tree."""
        job = self.steps.get(dataset)
        return job.step.path if job and self.linked and dataset in self.published else None


def beside(checks: Iterable[Check]) -> tuple[str, ...]:
    """The other datasets that checks compare with."""
    return tuple(sorted({name for check in checks for name in tables_of(check.metric)}))


def declared_checks(job: Job) -> dict[str, tuple[Check, ...]]:
    """The checks that the own gate of each dataset judges, in the order of the datasets."""
    sources = {name: source.checks for name, source in job.sources.items()}
    return sources | {name: step.checks for name, step in job.steps.items()}


def checks_of_gates(job: Job) -> dict[str, tuple[Check, ...]]:
    """The checks of all gates that each dataset passes: its own, and the last one."""
    return {
        name: (*checks, *job.quality.get(name, ())) for name, checks in declared_checks(job).items()
    }
