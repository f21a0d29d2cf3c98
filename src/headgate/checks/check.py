"""A check is a metric with a bound, and an outcome is its judged value.

- no bound: the metric is profiled;
- a declared bound: it is validated;
- a bound learned from the metric's own history: it is under statistical control.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import asdict

from headgate.checks.dimensions import Dimension, dimension_of
from headgate.checks.metric import Metric, columns_of
from headgate.schema.statistics import Scalar


class Severity(StrEnum):
    """What a failed check does: `error` closes the gate, `warn` alerts, `info` is recorded."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class OnFail(StrEnum):
    """What becomes of the rows that break a check.

    `block` closes the gate for all of them, `quarantine` sets them aside and lets the others go
    on, `warn` lets all of them go on and alerts.
    """

    BLOCK = "block"
    QUARANTINE = "quarantine"
    WARN = "warn"


# ------------------------------------------------------------------ bounds


class Range(Struct, frozen=True):
    """Values between two ends; an end of None is open. Dates are ISO 8601 text."""

    low: Scalar | None = None
    high: Scalar | None = None
    strict_low: bool = False
    strict_high: bool = False


class Share(Struct, frozen=True):
    """At least this share of the judged rows keeps the rule (`mostly`)."""

    at_least: float = 1.0


class Limit(Struct, frozen=True):
    """At most this many rows break the rule (`max_count`), and at least this share keeps it."""

    at_most: int
    at_least: float = 0.0


class Match(StrEnum):
    """How a list of names is compared."""

    ORDERED = "ordered"  # the same names in the same order
    SAME = "same"  # the same names in any order
    CONTAINS = "contains"  # these names at least


class Names(Struct, frozen=True):
    """The names a table's columns, or a column's type, may have."""

    names: tuple[str, ...]
    match: Match = Match.ORDERED


class Ranges(Struct, frozen=True):
    """A range for each of several values, in their order."""

    ranges: tuple[Range, ...]


class Members(Struct, frozen=True):
    """The values one of which is wanted; with `ties` one of several is enough."""

    values: tuple[Scalar, ...]
    ties: bool = False


class Outside(Struct, frozen=True):
    """Values below one end or above the other; the ends themselves are inside, and are refused."""

    low: float
    high: float


class Percent(Struct, frozen=True):
    """Of all rows, the percent that break the rule. Of no rows it is none."""

    bound: Range | Outside


Bound = Range | Share | Limit | Names | Ranges | Members | Outside | Percent

# ------------------------------------------------------------------ the check and what comes of it


class Check(Struct, frozen=True):
    """A promise about a table. `kind` is its word in the vocabulary it was written in."""

    kind: str
    metric: Metric
    bound: Bound
    severity: Severity = Severity.ERROR
    where: str = ""
    """The file and line that declare it."""
    notify: tuple[str, ...] = ()
    description: str = ""
    declared: str = ""
    """The expectation as its suite has it, in JSON; nothing for other checks."""
    owner: str = ""
    """Who answers for it."""
    dimension: Dimension | None = None
    """What is good about the data that keeps it; without one, what its metric is about."""
    on_fail: OnFail = OnFail.BLOCK
    limit: float = 0.01
    """With `on_fail: quarantine`: the largest share of rows that may be set aside."""

    @property
    def id(self) -> str:
        """A fingerprint of what the check computes: equal checks have equal ids."""
        text = repr((self.metric, self.bound))
        return sha256(text.encode()).hexdigest()[:12]


class ProvedBy(StrEnum):
    """How an outcome was reached, cheapest first."""

    STATISTICS = "statistics"
    CACHE = "cache"
    SCAN = "scan"


class Status(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # it could not be evaluated, which is not a pass
    WAIVED = "waived"  # it failed and a person let it through, with a reason
    QUARANTINED = "quarantined"  # it failed, and the rows that broke it were set aside


class Sample(Struct, frozen=True):
    """A row that broke a rule, with the line of the source file it came from where that is known."""

    values: tuple[tuple[str, Scalar | None], ...]
    file: str | None = None
    line: int | None = None
    note: str = ""
    """What is wrong with the row, where the rule alone does not say it."""


class Outcome(Struct, frozen=True):
    """A judged check.

    `observed` is the metric's value in words or numbers. `elements`, `missing` and `unexpected`
    are row counts of a row rule, with the meaning they have in Great Expectations: `missing` rows
    are not judged, `unexpected` rows broke the rule. They are None for other metrics.
    """

    check: Check
    status: Status
    observed: str | float | None = None
    elements: int | None = None
    missing: int | None = None
    unexpected: int | None = None
    proved_by: ProvedBy = ProvedBy.SCAN
    message: str = ""
    samples: tuple[Sample, ...] = ()
    details: Mapping[str, object] = {}
    """More of what was measured, where one value does not say it, as JSON can hold it."""

    @property
    def passed(self) -> bool:
        return self.status is Status.PASSED

    @property
    def closes_gate(self) -> bool:
        """An error closes the gate whatever the severity of its check: it is not known to pass."""
        if self.status is Status.ERROR:
            return True
        return self.status is Status.FAILED and self.check.severity is Severity.ERROR

    @property
    def unexpected_percent(self) -> float | None:
        """Percent of the judged rows that broke the rule; None when none was judged."""
        if self.elements is None or self.unexpected is None:
            return None
        judged = self.elements - (self.missing or 0)
        return 100 * self.unexpected / judged if judged else None

    def as_json(self) -> dict[str, object]:
        """The outcome as events, reports and `--json` carry it."""
        return {
            "check": self.check.id,
            "kind": self.check.kind,
            "description": self.check.description,
            "dimension": (self.check.dimension or dimension_of(self.check.metric)).value,
            "owner": self.check.owner,
            "severity": self.check.severity.value,
            "on_fail": self.check.on_fail.value,
            "where": self.check.where,
            "columns": list(columns_of(self.check.metric)),
            "notify": list(self.check.notify),
            "status": self.status.value,
            "observed": self.observed,
            "elements": self.elements,
            "missing": self.missing,
            "unexpected": self.unexpected,
            "unexpected_percent": self.unexpected_percent,
            "proved_by": self.proved_by.value,
            "message": self.message,
            "samples": [asdict(sample) for sample in self.samples],
            **({"details": dict(self.details)} if self.details else {}),
        }
