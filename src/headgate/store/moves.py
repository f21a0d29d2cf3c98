"""When readers of an environment got another version of a dataset, and when that was new data.

New code gives another version of the same data. Data is new where other files are behind it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from headgate.ledger.clock import moment
from headgate.ledger.ledger import Row, Transaction
from headgate.store import releases

Files = frozenset[tuple[str, str]]
"""The files behind a version, by their source and the hash of their content."""


@dataclass(frozen=True, slots=True)
class Move:
    """A release in which the environment's pointer to a dataset moved to another version."""

    at: datetime
    kind: str
    version: str
    """Empty where the release has the dataset no more."""
    delivered: datetime
    """When the data of this version was first served, which a rollback or new code leaves."""
    waived: bool = False
    """Whether a person's word opened a gate of it."""

    @property
    def is_delivery(self) -> bool:
        """Whether it brought new data."""
        return bool(self.version) and self.delivered == self.at


@dataclass(frozen=True, slots=True)
class Delivery:
    """A release that brought new data of a dataset, by its number."""

    at: datetime
    release: int


def moves(tx: Transaction, environment: str, dataset: str) -> list[Move]:
    """The moves of a dataset in an environment, oldest first."""
    found: list[Move] = []
    known: dict[str, Files] = {}
    delivered: dict[Files, datetime] = {}
    seen: Files | None = None
    serving: str | None = None
    for _, published, kind, verdicts, version in _releases(tx, environment, dataset):
        if version == serving:
            continue
        serving, at = version, moment(published)
        behind = files_behind(tx, environment, {dataset: version} if version else {}, known)
        if version and kind != releases.ROLLBACK and behind != seen:
            delivered[behind] = at
            seen = behind
        waived = _is_waived(verdicts, dataset)
        found.append(Move(at, kind, version or "", delivered.get(behind, at), waived))
    return found


def deliveries(tx: Transaction, environment: str, dataset: str, limit: int) -> list[Delivery]:
    """The newest deliveries of a dataset, newest first, without a look at the whole past."""
    found: list[Delivery] = []
    known: dict[str, Files] = {}
    newest: Files | None = None
    for number, published, kind, _, version in reversed(_releases(tx, environment, dataset)):
        if not version or kind == releases.ROLLBACK:
            continue
        behind = files_behind(tx, environment, {dataset: version}, known)
        if behind == newest:
            found[-1] = Delivery(moment(published), number)  # it came before: that counts
            continue
        if len(found) == limit:
            break
        newest = behind
        found.append(Delivery(moment(published), number))
    return found


def files_behind(
    tx: Transaction, environment: str, versions: Mapping[str, str], known: dict[str, Files]
) -> Files:
    """The files that versions of datasets are made of, through all steps in between.

    `known` keeps what was found, for the next call.
    """
    found: Files = frozenset()
    for dataset, version in versions.items():
        key = f"{dataset}@{version}"
        if key not in known:
            known[key] = frozenset()  # nothing is made of itself
            inputs = _inputs(tx, environment, dataset, version)
            known[key] = _files(tx, environment, dataset, inputs, known)
        found |= known[key]
    return found


# ------------------------------------------------------------------ inside


def _releases(tx: Transaction, environment: str, dataset: str) -> list[Row]:
    """The releases of an environment, oldest first, each with its version of a dataset."""
    return tx.execute(
        "select release.number, release.published, release.kind, release.verdicts, item.version"
        " from release"
        " left join release_item as item on item.environment = release.environment"
        " and item.number = release.number and item.dataset = ?"
        " where release.environment = ? and release.number >= ? order by release.number",
        (dataset, environment, releases.begun(tx, environment)),
    )


def _is_waived(verdicts: str, dataset: str) -> bool:
    found = json.loads(verdicts).items()
    return any(word == "waived" and gate.partition("/")[2] == dataset for gate, word in found)


def _files(
    tx: Transaction,
    environment: str,
    dataset: str,
    inputs: Mapping[str, str],
    known: dict[str, Files],
) -> Files:
    found: set[tuple[str, str]] = set()
    for name, hash_ in inputs.items():
        if _is_version(tx, name, hash_):
            found |= files_behind(tx, environment, {name: hash_}, known)
        else:
            found.add((dataset, hash_))
    return frozenset(found)


def _inputs(tx: Transaction, environment: str, dataset: str, version: str) -> dict[str, str]:
    """What the environment knows a version to be made of; else what made it first."""
    rows = tx.execute(
        "select inputs from holding where environment = ? and dataset = ? and version = ?",
        (environment, dataset, version),
    ) or tx.execute("select inputs from version where dataset = ? and id = ?", (dataset, version))
    return dict(json.loads(rows[0][0])) if rows else {}


def _is_version(tx: Transaction, dataset: str, version: str) -> bool:
    return bool(
        tx.execute("select 1 from version where dataset = ? and id = ?", (dataset, version))
    )
