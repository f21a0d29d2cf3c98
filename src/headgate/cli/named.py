"""What people call releases and versions, found."""

from __future__ import annotations

from msgspec import Struct

from headgate.environments import environment
from headgate.environments.lineage import through
from headgate.errors import UnknownNameError, UsageError
from headgate.ledger.ledger import Transaction
from headgate.store import holdings, releases, versions
from headgate.store.manifest import Release, Version
from headgate.store.named import number_of, tagged
from headgate.workspace.known import datasets, known_dataset
from headgate.workspace.workspace import Workspace


class Named(Struct, frozen=True):
    """A version of a dataset, and what a person calls it: `prod@3`, or the start of its id."""

    version: Version
    name: str
    environments: tuple[str, ...]
    """The environments that it can be read through: that of the release, or all that had it."""


def release_named(workspace: Workspace, name: str) -> Release | None:
    """The release of that name, `prod@3` or a tag; None where the name is none of a release.

    Raises UnknownNameError where the environment has no release of that number, and UsageError
    where it has expired.
    """
    where, _, digits = name.rpartition("@")
    number = number_of(digits)
    if number is None or where in datasets(workspace):
        with workspace.tools.ledger.snapshot() as tx:
            release = None if "@" in name else tagged(tx, name)
            if release:
                _require_alive(tx, workspace, release.environment)
            return release
    with workspace.tools.ledger.snapshot() as tx:
        if found := releases.find(tx, where, number):
            _require_alive(tx, workspace, where)
            return found
        if releases.current(tx, where):
            hint = f"headgate data log --env {where}"
            raise UnknownNameError(f"{where} has no release {number}", None, hint)
    return None


def _require_alive(tx: Transaction, workspace: Workspace, name: str) -> None:
    if made := environment.find(tx, name):
        made.require_alive(workspace.tools.now())


def of_release(workspace: Workspace, release: Release) -> dict[str, Named]:
    """Every dataset of a release, those that readers do not see too.

    Raises UsageError where the environment of the release was dropped, or has expired.
    """
    held = release.state
    with workspace.tools.ledger.snapshot() as tx:
        releases.require_there(tx, release)
        if made := environment.find(tx, release.environment):
            made.require_alive(workspace.tools.now())
        found = {
            name: holdings.find(tx, release.environment, name, version)
            for name, version in held.items()
        }
    here = (release.environment,)
    return {name: Named(version, release.name, here) for name, version in found.items() if version}


def version_named(workspace: Workspace, name: str) -> Named:
    """The version of `DATASET`, `DATASET@3`, `DATASET@prod@3`, `DATASET@TAG` or `DATASET@ID`.

    Without more it is the one that is held now; a number is that of a release of the environment.
    Raises UnknownNameError where there is none, and UsageError where it is one of an environment
    that has expired.
    """
    dataset, _, at = name.partition("@")
    known_dataset(workspace, dataset)
    with workspace.tools.ledger.snapshot() as tx:
        if not at:
            release = releases.current(tx, workspace.environment)
        elif "@" in at:
            release = release_named(workspace, at)
        elif (number := number_of(at)) is not None:
            release = releases.find(tx, workspace.environment, number)
        else:
            release = release_named(workspace, at)
        if release is None and at and "@" not in at:
            found = _begun_by(tx, workspace, dataset, at)
            places = through(tx, found, workspace.environment)
            _require_one_alive(tx, workspace, places)
            return Named(found, at, places)
    if release is None:
        where = at.partition("@")[0] or workspace.environment
        hint = f"headgate data log --env {where}"
        raise UnknownNameError(f"{where} has no release yet", None, hint)
    named = of_release(workspace, release).get(dataset)
    if named is None:
        raise UnknownNameError(
            f"{release.name} has no {dataset}", None, f"headgate show {release.name}"
        )
    return named


def _begun_by(tx: Transaction, workspace: Workspace, dataset: str, at: str) -> Version:
    """The version whose id begins so; of digits alone, the number of a release was meant more likely."""
    try:
        return versions.resolve(tx, dataset, at)
    except UnknownNameError as error:
        if number_of(at) is None:
            raise
        what = f"{workspace.environment} has no release {at}, and {error.what}"
        hint = f"headgate data log {dataset} --env {workspace.environment}"
        raise UnknownNameError(what, None, hint) from error


def _require_one_alive(tx: Transaction, workspace: Workspace, places: tuple[str, ...]) -> None:
    """Raises UsageError where all environments that had a version have expired."""
    at = workspace.tools.now()
    names = [place.partition("@")[0] for place in places]
    found = [environment.find(tx, name) for name in names]
    if not any(each is None or each.is_alive(at) for each in found):
        _require_alive(tx, workspace, names[0])


def last_two(workspace: Workspace) -> tuple[Release, Release]:
    """The release that is served now, and the one before it.

    Raises UsageError where there are not two yet.
    """
    with workspace.tools.ledger.snapshot() as tx:
        first = releases.begun(tx, workspace.environment)
        newest = releases.log(tx, workspace.environment, dataset=None, limit=2)
    found = [release for release in newest if release.number >= first]
    if len(found) < 2:
        told = f"{workspace.environment} has {len(found)} of the two releases to compare"
        raise UsageError(told, hint="headgate run")
    return found[1], found[0]
