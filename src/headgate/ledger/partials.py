"""What was measured of the parts of tables, so that an unchanged part is not read again.

A part is known by the hash of its bytes, and what was measured by a hash of its own, in which the
releases of the libraries are that measured it, so nothing here ever becomes wrong. A total is of the first parts of a table together: it keeps the cost of one
more part from growing with the number of parts. All of it may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from headgate.ledger.ledger import Transaction

AT_ONCE = 400
"""How many parts one statement asks for; SQLite binds at most 32,766 values."""

TOTALS = 3
"""How many totals of a dataset are kept for each piece: a few versions are in use at once."""


def partials(
    tx: Transaction, parts: Sequence[str], pieces: Sequence[str]
) -> dict[tuple[str, str], bytes]:
    """What is known of these parts, by part and piece."""
    found: dict[tuple[str, str], bytes] = {}
    wanted = _places(pieces)
    for start in range(0, len(parts), AT_ONCE):
        some = parts[start : start + AT_ONCE]
        rows = tx.execute(
            f"select part, piece, body from partial where part in ({_places(some)})"  # noqa: S608
            f" and piece in ({wanted})",
            (*some, *pieces),
        )
        found |= {(part, piece): bytes(body) for part, piece, body in rows}
    return found


def keep_partials(tx: Transaction, bodies: Mapping[tuple[str, str], bytes]) -> None:
    """Remembers what was measured, by part and piece."""
    for (part, piece), body in bodies.items():
        tx.execute(
            "insert into partial (part, piece, body) values (?, ?, ?)"
            " on conflict (part, piece) do nothing",
            (part, piece, body),
        )


def totals(tx: Transaction, dataset: str, pieces: Sequence[str]) -> list[tuple[str, str, bytes]]:
    """What is known of the first parts of a dataset together: piece, chain and body."""
    rows = tx.execute(
        f"select piece, chain, body from total where dataset = ? and piece in ({_places(pieces)})",  # noqa: S608
        (dataset, *pieces),
    )
    return [(piece, chain, bytes(body)) for piece, chain, body in rows]


def keep_totals(tx: Transaction, dataset: str, chain: str, bodies: Mapping[str, bytes]) -> None:
    """Remembers the totals of a chain of parts, by piece; older chains give way."""
    for piece, body in bodies.items():
        tx.execute(
            "insert into total (dataset, piece, chain, body) values (?, ?, ?, ?)"
            " on conflict (dataset, piece, chain) do nothing",
            (dataset, piece, chain, body),
        )
        tx.execute(
            "delete from total where dataset = ? and piece = ? and number not in (select number"
            " from total where dataset = ? and piece = ? order by number desc limit ?)",
            (dataset, piece, dataset, piece, TOTALS),
        )


def _places(values: Iterable[str]) -> str:
    return ", ".join("?" for _ in values)
