"""Rollbacks: an earlier state as a new release, and what is undone while one stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from headgate.errors import UnknownNameError, UsageError
from headgate.ledger.ledger import Transaction
from headgate.store.manifest import Release
from headgate.store.refs import VISIBLE
from headgate.store.releases import (
    BRANCH,
    PROMOTE,
    PUBLISH,
    REFRESH,
    ROLLBACK,
    append,
    begun,
    current,
    exactly,
    find,
)


def rollback(
    tx: Transaction,
    *,
    environment: str,
    run: str,
    to: int | None,
    dataset: str | None,
    user: str,
    at: datetime,
    because: str,
) -> Release:
    """A new release in which everything, or one dataset, is again as in release `to`.

    Without `to`: the newest earlier state that differs from what is served; a second call goes
    one further back. The code, verdicts and metrics are those of the release brought back.

    Raises UsageError where there is nothing to go back to, or nothing would change, and
    UnknownNameError for a release or dataset that is not there.
    """
    serving = current(tx, environment)
    if serving is None:
        raise UsageError(f"{environment} has no release yet", None, "publish one: headgate run")
    if dataset is not None and dataset not in serving.state:
        raise UnknownNameError.of("dataset", dataset, serving.state, serving.name)
    target = _earlier(tx, serving, dataset) if to is None else _reachable(tx, environment, to)
    if dataset is not None and dataset not in target.state:
        raise UnknownNameError(f"{target.name} has no dataset named {dataset!r}")
    if _seen(target, dataset) == _seen(serving, dataset):
        what = f"{serving.name} already serves what {target.name} did"
        raise UsageError(what, None, f"name another release: headgate data log --env {environment}")
    tx.execute(
        "delete from ref where environment = ? and (? is null or dataset = ?)",
        (environment, dataset, dataset),
    )
    tx.execute(
        "insert into ref (environment, dataset, version, kind, pipeline) select environment,"
        " dataset, version, kind, pipeline from release_item where environment = ?"
        " and number = ? and (? is null or dataset = ?)",
        (environment, target.number, dataset, dataset),
    )
    release = Release(
        environment, serving.number + 1, {}, at, run, serving.pipeline, ROLLBACK, because,
        target.code, target.dirty, {}, target.verdicts, target.metrics, user, target.number,
        dataset,
    )  # fmt: skip
    return append(tx, release)


def undone(
    tx: Transaction, environment: str, pipeline: str | None = None
) -> list[Mapping[str, str]]:
    """What readers saw in releases that a rollback took back, while the rollback stands.

    A later publish or promotion ends it, and so does a refresh; with a pipeline, only one of that
    pipeline does, and only its own datasets are given.
    """
    taken: dict[int, Mapping[str, str]] = {}
    serving = release = current(tx, environment)
    while release is not None and (release.kind == ROLLBACK or pipeline is not None):
        if release.kind in {BRANCH, REFRESH}:
            break
        if release.kind in {PUBLISH, PROMOTE} and pipeline in release.pipelines:
            break
        if release.restores is not None:
            for number in range(release.restores + 1, release.number):
                other = exactly(tx, environment, number)
                if other.kind != ROLLBACK and number not in taken:
                    taken[number] = _own(tx, other, pipeline)
        whole = release.restores if release.only is None else None
        release = find(tx, environment, release.number - 1 if whole is None else whole)
    if serving is None or not taken:
        return []
    now = _own(tx, serving, pipeline)
    return [taken[number] for number in sorted(taken, reverse=True) if taken[number] != now]


def _reachable(tx: Transaction, environment: str, number: int) -> Release:
    """The release of that number, to go back to."""
    release, first = exactly(tx, environment, number), begun(tx, environment)
    if number < first:
        raise UsageError(
            f"{release.name} is of an environment that was dropped since",
            None,
            f"go back to {environment}@{first} or a later one: headgate data log",
        )
    return release


def _earlier(tx: Transaction, serving: Release, dataset: str | None) -> Release:
    """The newest state before the one that is served, through rollbacks to where they went."""
    release = serving
    while release.kind == ROLLBACK and release.only in (None, dataset):
        assert release.restores is not None
        release = exactly(tx, release.environment, release.restores)
    for number in range(release.number - 1, begun(tx, release.environment) - 1, -1):
        candidate = exactly(tx, serving.environment, number)
        if _seen(candidate, dataset) not in (_seen(serving, dataset), None):
            return candidate
    what = f"{serving.environment} has no earlier state to go back to"
    raise UsageError(what, None, "name a release of headgate data log: --release N")


def _seen(release: Release, dataset: str | None) -> Mapping[str, str] | str | None:
    """What a rollback would compare: all pointers, or that of one dataset."""
    return release.state if dataset is None else release.state.get(dataset)


def _own(tx: Transaction, release: Release, pipeline: str | None) -> Mapping[str, str]:
    """What readers saw in a release, of one pipeline or of all."""
    if pipeline is None:
        return release.versions
    rows = tx.execute(
        "select dataset, version from release_item where environment = ? and number = ?"
        " and pipeline = ? and kind = ?",
        (release.environment, release.number, pipeline, VISIBLE),
    )
    return dict(rows)
