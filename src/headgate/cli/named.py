"""What people call releases and versions, found."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.errors import UnknownNameError, UsageError
from headgate.ledger import history
from headgate.ledger.ledger import Transaction
from headgate.store import holdings, releases, versions
from headgate.store.manifest import Release, Version
from headgate.store.named import tagged
from headgate.workspace import Workspace, datasets, known_dataset


@dataclass(frozen=True, slots=True)
class Named:
    """A version of a dataset, and what a person calls it: `prod@3`, or the start of its id."""

    version: Version
    name: str
    environments: tuple[str, ...]
    """The environments that it can be read through: that of the release, or all that had it."""


def release_named(workspace: Workspace, name: str) -> Release | None:
    """The release of that name, `prod@3` or a tag; None where the name is none of a release.

    Raises UnknownNameError where the environment has no release of that number.
    """
    environment, _, number = name.rpartition("@")
    if not number.isdecimal() or environment in datasets(workspace):
        with workspace.tools.ledger.snapshot() as tx:
            return None if "@" in name else tagged(tx, name)
    with workspace.tools.ledger.snapshot() as tx:
        if found := releases.find(tx, environment, int(number)):
            return found
        if releases.current(tx, environment):
            raise UnknownNameError(
                f"{environment} has no release {number}", None, "headgate data log"
            )
    return None


def of_release(workspace: Workspace, release: Release) -> dict[str, Named]:
    """Every dataset of a release, those that readers do not see too."""
    held = {**release.inputs, **release.versions}
    with workspace.tools.ledger.snapshot() as tx:
        found = {
            name: holdings.find(tx, release.environment, name, version)
            for name, version in held.items()
        }
    through = (release.environment,)
    return {
        name: Named(version, release.name, through) for name, version in found.items() if version
    }


def version_named(workspace: Workspace, name: str) -> Named:
    """The version of `DATASET`, `DATASET@3`, `DATASET@prod@3`, `DATASET@TAG` or `DATASET@ID`.

    Without more it is the one that is held now; a number is that of a release of the environment.
    Raises UnknownNameError where there is none.
    """
    dataset, _, at = name.partition("@")
    known_dataset(workspace, dataset)
    with workspace.tools.ledger.snapshot() as tx:
        if not at:
            release = releases.current(tx, workspace.environment)
        elif "@" in at:
            release = release_named(workspace, at)
        elif at.isdecimal():
            release = releases.find(tx, workspace.environment, int(at))
        else:
            release = tagged(tx, at)
        if release is None and at and "@" not in at:
            found = versions.resolve(tx, dataset, at)
            through = releases.holders(tx, dataset, found.id) or _made_in(tx, workspace, found)
            return Named(found, at, through)
    if release is None:
        where = at or workspace.environment
        raise UnknownNameError(f"{where} has no release yet", None, "headgate data log")
    named = of_release(workspace, release).get(dataset)
    if named is None:
        raise UnknownNameError(
            f"{release.name} has no {dataset}", None, f"headgate show {release.name}"
        )
    return named


def _made_in(tx: Transaction, workspace: Workspace, version: Version) -> tuple[str, ...]:
    """The environment of the run that made a version, which no release ever had."""
    try:
        return (history.find_run(tx, version.run).environment,)
    except UnknownNameError:
        return (workspace.environment,)


def last_two(workspace: Workspace) -> tuple[Release, Release]:
    """The release that is served now, and the one before it.

    Raises UsageError where there are not two yet.
    """
    with workspace.tools.ledger.snapshot() as tx:
        found = releases.log(tx, workspace.environment, dataset=None, limit=2)
    if len(found) < 2:
        told = f"{workspace.environment} has {len(found)} of the two releases to compare"
        raise UsageError(told, hint="headgate run")
    return found[1], found[0]
