"""When new data is expected: so often, or at the times of a schedule.

The times of a schedule are deadlines. A delivery counts for the one that it is nearest to, so one
that is late by more than half of the time between two counts for the next, and the one before has
failed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from headgate.contracts.service_levels.cron import Cron


class Cadence(Struct, frozen=True):
    """How often new data comes: after `every`, or by the times of `schedule` where there is one."""

    every: timedelta
    schedule: Cron | None = None
    allowed: timedelta = timedelta()
    """How late it may be without breaking the promise."""

    def expected(self, last: datetime) -> datetime:
        """When the delivery is expected that follows the one at `last`."""
        if self.schedule is None:
            return last + self.every
        return self.schedule.after(self.schedule.nearest(last))

    def deviation(self, last: datetime, at: datetime) -> timedelta | None:
        """How much later than expected a delivery came; negative where it came before.

        None where a schedule did not expect one: the delivery before it counts for the same time.
        """
        if self.schedule and self.schedule.nearest(at) == self.schedule.nearest(last):
            return None
        return at - self.expected(last)
