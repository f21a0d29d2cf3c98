"""What a pipeline made, or another environment gives, becomes what readers see.

The pointers of all its datasets move, or none does. The caller gives the transaction, so that its
own records, its fence and the release take effect together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from headgate.errors import StoreError
from headgate.ledger.ledger import Transaction
from headgate.ledger.pieces import pieces
from headgate.store.manifest import JOINED, Release
from headgate.store.refs import HELD, VISIBLE, let_go, shown
from headgate.store.releases import PROMOTE, PUBLISH, append, next_number

_MOVE = (
    "insert into ref (environment, dataset, version, kind, pipeline) values {}"
    " on conflict (environment, dataset) do update set version = excluded.version,"
    " kind = excluded.kind, pipeline = excluded.pipeline"
)


def publish(tx: Transaction, draft: Release, *, expected: int | None = None) -> Release:
    """The release of a draft, which is its pipeline's part of it and has no number yet.

    Readers see the draft's `versions`; they and its `inputs` name everything the pipeline has: a
    dataset it published before and does not name now leaves the release. Other pipelines'
    datasets stay as they are, and one that readers see stays visible when it is only an input
    here. `expected` is the number of the release that the run began from, 0 where there was none;
    without it, whatever stands is built upon, which is right for a caller that compared the
    pointers in this transaction.

    Raises BusyError when another release came between, StoreError for an unrecorded version.
    """
    number = next_number(tx, draft.environment, expected)
    _point(tx, draft)
    return append(tx, replace(draft, number=number, kind=PUBLISH))


def promote(tx: Transaction, drafts: Sequence[Release]) -> Release:
    """One release of the drafts of several pipelines, whose versions another environment made.

    Raises StoreError for an unrecorded version.
    """
    first = drafts[0]
    for draft in drafts:
        _point(tx, draft)
    together = replace(
        first,
        number=next_number(tx, first.environment, None),
        kind=PROMOTE,
        pipeline=JOINED.join(draft.pipeline for draft in drafts),
        verdicts={gate: word for draft in drafts for gate, word in draft.verdicts.items()},
        metrics={name: value for draft in drafts for name, value in draft.metrics.items()},
    )
    return append(tx, together)


def _point(tx: Transaction, draft: Release) -> None:
    """Moves the pointers of the draft's pipeline to its versions."""
    environment, pipeline = draft.environment, draft.pipeline
    versions, inputs = draft.versions, draft.inputs
    _require_recorded(tx, [*versions.items(), *inputs.items()])
    let_go(
        tx, environment, [name for name in shown(tx, environment, pipeline) if name not in versions]
    )
    # a dataset that another pipeline shows to readers is not this one's to hide
    hidden = [
        (environment, dataset, version, HELD, pipeline)
        for dataset, version in inputs.items()
        if dataset not in versions
    ]
    for marks, values in pieces(hidden):
        tx.execute(f"{_MOVE.format(marks)} where ref.kind <> 'visible'", values)
    moved = [(environment, dataset, each, VISIBLE, pipeline) for dataset, each in versions.items()]
    for marks, values in pieces(moved):
        tx.execute(_MOVE.format(marks), values)


def _require_recorded(tx: Transaction, moves: Iterable[tuple[str, str]]) -> None:
    wanted, known = dict.fromkeys(moves), set()
    for marks, values in pieces(list(wanted)):
        known |= set(
            tx.execute(
                f"select dataset, id from version where (dataset, id) in (values {marks})",  # noqa: S608 - marks alone
                values,
            )
        )
    for dataset, version in wanted:
        if (dataset, version) not in known:
            raise StoreError(f"version {version} of {dataset} was never recorded")
