"""Policies of environments that are not there: written ahead, or by a slip of the pen.

A policy under a misspelt name guards nothing, and the environment that was meant is open to everyone.
One that is written before its environment is made is right. What tells the two apart is the
environment of nearly that name, which a slip leaves without a policy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from headgate.checks.check import Severity
from headgate.errors import HeadgateError, did_you_mean
from headgate.ledger.ledger import Transaction
from headgate.ledger.open import is_address, open_ledger
from headgate.project.root import FILE
from headgate.project.settings import Settings, is_reference, reveal
from headgate.project.static import Finding
from headgate.project.yaml import read_yaml


class Stray(Struct, frozen=True):
    """The name of a policy whose environment is not there, and the environment that may be meant."""

    name: str
    meant: str | None


def strays(settings: Settings, known: Collection[str]) -> list[Stray]:
    """The policies whose environment is none of those that are known, in the order of the file."""
    bare = sorted(set(known) - set(settings.environments))
    return [
        Stray(name, next((each for each in bare if is_slip(name, each)), None))
        for name in settings.environments
        if name not in known
    ]


def is_slip(written: str, meant: str) -> bool:
    """Whether a name is another but for its case, a letter too many, too few or wrong, or two swapped.

    Names that a number tells apart are two names.

    >>> is_slip("prdo", "prod"), is_slip("Prod", "prod"), is_slip("dev2", "dev"), is_slip("qa", "dev")
    (True, True, False, False)
    """
    one, two = written.casefold(), meant.casefold()
    while one and two and one[0] == two[0]:
        one, two = one[1:], two[1:]
    while one and two and one[-1] == two[-1]:
        one, two = one[:-1], two[:-1]
    if len(one) == len(two) == 2:
        return one == two[::-1]
    return len(one) <= 1 and len(two) <= 1 and not (one + two).isdecimal()


def environments(tx: Transaction, own: str) -> set[str]:
    """All that are there or have been, or are deployed to, and the project's own, which always is."""
    rows = tx.execute(
        "select name from environment union select environment from release"
        " union select environment from deployment"
    )
    return {own, *(name for (name,) in rows)}


def static_strays(root: Path, settings: Settings) -> Iterator[Finding]:
    """What lint says of them. Where no record can be read, only slips of the own name are known."""
    if not settings.environments:
        return
    known = _recorded(root, settings)
    document = read_yaml((root / FILE).read_bytes().decode("utf-8-sig"), FILE)
    for stray in strays(settings, known or {settings.environment}):
        if known is None and stray.meant is None:
            continue
        make = (
            f"if it is written ahead, nothing is wrong: headgate env create {stray.name} makes it"
        )
        near = (
            f"did you mean {stray.meant!r}?"
            if stray.meant
            else did_you_mean(stray.name, known or ())
        )
        yield Finding(
            "",
            document.place(("environments", stray.name)),
            f"a policy for {stray.name!r}, and there is no such environment",
            Severity.WARN,
            f"{near} Or {make}" if stray.meant else "; ".join(filter(None, (near, make))),
        )


def _recorded(root: Path, settings: Settings) -> set[str] | None:
    """The environments of the record; None where there is none, or it cannot be reached."""
    state = settings.state or ".headgate/state.db"
    with suppress(HeadgateError):
        told = reveal(state) if is_reference(state) else state
        if not is_address(told) and not (root / told).is_file():
            return None  # to look must not make one
        ledger = open_ledger(told if is_address(told) else root / told, reveal)
        try:
            with ledger.snapshot() as tx:
                return environments(tx, settings.environment)
        finally:
            ledger.close()
    return None
