"""The rows that break a rule about one row, whoever judges it: the engine, or Python."""

from __future__ import annotations

from headgate.checks.asked import Asked
from headgate.checks.metric import Rule, Unique
from headgate.checks.reading import unread
from headgate.checks.relative import Ordered
from headgate.checks.rules import broken, settled
from headgate.checks.sql import Sql
from headgate.checks.texts import ReadRule
from headgate.errors import DeclarationError


def breaking(rule: Rule, place: Asked, most: int | None = None) -> Sql:
    """The rows that break a rule about one row; of a rule that Python reads, see `unread`.

    Raises DeclarationError where the rule does not fit its column, or is about other rows too.
    """
    settles = settled(rule, place.table.schema)
    if isinstance(settles, ReadRule):
        return unread(place, settles, most)
    if isinstance(settles, Unique | Ordered):
        raise DeclarationError("other rows decide whether a row keeps it")
    return broken(settles, place)
