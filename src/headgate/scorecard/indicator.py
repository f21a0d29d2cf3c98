"""What was observed of a service level, beside what is promised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from headgate.contracts.service_levels.service_level import ServiceLevel


class Verdict(StrEnum):
    """What the observed value says of the promise."""

    MET = "met"
    WARNED = "warned"  # it is met, and not for long
    MISSED = "missed"
    UNKNOWN = "not known yet"  # nothing has happened that it is about
    ERROR = "error"  # it cannot be judged as it is written
    NOT_EXECUTED = "not executed"


class Unit(StrEnum):
    """What the numbers of an indicator count."""

    SECONDS = "seconds"
    SHARE = "share"
    ROWS = "rows"
    RUNS = "runs"


class Indicator(Struct, frozen=True):
    """A service level, judged. `slack` is how far the observed value is inside of the promise."""

    level: ServiceLevel
    verdict: Verdict
    because: str
    """What was found, in words."""
    unit: Unit = Unit.SECONDS
    observed: float | None = None
    promised: float | None = None
    slack: float | None = None
    details: Mapping[str, float | str | None] = {}
    """More figures, by name."""

    @property
    def is_broken(self) -> bool:
        """Whether it is missed, or nobody can say: what cannot be judged is never met."""
        return self.verdict in {Verdict.MISSED, Verdict.ERROR}


def unknown(level: ServiceLevel, because: str) -> Indicator:
    """A level of which nothing has been observed yet."""
    return Indicator(level, Verdict.UNKNOWN, because)


def at_most(
    level: ServiceLevel,
    observed: timedelta,
    promised: timedelta,
    because: str,
    details: Mapping[str, float | str | None] | None = None,
) -> Indicator:
    """A level that promises no longer than a time."""
    verdict = Verdict.MET if observed <= promised else Verdict.MISSED
    return Indicator(
        level,
        verdict,
        because,
        Unit.SECONDS,
        observed.total_seconds(),
        promised.total_seconds(),
        (promised - observed).total_seconds(),
        details or {},
    )
