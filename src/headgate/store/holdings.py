"""How each environment knows the versions that it holds.

Equal bytes are one version, however they came to be: what one environment read as it is may be what
is left in another one after rows were set aside. So of what, and beside what, is told for each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from headgate.ledger.ledger import Transaction
from headgate.store import versions
from headgate.store.manifest import Version


def adopt(tx: Transaction, environment: str, version: Version) -> None:
    """Takes the way this version was made now as the way the environment knows it by.

    Other inputs may give the same bytes: a delivery that repeats what is held, for example. They
    count as held once a run with them has passed its gates, and not before.
    """
    tx.execute(
        "insert into holding (environment, dataset, version, fingerprint, inputs, code, whole,"
        " aside) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (environment, dataset, version)"
        " do update set fingerprint = excluded.fingerprint, inputs = excluded.inputs,"
        " code = excluded.code, whole = excluded.whole, aside = excluded.aside",
        (
            environment,
            version.dataset,
            version.id,
            version.fingerprint,
            json.dumps(dict(version.inputs)),
            json.dumps(dict(version.code)),
            version.whole,
            version.aside,
        ),
    )


def follow(tx: Transaction, environment: str, origin: str, held: Mapping[str, str]) -> None:
    """Versions are known to an environment from now on as they are to another one."""
    for dataset, id_ in held.items():
        while id_ and (found := find(tx, origin, dataset, id_)):
            adopt(tx, environment, found)
            id_ = found.whole  # noqa: PLW2901 - what was read behind it goes along


def forget(tx: Transaction, environment: str) -> None:
    """Lets go of what an environment knew."""
    tx.execute("delete from holding where environment = ?", (environment,))


def find(tx: Transaction, environment: str, dataset: str, id: str) -> Version | None:  # noqa: A002
    """The version of that id as the environment knows it; else as it was first recorded."""
    found = versions.find(tx, dataset, id)
    rows = tx.execute(
        "select fingerprint, inputs, code, whole, aside from holding"
        " where environment = ? and dataset = ? and version = ?",
        (environment, dataset, id),
    )
    if found is None or not rows:
        return found
    fingerprint, inputs, code, whole, aside = rows[0]
    return replace(
        found,
        fingerprint=fingerprint,
        inputs=json.loads(inputs),
        code=json.loads(code),
        whole=whole,
        aside=aside,
    )


def find_whole(tx: Transaction, environment: str, dataset: str, id: str) -> Version | None:  # noqa: A002
    """What was ingested or computed behind a version: itself, unless rows were set aside.

    It may have become what is left of a later one meanwhile; that one has all its rows, and more.
    """
    found = find(tx, environment, dataset, id)
    while found and found.whole:
        found = find(tx, environment, dataset, found.whole)
    return found
