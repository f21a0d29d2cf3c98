"""How many runs go wrong, and how much comes in a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from headgate.contracts.service_levels.service_level import Rate, ServiceLevel, Share
from headgate.scorecard.indicator import Indicator, Unit, Verdict, unknown

WELL = {"published", "unchanged"}
WRONG = {"held", "failed"}
"""How a run can end that counts; one that was interrupted says nothing."""


def error_rate(level: ServiceLevel, promised: Share, endings: Sequence[str]) -> Indicator:
    """The share of runs whose gates stayed closed, or that failed."""
    counted = [ending for ending in endings if ending in WELL | WRONG]
    if not counted:
        return unknown(level, "nothing has run in the window")
    wrong = sum(ending in WRONG for ending in counted)
    share = wrong / len(counted)
    return Indicator(
        level,
        Verdict.MET if share <= promised.value else Verdict.MISSED,
        f"{wrong} of {len(counted)} runs",
        Unit.SHARE,
        share,
        promised.value,
        promised.value - share,
        {"runs": len(counted), "wrong": wrong},
    )


def throughput(
    level: ServiceLevel, promised: Rate, counts: Sequence[tuple[datetime, int]], now: datetime
) -> Indicator:
    """What came in the window, in the unit of time of the promise.

    `counts` are what came at each moment. Before one such unit has passed since the first of them,
    nothing can be said.
    """
    inside = [(at, count) for at, count in counts if now - level.window < at <= now]
    begun = min((at for at, _ in counts), default=now)
    span = min(level.window, now - begun)
    if span < min(promised.per, level.window):
        return unknown(level, "it has not been served for long enough")
    total = sum(count for _, count in inside)
    # multiplied first, so that what is just enough is not less by a hair
    observed = total * promised.per.total_seconds() / span.total_seconds()
    return Indicator(
        level,
        Verdict.MET if observed >= promised.count else Verdict.MISSED,
        f"{total:,} in {span.total_seconds() / 86_400:.1f} days",
        Unit(promised.of),
        observed,
        promised.count,
        observed - promised.count,
        {"per_seconds": promised.per.total_seconds(), "total": total},
    )
