"""Opening the ledger wherever it is: a SQLite file, or a Postgres database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headgate.errors import MissingExtraError
from headgate.ledger.ledger import Ledger

POSTGRES = ("postgresql://", "postgres://")
"""How the address of a Postgres database begins."""


def is_address(place: str) -> bool:
    """Whether a text is the address of a database, and no path."""
    return place.startswith(POSTGRES)


def open_ledger(place: str | Path, reveal: Callable[[str], str] = str) -> Ledger:
    """The ledger at a path or at a `postgresql://` address; `reveal` puts secrets into the latter.

    Raises StateError where it cannot be opened, and MissingExtraError where Postgres is asked for
    and its driver is not installed.
    """
    if isinstance(place, str) and is_address(place):
        return _postgres(place, reveal)
    from headgate.ledger import sqlite

    return sqlite.open_ledger(Path(place))


def _postgres(url: str, reveal: Callable[[str], str]) -> Ledger:
    try:
        from headgate.ledger import address, postgres
    except ImportError as error:
        raise MissingExtraError(
            f"the state is a Postgres database, and its driver cannot be imported: {error}",
            None,
            "pip install 'headgate[postgres]'",
        ) from error
    return postgres.open_ledger(address.read_address(url, reveal))
