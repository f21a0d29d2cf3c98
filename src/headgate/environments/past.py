"""What an environment has known: what it held, and what those held that its pointers came from."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.ledger.ledger import Transaction
from headgate.store import releases
from headgate.store.releases import BRANCH, NEWEST, PROMOTE, REFRESH


def knew(tx: Transaction, name: str, dataset: str, version: str) -> bool:
    """Whether a version of a dataset was ever held by an environment, or where it is from.

    It is from its base, up to the release that it began from or was moved to, and, for a dataset that
    was promoted to it, from the environment that had it, up to the release that it came with.
    """
    waiting, seen = [(name, NEWEST)], dict[tuple[str, int], int]()
    while waiting:
        place, last = waiting.pop()
        first = releases.begun(tx, place, last)
        if seen.get((place, first), 0) >= last:
            continue  # an earlier moment of an environment is part of a later one
        seen[place, first] = last
        if _held(tx, place, first, last, dataset, version):
            return True
        waiting += _origins(tx, place, first, last, dataset)
    return False


def _held(tx: Transaction, name: str, first: int, last: int, dataset: str, version: str) -> bool:
    rows = tx.execute(
        "select 1 from release_item where environment = ? and dataset = ? and version = ?"
        " and number between ? and ? limit 1",
        (name, dataset, version, first, last),
    )
    return bool(rows)


def _origins(
    tx: Transaction, name: str, first: int, last: int, dataset: str
) -> Iterator[tuple[str, int]]:
    """The releases of other environments that a dataset of this one came from."""
    rows = tx.execute(
        "select release.kind, release.origin, after.version, prior.version from release"
        " left join release_item as after on after.environment = release.environment"
        " and after.number = release.number and after.dataset = ?"
        " left join release_item as prior on prior.environment = release.environment"
        " and prior.number = release.number - 1 and prior.dataset = ?"
        " where release.environment = ? and release.number between ? and ?"
        " and release.kind in (?, ?, ?)",
        (dataset, dataset, name, first, last, BRANCH, REFRESH, PROMOTE),
    )
    for kind, origin, after, prior in rows:
        place, _, number = origin.rpartition("@")
        # what was pulled from where origins were not pushed has none
        if number and (kind != PROMOTE or after != prior):
            yield place, int(number)
