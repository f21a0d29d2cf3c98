"""What differs between the `logicalTypeOptions` of two properties: bounds, lengths, forms, time zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.contracts.changes.change import Change, Direction, Element, came_or_went
from headgate.contracts.changes.types import physical_direction
from headgate.contracts.values import comparable

RULE = "validation-constraint-changed"
OPTIONS = "logicalTypeOptions"
_LOWER = {"minimum": "exclusiveMinimum", "minLength": "", "minItems": "", "minProperties": ""}
_UPPER = {"maximum": "exclusiveMaximum", "maxLength": "", "maxItems": "", "maxProperties": ""}
_ZONES = ("timezone", "defaultTimezone")
_FORMS = frozenset(
    [*_ZONES, "format", "scale", "multipleOf", "dimensions", "elementType", "distanceMetric"]
)
"""Options of which no value holds the values of another."""


def bound_changes(at: Element, old: Any, new: Any) -> Iterator[Change]:
    """What the values of a column keep to, and no longer or newly do."""
    before: Mapping[str, Any] = old if isinstance(old, Mapping) else {}
    after: Mapping[str, Any] = new if isinstance(new, Mapping) else {}
    seen = {*_LOWER, *_UPPER, *_LOWER.values(), *_UPPER.values()}
    for key, strict in (*_LOWER.items(), *_UPPER.items()):
        sign = 1 if key in _LOWER else -1
        yield from _bound(at, before, after, key, strict, sign)
    for key in sorted({*before, *after} - seen):
        if before.get(key) == after.get(key):
            continue
        rule = "time-zone-changed" if key in _ZONES else RULE
        way = _direction(key, before.get(key), after.get(key))
        if way:
            yield at.change(rule, f"{OPTIONS}.{key}", way, before.get(key), after.get(key))


def _bound(
    at: Element,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    key: str,
    strict: str,
    sign: int,
) -> Iterator[Change]:
    """A bound that moved: the value itself and the one that is not reached are one bound."""
    names = [name for name in (key, strict) if name]
    if all(before.get(name) == after.get(name) for name in names):
        return
    moved = next(name for name in reversed(names) if before.get(name) != after.get(name))
    at_key = f"{OPTIONS}.{moved}"
    shown = before.get(moved), after.get(moved)
    try:
        old, new = _effective(before, key, strict, sign), _effective(after, key, strict, sign)
        if old == new:
            return
        if old is None or new is None:
            way = came_or_went(old, new)
        else:
            way = Direction.TIGHTENS if new > old else Direction.LOOSENS
    except TypeError:  # a text against a number: nobody can say which is the wider
        way = Direction.UNDETERMINED
    yield at.change(RULE, at_key, way, *shown)


def _effective(
    options: Mapping[str, Any], key: str, strict: str, sign: int
) -> tuple[Any, bool] | None:
    """The bound that counts, so that the larger of two is the stricter; None where there is none."""
    found = []
    for name, out in ((key, False), (strict, True)):
        value = comparable(options.get(name)) if name else None
        if value is not None:
            found.append((_Falling(value) if sign < 0 else value, out))
    return max(found, default=None)


class _Falling:
    """A value whose order is turned round: the smallest upper bound is the strictest."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Falling) -> bool:
        return bool(other.value < self.value)

    def __gt__(self, other: _Falling) -> bool:
        return bool(other.value > self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Falling) and bool(other.value == self.value)

    __hash__ = None  # type: ignore[assignment]


def _direction(key: str, old: Any, new: Any) -> Direction | None:
    """What a change of an option that is no bound does."""
    match key:
        case "uniqueItems":
            return came_or_went(old or None, new or None) if bool(old) != bool(new) else None
        case "format" if _sized(old) and _sized(new):
            return physical_direction(old, new)
        case "precision" if _numbers(old, new):
            return Direction.LOOSENS if new > old else Direction.TIGHTENS
        case "multipleOf" if _numbers(old, new) and old and new:
            return _multiple(old, new)
        case "required" if isinstance(old, list | None) and isinstance(new, list | None):
            return _names(old or [], new or [])
    return came_or_went(old, new, Direction.BOTH if key in _FORMS else Direction.UNDETERMINED)


def _multiple(old: float, new: float) -> Direction:
    if not new % old:
        return Direction.TIGHTENS
    return Direction.BOTH if old % new else Direction.LOOSENS


def _sized(form: Any) -> bool:
    return isinstance(form, str) and form[:1] in {"i", "u", "f"} and form[1:].isdigit()


def _numbers(*values: Any) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)


def _names(old: list[Any], new: list[Any]) -> Direction | None:
    fewer, more = [n for n in old if n not in new], [n for n in new if n not in old]
    if not fewer and not more:
        return None
    if fewer and more:
        return Direction.BOTH
    return Direction.LOOSENS if fewer else Direction.TIGHTENS
