"""A service level that a contract promises: one entry of its `slaProperties`."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from headgate.contracts.service_levels.cadence import Cadence

WINDOW = timedelta(days=30)
"""The time that shares, rates and times to do something are taken over, unless `valueExt` says."""


class Share(Struct, frozen=True):
    """A part of a whole, from 0 to 1."""

    value: float


class Rate(Struct, frozen=True):
    """So many of something in a time."""

    count: float
    of: str
    """`rows` or `runs`."""
    per: timedelta


Promise = timedelta | Share | Rate | datetime | Cadence | None
"""What is promised: for how long, how much, until when or how often. None: it is not executed."""


class ServiceLevel(Struct, frozen=True):
    """One promise about one dataset. `property` is the standard's name for it, where it has one."""

    dataset: str
    property: str
    promise: Promise
    written: str
    """The value with its unit, as the contract has it."""
    where: str
    column: str = ""
    """The column that it is about; empty where it is about the dataset."""
    window: timedelta = WINDOW
    driver: str = ""
    """Why it matters, in the standard's words: regulatory, analytics or operational."""
    description: str = ""
