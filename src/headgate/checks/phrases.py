"""Numbers, lists and lengths of time as people write them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from headgate.schema.statistics import Scalar

SHOWN = 12
"""How many members of a long list are written out."""


def ends(low: Scalar | None, high: Scalar | None, strict_low: bool, strict_high: bool) -> str:
    """Two ends, as a short phrase.

    >>> ends(0, None, True, False)
    'above 0'
    """
    if low is not None and high is not None:
        if low == high and not (strict_low or strict_high):
            return f"exactly {number(low)}"
        if not (strict_low or strict_high):
            return f"between {number(low)} and {number(high)}"
    parts = []
    if low is not None:
        parts.append(f"{'above' if strict_low else 'at least'} {number(low)}")
    if high is not None:
        parts.append(f"{'below' if strict_high else 'at most'} {number(high)}")
    return " and ".join(parts)


def number(value: Scalar) -> str:
    """A value in a sentence: thousands are marked from 10,000 on, so that years stay years.

    >>> number(2015), number(50000), number(0.5), number("a")
    ('2015', '50,000', '0.5', 'a')
    """
    if isinstance(value, bool | str) or (isinstance(value, float) and not math.isfinite(value)):
        return plain(value)
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 1e15):
        return f"{value:,.10g}" if 10_000 <= abs(value) < 1e15 else f"{value:.10g}"
    whole = int(value)
    return f"{whole:,}" if abs(whole) >= 10_000 else str(whole)


def plain(value: Scalar) -> str:
    """A value as it would be written in data."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def percent(value: float) -> str:
    """A percentage with the digits it needs; what is not nothing is never written as 0 %.

    >>> percent(5.88), percent(0.0036), percent(100.0), percent(99.99999)
    ('5.9 %', '0.0036 %', '100 %', '99.99999 %')
    """
    distance = min(value, 100 - value)
    digits = 1 - math.floor(math.log10(distance)) if 0 < distance < 1 else 1
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + " %"


def duration(hours: float) -> str:
    """A length of time, in days where hours would be many.

    >>> duration(30.24), duration(99125.7)
    ('30.2 hours', '4,130 days')
    """
    return f"{hours:,.1f} hours" if abs(hours) < 96 else f"{hours / 24:,.0f} days"


def age(column: str | None, hours: float) -> str:
    """How old the newest value of a column is, or the newest delivery.

    >>> age("day", 12), age("day", -120)
    ('age of the newest day is 12.0 hours', 'the newest day is 5 days ahead of now')
    """
    newest = f"the newest {column or 'delivery'}"
    if hours < 0:
        return f"{newest} is {duration(-hours)} ahead of now"
    return f"age of {newest} is {duration(hours)}"


def quantiles(shares: Sequence[float], values: Sequence[str | float | None]) -> list[str]:
    """Each quantile with its share.

    >>> quantiles((0.5, 0.9), (12, None))
    ['50 % 12', '90 % unknown']
    """
    return [
        f"{percent(100 * share)} {'unknown' if one is None else number(one)}"
        for share, one in zip(shares, values, strict=True)
    ]


def listed(words: Sequence[str]) -> str:
    """Words with commas; of a long list the first ones and how many follow.

    >>> listed([str(n) for n in range(15)])
    '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more'
    """
    if len(words) <= SHOWN:
        return ", ".join(words) or "(nothing)"
    return f"{', '.join(words[:SHOWN])} and {len(words) - SHOWN:,} more"


def shortened(text: str, most: int = 80) -> str:
    r"""A text on one line, of a length that fits into one.

    >>> shortened("SELECT *\n  FROM data")
    'SELECT * FROM data'
    """
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def set_aside_words(rows: int, new: int) -> str:
    """How many rows are set aside, and how many of them are since what was held before."""
    counted = f"{rows:,} {_rows(rows)}"
    if not new:
        return f"{counted} set aside earlier"
    if new == rows:
        return f"{counted} set aside"
    return f"{new:,} {_rows(new)} set aside now, {rows:,} in all"


def unread_words(rows: int) -> str:
    """How many rows of earlier deliveries are set aside because they could not be read."""
    return f"{rows:,} {_rows(rows)} of earlier deliveries could not be read"


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"
