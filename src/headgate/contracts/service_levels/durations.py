"""Lengths of time as contracts write them: `4 d`, `PT15M`, or a number with its unit beside it.

A month is 31 days and a year 366, the longest that they can be, so that one word is one length.
"""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {
    "ms": timedelta(milliseconds=1),
    "millisecond": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "sec": timedelta(seconds=1),
    "second": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "w": timedelta(weeks=1),
    "wk": timedelta(weeks=1),
    "week": timedelta(weeks=1),
    "mo": timedelta(days=31),
    "month": timedelta(days=31),
    "y": timedelta(days=366),
    "yr": timedelta(days=366),
    "year": timedelta(days=366),
}
"""The length of each unit. `M` alone is a month, and `m` a minute."""

LONGEST = timedelta(days=366_000)
"""A thousand years; what is longer is no promise, and reaches out of the calendar."""

_SHORT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")
_ISO = re.compile(
    r"P(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?"
    r"(?:T(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?(?:(?P<second>\d+(?:\.\d+)?)S)?)?"
)


def unit(word: str) -> timedelta | None:
    """The length of a unit, in the singular or the plural; None for a word that is none.

    >>> unit("days"), unit("M"), unit("m")
    (datetime.timedelta(days=1), datetime.timedelta(days=31), datetime.timedelta(seconds=60))
    """
    if word == "M":
        return UNITS["month"]
    folded = word.casefold()
    return UNITS.get(folded) or UNITS.get(folded.removesuffix("s"))


def duration(text: str) -> timedelta | None:
    """The length that a text names, `4 d` or ISO 8601; None for a text that names none.

    >>> duration("1.5 hours"), duration("P1DT12H"), duration("soon")
    (datetime.timedelta(seconds=5400), datetime.timedelta(days=1, seconds=43200), None)
    """
    text = text.strip()
    if short := _SHORT.fullmatch(text):
        length = unit(short[2])
        return _times(float(short[1]), length) if length else None
    found = _ISO.fullmatch(text)
    parts = {name: count for name, count in found.groupdict().items() if count} if found else {}
    if not parts or text.endswith("T"):
        return None
    lengths = [_times(float(count), UNITS[name]) for name, count in parts.items()]
    if None in lengths:
        return None
    total = sum((one for one in lengths if one), timedelta())
    return total if total <= LONGEST else None


def lasting(count: float, word: str) -> timedelta | None:
    """So many of a unit; None where the word is no unit, or the time is longer than can be told."""
    length = unit(word)
    return _times(count, length) if length else None


def _times(count: float, length: timedelta) -> timedelta | None:
    try:
        found = count * length
    except (OverflowError, ValueError):
        return None
    return found if found <= LONGEST else None
