"""The first release of a sandbox: versions of its own, each where another release has one."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from headgate.ledger.ledger import Transaction
from headgate.store import releases
from headgate.store.manifest import Release
from headgate.store.releases import BRANCH


class Seen(Struct, frozen=True):
    """How a dataset stands in a release: whether readers see it, and whose it is."""

    kind: str
    pipeline: str


def seen(tx: Transaction, release: Release) -> dict[str, Seen]:
    """How every dataset of a release stands there."""
    rows = tx.execute(
        "select dataset, kind, pipeline from release_item where environment = ? and number = ?"
        " order by dataset",
        (release.environment, release.number),
    )
    return {dataset: Seen(kind, pipeline) for dataset, kind, pipeline in rows}


def begin(
    tx: Transaction, draft: Release, versions: Mapping[str, str], stands: Mapping[str, Seen]
) -> Release:
    """The first release of the draft's environment: these versions, and nothing else.

    Where an environment of that name was dropped, its numbers go on.
    """
    for dataset, version in versions.items():
        how = stands[dataset]
        tx.execute(
            "insert into ref (environment, dataset, version, kind, pipeline)"
            " values (?, ?, ?, ?, ?)",
            (draft.environment, dataset, version, how.kind, how.pipeline),
        )
    number = releases.next_number(tx, draft.environment, None)
    return releases.append(tx, replace(draft, number=number, kind=BRANCH))
