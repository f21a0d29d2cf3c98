"""What of a change data depends on: steps, sources and gates that are not what they were.

A step is told by its fingerprint, so that a comment or a description is no change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from headgate.checks.check import Check
from headgate.contracts.changes.consumer import Reader
from headgate.pipelines import fingerprint
from headgate.runs.job import Job, SourceJob, StepJob, checks_of_gates

OTHERWISE = "its declaration changed"
"""Why a source is not what it was."""
FED = "its files changed"
"""Why a source that is declared as it was gives other rows: Git has its files."""


class Change(Struct, frozen=True):
    """A dataset of a pipeline that is declared or made otherwise. `kind` is changed, added or removed."""

    pipeline: str
    dataset: str
    kind: str
    because: str
    where: str
    downstream: tuple[str, ...] = ()
    """The datasets that are made of it, in the order they are made."""
    consumers: tuple[str, ...] = ()
    """Who reads it or what is made of it: steps, triggers, and others that say so."""


class Changes(Struct, frozen=True):
    """All changes, pipeline by pipeline."""

    found: tuple[Change, ...]

    @property
    def pipelines(self) -> tuple[str, ...]:
        """The pipelines that anything changed in."""
        return tuple(dict.fromkeys(each.pipeline for each in self.found))


def changes(
    head: Mapping[str, Job],
    base: Mapping[str, Job],
    readers: Sequence[Reader] = (),
    fed: Collection[tuple[str, str]] = (),
) -> Changes:
    """What differs between the pipelines as they are and as they were.

    `fed` are the pipelines and sources whose files differ.
    """
    found = [
        change
        for name in dict.fromkeys((*head, *base))
        for change in _of_pipeline(name, head.get(name), base.get(name), readers, fed)
    ]
    return Changes(tuple(found))


def consumers_of(job: Job, dataset: str, readers: Sequence[Reader] = ()) -> tuple[str, ...]:
    """Who reads a dataset, or what is made of it: steps, triggers, and `readers` that say so."""
    below = downstream(job, [dataset])
    touched = {dataset, *below}
    seen = touched & set(job.published)
    triggers = [f"trigger {each.label}" for each in job.pipeline.on_publish] if seen else []
    told = [str(each) for each in readers if touched & set(each.reads)]
    return (*(f"step {name}" for name in below), *triggers, *told)


def downstream(job: Job, datasets: Iterable[str]) -> tuple[str, ...]:
    """The datasets that are made of these, in the order they are made."""
    reached, found = set(datasets), []
    for name, step in job.steps.items():
        if name not in reached and reached & set(step.code.inputs.values()):
            reached.add(name)
            found.append(name)
    return tuple(found)


# ------------------------------------------------------------------ inside


def _of_pipeline(
    name: str,
    head: Job | None,
    base: Job | None,
    readers: Sequence[Reader],
    fed: Collection[tuple[str, str]],
) -> list[Change]:
    there = head or base
    assert there is not None
    names = dict.fromkeys((*(head.datasets if head else ()), *(base.datasets if base else ())))
    found = []
    for dataset in names:
        new, old = _told(head, dataset), _told(base, dataset)
        is_fed = (name, dataset) in fed
        if new == old and not is_fed:
            continue
        job = head if head and dataset in head.datasets else base
        assert job is not None
        kind = "added" if old is None else "removed" if new is None else "changed"
        found.append(
            Change(
                name,
                dataset,
                kind,
                _because(head, base, dataset, FED if is_fed else "")
                if kind == "changed"
                else f"it is {_WORDS[kind]}",
                _where(job, dataset),
                downstream(job, [dataset]),
                consumers_of(job, dataset, readers),
            )
        )
    return found


_WORDS = {"added": "new", "removed": "gone"}


def _told(job: Job | None, dataset: str) -> tuple[Any, ...] | None:
    """All that the data of a dataset, and what its gates let through, depend on."""
    if job is None or dataset not in job.datasets:
        return None
    return (_of_dataset(job, dataset), _of_gates(job, dataset), _served(job, dataset))


def _served(job: Job, dataset: str) -> tuple[bool, str | None]:
    """Whether readers find it, and the file of the working tree in which they do."""
    published = dataset in job.published
    return published, job.steps[dataset].step.path if published and dataset in job.steps else None


def _of_dataset(job: Job, dataset: str) -> tuple[Any, ...]:
    if dataset in job.steps:
        return _of_step(job.steps[dataset])
    return _of_source(job.sources[dataset])


def _of_step(step: StepJob) -> tuple[Any, ...]:
    return (step.fingerprint.digest, tuple(step.step.key))


def _of_source(source: SourceJob) -> tuple[Any, ...]:
    declared = source.source.model_dump_json(exclude={"description", "checks", "expect"})
    return (declared, tuple(sorted(source.types.items())))


def _of_gates(job: Job, dataset: str) -> tuple[Any, ...]:
    return tuple(sorted(_of_check(check) for check in checks_of_gates(job)[dataset]))


def _of_check(check: Check) -> tuple[str, ...]:
    limit = repr(check.limit)
    return (check.id, check.kind, check.severity.value, check.on_fail.value, limit)


def _because(head: Job | None, base: Job | None, dataset: str, also: str) -> str:
    assert head is not None
    assert base is not None
    told = []
    if dataset in head.steps and dataset in base.steps:
        sides = (base.steps[dataset].fingerprint.parts, head.steps[dataset].fingerprint.parts)
        told = fingerprint.changes(*sides)[:3]
    elif _of_dataset(head, dataset) != _of_dataset(base, dataset):
        told = [OTHERWISE]
    if _of_gates(head, dataset) != _of_gates(base, dataset):
        told.append("its checks changed")
    if (dataset in head.published) != (dataset in base.published):
        told.append("it is published" if dataset in head.published else "it is not published")
    elif _served(head, dataset) != _served(base, dataset):
        told.append("its file is another")
    return "; ".join([*told, *([also] if also else [])]) or OTHERWISE


def _where(job: Job, dataset: str) -> str:
    if dataset in job.sources:
        return job.sources[dataset].where
    return job.steps[dataset].code.where
