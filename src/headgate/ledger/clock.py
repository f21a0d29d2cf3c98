"""Times as the ledger keeps them: UTC text of fixed width, which sorts as it runs."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """A moment as text.

    >>> stamp(datetime(2015, 7, 31, 12, tzinfo=UTC))
    '2015-07-31T12:00:00.000000+00:00'
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.fromisoformat(text)
