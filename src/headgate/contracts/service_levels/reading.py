"""Reading the `slaProperties` of a contract."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from headgate.contracts.contract import Contract
from headgate.contracts.service_levels.cadence import Cadence
from headgate.contracts.service_levels.cron import cron
from headgate.contracts.service_levels.durations import duration, lasting, unit
from headgate.contracts.service_levels.element import applies
from headgate.contracts.service_levels.service_level import (
    WINDOW,
    Promise,
    Rate,
    ServiceLevel,
    Share,
)
from headgate.errors import DeclarationError

KEY = "slaProperties"
LATENESS = "allowedLateness"
"""The custom property of a frequency that says how late a delivery may be."""
NAMES = {
    "latency": "ly",
    "frequency": "fy",
    "retention": "re",
    "availability": "av",
    "errorRate": "er",
    "throughput": "th",
    "generalAvailability": "ga",
    "endOfSupport": "es",
    "endOfLife": "el",
    "timeToDetect": "td",
    "timeToNotify": "tn",
    "timeToRepair": "tr",
}
"""The properties that the standard recommends, each with its short name of the 2.x releases."""
KNOWN = {
    "freshness": "latency",  # the standard's older word
    **{name.casefold(): name for name in NAMES},
    **{short: name for name, short in NAMES.items()},
}
MOMENTS = frozenset({"generalAvailability", "endOfSupport", "endOfLife"})
"""The properties whose value is a date."""
_OFTEN = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=31),
    "yearly": timedelta(days=366),
}
_PERCENT = {"%", "percent", "percentage", "pct"}
_RATIO = {"share", "ratio", "fraction"}


def service_levels(contract: Contract) -> tuple[ServiceLevel, ...]:
    """What a contract promises of its dataset's service, in the order written.

    Raises DeclarationError, with file and line, for a promise that cannot be understood.
    """
    return tuple(_levels(contract))


def cadence(contract: Contract) -> Cadence | None:
    """How often new data of the dataset is expected; None where the contract does not say."""
    found = (level.promise for level in service_levels(contract))
    return next((one for one in found if isinstance(one, Cadence)), None)


def is_unit(name: str, word: str) -> bool:
    """Whether values of a property that is known can be read in that unit.

    >>> is_unit("latency", "hours"), is_unit("latency", "hrz"), is_unit("throughput", "rows/h")
    (True, False, True)
    """
    match name:
        case "availability" | "errorRate":
            return word.casefold() in _PERCENT | _RATIO
        case "throughput":
            return _per(word) is not None
        case _ if name in MOMENTS:
            return False
        case _:
            return unit(word) is not None


# ------------------------------------------------------------------ inside


def _per(word: str) -> tuple[str, timedelta] | None:
    """What a unit of a rate counts, and in what time; rows, where it is a time alone."""
    of, _, per = word.replace(" per ", "/").partition("/")
    of, per = (of.strip(), per.strip()) if per else ("rows", of.strip())
    kind = {"row": "rows", "record": "rows", "run": "runs"}.get(of.casefold().removesuffix("s"))
    length = unit(per)
    return (kind, length) if kind and length else None


def _levels(contract: Contract) -> Iterator[ServiceLevel]:
    entries = contract.document.get(KEY)
    if entries is None:
        return
    if not isinstance(entries, list):
        raise DeclarationError(f"{KEY} is no list", contract.place((KEY,)), "write - property: ...")
    for n, entry in enumerate(entries):
        where = contract.place((KEY, n))
        if not isinstance(entry, dict) or not isinstance(entry.get("property"), str):
            hint = "write - {property: latency, value: 4, unit: h}"
            raise DeclarationError("a service level has a property and a value", where, hint)
        name = KNOWN.get(entry["property"].strip().casefold())
        element = entry.get("element") or contract.document.get("slaDefaultElement")
        at = contract.place((KEY, n, "element" if entry.get("element") else "property"))
        columns = applies(contract, element, at) if name else _loosely(contract, element)
        for column in columns:
            yield ServiceLevel(
                contract.dataset,
                name or entry["property"],
                _Written(entry, contract.place((KEY, n, "value"))).promise(name),
                _text(entry),
                contract.place((KEY, n, "property")),
                column,
                _window(entry, name, contract.place((KEY, n, "valueExt"))),
                str(entry.get("driver") or ""),
                str(entry.get("description") or ""),
            )


def _loosely(contract: Contract, element: object) -> tuple[str, ...]:
    """What an entry is about that nobody executes: whatever it names is right."""
    try:
        return applies(contract, element, "")
    except DeclarationError:
        return ("",)


def _text(entry: Mapping[str, Any]) -> str:
    value, word = entry.get("value"), entry.get("unit")
    told = "" if value is None else str(value)
    if schedule := entry.get("schedule"):
        return f"{told} {word or ''} ({schedule})".strip()
    return f"{told} {word}" if word else told


def _window(entry: Mapping[str, Any], name: str | None, where: str) -> timedelta:
    """The time that a promise is judged over."""
    given = entry.get("valueExt")
    if given is None or name in {None, "frequency", "latency", "retention"}:
        return WINDOW
    found = duration(given) if isinstance(given, str) else None
    if not found:
        what = f"{given!r} is no length of time to judge {name} over"
        raise DeclarationError(what, where, "write valueExt: 30 d, or P30D")
    return found


class _Written:
    """The value of an entry, read as one of the things that can be promised."""

    def __init__(self, entry: Mapping[str, Any], where: str) -> None:
        self.entry, self.where = entry, where
        self.value, self.unit = entry.get("value"), str(entry.get("unit") or "")

    def promise(self, name: str | None) -> Promise:
        match name:
            case "latency" | "retention" | "timeToDetect" | "timeToNotify" | "timeToRepair":
                return self.lasting()
            case "frequency":
                return self.often()
            case "availability" | "errorRate":
                return self.share()
            case "throughput":
                return self.rate()
            case _ if name in MOMENTS:
                return self.moment()
            case _:
                return None

    def lasting(self) -> timedelta:
        """The value as a length of time."""
        if isinstance(self.value, str) and not self.unit:
            found = duration(self.value)
        else:
            found = lasting(self.number(), self.unit)
        if found is None or found <= timedelta():
            raise self.wrong("length of time", "write value: 4 and unit: h, or value: PT4H")
        return found

    def often(self) -> Cadence:
        """The value as a cadence: every `value` units; `value` times in `valueExt` of them."""
        every = _OFTEN.get(str(self.value).casefold())
        if every is None and (times := self.entry.get("valueExt")) is not None:
            every = self.times_in(times)
        every = every or self.lasting()
        text = self.entry.get("schedule")
        if text is None:
            return Cadence(every, None, self.lateness())
        scheduler = self.entry.get("scheduler", "cron")
        if scheduler != "cron":
            what = f"the times of scheduler {scheduler!r} are not known here"
            raise DeclarationError(what, self.where, "write scheduler: cron")
        try:
            return Cadence(every, cron(str(text)), self.lateness())
        except ValueError as error:
            hint = "five fields of cron, in UTC: 30 6 * * mon-fri"
            raise DeclarationError(str(error), self.where, hint) from None

    def times_in(self, units: object) -> timedelta:
        """The time between two of `value` deliveries in so many units."""
        times = self.number()
        if not isinstance(units, int | float) or isinstance(units, bool) or times <= 0:
            raise self.wrong("cadence", "write value: 2, valueExt: 1 and unit: d for twice a day")
        found = lasting(units, self.unit)
        if not found or found <= timedelta():
            raise self.wrong("cadence", "its unit is h, d, w, mo or y")
        return found / times

    def lateness(self) -> timedelta:
        """How late a delivery may be, which the standard has no key for."""
        customs = self.entry.get("customProperties")
        for custom in customs if isinstance(customs, list) else ():
            if isinstance(custom, dict) and custom.get("property") == LATENESS:
                found = duration(str(custom.get("value")))
                if found is None:
                    what = f"{custom.get('value')!r} is no length of time"
                    raise DeclarationError(what, self.where, f"{LATENESS}: 30 min, or PT30M")
                return found
        return timedelta()

    def share(self) -> Share:
        """The value as a share: a percentage, unless it is one at the most and has no unit."""
        text = str(self.value).strip() if isinstance(self.value, str) else ""
        number = self.number(text.removesuffix("%") if text else None)
        word = "%" if text.endswith("%") else self.unit.casefold()
        if word and word not in _PERCENT | _RATIO:
            raise self.wrong("share", "its unit is percent or ratio")
        of_hundred = word in _PERCENT or (not word and number > 1)
        # in decimals, as it is written: 0.7 / 100 is less than 7 of 1000 by a hair
        share = float(Decimal(str(number)) / 100) if of_hundred else number
        if not 0 <= share <= 1:
            raise self.wrong("share", "write value: 99.5 and unit: percent")
        return Share(share)

    def rate(self) -> Rate:
        """The value as a rate: `rows/h`, `runs per day`; rows, where the unit is a time alone."""
        count, per = self.number(), _per(self.unit)
        if not per or count <= 0:
            raise self.wrong("rate", "write value: 1000 and unit: rows/d")
        return Rate(count, *per)

    def moment(self) -> datetime:
        """The value as a moment: the start of a day where it is a date."""
        try:
            found = datetime.fromisoformat(str(self.value).strip())
        except ValueError:
            hint = "write value: 2027-06-30, or 2027-06-30T12:00:00Z"
            raise self.wrong("date", hint) from None
        return found if found.tzinfo else datetime.combine(found.date(), found.time(), UTC)

    def number(self, text: str | None = None) -> float:
        """The value as a number, which may be written as a text."""
        given = self.value if text is None else text
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise self.wrong("number", None)
        try:
            found = float(given)
        except (ValueError, OverflowError):
            raise self.wrong("number", None) from None
        if not math.isfinite(found):
            raise self.wrong("number", None)
        return found

    def wrong(self, kind: str, hint: str | None) -> DeclarationError:
        told = _text(self.entry) or "nothing"
        return DeclarationError(f"{self.entry['property']}: {told} is no {kind}", self.where, hint)
