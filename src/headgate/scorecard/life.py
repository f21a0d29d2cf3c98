"""From when a dataset is served, and until when it is supported and served at all."""

from __future__ import annotations

from datetime import datetime, timedelta

from headgate.contracts.service_levels.service_level import ServiceLevel
from headgate.scorecard.indicator import Indicator, Unit, Verdict

NEAR = timedelta(days=30)
"""How long before an end people are warned of it."""


def general_availability(
    level: ServiceLevel, begins: datetime, now: datetime, *, served: bool
) -> Indicator:
    """Whether it is served from a moment on."""
    if served:
        return _told(level, Verdict.MET, "it is served", begins, now)
    if now < begins:
        return _told(level, Verdict.UNKNOWN, "it is not served yet", begins, now)
    return _told(level, Verdict.MISSED, "it is not served", begins, now)


def end_of_support(level: ServiceLevel, ends: datetime, now: datetime) -> Indicator:
    """Whether people may still ask; its end is a warning, for the data is as it was."""
    if now >= ends:
        return _told(level, Verdict.WARNED, "support has ended", ends, now)
    return _ending(level, "support ends", ends, now)


def end_of_life(level: ServiceLevel, ends: datetime, now: datetime, *, served: bool) -> Indicator:
    """Whether it is gone when it is said to go; served after its end, it is missed."""
    if now < ends:
        return _ending(level, "it ends", ends, now)
    if served:
        return _told(level, Verdict.MISSED, "it is served after its end", ends, now)
    return _told(level, Verdict.MET, "it has ended", ends, now)


def _ending(level: ServiceLevel, what: str, ends: datetime, now: datetime) -> Indicator:
    near = ends - now <= NEAR
    return _told(level, Verdict.WARNED if near else Verdict.MET, what, ends, now)


def _told(
    level: ServiceLevel, verdict: Verdict, because: str, at: datetime, now: datetime
) -> Indicator:
    slack = (at - now).total_seconds()
    return Indicator(
        level, verdict, because, Unit.SECONDS, slack=slack, details={"at": at.isoformat()}
    )
