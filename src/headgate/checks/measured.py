"""What was measured, before it is judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from msgspec import Struct, field

from headgate.checks.functions import Calls
from headgate.checks.typed import Comparable
from headgate.schema.schema import Column
from headgate.schema.table import Table


class Counted(Struct, frozen=True):
    """The rows of a rule: all, those it does not judge, and those that break it."""

    elements: int
    missing: int
    unexpected: int


class Value(Struct, frozen=True):
    """A metric's value, comparable in its column's type; None where there is none.

    Several values are a tuple. `details` say more of it, as JSON can hold it. `error` is how far
    the true value, or each of several, may be from this one; 0 where it is exact.
    """

    value: Comparable
    column: Column | None = None
    details: Mapping[str, object] = {}
    error: float | tuple[float, ...] = 0.0


class Groups(Struct, frozen=True):
    """Groups of rows: all, those that fail, the sums of a rule's rows, and the worst groups."""

    groups: int
    failing: int
    counted: Counted | None
    worst: tuple[Mapping[str, object], ...]


class Nothing(Struct, frozen=True):
    """What a metric is where there is nothing yet to compare with, and why: no check fails so."""

    why: str


Measured = Counted | Value | Groups | Nothing


class Beside(Struct, frozen=True):
    """What a judge is told that does not stand in the table."""

    now: datetime
    tables: Mapping[str, Table]
    newest: datetime | None = None
    calls: Calls = field(default_factory=Calls)


def shown(value: Comparable) -> str | float | None:
    """A measured value as an outcome carries it, which JSON can hold."""
    match value:
        case None | str() | int():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def hours_since(moment: date | datetime, now: datetime) -> float:
    """Hours from a date or timestamp to now, both at UTC; a date begins at midnight."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return (utc(now) - utc(moment)).total_seconds() / 3600


def utc(moment: datetime) -> datetime:
    """The moment at UTC; one without a zone is there already."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
