"""A schedule in the five fields of cron: minute, hour, day of month, month, day of week. In UTC.

As in cron, a day is one of the schedule's where the day of the month or the day of the week is, if
both are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FARTHEST = 40 * 366
"""Days after which each date has been on each day of the week, a century without a leap day too."""


@dataclass(frozen=True, slots=True)
class Cron:
    """The moments of a schedule."""

    text: str
    times: tuple[time, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either: bool
    """Whether one of the two kinds of days is enough, because both are given."""

    def after(self, at: datetime) -> datetime:
        """The first moment after `at`."""
        at = at.astimezone(UTC)
        for ahead in range(_FARTHEST):
            day = at.date() + timedelta(days=ahead)
            if self._is_day(day):
                for clock in self.times:
                    if (found := datetime.combine(day, clock, UTC)) > at:
                        return found
        raise ValueError(f"{self.text} never comes")

    def latest(self, at: datetime) -> datetime:
        """The last moment that is not after `at`."""
        at = at.astimezone(UTC)
        for back in range(_FARTHEST):
            day = at.date() - timedelta(days=back)
            if self._is_day(day):
                for clock in reversed(self.times):
                    if (found := datetime.combine(day, clock, UTC)) <= at:
                        return found
        raise ValueError(f"{self.text} never was")

    def nearest(self, at: datetime) -> datetime:
        """The moment that is nearest to `at`, the earlier of two that are equally near."""
        before, behind = self.latest(at), self.after(at)
        return before if at - before <= behind - at else behind

    def _is_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week


def cron(text: str) -> Cron:
    """The schedule that a text names.

    Raises ValueError for a text that is none, or that names no moment.

    >>> cron("30 6 * * mon-fri").after(datetime(2026, 11, 20, 7, tzinfo=UTC)).isoformat()
    '2026-11-23T06:30:00+00:00'
    """
    fields = _NICKNAMES.get(text.strip().casefold(), text).split()
    if len(fields) != 5:
        raise ValueError(f"{text!r} has {len(fields)} fields, and a schedule of cron has 5")
    minutes, hours = _values(fields[0], 0, 59), _values(fields[1], 0, 23)
    found = Cron(
        text,
        tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)),
        _values(fields[2], 1, 31),
        _values(fields[3], 1, 12, _MONTHS),
        frozenset(day % 7 for day in _values(fields[4], 0, 7, _DAYS)),
        not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    found.after(datetime(2000, 1, 1, tzinfo=UTC))
    return found


def _values(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start, end = (low, high) if span == "*" else (_number(first, names, low),) * 2
        if dash:
            end = _number(last, names, low)
        elif step and span != "*":
            end = high
        width = int(step) if step.isdecimal() else 0 if step else 1
        if not (low <= start <= end <= high and width > 0):
            raise ValueError(f"{part!r} is no field of a schedule from {low} to {high}")
        found |= set(range(start, end + 1, width))
    return frozenset(found)


def _number(text: str, names: tuple[str, ...], low: int) -> int:
    if text.casefold() in names:
        return names.index(text.casefold()) + low
    if not text.isascii() or not text.isdecimal():
        raise ValueError(f"{text!r} is no number")
    return int(text)
