"""Service levels, judged by what the record says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from headgate.contracts.service_levels.cadence import Cadence
from headgate.contracts.service_levels.service_level import Rate, ServiceLevel, Share
from headgate.errors import DataError
from headgate.scorecard.availability import availability
from headgate.scorecard.facts import Facts
from headgate.scorecard.freshness import frequency, latency, retention
from headgate.scorecard.indicator import Indicator, Verdict
from headgate.scorecard.life import end_of_life, end_of_support, general_availability
from headgate.scorecard.rates import error_rate, throughput
from headgate.scorecard.response import time_to_detect, time_to_notify, time_to_repair
from headgate.store.moves import Move

LATE = frozenset({"latency", "frequency"})
"""The levels that say of data that it is late."""


def indicators(levels: Sequence[ServiceLevel], facts: Facts) -> list[Indicator]:
    """Each level of a dataset, judged; one that cannot be judged is an error, and never met."""
    freshest = next((one for one in levels if one.property == "latency"), None)
    return [_judged(level, freshest, facts) for level in levels]


def _judged(level: ServiceLevel, freshest: ServiceLevel | None, facts: Facts) -> Indicator:
    try:
        return _indicator(level, freshest, facts)
    except DataError as error:
        return Indicator(level, Verdict.ERROR, f"{error.what}; {error.hint}")


def _indicator(level: ServiceLevel, freshest: ServiceLevel | None, facts: Facts) -> Indicator:
    now = facts.now
    match level.promise:
        case timedelta() as promised:
            return _lasting(level, promised, facts)
        case Cadence() as cadence:
            return frequency(level, cadence, facts.deliveries, now)
        case Rate() as rate:
            return throughput(level, rate, facts.counts(rate.of), now)
        case Share() as share if level.property == "errorRate":
            return error_rate(level, share, facts.endings(level.window))
        case Share() as share:
            column = freshest.column if freshest else ""
            longest = freshest.promise if freshest else None
            most = longest if isinstance(longest, timedelta) else None
            return availability(level, share, facts.slices(column, most), now)
        case datetime() as at:
            return _dated(level, at, facts)
        case None:
            return Indicator(level, Verdict.NOT_EXECUTED, "no property that is measured")


def _lasting(level: ServiceLevel, promised: timedelta, facts: Facts) -> Indicator:
    now, served = facts.now, facts.served
    match level.property:
        case "latency":
            until = facts.until(served, level.column) if served else None
            return latency(level, promised, until, now)
        case "retention":
            first, reach = _reaching(level, promised, facts)
            return retention(level, promised, first, reach, now)
        case "timeToDetect":
            return time_to_detect(level, promised, facts.closures, now)
        case "timeToNotify":
            return time_to_notify(level, promised, facts.closures, now)
        case _:
            return time_to_repair(level, promised, facts.closures, now)


def _reaching(
    level: ServiceLevel, promised: timedelta, facts: Facts
) -> tuple[datetime | None, datetime | None]:
    """How far back there ever was data, and is some now: rows of a column, or versions."""
    if not level.column:
        first = facts.moves[0].at if facts.moves else None
        return first, facts.reach(facts.now - promised)
    if facts.served is None:
        return None, None
    reach = facts.since(facts.served, level.column)
    former = [_low(facts, move, level.column) for move in facts.moves if move.version]
    return min((one for one in former if one), default=None), reach


def _low(facts: Facts, move: Move, column: str) -> datetime | None:
    """The oldest value of a version, which may be from before there was such a column."""
    try:
        return facts.since(move, column)
    except DataError:
        return None


def _dated(level: ServiceLevel, at: datetime, facts: Facts) -> Indicator:
    served = facts.served is not None
    match level.property:
        case "generalAvailability":
            return general_availability(level, at, facts.now, served=served)
        case "endOfSupport":
            return end_of_support(level, at, facts.now)
        case _:
            return end_of_life(level, at, facts.now, served=served)
