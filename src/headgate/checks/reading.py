"""Rules that only Python can judge a text by: each different text is read once.

Texts are fetched in portions by their hash, so that memory stays bounded however many differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from headgate.checks.asked import Asked
from headgate.checks.sql import Sql, missing, written
from headgate.checks.texts import ReadRule, readable
from headgate.checks.typed import column_of, operand

PORTION = 500_000
"""About how many texts are fetched at once, at most."""


def unreadable(place: Asked, rule: ReadRule) -> Iterator[tuple[str, int]]:
    """The texts that break the rule, and how often each occurs.

    Raises DeclarationError where the column is no text.
    """
    column = column_of(place.table.schema, rule.column)
    keeps = readable(rule, column)
    text = operand(column)
    portions = place.table.rows // PORTION + 1
    for portion in range(portions):
        # modulo a number of the hash's own type: of a wider one it takes many times as long
        chosen = (
            Sql(f" AND hash({text}) % CAST(? AS UBIGINT) = ?", (portions, portion))
            if portions > 1
            else Sql("")
        )
        statement = written(
            f"SELECT {text}, count(*) FROM ",  # noqa: S608 - names are quoted
            place.relation,
            " WHERE NOT (",
            missing(column),
            ")",
            chosen,
            " GROUP BY 1",
        )
        for found, rows in place.rows(statement):
            if not keeps(found):
                yield found, rows


def unread(place: Asked, rule: ReadRule, most: int | None = None) -> Sql:
    """The rows whose text breaks the rule; with `most`, those of that many texts at most."""
    column = column_of(place.table.schema, rule.column)
    texts = tuple(text for text, _ in islice(unreadable(place, rule), most))
    among = "IN (SELECT unnest(CAST(? AS VARCHAR[])))"
    return Sql(f"{operand(column)} {among}", (texts,))
