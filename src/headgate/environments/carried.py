"""An environment that goes to another clone with its releases: there it is what it was here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.errors import StoreError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Transaction
from headgate.store.releases import BRANCH, REFRESH


def made(tx: Transaction, name: str) -> Mapping[str, Any]:
    """What a remote is told of an environment; nothing of one that was not made on purpose.

    Raises UsageError for a sandbox: it is thrown away soon, and its sample was taken for one place.
    """
    found = environment.find(tx, name)
    if found is None:
        return {}
    found.require_whole("be pushed")
    return {
        "base": found.base,
        "number": found.number,
        "created": stamp(found.created_at),
        "user": found.user,
        "fixed": found.fixed,
        "expires": stamp(found.expires_at) if found.expires_at else None,
    }


def settle(tx: Transaction, name: str, told: Mapping[str, Any], *, where: str) -> None:
    """Records what a remote tells of an environment, whose releases are recorded before.

    Its data is of the release that the newest of them here came from, since a refresh may have
    followed. Raises StoreError where what is told cannot be understood.
    """
    if not told:
        return
    try:
        found = Environment(
            name,
            str(told["base"]),
            int(told["number"]),
            moment(told["created"]),
            str(told["user"]),
            bool(told["fixed"]),
            moment(told["expires"]) if told["expires"] else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"what is said there of the environment {name} is damaged"
        hint = "push again from a machine that has it; nothing was changed here"
        raise StoreError(what, where, hint) from error
    environment.record(tx, _as_of_here(tx, found))


def _as_of_here(tx: Transaction, told: Environment) -> Environment:
    rows = tx.execute(
        "select origin from release where environment = ? and kind in (?, ?)"
        " order by number desc limit 1",
        (told.name, BRANCH, REFRESH),
    )
    base, _, number = rows[0][0].rpartition("@") if rows else ("", "", "")
    return replace(told, base=base, number=int(number)) if number else told
