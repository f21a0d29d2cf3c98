"""Two contracts compared for whoever decides: what changed, whom it hits, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from msgspec import Struct

from headgate.contracts.changes.change import Bump, Change, Impact, Perspective
from headgate.contracts.changes.changes import changes
from headgate.contracts.changes.consumer import Reader, range_findings
from headgate.contracts.changes.deprecation import deprecation_findings
from headgate.contracts.changes.finding import ChangeFinding, Severity
from headgate.contracts.changes.impact import hits
from headgate.contracts.changes.semver import (
    VERSION_RULES,
    demanded,
    read_version,
    version_findings,
)
from headgate.contracts.changes.written import well_formed
from headgate.contracts.contract import Contract, Place


@dataclass(frozen=True, slots=True)
class Side:
    """One of two contracts that are compared: a document, and where its keys stand."""

    document: Mapping[str, Any]
    place: Place = field(compare=False, repr=False)

    @classmethod
    def of(cls, contract: Contract) -> Side:
        return cls(contract.document, contract.place)

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(one["name"] for one in well_formed(self.document).get("schema", ()))

    @property
    def version(self) -> str | None:
        found = self.document.get("version")
        return None if found is None else str(found)


class Comparison(Struct, frozen=True):
    """What became of a contract. `hit` has the readers that each of the changes breaks."""

    before: Side
    after: Side
    changes: tuple[Change, ...]
    hit: tuple[tuple[Reader, ...], ...]
    findings: tuple[ChangeFinding, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.after.datasets, *self.before.datasets]))

    @property
    def demanded(self) -> Bump:
        """The bump that the changes demand."""
        return demanded(self.changes, read_version(self.before.version))

    @property
    def is_accepted(self) -> bool:
        """Whether the version says what changed."""
        return not any(
            found.severity is Severity.ERROR and found.rule in VERSION_RULES
            for found in self.findings
        )

    def breaks(self, perspective: Perspective) -> bool:
        """Whether a change breaks one side; what went as announced breaks whoever is still there."""
        return any(
            change.impact(perspective) is Impact.BREAKING
            or (perspective is Perspective.CONSUMER and _sure(change, readers))
            for change, readers in zip(self.changes, self.hit, strict=True)
        )

    @property
    def sudden(self) -> Severity | None:
        """How much it matters that something went undeprecated; None where nothing did."""
        found = {
            self.severity(change, readers)
            for change, readers in zip(self.changes, self.hit, strict=True)
            if change.is_sudden
        }
        return next((one for one in Severity if one in found), None)

    def severity(self, change: Change, readers: Collection[Reader]) -> Severity:
        """How much a change matters: an error where it breaks a reader, or the version hides it.

        What goes with the whole contract, and was never deprecated, has no version that says so.
        """
        if _sure(change, readers):
            return Severity.ERROR
        if change.consumer is not Impact.BREAKING:
            return Severity.INFO
        if change.is_sudden and not self.after.document:
            return Severity.ERROR
        return Severity.WARNING if self.is_accepted else Severity.ERROR


def _sure(change: Change, readers: Iterable[Reader]) -> bool:
    """Whether a change breaks a reader for sure; a step that reads other columns is not."""
    return any(not change.dataset or reader.is_sure(change.dataset) for reader in readers)


def compared(
    before: Side,
    after: Side,
    readers: Iterable[Reader],
    today: date,
    stay: Collection[str] = (),
) -> Comparison:
    """What became of a contract. `stay` are datasets that neither came nor went, but moved at most."""
    known = list(readers)
    found = [
        change
        for change in changes(before.document, after.document)
        if change.rule != "schema-added-or-removed" or change.dataset not in stay
    ]
    kept, findings = deprecation_findings(before.document, found, today, after.place)
    if after.document:
        where = after.place(("version",))
        old, new = before.document.get("version"), after.document.get("version")
        findings += version_findings(old, new, kept, where)
        if old != new:
            findings += range_findings(known, after.datasets, new)
    datasets = {*before.datasets, *after.datasets}
    hit = tuple(hits(change, known, datasets) for change in kept)
    return Comparison(before, after, tuple(kept), hit, tuple(findings))
