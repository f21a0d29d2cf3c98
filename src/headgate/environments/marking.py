"""Tags and pins, set and taken away by a person: what they name is there, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from headgate.errors import UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.runs.tools import Tools
from headgate.store import marks, versions
from headgate.store.manifest import Release, Version
from headgate.store.marks import Pin, Tag
from headgate.store.readers import Lease


def tag_release(tools: Tools, name: str, release: Release, message: str) -> Tag:
    """A name for a release, which is kept from now on.

    Raises UsageError for a name that is taken, or would be read as something else; StoreError
    where data of the release is gone already.
    """
    found = Tag(name, release.environment, release.number, tools.now(), tools.user, message)
    with _held(tools, release), tools.ledger.transaction(durable=True) as tx:
        if name in versions.datasets(tx):
            raise UsageError(f"{name} is the name of a dataset", None, f"for example: {name}-audit")
        if tx.execute("select 1 from release where environment = ? limit 1", (name,)):
            what = f"{name} is the name of an environment"
            raise UsageError(what, None, f"for example: {name}-audit")
        marks.tag(tx, found)
        body = {"release": found.release, "message": message}
        audit.record(tx, Act(found.created_at, tools.user, "tag", release.environment, name, body))
    return found


def untag(tools: Tools, name: str) -> Tag:
    """Takes a tag away; its release is then kept as any other. Raises UnknownNameError."""
    with tools.ledger.transaction(durable=True) as tx:
        found = marks.untag(tx, name)
        body = {"release": found.release}
        audit.record(tx, Act(tools.now(), tools.user, "untag", found.environment, name, body))
    return found


def pin_release(tools: Tools, release: Release, because: str) -> Pin:
    """Keeps all data of a release. Raises StoreError where some of it is gone already."""
    found = Pin(release.name, tools.now(), tools.user, because, release.environment, release.number)
    with _held(tools, release), tools.ledger.transaction(durable=True) as tx:
        _pin(tx, found, release.environment)
    return found


def pin_version(tools: Tools, version: Version, environment: str, because: str) -> Pin:
    """Keeps a version of a dataset. Raises StoreError where it is gone already."""
    subject = f"{version.dataset}@{version.id}"
    found = Pin(
        subject, tools.now(), tools.user, because, dataset=version.dataset, version=version.id
    )
    with Lease(tools.objects) as lease:
        lease.require([version])
        with tools.ledger.transaction(durable=True) as tx:
            _pin(tx, found, environment)
    return found


def unpin(tools: Tools, subject: str, environment: str) -> Pin:
    """Takes a pin away; a version may be named by the start of its id. Raises UnknownNameError."""
    with tools.ledger.transaction(durable=True) as tx:
        known = marks.pins(tx)
        found = [each for each in known if each.subject == subject]
        found = found or [each for each in known if each.version and _begins(each, subject)]
        if len(found) != 1:
            raise UnknownNameError.of("pin", subject, [each.subject for each in known])
        marks.unpin(tx, found[0].subject)
        act = Act(tools.now(), tools.user, "unpin", environment, found[0].subject)
        audit.record(tx, act)
    return found[0]


def _pin(tx: Transaction, pin: Pin, environment: str) -> None:
    marks.pin(tx, pin)
    body = {"because": pin.because}
    audit.record(tx, Act(pin.created_at, pin.user, "pin", environment, pin.subject, body))


def _begins(pin: Pin, subject: str) -> bool:
    dataset, _, prefix = subject.partition("@")
    return pin.dataset == dataset and bool(prefix) and (pin.version or "").startswith(prefix)


@contextmanager
def _held(tools: Tools, release: Release) -> Iterator[None]:
    """Keeps a release in the store until it is marked.

    A sweep is waited for before the transaction begins, so that no writer waits for it too.
    """
    with tools.ledger.snapshot() as tx:
        found = _of(tx, release)
    with Lease(tools.objects) as lease:
        lease.require(found)
        yield


def _of(tx: Transaction, release: Release) -> list[Version]:
    """The versions of a release, those that readers do not see too."""
    return list(versions.find_each(tx, release.state).values())
