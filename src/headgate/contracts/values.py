"""What values of a column a contract names that cannot be: of another type, or bounds that cross."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any

from headgate.contracts.reading import options_of
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import shown

Written = Mapping[str, Any]
Misfit = tuple[Keys, str, str | None]

LOW = ("minimum", "exclusiveMinimum")
HIGH = ("maximum", "exclusiveMaximum")
COUNTED = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))


def misfits(declared: Written) -> Iterator[Misfit]:
    """The values that do not fit a property: where it says them, what is wrong, and advice."""
    kind = declared.get("logicalType")
    if kind in READ:
        for n, entry in enumerate(declared.get("enum") or ()):
            value = entry["value"]
            if value is not None and not READ[kind](value):
                what = f"{shown(value)} is no {kind}, which the property is"
                yield ("enum", n, "value"), what, _advice(kind)
    options = options_of(declared)
    if kind in MOMENTS:
        for key in (*LOW, *HIGH):
            if key in options and not READ[kind](options[key]):
                what = f"{key}: {shown(options[key])} is no {kind}"
                yield ("logicalTypeOptions", key), what, _advice(kind)
                return
    yield from _crossing(options)


def _crossing(options: Written) -> Iterator[Misfit]:
    ends = [(low, high, low != LOW[0] or high != HIGH[0]) for low in LOW for high in HIGH]
    for low, high, strict in (*ends, *((low, high, False) for low, high in COUNTED)):
        if low not in options or high not in options:
            continue
        least, most = comparable(options[low]), comparable(options[high])
        if type(least) is not type(most) and not isinstance(least, int | float):
            continue
        try:
            crossed = least > most or (strict and least == most)
        except TypeError:
            continue  # a time of day with a zone beside one without
        if crossed:
            what = f"{low} {options[low]} and {high} {options[high]} leave no value"
            yield ("logicalTypeOptions", low), what, None


def comparable(value: Any) -> Any:
    """A bound as what it stands for, so that two of them compare: a text that is a moment as that."""
    if not isinstance(value, str):
        return value
    found = _moment(value)
    return value if found is None else found


# ------------------------------------------------------------------ values of a type


def _moment(text: str) -> datetime | None:
    """The moment that a text says; without a time zone it is one of UTC, as at the gates."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _reads(read: Callable[[str], object]) -> Callable[[object], bool]:
    def fits(value: object) -> bool:
        try:
            return isinstance(value, str) and bool(read(value) is not None)
        except ValueError:
            return False

    return fits


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


READ: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "date": _reads(datetime.fromisoformat),  # 3.0 says so of timestamps, too
    "timestamp": _reads(datetime.fromisoformat),
    "time": _reads(time.fromisoformat),
}
"""Whether a value is of a logical type, as YAML can say it."""
MOMENTS = frozenset({"date", "timestamp", "time"})


def _advice(kind: str) -> str | None:
    if kind == "string":
        return "write it in quotes"
    if kind in MOMENTS:
        return {
            "date": "write it as 2024-01-31",
            "timestamp": "write it as 2024-01-31T12:00:00",
            "time": "write it as 12:00:00",
        }[kind]
    return None
