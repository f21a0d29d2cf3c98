"""The releases in which a version of a dataset appears."""

from __future__ import annotations

from headgate.ledger.ledger import Transaction
from headgate.store.releases import BRANCH, REFRESH, ROLLBACK, begun


def firsts(tx: Transaction, environment: str, dataset: str) -> list[int]:
    """The numbers of the releases that brought a version of a dataset for the first time.

    Newest first. Every version that the environment has held is in exactly one of them; what one of
    its name held that was dropped is in none.
    """
    rows = tx.execute(
        "select min(number) as first from release_item where environment = ? and dataset = ?"
        " and number >= ? group by version order by first desc",
        (environment, dataset, begun(tx, environment)),
    )
    return [number for (number,) in rows]


def holders(tx: Transaction, dataset: str, version: str) -> tuple[str, ...]:
    """The environments that are there and have held a version, by name."""
    rows = tx.execute(
        "select environment, max(number) from release_item where dataset = ? and version = ?"
        " and environment in (select environment from ref) group by environment"
        " order by environment",
        (dataset, version),
    )
    return tuple(name for name, number in rows if number >= begun(tx, name))


def having(tx: Transaction, dataset: str, version: str) -> list[tuple[str, int]]:
    """The releases that have a version, readers see it or not: environment and number of each."""
    rows = tx.execute(
        "select environment, number from release_item where dataset = ? and version = ?"
        " order by environment, number",
        (dataset, version),
    )
    return [(environment, number) for environment, number in rows]


def before(tx: Transaction, environment: str, dataset: str, version: str) -> str | None:
    """The version that a published one took the place of; None where it was the first.

    A rollback brings a version back and publishes none, so it does not count. What came with a
    branch took its place in the environment that it is from.
    """
    rows = tx.execute(
        "select moves.before, release.kind, release.origin from (select number, version,"
        " lag(version) over (order by number) as before from release_item where environment = ?"
        " and dataset = ?) as moves"
        " join release on release.environment = ? and release.number = moves.number"
        " where moves.version = ? and release.kind <> ? and (moves.before is null"
        " or moves.before <> moves.version or release.kind = ?)"
        " order by moves.number desc limit 1",
        (environment, dataset, environment, version, ROLLBACK, BRANCH),
    )
    if not rows:
        return None
    earlier, kind, origin = rows[0]
    if kind in {BRANCH, REFRESH}:
        return before(tx, origin.rpartition("@")[0], dataset, version)
    return str(earlier) if earlier is not None else None
