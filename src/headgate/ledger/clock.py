"""Times as the ledger keeps them: UTC text of fixed width, which sorts as it runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


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


def told_moment(text: str) -> datetime:
    """The moment that a person writes in ISO 8601: in UTC without a zone, the end of a whole day.

    Raises ValueError for anything else.

    >>> told_moment("2015-07-31 12:00"), told_moment("2015-07-31").time()
    (datetime.datetime(2015, 7, 31, 12, 0, tzinfo=datetime.timezone.utc), datetime.time(23, 59, 59, 999999))
    """
    try:
        return end_of(date.fromisoformat(text))
    except ValueError:
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def end_of(day: date) -> datetime:
    """The last moment of a day in UTC."""
    return datetime.combine(day, time.max, UTC)
