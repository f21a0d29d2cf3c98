"""What Postgres reports, in words that say what to do."""

from __future__ import annotations

from psycopg import DataError

from headgate.errors import BusyError, HeadgateError, StateError
from headgate.ledger.address import Address

WAIT_SECONDS = 30.0
"""How long a statement waits for another process that is writing."""


def explained(error: Exception, address: Address) -> HeadgateError:
    """The error of a statement that the server refused, or that could not be sent to it."""
    state = getattr(error, "sqlstate", None) or ""
    if state == _LOCKED:
        return BusyError(
            f"another process has been writing to the state for {WAIT_SECONDS:.0f} seconds",
            address.shown,
            "try again when it has ended",
        )
    if isinstance(error, DataError) and "NUL" in str(error):
        return StateError(
            "Postgres keeps no text with a NUL character in it", address.shown, "take it out"
        )
    for start, what, hint in _EXPLANATIONS:
        if state.startswith(start):
            return StateError(f"{what} ({_words(error, address)})", address.shown, hint)
    return StateError(f"the state cannot be used: {_words(error, address)}", address.shown)


def unreachable(error: Exception, address: Address) -> StateError:
    """The error of a connection that could not be made."""
    return StateError(
        f"the state cannot be opened: {_words(error, address)}",
        address.shown,
        "see that the server runs and takes this user and database, and look at `state:` in"
        " headgate.yml",
    )


def lost(error: Exception, address: Address) -> StateError:
    """The error of a transaction whose connection ended before it did."""
    return StateError(
        f"the connection to the state was lost ({_words(error, address)})",
        address.shown,
        "nothing of this step was recorded; see that the server runs, then run again",
    )


def unknown(error: Exception, address: Address) -> StateError:
    """The error of a transaction whose connection ended while it was being committed."""
    return StateError(
        "the connection to the state was lost at the last moment: it is not known whether the"
        f" change was recorded ({_words(error, address)})",
        address.shown,
        "look with `headgate status`, then run again: nothing is published twice",
    )


def _words(error: Exception, address: Address) -> str:
    """What was said, on one line and without secrets."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    return address.told(" ".join(said.split()))


_LOCKED = "55P03"
_EXPLANATIONS = (
    ("53100", "the server's disk is full", "free some space there and run again"),
    ("53300", "the server has no connection left", "raise max_connections, or run fewer at once"),
    ("25006", "this server only reads", "set `state:` to the server that others copy, the primary"),
    (
        "42501",
        "the user may not do this",
        "give it a schema of its own: create schema headgate authorization NAME",
    ),
    ("22P05", "text that Postgres cannot keep", "use a database whose encoding is UTF8"),
    ("22021", "text that Postgres cannot keep", "use a database whose encoding is UTF8"),
)
