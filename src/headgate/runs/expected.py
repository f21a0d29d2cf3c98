"""New data beside when it was expected: by how much it came later, as a metric of its version."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.ledger.events import DeliveryPublished
from headgate.ledger.ledger import Transaction
from headgate.ledger.results import keep_measurements
from headgate.runs.going import Going
from headgate.store.manifest import Release
from headgate.store.moves import deliveries

DEVIATION = "delivery_deviation"
"""Seconds from when new data was expected to when it was published; negative where it was early."""


def keep_deviations(going: Going, tx: Transaction, release: Release) -> None:
    """Remembers how far the release's new data is from when it was expected.

    The first delivery of a dataset is expected by nothing, and the same data with other code is
    none.
    """
    for event in _delivered(going, tx, release):
        keep_measurements(
            tx,
            run=going.id,
            dataset=event.dataset,
            version=event.version,
            at=event.at,
            values={DEVIATION: event.deviation},
        )
        tx.append(event)


def _delivered(going: Going, tx: Transaction, release: Release) -> Iterator[DeliveryPublished]:
    for dataset, cadence in going.job.cadences.items():
        found = deliveries(tx, release.environment, dataset, 2)
        if len(found) < 2 or found[0].release != release.number:
            continue
        newest, last = found
        deviation = cadence.deviation(last.at, newest.at)
        if deviation is not None:
            yield DeliveryPublished(
                run=going.id,
                at=newest.at,
                dataset=dataset,
                version=release.state[dataset],
                expected_at=cadence.expected(last.at).isoformat(),
                deviation=deviation.total_seconds(),
            )
