"""What the checks of a gate compare with: other datasets of the same run, and releases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from headgate.checks.check import Check, OnFail
from headgate.checks.released import SERVED, is_release, numbered
from headgate.errors import DeclarationError, UnknownNameError
from headgate.ledger.ledger import Transaction
from headgate.runs.job import Job, beside
from headgate.runs.verdicts import ON_TOP_OF
from headgate.schema.table import Table
from headgate.store import appearances, holdings, releases, versions
from headgate.store.manifest import Version
from headgate.store.objects import Objects


class Judged(Struct, frozen=True):
    """A version at a gate, and the one that the environment holds by then.

    `whole` says that the version is one that was read or computed, and not what is left of it.
    """

    environment: str
    dataset: str
    version: str
    held: str | None
    whole: bool = False


class Standing(Struct, frozen=True):
    """What an environment holds of a job, by the time that its gates judge.

    `held` are the versions, `wholes` those that were read or computed behind them, before rows were
    set aside.
    """

    job: Job
    held: Mapping[str, str]
    wholes: Mapping[str, str]

    def at_own_gate(self, dataset: str, whole: str) -> Judged:
        """What was read or computed, at the gate of its dataset."""
        held = self.held.get(dataset)
        return Judged(self.job.environment, dataset, whole, held, whole=True)

    def at_publish_gate(self, dataset: str, version: str) -> Judged:
        """What is to be published, at the last gate."""
        return Judged(self.job.environment, dataset, version, self.held.get(dataset))


def released(tx: Transaction, judged: Judged, names: Iterable[str]) -> dict[str, str]:
    """The versions of a dataset that names of releases stand for, as far as there are any.

    The release before a version is the one that is held, and once the version is held itself, or
    what is left of it, the one that it took the place of: so a verdict that was given stays when it
    is published.
    """
    found = {name: _released(tx, judged, name) for name in names if is_release(name)}
    return {name: id_ for name, id_ in found.items() if id_ is not None}


def _released(tx: Transaction, judged: Judged, name: str) -> str | None:
    if name == SERVED:
        served = judged.held
        while served is not None and _is_at_gate(tx, judged, served):
            served = appearances.before(tx, judged.environment, judged.dataset, served)
        return served
    place = numbered(name)
    release = releases.find(tx, *place) if place else None
    return release.state.get(judged.dataset) if release else None


def _is_at_gate(tx: Transaction, judged: Judged, version: str) -> bool:
    """Whether a version is the one at the gate, or what is left of it."""
    if not judged.whole:
        return version == judged.version
    found = holdings.find_whole(tx, judged.environment, judged.dataset, version)
    return found is not None and found.id == judged.version


def released_tables(
    tx: Transaction, objects: Objects, dataset: str, ids: Mapping[str, str]
) -> dict[str, Table]:
    """The tables of those versions of a dataset."""
    found = {name: versions.find(tx, dataset, id_) for name, id_ in ids.items()}
    return {name: versions.table(objects, kept) for name, kept in found.items() if kept}


def on_top_of(tx: Transaction, objects: Objects, whole: Version, held: str | None) -> Table | None:
    """What the delivery came on top of that made a version; None once that is held itself."""
    base = whole.code.get(ON_TOP_OF) if whole.id != held else None
    found = versions.find(tx, whole.dataset, base) if base else None
    return versions.table(objects, found) if found and versions.present(objects, found) else None


def judging_order(job: Job) -> tuple[str, ...]:
    """The sources in the order in which their gates judge them."""
    return tuple(name for judged in turns(job).values() for name in judged)


def turns(job: Job) -> dict[str, tuple[str, ...]]:
    """For each source, in the order in which they are read, those that are judged after it is.

    A source is judged once it is read, and after those that its checks speak of. Where sources
    speak of each other, all are read before the first of them is judged.
    """
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[str] = []
    unread = list(job.sources)
    for name in job.sources:
        unread.remove(name)
        waiting.append(name)
        order = []
        while (ready := _next(job, waiting, unread)) is not None:
            waiting.remove(ready)
            order.append(ready)
        found[name] = tuple(order)
    return found


def _next(job: Job, waiting: Sequence[str], unread: Sequence[str]) -> str | None:
    for name in waiting:
        others = set(beside(job.sources[name].checks)) - {name}
        if others.isdisjoint({*unread, *waiting}):
            return name
    return None if unread else next(iter(waiting), None)


def require_made_before(job: Job) -> None:
    """Raises DeclarationError where a check compares with a dataset that is not there by then.

    All sources are read before one is compared with another; a step is judged before the next one
    runs; and the last gate sees everything. Nor may rows be set aside of sources that speak of each
    other: what is left of the second would no longer be what the first was compared with.
    """
    order = judging_order(job)
    for place, name in enumerate(order):
        for check in job.sources[name].checks:
            later = [other for other in beside([check]) if other in order[place + 1 :]]
            if later and any(_sets_aside(job, each) for each in (name, *later)):
                raise DeclarationError(
                    f"{name} and {later[0]} speak of each other, and rows of them are set aside",
                    check.where,
                    "leave out on_fail: quarantine, or say one of both among the checks of a step",
                )
    for dataset, check, there in _gates(job):
        for name in beside([check]):
            if is_release(name):
                continue
            if name not in job.datasets:
                raise UnknownNameError.of("dataset", name, job.datasets, check.where)
            if name not in there:
                raise DeclarationError(
                    f"{name} is made after {dataset}, which is to be compared with it",
                    check.where,
                    f"say it among the checks of {name}, or of a step after it",
                )


def _sets_aside(job: Job, source: str) -> bool:
    return any(check.on_fail is OnFail.QUARANTINE for check in job.sources[source].checks)


def _gates(job: Job) -> Iterator[tuple[str, Check, Collection[str]]]:
    """Each check with its dataset, and the datasets that are there when it is judged."""
    there = list(job.sources)
    for name, source in job.sources.items():
        yield from ((name, check, there) for check in source.checks)
    for name, step in job.steps.items():
        there = [*there, name]
        yield from ((name, check, there) for check in step.checks)
    for name, checks in job.quality.items():
        yield from ((name, check, there) for check in checks)
