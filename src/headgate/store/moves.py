"""When readers of an environment got another version of a dataset, and when that was new data.

New code gives another version of the same data. Data is new where other files are behind it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from headgate.ledger.clock import moment
from headgate.ledger.ledger import Row, Transaction
from headgate.store import releases, versions

Files = frozenset[tuple[str, str]]
"""The files behind a version: each source, with one hash of the content of all its files."""


class Move(Struct, frozen=True):
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


class Delivery(Struct, frozen=True):
    """A release that brought new data of a dataset, by its number."""

    at: datetime
    release: int


def moves(tx: Transaction, environment: str, dataset: str) -> list[Move]:
    """The moves of a dataset in an environment, oldest first."""
    found: list[Move] = []
    behind_of = _Behind(tx, environment)
    delivered: dict[Files, datetime] = {}
    seen: Files | None = None
    serving: str | None = None
    for _, published, kind, verdicts, version in _releases(tx, environment, dataset):
        if version == serving:
            continue
        serving, at = version, moment(published)
        behind = behind_of.version(dataset, version) if version else frozenset()
        if version and kind != releases.ROLLBACK and behind != seen:
            delivered[behind] = at
            seen = behind
        waived = _is_waived(verdicts, dataset)
        found.append(Move(at, kind, version or "", delivered.get(behind, at), waived))
    return found


def deliveries(tx: Transaction, environment: str, dataset: str, limit: int) -> list[Delivery]:
    """The newest deliveries of a dataset, newest first, without a look at the whole past."""
    found: list[Delivery] = []
    behind_of = _Behind(tx, environment)
    newest: Files | None = None
    for number, published, kind, _, version in reversed(_releases(tx, environment, dataset)):
        if not version or kind == releases.ROLLBACK:
            continue
        behind = behind_of.version(dataset, version)
        if behind == newest:
            found[-1] = Delivery(moment(published), number)  # it came before: that counts
            continue
        if len(found) == limit:
            break
        newest = behind
        found.append(Delivery(moment(published), number))
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


class _Behind:
    """The files behind versions of an environment, through all steps, each version looked at once."""

    def __init__(self, tx: Transaction, environment: str) -> None:
        self._tx, self._environment = tx, environment
        self._datasets = versions.datasets(tx)
        self._known: dict[tuple[str, str], Files] = {}

    def version(self, dataset: str, version: str) -> Files:
        key = (dataset, version)
        if key not in self._known:
            self._known[key] = frozenset()  # nothing is made of itself
            inputs = self._inputs(dataset, version)
            # what has the name of a dataset and is no version of it is a file
            self._known[key] = frozenset({key}) if inputs is None else self._found(dataset, inputs)
        return self._known[key]

    def _found(self, dataset: str, inputs: Mapping[str, str]) -> Files:
        files = sorted(digest for name, digest in inputs.items() if name not in self._datasets)
        of_steps = (self.version(*one) for one in inputs.items() if one[0] in self._datasets)
        digest = hashlib.sha256("\n".join(files).encode()).hexdigest()
        return frozenset({(dataset, digest)} if files else ()).union(*of_steps)

    def _inputs(self, dataset: str, version: str) -> dict[str, str] | None:
        """What the environment knows a version to be made of; else what made it first."""
        rows = self._tx.execute(
            "select inputs from holding where environment = ? and dataset = ? and version = ?",
            (self._environment, dataset, version),
        ) or self._tx.execute(
            "select inputs from version where dataset = ? and id = ?", (dataset, version)
        )
        return dict(json.loads(rows[0][0])) if rows else None
