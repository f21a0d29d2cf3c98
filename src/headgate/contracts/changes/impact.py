"""Whom changes hit: the readers of what went or became another, and of what is promised no longer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from headgate.contracts.changes.change import FOLLOWS, Change, Impact
from headgate.contracts.changes.consumer import Reader
from headgate.contracts.quality import OLDER
from headgate.pipelines.consumer import Reads

_NEEDED = {
    "type-changed": "type",
    "required-changed": "not_null",
    "unique-constraint-changed": "unique",
    "key-constraint-changed": "unique",
    "validation-constraint-changed": "bounds",
    "enum-constraint-changed": "values",
    "relationship-changed": "reference",
    "quality-rule-changed": "quality",
    "unit-changed": "unit",
}
"""The need that a change of each rule takes away. What has none here breaks whoever reads it."""
_MEASURED = {
    "nullValues": "not_null",
    "missingValues": "not_null",
    "invalidValues": "values",
    "duplicateValues": "unique",
}
"""The need that a rule of quality with this metric serves, as the key of a column does."""


def hits(
    change: Change, readers: Iterable[Reader], datasets: Collection[str]
) -> tuple[Reader, ...]:
    """The readers that a change breaks; `datasets` are those of its contract.

    What went as announced breaks them all the same: they should have gone before. A reader that
    says which guarantees it needs is hit by those alone; one that says nothing relies on all.
    """
    if FOLLOWS[change.direction][0] is not Impact.BREAKING:
        return ()
    return tuple(reader for reader in readers if _is_hit(change, reader, datasets))


def _is_hit(change: Change, reader: Reader, datasets: Collection[str]) -> bool:
    if not change.dataset:
        return any(dataset in datasets for dataset in reader.reads)
    reads = reader.reads.get(change.dataset)
    if reads is None or (change.top and not reads.reads(change.top)):
        return False
    needed = _needed(change)
    if not needed or not reads.needs:
        return True
    return any(
        not needed.isdisjoint(reads.needs.get(column, ())) for column in _about(change, reads)
    )


def _needed(change: Change) -> set[str]:
    """The needs that a change takes away; none where it breaks whoever reads."""
    if change.rule not in _NEEDED:
        return set()
    needed = {_NEEDED[change.rule]}
    for rule in (change.old, change.new) if change.rule == "quality-rule-changed" else ():
        named = str((rule or {}).get("metric") or (rule or {}).get("rule"))
        if (metric := OLDER.get(named, named)) in _MEASURED:
            needed.add(_MEASURED[metric])
    return needed


def _about(change: Change, reads: Reads) -> Sequence[str]:
    """The columns whose guarantee changed: its own, or any where the table's did."""
    return [change.top] if change.top else list(reads.needs)
