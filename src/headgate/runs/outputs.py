"""The published datasets in the working tree: linked files, and the DVC pointers beside them."""

from __future__ import annotations

from headgate.errors import StoreError
from headgate.ledger.events import Event, OutputLinked
from headgate.runs import pointers
from headgate.runs.job import Job
from headgate.runs.tools import Tools
from headgate.store import checkout, dvc, releases, versions
from headgate.store.manifest import Release, Version


def refresh(job: Job, tools: Tools, release: Release, run: str) -> list[Event]:
    """Links every declared path to the release that is served, and gives what had to be changed.

    That is the given release, or a newer one that came meanwhile: a process that slept must not put
    back what another one put there. Where the project wants it, the pointers are committed to Git.

    It is called after each publish and rollback and at the end of each run, held ones too, so
    that a crash between the pointer's move and the links is mended by the next. An output whose
    object is gone is linked by the run that makes it again.
    """
    changed: list[Event] = []
    done: Release | None = None
    while done != (newest := _served(tools, release)):
        done = newest
        changed += _link(job, tools, newest, run)
    return changed


def _served(tools: Tools, release: Release) -> Release:
    with tools.ledger.snapshot() as tx:
        return releases.current(tx, release.environment) or release


def _link(job: Job, tools: Tools, release: Release, run: str) -> list[Event]:
    changed: list[Event] = []
    linked: dict[str, Version] = {}
    for dataset, version_id in release.versions.items():
        path = job.path(dataset)
        if path is None:
            continue
        with tools.ledger.snapshot() as tx:
            version = versions.find(tx, dataset, version_id)
        if version is None:
            raise StoreError(f"{release.name} names a version of {dataset} that is not recorded")
        if not versions.present(tools.objects, version):
            continue
        if moved := put(tools, version, path, run):
            changed.append(moved)
        if tools.dvc:
            linked[path] = version
    return [*changed, *pointers.commit(tools, release, run, linked)]


def put(tools: Tools, version: Version, path: str, run: str) -> OutputLinked | None:
    """Links a version at a path of the project; None where it was there already.

    One process at a time may link a path: hold the claim of its pipeline.
    """
    target, moved = tools.root / path, None
    if not checkout.linked(tools.objects, version, target):
        aside = checkout.link(tools.objects, version, target)
        moved = OutputLinked(
            run=run,
            at=tools.now(),
            dataset=version.dataset,
            version=version.id,
            path=path,
            moved_aside=aside.relative_to(tools.root).as_posix() if aside else None,
        )
    if tools.dvc:
        dvc.configure(tools.root, tools.objects.root)
        dvc.write_pointer(target, version)
        dvc.ignore(target)
    return moved
