"""Outcomes that are errors only since a column is not there, folded for people.

One column that is missing keeps every check from being judged that needs it. The record has all of
them; who reads lines wants the cause, and how much hangs on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.checks.phrases import listed

Told = Mapping[str, Any]

LACKS = "lacks"
"""The key of an outcome's details for the columns that are not there."""


def folded(outcomes: Sequence[Told]) -> list[Told]:
    """The outcomes as people are told them: those that only lack a column are few.

    Where another check has failed for a column itself, all that need it, or another such one, are
    one outcome. Of a column that no check has failed for, all that need it are one.
    """
    failed = {name for one in outcomes if _is_shown(one) for name in lacks(one)}
    echoes: dict[str, list[Told]] = {}
    for one in outcomes:
        if column := _needed(one):
            echoes.setdefault("" if column in failed else column, []).append(one)
    if not any(map(_is_said_again, echoes.items())):
        return list(outcomes)
    return list(_told(outcomes, failed, echoes))


def _is_shown(outcome: Told) -> bool:
    return outcome["status"] != "error" and outcome.get("severity") != "info"


def lacks(outcome: Told) -> list[str]:
    """The columns that are not there, as far as the outcome is about that."""
    details: Told = outcome.get("details") or {}
    # a schema has a word of its own for it, beside the other ways in which it differs
    names = details.get(LACKS) or (outcome.get("kind") == "schema" and details.get("missing"))
    return list(names or ())


def _needed(outcome: Told) -> str:
    """The column for want of which a check could not be judged, if that is why."""
    return next(iter(lacks(outcome)), "") if outcome["status"] == "error" else ""


def _is_said_again(echo: tuple[str, list[Told]]) -> bool:
    """Whether it needs folding: a single check that nothing else explains stands for itself."""
    column, those = echo
    return not column or len(those) > 1


def _told(
    outcomes: Sequence[Told], failed: set[str], echoes: Mapping[str, list[Told]]
) -> Iterator[Told]:
    said: set[str] = set()
    for one in outcomes:
        column = _needed(one)
        group = "" if column in failed else column
        if not column or not _is_said_again((group, echoes[group])):
            yield one
        elif group not in said:
            said.add(group)
            yield _as_one(echoes[group], more=not group)


def _as_one(those: Sequence[Told], *, more: bool) -> Told:
    """One outcome for several, at the place of the first, with what they say where nothing else does."""
    columns = list(dict.fromkeys(map(_needed, those)))
    count = f"{len(those):,} {'more ' if more else ''}{'check' if len(those) == 1 else 'checks'}"
    verb = "needs" if len(those) == 1 else "need"
    return {
        **those[0],
        "description": f"{count} {verb} {listed(columns)}",
        "columns": columns,
        "message": "" if more else those[0]["message"],
    }
