"""What an environment serves, sent to a remote: its objects, then the facts of its releases.

The number of the newest release is written last, so that whoever pulls finds all that it names. A
push that was broken off is made again, and sends what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from headgate.errors import BusyError, StoreError, UsageError
from headgate.ledger import audit
from headgate.ledger.ledger import Transaction
from headgate.runs.tools import Tools
from headgate.store import facts, releases, transfer, versions
from headgate.store.facts import Newest, Pushed
from headgate.store.manifest import Version
from headgate.store.remote import Remote
from headgate.store.transfer import Moved, Told, Wanted

Made = Callable[[Transaction, str], Mapping[str, Any]]
"""What an environment was made as; empty where it was not made on purpose."""


class Sent(Struct, frozen=True):
    """What a push did. `release` is the newest release that the remote has; None where it has none."""

    moved: Moved
    release: str | None
    new: int
    """Releases that it did not have."""


def recorded(tools: Tools) -> dict[str, int | None]:
    """The objects of every version of the record that are still in the store."""
    with tools.ledger.snapshot() as tx:
        every = versions.wanted_of(versions.every(tx))
    gone = set(tools.objects.lacking(every))
    return {digest: size for digest, size in every.items() if digest not in gone}


def push(
    tools: Tools,
    environment: str,
    remote: Remote,
    also: Wanted,
    told: Told = transfer.silent,
    *,
    made: Made,
) -> Sent:
    """Sends what an environment serves and holds, all its releases, and other objects.

    Rows that are set aside are among it. Raises UsageError where there is nothing to send, and where
    the remote has releases that are not here, or other ones; and what `made` raises.
    """
    # one view: a run may publish meanwhile, and what it publishes is the next push's
    with tools.ledger.snapshot() as tx:
        current = releases.current(tx, environment)
        here = current.number if current else 0
        what_it_is = made(tx, environment)
        wanted = {**also, **versions.wanted_of(_behind(tx, environment, here))}
    if not wanted:
        hint = "publish something: headgate run"
        raise UsageError(f"nothing has been released in {environment} yet", None, hint)
    found = newest(tools, remote, environment)
    there = found.number if found else 0
    require_one_line(tools, remote, environment, min(here, there))
    if there > here:
        what = f"{environment}@{there} is there, and {environment}@{here} is the newest here"
        raise UsageError(what, remote.name, "headgate data pull, then push again")
    if here and found is None:
        # whoever looks meanwhile must not take it for a remote that DVC alone pushes to
        key = facts.newest_key(environment)
        transfer.write_once(tools.objects, remote, key, facts.newest_text(Newest(0)))
    moved = transfer.send(tools.objects, remote, wanted, told)
    for number in range(there + 1, here + 1):
        _send_facts(tools, remote, environment, number)
    if here > there:
        text = facts.newest_text(Newest(here, what_it_is))
        transfer.write(tools.objects, remote, facts.newest_key(environment), text)
    name = f"{environment}@{here}" if here else None
    body = {"objects": moved.objects, "bytes": moved.size, "releases": here - there}
    act = audit.Act(tools.now(), tools.user, "push", environment, remote.name, body)
    with tools.ledger.transaction() as tx:
        audit.record(tx, act)
    return Sent(moved, name, here - there)


def _behind(tx: Transaction, environment: str, number: int) -> list[Version]:
    return facts.behind(tx, environment, facts.pointers(tx, environment, number))


def newest(tools: Tools, remote: Remote, environment: str) -> Newest | None:
    """The newest release that was pushed; None where nobody ever began to push one."""
    key = facts.newest_key(environment)
    text = transfer.read(tools.objects, remote, key)
    return None if text is None else facts.newest_of(text, f"{remote.name}/{key}")


def read_release(tools: Tools, remote: Remote, environment: str, number: int) -> Pushed:
    """A release as it was pushed. Raises StoreError where it is missing or damaged."""
    key = facts.release_key(environment, number)
    text = transfer.read(tools.objects, remote, key)
    where = f"{remote.name}/{key}"
    if text is None:
        what = f"the release {environment}@{number} is not there"
        raise StoreError(what, where, "push again from a machine that has it")
    found = facts.release_of(text, where)
    if (found.release.environment, found.release.number) != (environment, number):
        raise StoreError(f"this is {found.release.name}", where, "the file was moved: push again")
    return found


def require_one_line(tools: Tools, remote: Remote, environment: str, number: int) -> None:
    """Raises UsageError where a release of that number is another one there than here."""
    if not number:
        return
    with tools.ledger.snapshot() as tx:
        here, _ = facts.pushed(tx, environment, number)
    if not here.is_same(read_release(tools, remote, environment, number)):
        raise _another(remote, here)


def _another(remote: Remote, here: Pushed) -> UsageError:
    return UsageError(
        f"{here.release.name} is another release here than there: both went on by themselves",
        remote.name,
        "nothing was changed; use another remote, or pull into a clone without a state and run there",
    )


def _send_facts(tools: Tools, remote: Remote, environment: str, number: int) -> None:
    """The facts of a release, after those of the versions that it names."""
    with tools.ledger.snapshot() as tx:
        told, found = facts.pushed(tx, environment, number)
    texts = {facts.digest_of(text): text for text in map(facts.version_text, found)}
    keys = {digest: facts.version_key(digest) for digest in texts}
    there = remote.sizes(list(keys.values()))
    for digest, key in keys.items():
        if there.get(key) != len(texts[digest]):
            transfer.write(tools.objects, remote, key, texts[digest])
    key = facts.release_key(environment, number)
    text = transfer.write_once(tools.objects, remote, key, facts.release_text(told))
    if not told.is_same(facts.release_of(text, f"{remote.name}/{key}")):
        raise BusyError(
            f"another {told.release.name} was pushed by somebody else",
            remote.name,
            "nothing of it is lost here; use another remote, or pull into a clone without a state",
        )
