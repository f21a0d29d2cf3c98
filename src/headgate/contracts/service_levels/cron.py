"""A schedule in the five fields of cron: minute, hour, day of month, month, day of week. In UTC.

As in cron, a day is one of the schedule's where the day of the month or the day of the week is, if
both are given.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class Cron(Struct, frozen=True):
    """The moments of a schedule."""

    text: str

    def after(self, at: datetime) -> datetime:
        """The first moment after `at`."""
        return self._next(at, back=False)

    def latest(self, at: datetime) -> datetime:
        """The last moment that is not after `at`."""
        # cronsim goes back to before a whole second, and to a broken one's own
        return self._next(at.replace(microsecond=at.microsecond or 1), back=True)

    def nearest(self, at: datetime) -> datetime:
        """The moment that is nearest to `at`, the earlier of two that are equally near."""
        before, behind = self.latest(at), self.after(at)
        return before if at - before <= behind - at else behind

    def _next(self, at: datetime, *, back: bool) -> datetime:
        from cronsim import CronSim

        found = next(CronSim(self.text, at.astimezone(UTC), reverse=back), None)
        if found is None:
            raise ValueError(f"{self.text} never comes")
        return found


def cron(text: str) -> Cron:
    """The schedule that a text names.

    Raises ValueError for a text that is none, or that names no moment.

    >>> cron("30 6 * * mon-fri").after(datetime(2026, 11, 20, 7, tzinfo=UTC)).isoformat()
    '2026-11-23T06:30:00+00:00'
    """
    from cronsim import CronSimError

    written = _NICKNAMES.get(text.strip().casefold(), text)
    if (count := len(written.split())) != 5:
        raise ValueError(f"{text!r} has {count} fields, and a schedule of cron has 5")
    found = Cron(written)
    try:
        found.after(datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"{text!r} is no schedule of cron: {str(error).lower()}") from None
    return found
