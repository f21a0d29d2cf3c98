"""How far a reader of the events has come, for readers that must miss none."""

from __future__ import annotations

from headgate.ledger.ledger import Transaction


def position(tx: Transaction, name: str) -> int:
    """The place of the last event that this reader is done with; 0 at the start."""
    rows = tx.execute("select position from cursor where name = ?", (name,))
    return int(rows[0][0]) if rows else 0


def advance(tx: Transaction, name: str, to: int) -> None:
    """Moves a reader forward; it never goes back."""
    tx.execute(
        "insert into cursor (name, position) values (?, ?) on conflict (name) do update"
        " set position = excluded.position where excluded.position > cursor.position",
        (name, to),
    )
