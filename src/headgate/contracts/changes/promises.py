"""What differs in the promises around the columns: quality rules, service levels, status, servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import zip_longest
from typing import Any

from headgate.checks.check import Severity
from headgate.contracts.changes.change import (
    Change,
    Direction,
    Element,
    became,
    came_or_went,
    grown_or_shrunk,
)
from headgate.contracts.promises import AS_WARNING, OVER, severity_of
from headgate.contracts.service_levels.reading import KNOWN

Written = Mapping[str, Any]

_LATER_IS_LESS = frozenset(
    ["latency", "frequency", "timetodetect", "timetonotify", "timetorepair", "errorrate",
     "generalavailability"]
)  # fmt: skip
"""Service levels of which the larger value promises less."""
_MORE_IS_MORE = frozenset(["availability", "throughput", "retention", "endofsupport", "endoflife"])
_SECONDS = {
    "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600,
    "hour": 3600, "d": 86_400, "day": 86_400, "w": 604_800, "week": 604_800, "mo": 2_629_746,
    "month": 2_629_746, "y": 31_556_952, "yr": 31_556_952, "year": 31_556_952,
}  # fmt: skip
_HIGHER_IS_LESS = {"mustBeLessThan": 1, "mustBeLessOrEqualTo": 1,
                   "mustBeGreaterThan": -1, "mustBeGreaterOrEqualTo": -1}  # fmt: skip
_OPERATORS = (*_HIGHER_IS_LESS, "mustBe", "mustNotBe", "mustBeBetween", "mustNotBeBetween")
_MEANT = (*_OPERATORS, "metric", "rule", "arguments", "unit", "query", "engine", "implementation",
          "validValues", "missingValues")  # fmt: skip


# ------------------------------------------------------------------ quality


def quality_changes(at: Element, old: Written, new: Written) -> Iterator[Change]:
    """Rules of quality that came, went, or became others, of a column or of a dataset."""
    before, after = _rules(old), _rules(new)
    for name, rule in before.items():
        if name not in after:
            what = f"the quality rule {name} of {at} is gone"
            way = Direction.LOOSENS if _executed(rule) else Direction.NONE
            yield at.change("quality-rule-changed", "quality", way, rule, None, what)
    for name, rule in after.items():
        if name not in before:
            what = f"the quality rule {name} of {at} is new"
            way = Direction.TIGHTENS if _executed(rule) else Direction.NONE
            yield at.change("quality-rule-changed", "quality", way, None, rule, what)
        elif before[name] != rule:
            what = f"the quality rule {name} of {at} is another"
            way = _rule_direction(before[name], rule)
            yield at.change("quality-rule-changed", "quality", way, before[name], rule, what)


def _rules(element: Written) -> dict[str, Written]:
    """The rules by what tells them apart: their id or name, or what they measure."""
    found: dict[str, Written] = {}
    for rule in element.get("quality") or ():
        if isinstance(rule, Mapping):
            kind = rule.get("metric") or rule.get("rule") or rule.get("type") or "library"
            name = str(rule.get("id") or rule.get("name") or kind)
            while name in found:
                name += "'"
            found[name] = rule
    return found


def _executed(rule: Written) -> bool:
    return rule.get("type") != "text"


def _rule_direction(old: Written, new: Written) -> Direction:
    if not (_executed(old) and _executed(new)):
        if not (_executed(old) or _executed(new)):
            return Direction.NONE
        return came_or_went(_executed(old) or None, _executed(new) or None)
    ways = {_meant_direction(old, new), _loudness_direction(old, new)} - {Direction.NONE}
    if len(ways) > 1:
        return Direction.UNDETERMINED if Direction.UNDETERMINED in ways else Direction.BOTH
    return next(iter(ways), Direction.NONE)


def _loudness_direction(old: Written, new: Written) -> Direction:
    """What another severity does: as the gates read the word."""
    first, then = (
        list(Severity).index(severity_of(str(r.get("severity", "error")))) for r in (old, new)
    )
    if first == then:
        return Direction.NONE
    return Direction.TIGHTENS if then > first else Direction.LOOSENS


def _meant_direction(old: Written, new: Written) -> Direction:
    """What another measure, or another bound of it, does."""
    differ = [key for key in _MEANT if old.get(key) != new.get(key)]
    if not differ:
        return Direction.NONE
    if len(differ) > 1:
        return Direction.UNDETERMINED
    key = differ[0]
    first, then = old.get(key), new.get(key)
    if key in _HIGHER_IS_LESS and isinstance(first, int | float) and isinstance(then, int | float):
        wider = (then > first) == (_HIGHER_IS_LESS[key] > 0)
        return Direction.LOOSENS if wider else Direction.TIGHTENS
    if key == "mustBeBetween" and _is_range(first) and _is_range(then):
        return _range_direction(first, then)
    return Direction.BOTH if key == "mustBe" else Direction.UNDETERMINED


def _is_range(value: Any) -> bool:
    listed = isinstance(value, list) and len(value) == 2
    return listed and all(isinstance(bound, int | float) for bound in value)


def _range_direction(first: Any, then: Any) -> Direction:
    wider = then[0] < first[0] or then[1] > first[1]
    return grown_or_shrunk(wider, then[0] > first[0] or then[1] < first[1])


# ------------------------------------------------------------------ service levels


def level_changes(old: Written, new: Written) -> Iterator[Change]:
    """Service levels that came, went, or became others."""
    for name, first, then in _paired_levels(old, new):
        way = came_or_went(first, then) if first is None or then is None else _level(first, then)
        keys = ("slaProperties",) if then is None else ("slaProperties", _position(new, then))
        values = _shown(first), _shown(then)
        yield Change(
            "service-level-changed",
            _dataset_of(then or first or {}),
            "",
            f"slaProperties.{name}",
            *values,
            way,
            f"the service level {name} {became(*values)}",
            keys,
        )


def _position(document: Written, level: Written) -> int:
    return next(n for n, one in enumerate(document["slaProperties"]) if one is level)


def _paired_levels(
    old: Written, new: Written
) -> Iterator[tuple[str, Written | None, Written | None]]:
    """The levels that differ, by name; of several about the same, those in the same order."""
    before, after = _levels(old), _levels(new)
    for name in dict.fromkeys([*before, *after]):
        gone, came = before.get(name, []), list(after.get(name, ()))
        left = []
        for one in gone:
            same = next((other for other in came if _same_level(one, other)), None)
            if same is None:
                left.append(one)
            else:
                came = [other for other in came if other is not same]
        for first, then in zip_longest(left, came):
            yield name, first, then


def _levels(document: Written) -> dict[str, list[Written]]:
    """The levels by what they are about: the property, by its usual name, and its element."""
    found: dict[str, list[Written]] = {}
    for one in document.get("slaProperties") or ():
        if isinstance(one, Mapping) and "property" in one:
            word = str(one["property"]).strip()
            element = f" of {one['element']}" if one.get("element") else ""
            found.setdefault(f"{KNOWN.get(word.casefold(), word)}{element}", []).append(one)
    return found


def _dataset_of(level: Written) -> str:
    return str(level.get("element") or "").partition(".")[0]


def _same_level(first: Written, then: Written) -> bool:
    return all(first.get(key) == then.get(key) for key in ("value", "valueExt", "unit"))


def _level(first: Written, then: Written) -> Direction:
    """What another value of a service level does."""
    word = str(first.get("property")).strip().casefold()
    word = KNOWN.get(word, word).casefold()
    known = _LATER_IS_LESS | _MORE_IS_MORE
    try:
        less = _amount(first) < _amount(then)
        same = _amount(first) == _amount(then)
    except (TypeError, ValueError):
        return Direction.UNDETERMINED
    if word not in known:
        return Direction.UNDETERMINED
    if same:
        return Direction.NONE
    return Direction.LOOSENS if less == (word in _LATER_IS_LESS) else Direction.TIGHTENS


def _amount(level: Written) -> Any:
    """A value that can be compared: seconds, a number, or a day."""
    value, unit = level.get("value"), str(level.get("unit") or "").casefold().rstrip("s") or None
    if isinstance(value, str):
        text = value.strip().rstrip("%")
        if re.match(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text[:10])
        value = float(text)
    if unit is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value * _SECONDS[unit] if unit in _SECONDS else value


def _shown(level: Written | None) -> str | None:
    if level is None:
        return None
    return " ".join(str(level[key]) for key in ("value", "unit") if level.get(key) is not None)


# ------------------------------------------------------------------ status and servers


def status_changes(old: Written, new: Written) -> Iterator[Change]:
    """A contract that was taken back, retired, or begun."""
    before, after = old.get("status"), new.get("status")
    if before == after:
        return
    quiet = AS_WARNING | OVER
    first, then = (str(word or "active").casefold() for word in (before, after))
    taken_back = first not in quiet and then in AS_WARNING  # any other word closes gates
    way = Direction.LOOSENS if taken_back or then in OVER else Direction.NOTICE
    yield Element("").change("status-changed", "status", way, before, after)


def server_changes(old: Written, new: Written) -> Iterator[Change]:
    """Places of the data that came, went or moved."""
    before, after = (
        {
            str(one.get("server")): one
            for one in side.get("servers") or ()
            if isinstance(one, Mapping)
        }
        for side in (old, new)
    )
    for name in dict.fromkeys([*before, *after]):
        first, then = _location(before.get(name)), _location(after.get(name))
        if first != then:
            way = Direction.NOTICE if first is None else Direction.BOTH
            what = f"the server {name!r} {'is new' if first is None else 'moved' if then else 'is gone'}"
            yield Element("").change("server-changed", "servers", way, first, then, what)


def _location(server: Written | None) -> dict[str, Any] | None:
    if server is None:
        return None
    words = {"id", "server", "description", "roles", "customProperties"}
    return {key: value for key, value in server.items() if key not in words}
