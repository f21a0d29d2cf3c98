"""What is left of a version at its gate, as it is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from headgate.checks.check import Check, OnFail
from headgate.ledger.ledger import Transaction
from headgate.ledger.results import left_of
from headgate.runs.verdicts import Left
from headgate.store import versions
from headgate.store.manifest import Version
from headgate.store.objects import Objects


def predicted(
    tx: Transaction, objects: Objects, whole: Version, keys: Sequence[str], checks: Sequence[Check]
) -> Version | None:
    """What the gate of these checks is known to leave of a version: itself, or less.

    None where it is not known yet, or not in the store any more.
    """
    if not sets_aside(checks):
        return whole
    for key in keys:
        if found := left_of(tx, whole.dataset, whole.id, key):
            good, aside = found
            left = Left(good, aside)
            return what_is_left(tx, objects, whole, left) if good else whole
    return None


def sets_aside(checks: Sequence[Check]) -> bool:
    """Whether some of the checks may set rows aside."""
    return any(check.on_fail is OnFail.QUARANTINE for check in checks)


def what_is_left(tx: Transaction, objects: Objects, whole: Version, left: Left) -> Version | None:
    """What an earlier gate left of a version; None where it is not in the store any more."""
    good = versions.find(tx, whole.dataset, left.good)
    aside = versions.find(tx, versions.quarantine_of(whole.dataset), left.aside)
    if not all(found and versions.present(objects, found) for found in (good, aside)):
        return None
    assert good is not None
    return replace(
        good,
        created_at=whole.created_at,
        fingerprint="",
        inputs=whole.inputs,
        code=whole.code,
        whole=whole.id,
        aside=left.aside,
    )
