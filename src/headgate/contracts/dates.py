"""The dates of a contract's life: when something was deprecated, goes away, or began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from headgate.contracts.contract import Place
from headgate.contracts.finding import Finding, Level
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import shown

Written = Mapping[str, Any]

LIFE = frozenset(
    [
        "deprecationdate",
        "deprecatedsince",
        "deprecatedon",
        "removaldate",
        "removeafter",
        "removedon",
    ]
)
"""Custom properties that say when a part goes out of use, in small letters."""
SERVICE = frozenset({"generalavailability", "endofsupport", "endoflife"})
"""Service levels whose value is a date, in small letters."""


def misdated(document: Written, place: Place) -> Iterator[Finding]:
    """A finding for each date of the contract's life that is none."""
    for n, one in enumerate(document.get("slaProperties") or ()):
        if str(one.get("property")).casefold() in SERVICE:
            yield from _date(
                one.get("value"), ("slaProperties", n, "value"), one["property"], place
            )
    yield from _custom(document, (), place)
    for n, table in enumerate(document.get("schema") or ()):
        yield from _custom(table, ("schema", n), place)
        for m, one in enumerate(table.get("properties") or ()):
            yield from _custom(one, ("schema", n, "properties", m), place)


def _custom(written: Written, path: Keys, place: Place) -> Iterator[Finding]:
    for n, one in enumerate(written.get("customProperties") or ()):
        # 3.0 lets a custom property have no name, and no value
        if str(one.get("property")).casefold() in LIFE:
            at = (*path, "customProperties", n, "value")
            yield from _date(one.get("value"), at, one["property"], place)


def _date(value: object, path: Keys, name: str, place: Place) -> Iterator[Finding]:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        what = f"{name}: {shown(value)} is no date"
        yield Finding(Level.ERROR, place(path), what, "write it as 2026-01-31", path)
