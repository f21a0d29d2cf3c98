"""How long it took until bad data was seen, people were told, and good data was served again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from headgate.contracts.service_levels.service_level import ServiceLevel
from headgate.scorecard.indicator import Indicator, at_most, unknown


class Closure(Struct, frozen=True):
    """A time in which gates were closed, from the first verdict on."""

    delivered: datetime
    """When the data came that the verdict is about."""
    closed: datetime
    notified: datetime | None = None
    """When the first channel took an alert of it; None as long as none did."""
    repaired: datetime | None = None
    """When a run passed all gates again; None as long as none did."""


def time_to_detect(
    level: ServiceLevel, promised: timedelta, closures: Sequence[Closure], now: datetime
) -> Indicator:
    """From the delivery of bad data to its verdict, where it took longest."""
    return _longest(level, promised, closures, now, lambda one: one.closed - one.delivered)


def time_to_notify(
    level: ServiceLevel, promised: timedelta, closures: Sequence[Closure], now: datetime
) -> Indicator:
    """From a closed gate until somebody was told, where it took longest; what is owed counts."""
    return _longest(level, promised, closures, now, lambda one: (one.notified or now) - one.closed)


def time_to_repair(
    level: ServiceLevel, promised: timedelta, closures: Sequence[Closure], now: datetime
) -> Indicator:
    """From a closed gate until good data passed, where it took longest; what is open counts."""
    return _longest(level, promised, closures, now, lambda one: (one.repaired or now) - one.closed)


def _longest(
    level: ServiceLevel,
    promised: timedelta,
    closures: Iterable[Closure],
    now: datetime,
    took: Callable[[Closure], timedelta],
) -> Indicator:
    # what was closed before the window and still is counts: it is the worst there can be
    inside = [one for one in closures if (one.repaired or now) > now - level.window]
    if not inside:
        return unknown(level, "no gate was closed in the window")
    times = [max(timedelta(), took(one)) for one in inside]
    mean = sum(times, timedelta()) / len(times)
    still = sum(one.repaired is None for one in inside)
    told = f"the longest of {len(times)}" if len(times) > 1 else "once"
    details = {"count": len(times), "mean_seconds": mean.total_seconds(), "open": still}
    return at_most(level, max(times), promised, told, details)
