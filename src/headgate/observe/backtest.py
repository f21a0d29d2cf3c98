"""Checks tried on what a dataset was before: how often each would have fired, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.words import in_words
from headgate.engines.engine import Engine
from headgate.ledger.ledger import Ledger
from headgate.schema.table import Table


class Label(Struct, frozen=True):
    """The name of a past version: the release that brought it, its id, and when it came."""

    release: str
    version: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """The label as `--json` carries it."""
        return {
            "release": self.release,
            "version": self.version,
            "published_at": self.at.isoformat(),
        }


class Past(Struct, frozen=True):
    """A past version as a gate met it: its table, and what else was known at the time.

    `beside` are the tables of the same release, `newest` is the time of its newest delivery.
    """

    label: Label
    table: Table
    beside: Mapping[str, Table] = {}
    newest: datetime | None = None


class Found(Struct, frozen=True):
    """What came of a check on one past version."""

    label: Label
    outcome: Outcome

    def as_json(self) -> dict[str, Any]:
        """What was found, without the rows behind it."""
        told = ("observed", "elements", "missing", "unexpected", "unexpected_percent", "message")
        outcome = self.outcome.as_json()
        return self.label.as_json() | {key: outcome[key] for key in told}


class Tried(Struct, frozen=True):
    """A check and what came of it, in the order of the versions."""

    check: Check
    found: tuple[Found, ...]

    @property
    def passed(self) -> int:
        """The number of versions that kept it."""
        return len(self._of(Status.PASSED))

    @property
    def fired(self) -> tuple[Found, ...]:
        """The versions that broke it."""
        return self._of(Status.FAILED)

    @property
    def unknown(self) -> tuple[Found, ...]:
        """The versions on which it could not be judged, which a gate takes as it takes a failure."""
        return self._of(Status.ERROR)

    def _of(self, status: Status) -> tuple[Found, ...]:
        return tuple(each for each in self.found if each.outcome.status is status)

    def as_json(self) -> dict[str, Any]:
        """The check and where it fired, as `--json` carries it."""
        return {
            "check": self.check.id,
            "kind": self.check.kind,
            "description": self.check.description,
            "severity": self.check.severity.value,
            "where": self.check.where,
            "passed": self.passed,
            "fired": [each.as_json() for each in self.fired],
            "not_judged": [each.as_json() for each in self.unknown],
        }


class Backtest(Struct, frozen=True):
    """Checks and what came of each on the versions that were tried."""

    versions: tuple[Label, ...]
    checks: tuple[Tried, ...]

    @property
    def closed(self) -> tuple[Label, ...]:
        """The versions on which the gate of these checks would have been closed."""
        closing = {
            each.label for tried in self.checks for each in tried.found if each.outcome.closes_gate
        }
        return tuple(label for label in self.versions if label in closing)

    def as_json(self) -> dict[str, Any]:
        """The versions, those that would have been held back, and the checks."""
        return {
            "versions": [label.as_json() for label in self.versions],
            "closed": [label.as_json() for label in self.closed],
            "checks": [tried.as_json() for tried in self.checks],
        }


def backtest(
    engine: Engine,
    versions: Iterable[Past],
    checks: Sequence[Check],
    ledger: Ledger | None = None,
) -> Backtest:
    """What would have come of checks on past versions, in the order in which these are given.

    Each version is judged as its gate would have judged it: ages are those at the time of the
    release, and other datasets are as they were in it. With a ledger, parts that versions share are
    read once.
    """
    described = [replace(each, description=each.description or in_words(each)) for each in checks]
    labels: list[Label] = []
    found: list[list[Found]] = [[] for _ in checks]
    for past in versions:
        labels.append(past.label)
        outcomes = evaluate(
            engine,
            past.table,
            described,
            beside=past.beside,
            now=past.label.at,
            newest=past.newest,
            ledger=ledger,
        )
        for mine, outcome in zip(found, outcomes, strict=True):
            mine.append(Found(past.label, outcome))
    tried = [Tried(check, tuple(mine)) for check, mine in zip(described, found, strict=True)]
    return Backtest(tuple(labels), tuple(tried))
