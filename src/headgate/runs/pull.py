"""What was pushed to a remote, here: its releases in the record, its objects in the store.

Objects come first, and one transaction then records the releases and moves the pointers. A pull that
was broken off is made again, and brings what is missing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from headgate.errors import BusyError, StoreError, UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.ledger.ledger import Transaction
from headgate.runs.claim_all import claim_all
from headgate.runs.push import newest, read_release, require_one_line
from headgate.runs.tools import Tools
from headgate.store import facts, releases, transfer, versions
from headgate.store.facts import Pushed
from headgate.store.manifest import Release, Version
from headgate.store.readers import Lease
from headgate.store.remote import Remote
from headgate.store.transfer import Moved, Told

Settle = Callable[[Transaction, str, Mapping[str, Any]], None]
"""Records what an environment was made as, in the transaction that moves it."""

Link = Callable[[Release], None]
"""Puts a release where the project declares it. It is called while nothing runs there."""


class Pulled(Struct, frozen=True):
    """What a pull did. `release` is what the environment serves now."""

    release: Release
    moved: Moved
    new: int
    """Releases that were not in the record."""


def pull(
    tools: Tools,
    environment: str,
    remote: Remote,
    number: int | None = None,
    told: Told = transfer.silent,
    *,
    settle: Settle,
    link: Link,
) -> Pulled | None:
    """Brings a release that was pushed, the newest one without a number, and all before it.

    The environment serves it then, unless it has a later one. None where the remote knows of no
    release. Raises UsageError where the environment has gone on by itself or was dropped after that
    release, BusyError while a run in it is going on, StoreError for what is missing or damaged
    there.
    """
    with Lease(tools.objects) as lease:
        return _pull(
            tools, environment, remote, number, told, lease=lease, settle=settle, link=link
        )


def _pull(
    tools: Tools,
    environment: str,
    remote: Remote,
    number: int | None,
    told: Told,
    *,
    lease: Lease,
    settle: Settle,
    link: Link,
) -> Pulled | None:
    found = newest(tools, remote, environment)
    if found is None:
        return None
    there = found.number
    if not there:
        what = f"the first push of {environment} is not done"
        raise BusyError(what, remote.name, "wait for it, or push again where it was broken off")
    if number is not None and not 1 <= number <= there:
        what = f"no release named {environment}@{number}; the newest is {environment}@{there}"
        raise UnknownNameError(what, remote.name)
    target = number or there
    with tools.ledger.snapshot() as tx:
        here = _newest_here(tx, environment)
        _require_not_dropped_since(tx, environment, remote, target, there)
    require_one_line(tools, remote, environment, min(here, there))
    numbers = range(here + 1, target + 1) if target > here else range(target, target + 1)
    news = transfer.each(lambda n: read_release(tools, remote, environment, n), numbers)
    known = _versions(tools, remote, news)
    served = [known[name] for name in news[-1].facts]
    wanted = versions.wanted_of(served)
    lease.hold(served)  # before what is here already is left out: a sweep may come
    moved = transfer.fetch(tools.objects, remote, wanted, told)
    if not lease.hold(served):  # parts that were here before their list was known may have gone
        transfer.fetch(tools.objects, remote, wanted, told)
    new = news if target > here else []
    run = secrets.token_hex(4)
    whole = claim_all(tools.ledger, environment, run=run)
    with whole:
        with tools.ledger.transaction(durable=True) as tx:
            _require_still(tx, environment, here)
            lease.require(served)
            for version in known.values():
                if versions.find(tx, version.dataset, version.id) is None:
                    versions.record(tx, version)
            for each in new:
                facts.record(tx, each)
            if new or releases.current(tx, environment) is None:
                facts.serve(tx, news[-1])
                settle(tx, environment, found.made)
            body = {"objects": moved.objects, "bytes": moved.size, "releases": len(new)}
            name = news[-1].release.name
            audit.record(tx, audit.Act(tools.now(), tools.user, "pull", environment, name, body))
            release = releases.current(tx, environment)
        assert release is not None  # there was one, or one is served by now
        link(release)
    return Pulled(release, moved, len(new))


def _newest_here(tx: Transaction, environment: str) -> int:
    """The number of the newest release in the record, of a dropped environment too; 0 for none."""
    return releases.next_number(tx, environment, None) - 1


def _require_not_dropped_since(
    tx: Transaction, environment: str, remote: Remote, target: int, there: int
) -> None:
    """Raises UsageError for a release from before the environment was dropped."""
    here = _newest_here(tx, environment)
    if target >= here or releases.current(tx, environment) is not None:
        return
    what = f"{environment} was dropped here after {environment}@{here}, and {target} is before it"
    hint = (
        f"bring {environment}@{there}, the newest: leave --release out"
        if there >= here
        else f"begin it anew: headgate env create {environment}; or pull into another clone"
    )
    raise UsageError(what, remote.name, hint)


def _require_still(tx: Transaction, environment: str, number: int) -> None:
    if _newest_here(tx, environment) != number:
        what = f"{environment} moved while this was at work"
        raise BusyError(what, None, "nothing was changed; pull again: what is here stays")


def _versions(tools: Tools, remote: Remote, news: list[Pushed]) -> dict[str, Version]:
    """All versions behind some releases, from the record where it has them."""
    facts_of = {name: digest for told in news for name, digest in told.facts.items()}
    for told in news:
        for pointer in told.pointers:
            if f"{pointer.dataset}@{pointer.version}" not in facts_of:
                what = f"{told.release.name} says nothing of {pointer.dataset}"
                raise StoreError(what, remote.name, "push again from a machine that has it")
    found: dict[str, Version] = {}
    with tools.ledger.snapshot() as tx:
        for name in facts_of:
            dataset, _, id_ = name.rpartition("@")
            if (version := versions.find(tx, dataset, id_)) is not None:
                found[name] = version
    missing = [name for name in facts_of if name not in found]

    def read(name: str) -> Version:
        key = facts.version_key(facts_of[name])
        text = transfer.read(tools.objects, remote, key)
        if text is None:
            what = f"what is known of {name} is not there"
            raise StoreError(what, f"{remote.name}/{key}", "push again from a machine that has it")
        version = facts.version_of(text, facts_of[name], f"{remote.name}/{key}")
        if name != f"{version.dataset}@{version.id}":
            raise StoreError(f"this is {version.dataset}@{version.id}", f"{remote.name}/{key}")
        return version

    return found | dict(zip(missing, transfer.each(read, missing), strict=True))
