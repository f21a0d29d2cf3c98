"""What is kept, and why: the versions that somebody needs, or may need soon.

A version is kept whole, with what was read or computed behind it and the rows set aside beside it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from headgate.environments.environment import environments
from headgate.ledger.clock import stamp
from headgate.ledger.ledger import Transaction
from headgate.runs.claim import alive
from headgate.store import appearances, marks, releases
from headgate.store.objects import Objects
from headgate.store.versions import quarantine_of

Key = tuple[str, str]
"""A dataset and the id of a version of it."""

GRACE = timedelta(hours=1)
"""How young an object is that nothing removes: somebody may be about to name it."""


class Rules(Struct, frozen=True):
    """How long releases are kept, and what is needed that the record does not know of."""

    keep_days: float
    keep_releases: int
    environments: frozenset[str] = frozenset()
    """Environments that are there though nothing was released in them, or no pointer is left."""
    compared: frozenset[tuple[str, int]] = frozenset()
    """Releases that declared checks compare with."""
    promised: Mapping[str, timedelta] = {}
    """How far back contracts promise versions of a dataset, in `environments`."""
    grace: timedelta = GRACE


class Recorded(Struct, frozen=True):
    """A version as far as a sweep needs to know it."""

    key: Key
    run: str
    created: str
    parts: tuple[str, ...]
    whole: str
    aside: str

    @property
    def digests(self) -> tuple[str, ...]:
        """All objects of the version, its list of parts among them."""
        return (*self.parts, self.key[1]) if self.key[1].endswith(".dir") else self.parts


class Kept(Struct, frozen=True):
    """The versions that are kept, each with the reason, and all objects of these and of Git."""

    reasons: dict[Key, str]
    digests: frozenset[str]


def recorded(tx: Transaction) -> dict[Key, Recorded]:
    """All versions that the record knows, the oldest first."""
    rows = tx.execute(
        "select dataset, id, run, created, parts, whole, aside from version order by number"
    )
    return {
        (row[0], row[1]): Recorded(
            (row[0], row[1]),
            row[2],
            row[3],
            tuple(digest for digest, _ in json.loads(row[4])),
            row[5],
            row[6],
        )
        for row in rows
    }


def kept(
    tx: Transaction,
    objects: Objects,
    rules: Rules,
    now: datetime,
    *,
    git: Collection[str],
    readers: Collection[str],
) -> Kept:
    """What is kept. `git` are ids that its history names, `readers` those that are open."""
    known = recorded(tx)
    reasons: dict[Key, str] = {}
    for reason, key in _claims(tx, rules, now, known, git, readers):
        if key in known:
            reasons.setdefault(key, reason)
    _close(tx, known, reasons)
    named = {*git, *readers}
    digests = {digest for key in reasons for digest in known[key].digests}
    return Kept(reasons, frozenset(digests | named | _listed(objects, named)))


# ------------------------------------------------------------------ inside


def _claims(
    tx: Transaction,
    rules: Rules,
    now: datetime,
    known: dict[Key, Recorded],
    git: Collection[str],
    readers: Collection[str],
) -> Iterator[tuple[str, Key]]:
    """Each claim on a version, with its reason; a version may have several."""
    yield from _held(tx)
    yield from _marked(tx, rules)
    for key in known:
        if key[1] in git:
            yield "a .dvc file in Git names it", key
        if key[1] in readers:
            yield "a process reads it", key
    there = _environments(tx, rules)
    for environment in sorted(there):
        for key in _retained(tx, environment, rules, now):
            yield f"{environment} keeps its releases", key
    for dataset, time in rules.promised.items():
        for environment in sorted(rules.environments & there):
            for version in _promised(tx, environment, dataset, stamp(now - time)):
                yield f"the contract of {dataset} promises it", (dataset, version)
    yield from _young(tx, rules, now, known, there)


def _held(tx: Transaction) -> Iterator[tuple[str, Key]]:
    """What environments point to, and what its checks compare with: what it took the place of."""
    for environment, dataset, version in tx.execute(
        "select environment, dataset, version from ref order by environment, dataset"
    ):
        yield f"{environment} holds it", (dataset, version)
        if before := appearances.before(tx, environment, dataset, version):
            yield f"{environment} compares with it", (dataset, before)


def _marked(tx: Transaction, rules: Rules) -> Iterator[tuple[str, Key]]:
    for tag in marks.tags(tx):
        yield from _items(tx, f"tag {tag.name}", tag.environment, tag.number)
    for pin in marks.pins(tx):
        if pin.dataset and pin.version:
            yield "it is pinned", (pin.dataset, pin.version)
        elif pin.environment and pin.number:
            yield from _items(tx, f"pin {pin.subject}", pin.environment, pin.number)
    for environment, number in sorted(rules.compared):
        yield from _items(tx, "a declared check compares with it", environment, number)


def _items(
    tx: Transaction, reason: str, environment: str, number: int
) -> Iterator[tuple[str, Key]]:
    rows = tx.execute(
        "select dataset, version from release_item where environment = ? and number = ?",
        (environment, number),
    )
    yield from ((reason, (dataset, version)) for dataset, version in rows)


def _environments(tx: Transaction, rules: Rules) -> set[str]:
    """The environments that exist: those that were made, are set up, or point to something."""
    pointing = {name for (name,) in tx.execute("select distinct environment from ref")}
    return {*rules.environments, *pointing, *(each.name for each in environments(tx))}


def _since(rules: Rules, now: datetime) -> str:
    """From when on all is kept. What was served within the grace may be open on another machine."""
    return stamp(now - max(timedelta(days=rules.keep_days), rules.grace))


def _promised(tx: Transaction, environment: str, dataset: str, since: str) -> list[str]:
    """The versions of a dataset that an environment has held at any moment since then."""
    ((served,),) = tx.execute(
        "select max(number) from release where environment = ? and published < ?",
        (environment, since),
    )
    rows = tx.execute(
        "select distinct version from release_item where environment = ? and dataset = ?"
        " and number >= ? and number >= ?",
        (environment, dataset, releases.begun(tx, environment), served or 0),
    )
    return [version for (version,) in rows]


def _retained(tx: Transaction, environment: str, rules: Rules, now: datetime) -> list[Key]:
    """The versions of an environment's newest releases, and of all that were served since.

    What one of its name served that was dropped is none of its own.
    """
    first = releases.begun(tx, environment)
    ((newest,),) = tx.execute(
        "select max(number) from release where environment = ?", (environment,)
    )
    since = _since(rules, now)
    ((served,),) = tx.execute(
        "select max(number) from release where environment = ? and published < ?",
        (environment, since),
    )
    rows = tx.execute(
        "select distinct item.dataset, item.version from release_item as item join release"
        " on release.environment = item.environment and release.number = item.number"
        " where item.environment = ? and item.number >= ?"
        " and (item.number > ? or item.number = ? or published >= ?)",
        (environment, first, (newest or 0) - rules.keep_releases, served or 0, since),
    )
    return [(dataset, version) for dataset, version in rows]


def _young(
    tx: Transaction, rules: Rules, now: datetime, known: dict[Key, Recorded], there: set[str]
) -> Iterator[tuple[str, Key]]:
    """What runs made that go on, or were of late; what they made need not be released."""
    since, grace = _since(rules, now), stamp(now - rules.grace)
    working = alive(tx)
    recent = {
        run
        for run, environment in tx.execute(
            "select id, environment from run where started >= ?", (since,)
        )
        if environment in there
    }
    for key, version in known.items():
        if version.run in working:
            yield "a run is at work with it", key
        elif version.run in recent:
            yield "a run made it of late", key
        elif version.created >= grace:
            yield "it was made just now", key


def _close(tx: Transaction, known: dict[Key, Recorded], reasons: dict[Key, str]) -> None:
    """Adds what belongs to versions that are kept."""
    asides: dict[Key, list[str]] = {}
    for dataset, version, aside in tx.execute(
        "select dataset, version, aside from making where aside <> ''"
    ):
        asides.setdefault((dataset, version), []).append(aside)
    wholes: dict[Key, list[str]] = {}
    for dataset, version, whole, aside in tx.execute(
        "select dataset, version, whole, aside from holding where whole <> '' or aside <> ''"
    ):  # each environment may know it by another way, and needs what belongs to that
        asides.setdefault((dataset, version), []).append(aside)
        wholes.setdefault((dataset, version), []).append(whole)
    waiting = list(reasons)
    while waiting:
        key = waiting.pop()
        dataset, version = key[0], known[key]
        quarantine = quarantine_of(dataset)
        more = [
            *((dataset, each) for each in (version.whole, *wholes.get(key, ()))),
            *((quarantine, each) for each in asides.get(key, ())),
        ]
        for other in (*more, (quarantine, version.aside)):
            if other in known and other not in reasons:
                reasons[other] = reasons[key]
                waiting.append(other)


def _listed(objects: Objects, ids: Collection[str]) -> set[str]:
    """The parts of folders of which the record may know nothing."""
    found: set[str] = set()
    for id_ in ids:
        if id_.endswith(".dir") and objects.has(id_):
            found |= {digest for digest, _ in objects.listing(id_)}
    return found
