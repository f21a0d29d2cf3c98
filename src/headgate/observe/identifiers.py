"""Names that say that values stand for something, and measure nothing."""

from __future__ import annotations

from headgate.observe.column import ColumnProfile
from headgate.observe.personal import words_of

IDENTIFIERS = {"id", "key", "uuid", "guid", "code", "number", "no", "nr", "sku"}


def identifies(column: ColumnProfile) -> bool:
    """Whether a name says that the values stand for something and measure nothing."""
    last = words_of(column.name).split()[-1:]
    return any(word in IDENTIFIERS or word.endswith("id") for word in last)
