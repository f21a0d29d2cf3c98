"""How old data is, how regularly it comes, and how far back it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from headgate.contracts.service_levels.cadence import Cadence
from headgate.contracts.service_levels.service_level import ServiceLevel
from headgate.scorecard.indicator import Indicator, Unit, Verdict, at_most, unknown


def latency(
    level: ServiceLevel, promised: timedelta, until: datetime | None, now: datetime
) -> Indicator:
    """The age of the newest data; `until` is how far it reaches, None where nothing is served."""
    if until is None:
        return unknown(level, "nothing is served yet")
    return at_most(level, age(until, now), promised, f"reaches to {until:%Y-%m-%d %H:%M} UTC")


def age(until: datetime, now: datetime) -> timedelta:
    """How old data is that reaches to a moment; what reaches into the future is new."""
    return max(timedelta(), now - until)


def frequency(
    level: ServiceLevel, cadence: Cadence, deliveries: Sequence[datetime], now: datetime
) -> Indicator:
    """Whether new data has come as often as promised; `deliveries` are those so far, in order.

    It is missed while a delivery is later than allowed. The past is in the details: how many of the
    deliveries in the window were late, and the longest time between two.
    """
    if not deliveries:
        return unknown(level, "no data has come yet")
    last = deliveries[-1]
    expected = cadence.expected(last)
    late = max(timedelta(), now - expected)
    slack = expected + cadence.allowed - now
    pairs = [(before, at) for before, at in pairwise(deliveries) if at > now - level.window]
    deviations = [cadence.deviation(before, at) for before, at in pairs]
    return Indicator(
        level,
        Verdict.MET if slack >= timedelta() else Verdict.MISSED,
        f"expected at {expected:%Y-%m-%d %H:%M} UTC",
        Unit.SECONDS,
        (now - last).total_seconds(),
        (expected + cadence.allowed - last).total_seconds(),
        slack.total_seconds(),
        {
            "last_delivery_at": last.isoformat(),
            "expected_at": expected.isoformat(),
            "late_seconds": late.total_seconds(),
            "deliveries": len(pairs),
            "late_deliveries": sum(one is not None and one > cadence.allowed for one in deviations),
            "longest_gap_seconds": max(
                ((at - before).total_seconds() for before, at in pairs), default=None
            ),
        },
    )


def retention(
    level: ServiceLevel,
    promised: timedelta,
    first: datetime | None,
    reach: datetime | None,
    now: datetime,
) -> Indicator:
    """Whether data is still there as far back as promised, or as far as there ever was any.

    `first` is how far back it ever reached, `reach` how far back it does now.
    """
    if first is None:
        return unknown(level, "there is no data yet")
    wanted = max(first, now - promised)
    if reach is None:
        gap, told = now - wanted, "none of it is there any more"
    else:
        gap, told = reach - wanted, f"reaches back to {reach:%Y-%m-%d %H:%M} UTC"
    young = "; there never was more" if reach == first and first > now - promised else ""
    return Indicator(
        level,
        Verdict.MET if gap <= timedelta() else Verdict.MISSED,
        told + young,
        Unit.SECONDS,
        (now - reach).total_seconds() if reach else 0.0,
        promised.total_seconds(),
        (-gap).total_seconds(),
    )
