"""Branches: an environment that begins as a release of another one, moves on with it, and ends.

Pointers are copied, and no data. The caller gives the transaction.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from headgate.ledger.ledger import Transaction
from headgate.store import holdings, refs, releases
from headgate.store.manifest import Release
from headgate.store.releases import BRANCH, REFRESH


def branch(tx: Transaction, base: Release, draft: Release) -> Release:
    """The first release of the draft's environment, in which all stands as in that of another one.

    Where an environment of that name was dropped, its numbers go on.
    """
    return _copied(tx, base, replace(draft, kind=BRANCH), ())


def refresh(tx: Transaction, base: Release, draft: Release, kept: Collection[str]) -> Release:
    """A release in which all stands as in that of another environment, but for what is `kept`."""
    return _copied(tx, base, replace(draft, kind=REFRESH), kept)


def drop(tx: Transaction, environment: str) -> None:
    """Takes all pointers of an environment away. Its releases stay in the log, and serve nobody."""
    tx.execute("delete from ref where environment = ?", (environment,))
    holdings.forget(tx, environment)


def _copied(tx: Transaction, base: Release, draft: Release, kept: Collection[str]) -> Release:
    environment = draft.environment
    moved = [name for name in refs.held(tx, environment) if name not in kept]
    refs.let_go(tx, environment, moved)
    tx.execute(
        "insert into ref (environment, dataset, version, kind, pipeline) select ?, dataset,"
        " version, kind, pipeline from release_item where environment = ? and number = ?"
        " on conflict (environment, dataset) do nothing",
        (environment, base.environment, base.number),
    )
    state = {**base.inputs, **base.versions}
    taken = {name: id_ for name, id_ in state.items() if name not in kept}
    holdings.follow(tx, environment, base.environment, taken)
    number = releases.next_number(tx, environment, None)
    release = replace(
        draft,
        number=number,
        pipeline=base.pipeline,
        code=base.code,
        dirty=base.dirty,
        verdicts=base.verdicts,
        metrics=base.metrics,
        origin=base.name,
    )
    return releases.append(tx, release)
