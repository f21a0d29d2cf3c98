"""Releases written by hand, as a run of a pipeline would make them."""

from __future__ import annotations

from datetime import UTC, datetime

from headgate.ledger.ledger import Ledger
from headgate.schema.schema import Schema
from headgate.store import publishing, refs, versions
from headgate.store.manifest import Release, Version

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)


def publish(
    ledger: Ledger, environment: str, *, pipeline: str = "shop", raw: str = "", **shown: str
) -> Release:
    """A release of a pipeline that shows some datasets, computed from its source `raw`."""
    read = {"raw": raw} if raw else {}
    with ledger.transaction() as tx:
        for name, version in {**shown, **read}.items():
            versions.record(tx, Version(version, name, Schema(()), (), AT, "r"))
        return publishing.publish(
            tx, Release(environment, 0, shown, AT, "r", pipeline, inputs=read)
        )


def held(ledger: Ledger, environment: str) -> dict[str, str]:
    with ledger.snapshot() as tx:
        return refs.held(tx, environment)
