"""The share of time in which what was served was good, and what is left of the error budget.

An event ratio says little of what comes once a day. So time is cut where something changed: a slice
is good as long as its version had passed its gates and was not older than the latency promised.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from headgate.contracts.service_levels.service_level import ServiceLevel, Share
from headgate.scorecard.indicator import Indicator, Unit, Verdict, unknown


class Slice(Struct, frozen=True):
    """A time in which one version was served; good until a moment, from its start on."""

    start: datetime
    end: datetime
    good_until: datetime | None
    """None where it was never good: a person let it through, or nothing was served."""

    @property
    def length(self) -> timedelta:
        """How long it lasted."""
        return self.end - self.start

    @property
    def bad(self) -> timedelta:
        """How much of it was not good."""
        if self.good_until is None:
            return self.length
        return self.end - min(max(self.good_until, self.start), self.end)


def availability(
    level: ServiceLevel, promised: Share, slices: Iterable[Slice], now: datetime
) -> Indicator:
    """The good share of the window. It is missed when the bad time is more than the budget.

    The budget is that of the whole window, also where data is served for less long.
    """
    inside = [one for each in slices if (one := _within(each, now - level.window, now))]
    served = sum((each.length for each in inside), timedelta())
    if not served:
        return unknown(level, "nothing is served yet")
    bad = sum((each.bad for each in inside), timedelta())
    share = 1 - bad / served
    allowed = 1 - promised.value
    budget = level.window * allowed
    burn = bad / served / allowed if allowed else None
    return Indicator(
        level,
        Verdict.MET if bad <= budget else Verdict.MISSED,
        "of the time it was served",
        Unit.SHARE,
        share,
        promised.value,
        share - promised.value,
        {
            "served_seconds": served.total_seconds(),
            "bad_seconds": bad.total_seconds(),
            "budget_seconds": budget.total_seconds(),
            "budget_left_seconds": (budget - bad).total_seconds(),
            "burn_rate": burn,
        },
    )


def _within(one: Slice, start: datetime, end: datetime) -> Slice | None:
    """The part of a slice that is in the window."""
    first, last = max(one.start, start), min(one.end, end)
    return Slice(first, last, one.good_until) if first < last else None
