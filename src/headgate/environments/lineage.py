"""Whose rows an environment has: its own, and those of all that it was made from or was given.

Releases tell it, which stay when an environment is dropped. A name may have had several lives: each
begins with a branch, and what one of them says holds for no other.
"""

from __future__ import annotations

from datetime import datetime

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.errors import UnknownNameError
from headgate.ledger import history
from headgate.ledger.clock import stamp
from headgate.ledger.history import RunRecord
from headgate.ledger.ledger import Transaction
from headgate.store import appearances, releases
from headgate.store.manifest import Release, Version

LEFT = "left"
"""Where a sandbox says which columns may still hold personal data as it was."""


def whose_rows(tx: Transaction, place: str) -> tuple[str, ...]:
    """The environments whose rows a place has as they were, itself first; a redacted one has none.

    A place is an environment, or a release of it: `dev@3` has what `dev` had by then.
    """
    found: dict[str, None] = {}
    known: dict[tuple[str, int], int] = {}
    waiting = [_place(place)]
    while waiting:
        name, by = waiting.pop(0)
        first = releases.begun(tx, name, by)
        if known.get((name, first), -1) >= by:
            continue
        known[name, first] = by
        made = environment.find(tx, name) if first == releases.begun(tx, name) else None
        if made and is_harmless(made):
            continue
        found[name] = None
        if made:
            waiting.append((made.base, made.number))
        waiting += [_place(origin) for origin in releases.origins(tx, name, first, by)]
    return tuple(found)


def is_harmless(made: Environment) -> bool:
    """Whether no personal data of it is as it was: made up, or redacted and nothing left."""
    told = made.sampled
    return bool(told.get("synthetic") or (told.get("redacted") and told.get(LEFT) == []))


def of_run(tx: Transaction, record: RunRecord) -> str:
    """The place of a run: its environment as it was by then, which may have been dropped since."""
    ((number,),) = tx.execute(
        "select max(number) from release where environment = ? and published <= ?",
        (record.environment, stamp(record.started_at)),
    )
    return f"{record.environment}@{number or 0}"


def through(tx: Transaction, version: Version, otherwise: str) -> tuple[str, ...]:
    """The places that a version can be read through: all environments that have had it.

    Where all of them were dropped, it is the first release that had it; where none had it, the run
    that made it; and `otherwise` where that is not known.
    """
    if holders := appearances.holders(tx, version.dataset, version.id):
        return holders
    if had := appearances.having(tx, version.dataset, version.id):
        return (min((releases.exactly(tx, *each) for each in had), key=_when).name,)
    try:
        return (of_run(tx, history.find_run(tx, version.run)),)
    except UnknownNameError:
        return (otherwise,)


def _when(release: Release) -> tuple[datetime, str, int]:
    return release.published_at, release.environment, release.number


def _place(text: str) -> tuple[str, int]:
    name, sign, number = text.rpartition("@")
    return (name, int(number)) if sign else (text, releases.NEWEST)
