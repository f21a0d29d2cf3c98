"""Collecting what nobody needs any more: seen first, removed when it is asked for.

The record keeps every version and release as history; what goes are objects, and what was measured
of them. A sweep may be killed anywhere: what it left is what the next one takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from msgspec import Struct

from headgate.environments.retention import Kept, Key, Recorded, Rules, kept, recorded
from headgate.errors import UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.runs.tools import Tools
from headgate.store import locks, readers
from headgate.store.objects import Objects
from headgate.store.sweep import Lying, Swept, is_young, lying, sweep

UNKNOWN = "(of no version)"
"""What objects are counted under that a killed run left, or another program."""

Named = Callable[[], Collection[str]]
"""Gives the ids that Git history names."""


class Going(Struct, frozen=True):
    """What goes of a dataset. An object that versions share is counted once."""

    dataset: str
    versions: int
    objects: int
    size: int


class Staying(Struct, frozen=True):
    """How many versions stay for a reason, and the objects that no reason before it counted."""

    reason: str
    versions: int
    objects: int
    size: int


class Garbage(Struct, frozen=True):
    """What nobody needs, and why the rest stays. `young` are objects too new to tell."""

    going: tuple[Going, ...]
    staying: tuple[Staying, ...]
    digests: tuple[str, ...]
    versions: tuple[Key, ...]
    young: int
    record: int
    """Bytes of the record, where it is a file."""

    @property
    def size(self) -> int:
        """Bytes of what goes."""
        return sum(each.size for each in self.going)


def find(tools: Tools, rules: Rules, named: Named) -> Garbage:
    """What would go now. Nothing is changed.

    Raises UsageError where the record knows no version at all: then it is not that of the store.
    """
    # nobody has to wait for the search: who begins to read meanwhile is asked for by the sweep
    with locks.sweeping(tools.objects.root):
        reading = readers.held(tools.objects)
    git = named()
    with tools.ledger.snapshot() as tx:
        stays = kept(tx, tools.objects, rules, tools.now(), git=git, readers=reading)
        return _garbage(tx, tools, rules, stays)


def collect(tools: Tools, rules: Rules, named: Named, environment: str) -> tuple[Garbage, Swept]:
    """Removes what nobody needs, and gives it, with what was removed in the end."""
    garbage = find(tools, rules, named)
    if not garbage.digests:
        return garbage, Swept()
    with tools.ledger.transaction(durable=True) as tx:
        _forget(tx, garbage)
        body = {
            "datasets": {each.dataset: each.versions for each in garbage.going},
            "objects": len(garbage.digests),
            "bytes": garbage.size,
        }
        audit.record(tx, Act(tools.now(), tools.user, "gc", environment, "", body))

    def needed() -> Collection[str]:
        with tools.ledger.snapshot() as tx:
            return _kept(tx, tools, rules, named).digests

    return garbage, sweep(_own(tools), garbage.digests, needed, rules.grace)


# ------------------------------------------------------------------ inside


def _own(tools: Tools) -> Objects:
    """The objects that may go from here: those of a bucket too, where its record is on this machine.

    A bucket with a record elsewhere has other machines, whose caches take it to have what they have.
    """
    alone = getattr(tools.ledger, "path", None) is not None
    return tools.objects if alone else replace(tools.objects, remote=None)


def _kept(tx: Transaction, tools: Tools, rules: Rules, named: Named) -> Kept:
    """What is kept at this moment. The caller holds the lock of the sweep."""
    # who reads comes first: a reader that ended since has either named what it read, or not
    reading = readers.held(tools.objects)
    return kept(tx, tools.objects, rules, tools.now(), git=named(), readers=reading)


def _garbage(tx: Transaction, tools: Tools, rules: Rules, stays: Kept) -> Garbage:
    known = recorded(tx)
    there = {found.digest: found for found in lying(tools.objects)}
    if there and not known:
        raise UsageError(
            "the record knows no version, and the store has objects: they belong to another record",
            str(tools.objects.root),
            "run first, or set `state:` in headgate.yml to the record of this store",
        )
    loose = {digest: found for digest, found in there.items() if digest not in stays.digests}
    old = {digest: found for digest, found in loose.items() if not is_young(found, rules.grace)}
    gone = [
        version
        for key, version in known.items()
        if key not in stays.reasons and any(digest in old for digest in version.digests)
    ]
    return Garbage(
        _going(gone, old),
        _staying(known, stays, there),
        tuple(old),
        tuple(version.key for version in gone),
        len(loose) - len(old),
        _size_of_record(tools),
    )


def _going(gone: Iterable[Recorded], old: dict[str, Lying]) -> tuple[Going, ...]:
    left = dict(old)
    versions: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for version in gone:
        dataset = version.key[0]
        versions[dataset] += 1
        for digest in version.digests:
            if each := left.pop(digest, None):
                objects[dataset] += 1
                sizes[dataset] += each.size
    found = [Going(name, versions[name], objects[name], sizes[name]) for name in sorted(versions)]
    if left:
        size = sum(loose.size for loose in left.values())
        found.append(Going(UNKNOWN, 0, len(left), size))
    return tuple(found)


def _staying(
    known: dict[Key, Recorded], stays: Kept, there: dict[str, Lying]
) -> tuple[Staying, ...]:
    left = {digest: found for digest, found in there.items() if digest in stays.digests}
    found = []
    for reason in dict.fromkeys(stays.reasons.values()):
        keys = [key for key, why in stays.reasons.items() if why == reason]
        digests = {digest for key in keys for digest in known[key].digests}
        sizes = [left.pop(digest).size for digest in digests if digest in left]
        found.append(Staying(reason, len(keys), len(sizes), sum(sizes)))
    if left:
        size = sum(each.size for each in left.values())
        found.append(Staying("a .dvc file in Git names it", 0, len(left), size))
    return tuple(found)


def _forget(tx: Transaction, garbage: Garbage) -> None:
    """Takes out of the record what was measured and judged of what goes; it can be found again."""
    for digest in garbage.digests:
        tx.execute("delete from partial where part = ?", (digest,))
    for dataset, version in garbage.versions:
        tx.execute("delete from gate_result where dataset = ? and version = ?", (dataset, version))


def _size_of_record(tools: Tools) -> int:
    path = getattr(tools.ledger, "path", None)
    return path.stat().st_size if path else 0
