"""Values that are made up for a property of a contract: of its type, and within what it says."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from headgate.contracts.columns import whole_ends
from headgate.contracts.contract import Property
from headgate.contracts.formats.type_options import is_number
from headgate.environments.patterns import matching
from headgate.errors import DeclarationError
from headgate.schema.types import LogicalType

Value = Any

TRIES = 200
DAY = date(2020, 1, 1)
DAYS = 366 * 5
MANY = 1_000_000
"""How many whole numbers there are to choose from, where a contract leaves an end open."""
LIMITS = (-(2**63), 2**63 - 1)
"""What a whole number of 64 bits can be."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Maker = Callable[[random.Random], Value]


def physical(kind: LogicalType | None) -> str:
    """The type in which values of a logical type are kept."""
    return {
        LogicalType.INTEGER: "BIGINT",
        LogicalType.NUMBER: "DOUBLE",
        LogicalType.BOOLEAN: "BOOLEAN",
        LogicalType.DATE: "DATE",
        LogicalType.TIMESTAMP: "TIMESTAMP",
        LogicalType.TIME: "TIME",
    }.get(kind or LogicalType.STRING, "VARCHAR")


def maker(one: Property) -> Maker:
    """What makes values of a property. Raises DeclarationError where none can be."""
    if one.values:
        values: list[Value] = [_typed(one, value) for value in one.values]
        return lambda chance: chance.choice(values)
    match one.type or LogicalType.STRING:
        case LogicalType.BOOLEAN:
            return lambda chance: chance.random() < 0.5
        case LogicalType.INTEGER:
            whole = _integers(one)
            return lambda chance: chance.choice(whole)
        case LogicalType.NUMBER:
            least, most = _ends(one, 0.0, 1000.0)
            if step := _step(one):
                return _multiples(one, step, least, most)
            return lambda chance: _between(one, chance, least, most)
        case LogicalType.DATE | LogicalType.TIMESTAMP | LogicalType.TIME:
            return _moments(one)
        case LogicalType.STRING:
            return _texts(one)
        case kind:
            raise _impossible(one, f"values of type {kind} are not made up")


def _integers(one: Property) -> range:
    low = [math.ceil(_exact(one.low))] if one.low is not None else []
    low += [math.floor(_exact(one.above)) + 1] if one.above is not None else []
    high = [math.floor(_exact(one.high))] if one.high is not None else []
    high += [math.ceil(_exact(one.below)) - 1] if one.below is not None else []
    if not low:  # from 0 where that leaves room: few numbers that people count are below
        enough = MANY if one.unique or one.key else 1
        low = [0 if not high or min(high) >= enough else min(high) - MANY]
    first, last = whole_ends(_options(one).get("format")) or LIMITS
    least = max([LIMITS[0], first, *low])
    most = min([LIMITS[1], last, *(high or [max(least, 0) + MANY])])
    # a whole number is a multiple of 2.5 where it is one of 5
    step = Fraction(_step(one) or 1).numerator
    found = range(-(-least // step) * step, most + 1, step)
    if not found:
        raise _impossible(one, f"no whole number is from {least} to {most}")
    return found


def _step(one: Property) -> Decimal | None:
    """What its numbers are multiples of, as it is written."""
    step = _options(one).get("multipleOf", 0)
    return Decimal(str(step)) if is_number(step) and step > 0 else None


def _multiples(one: Property, step: Decimal, least: float, most: float) -> Maker:
    low, high = math.ceil(Decimal(str(least)) / step), math.floor(Decimal(str(most)) / step)
    low += one.above is not None and low * step <= _exact(one.above)
    high -= one.below is not None and high * step >= _exact(one.below)
    if low > high:
        raise _impossible(one, f"no multiple of {step} is from {least} to {most}")
    return lambda chance: float(chance.randint(low, high) * step)


def _options(one: Property) -> Mapping[str, Any]:
    options = one.declared.get("logicalTypeOptions")
    return options if isinstance(options, dict) else {}


def _exact(end: Any) -> Decimal:
    """A bound to its last digit: a float keeps no more than 16 of them."""
    return Decimal(str(end))


def _ends(one: Property, low: float, high: float) -> tuple[float, float]:
    lows = [float(end) for end in (one.low, one.above) if end is not None]
    highs = [float(end) for end in (one.high, one.below) if end is not None]
    if not lows:
        lows = [low if not highs or min(highs) > low else min(highs) - high]
    least = max(lows)
    most = min(highs, default=max(high, least + high))
    if least > most:
        raise _impossible(one, f"no number is from {least} to {most}")
    return least, most


def _between(one: Property, chance: random.Random, least: float, most: float) -> float:
    for _ in range(TRIES):
        drawn = chance.uniform(least, most)
        # as people write it, where there is room for that
        for value in (round(drawn, 6), drawn) if most - least > 0.01 else (drawn,):
            inside = least <= value <= most
            above = one.above is None or value > float(one.above)
            if inside and above and (one.below is None or value < float(one.below)):
                return value
    raise _impossible(one, "its bounds leave no room")


def _moments(one: Property) -> Maker:
    """Dates, moments and times: whole days, or whole seconds."""
    kind = one.type
    start = datetime.combine(DAY, time(), UTC)
    step = timedelta(days=1) if kind is LogicalType.DATE else timedelta(seconds=1)
    low, high = (_moment(one, end) for end in (one.low, one.high))
    above, below = (_moment(one, end) for end in (one.above, one.below))
    lows = [end for end in (low, above + step if above else None) if end]
    highs = [end for end in (high, below - step if below else None) if end]
    span = timedelta(days=1) - step if kind is LogicalType.TIME else timedelta(days=DAYS)
    if not lows:
        near = kind is not LogicalType.TIME and highs and min(highs) - start < span
        lows = [min(highs) - span if near else start]
    least = max(lows)
    most = min(highs, default=least + span if kind is not LogicalType.TIME else start + span)
    count = (most - least) // step
    if count < 0:
        raise _impossible(one, "its bounds leave no room")

    def made(chance: random.Random) -> Value:
        moment = (least + chance.randint(0, count) * step).replace(tzinfo=None)
        match kind:
            case LogicalType.DATE:
                return moment.date()
            case LogicalType.TIME:
                return moment.time()
        return moment

    return made


def _moment(one: Property, end: object) -> datetime | None:
    if end is None:
        return None
    try:
        if one.type is LogicalType.TIME:
            found = datetime.combine(DAY, time.fromisoformat(str(end)))
        else:
            found = datetime.fromisoformat(str(end))
    except ValueError:
        raise _impossible(one, f"{end!r} is no {one.type}") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


FORMATS = {
    "email": r"[a-z]{3,8}\.[a-z]{3,8}@example\.(com|org|net)",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "uri": r"https://example\.(com|org|net)/[a-z]{3,8}",
    "hostname": r"[a-z]{3,8}\.example\.(com|org|net)",
    "ipv4": r"192\.0\.2\.[1-9][0-9]",
    "ipv6": "2001:db8::[1-9a-f][0-9a-f]{0,3}",
}
"""Texts of the standard's formats. None of them is anybody's: RFC 2606, 3849 and 5737."""


def _texts(one: Property) -> Maker:
    told = _options(one).get("format")
    if one.pattern is None and told in FORMATS:
        one = replace(one, pattern=FORMATS[told])
    if one.pattern is None:
        # not empty where that may be, because a CSV file cannot tell it from a missing one
        least = 0 if one.longest == 0 else max(one.shortest or 0, 1)
        most = max(least, min(one.longest if one.longest is not None else 12, 12))
        return lambda chance: "".join(
            chance.choice(LETTERS) for _ in range(chance.randint(least, most))
        )
    pattern = one.pattern

    def made(chance: random.Random) -> str:
        for _ in range(TRIES):
            text = matching(pattern, chance)
            if (one.shortest or 0) <= len(text) <= (one.longest or len(text)):
                return text
        raise _impossible(one, "no text of that length matches its pattern")

    return made


def _typed(one: Property, value: object) -> Value:
    """A listed value in the type of its column."""
    try:
        match one.type:
            case LogicalType.DATE:
                return date.fromisoformat(str(value))
            case LogicalType.TIMESTAMP:
                return datetime.fromisoformat(str(value)).replace(tzinfo=None)
            case LogicalType.TIME:
                return time.fromisoformat(str(value))
            case LogicalType.INTEGER:
                return int(str(value))
            case LogicalType.NUMBER:
                return float(str(value))
            case LogicalType.BOOLEAN:
                return value if isinstance(value, bool) else str(value).lower() == "true"
    except ValueError:
        raise _impossible(one, f"{value!r} is no {one.type}") from None
    return str(value)


def _impossible(one: Property, why: str) -> DeclarationError:
    return DeclarationError(f"no value of {one.name} can be made up: {why}", one.where)
