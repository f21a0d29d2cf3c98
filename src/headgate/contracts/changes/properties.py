"""What differs between two properties of a contract: types, nulls, values, meaning, who may see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.contracts.anonymization import PROPERTY as ANONYMIZATION
from headgate.contracts.changes.bounds import bound_changes
from headgate.contracts.changes.change import (
    Change,
    Direction,
    Element,
    became,
    came_or_went,
    grown_or_shrunk,
)
from headgate.contracts.changes.types import logical_direction, physical_direction
from headgate.contracts.contract import PERSONAL_TAGS, PUBLIC

Written = Mapping[str, Any]

DOCUMENTATION = frozenset(
    [
        "businessName",
        "description",
        "examples",
        "authoritativeDefinitions",
        "synonyms",
        "context",
        "dataGranularityDescription",
    ]
)
METADATA = frozenset(
    ["semanticType", "criticalDataElement", "partitioned", "partitionKeyPosition", "encryptedName",
     "transformSourceObjects", "transformLogic", "transformDescription"]
)  # fmt: skip
DATES_OF_REMOVAL = ("removalDate", "endOfLife")
"""The custom properties that say until when an element stays."""
JUDGED = frozenset({"unit", "aliases", ANONYMIZATION, *DATES_OF_REMOVAL})
"""The custom properties that a rule of their own is about."""


def custom(element: Written) -> dict[str, Any]:
    """The custom properties of an element, by name."""
    return {
        entry["property"]: entry.get("value")
        for entry in element.get("customProperties") or ()
        if isinstance(entry, Mapping) and "property" in entry
    }


def property_changes(at: Element, old: Written, new: Written) -> Iterator[Change]:
    """What differs in a column itself, apart from the properties in it."""
    yield from _types(at, old, new)
    yield from _flags(at, old, new)
    yield from _values(at, old, new)
    yield from _meaning(at, old, new)
    yield from deprecation_changes(at, old, new)
    yield from _visibility(at, old, new)
    yield from relationship_changes(at, old, new)
    yield from words_changes(at, old, new)


# ------------------------------------------------------------------ types and nulls


def _types(at: Element, old: Written, new: Written) -> Iterator[Change]:
    before, after = old.get("logicalType"), new.get("logicalType")
    if before != after:
        way = logical_direction(before, after)
        yield at.change("type-changed", "logicalType", way, before, after)
        if way is Direction.BOTH:
            return  # other values altogether: they have other bounds
    else:
        physical = old.get("physicalType"), new.get("physicalType")
        if found := physical_direction(*physical):
            yield at.change("type-changed", "physicalType", found, *physical)
    yield from bound_changes(at, old.get("logicalTypeOptions"), new.get("logicalTypeOptions"))


def _flags(at: Element, old: Written, new: Written) -> Iterator[Change]:
    before, after = _required(old), _required(new)
    if before != after:
        way = Direction.LOOSENS if before else Direction.TIGHTENS
        what = f"{at} may be null" if before else f"{at} may no longer be null"
        yield at.change("required-changed", "required", way, before, after, what)
    before, after = bool(old.get("unique")), bool(new.get("unique"))
    if before != after:
        way = Direction.LOOSENS if before else Direction.TIGHTENS
        what = (
            f"values of {at} may stand twice" if before else f"values of {at} may stand only once"
        )
        yield at.change("unique-constraint-changed", "unique", way, before, after, what)
    if (names := (old.get("physicalName"), new.get("physicalName")))[0] != names[1]:
        called = [name or side.get("name") for name, side in zip(names, (old, new), strict=True)]
        if called[0] != called[1]:
            yield at.change("physical-name-changed", "physicalName", Direction.BOTH, *names)


def _required(element: Written) -> bool:
    return bool(element.get("required") or element.get("primaryKey"))


# ------------------------------------------------------------------ values


def _values(at: Element, old: Written, new: Written) -> Iterator[Change]:
    before, after = _allowed(old), _allowed(new)
    if before is None and after is None:
        return
    if before is None or after is None:
        way = came_or_went(before, after)
        what = f"{at} has a list of values" if after else f"{at} may have any value"
        yield at.change("enum-constraint-changed", "enum", way, before, after, what)
        return
    more = [value for value in after if value not in before]
    fewer = [value for value in before if value not in after]
    if more or fewer:
        said = [f"gets {_listed(more)}"] if more else []
        said += [f"loses {_listed(fewer)}"] if fewer else []
        way = grown_or_shrunk(bool(more), bool(fewer))
        what = f"the list of values of {at} {' and '.join(said)}"
        yield at.change("enum-constraint-changed", "enum", way, before, after, what)
    elif old.get("enum") != new.get("enum"):
        what = f"the words about the values of {at} are others"
        yield at.change("documentation-changed", "enum", Direction.NONE, before, after, what)


def _allowed(element: Written) -> list[Any] | None:
    """The values that a column may have; None where it may have any."""
    entries = element.get("enum")
    if not entries:
        return None
    return [entry.get("value") if isinstance(entry, Mapping) else entry for entry in entries]


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:5])
    return shown if len(values) <= 5 else f"{shown} and {len(values) - 5} more"


# ------------------------------------------------------------------ meaning, and who may see it


def _meaning(at: Element, old: Written, new: Written) -> Iterator[Change]:
    before, after = custom(old), custom(new)
    if (units := (before.get("unit"), after.get("unit")))[0] != units[1]:
        way = came_or_went(*units, Direction.BOTH)
        what = f"the unit of {at} {became(*units)}"
        yield at.change("unit-changed", "customProperties.unit", way, *units, what)


def deprecation_changes(at: Element, old: Written, new: Written) -> Iterator[Change]:
    """The mark that an element is to go, and its day, of a column or of a dataset."""
    before, after = custom(old), custom(new)
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        told = f"{at} is {'' if new.get('deprecated') else 'no longer '}deprecated"
        sides = bool(old.get("deprecated")), bool(new.get("deprecated"))
        yield at.change("deprecated", "deprecated", Direction.NOTICE, *sides, told)
    for name in DATES_OF_REMOVAL:
        first, then = before.get(name), after.get(name)
        if first != then:
            sooner = first is not None and then is not None and str(then) < str(first)
            way = Direction.LOOSENS if sooner else Direction.NOTICE
            what = f"the {name} of {at} {became(first, then)}"
            yield at.change("deprecated", f"customProperties.{name}", way, first, then, what)


def _visibility(at: Element, old: Written, new: Written) -> Iterator[Change]:
    hidden, words = (_redacted(old), _redacted(new)), (_class(old), _class(new))
    if words[0] == words[1]:
        return
    way = Direction.LOOSENS if hidden[1] and not hidden[0] else Direction.NOTICE
    what = f"who may see {at} {became(*words)}"
    if way is Direction.LOOSENS:
        what += ", and its values are redacted"
    yield at.change("classification-changed", "classification", way, *words, what)


def _class(element: Written) -> str | None:
    """All that says who may see a column, as one text."""
    tags = sorted(t for t in element.get("tags") or () if str(t).casefold() in PERSONAL_TAGS)
    strategy = custom(element).get(ANONYMIZATION)
    said = [element.get("classification"), *tags, strategy and f"{ANONYMIZATION} {strategy}"]
    return ", ".join(str(one) for one in said if one) or None


def _redacted(element: Written) -> bool:
    """Whether sandboxes show other values than those that stand there."""
    strategy = custom(element).get(ANONYMIZATION)
    if strategy is not None:
        called = strategy.get("strategy") if isinstance(strategy, Mapping) else strategy
        return called not in ("keep", "none")
    word = element.get("classification")
    tagged = any(str(tag).casefold() in PERSONAL_TAGS for tag in element.get("tags") or ())
    return tagged or (word is not None and str(word).casefold() not in PUBLIC)


# ------------------------------------------------------------------ references, and words


def relationship_changes(at: Element, old: Written, new: Written) -> Iterator[Change]:
    """References that came or went, of a column or of a dataset."""
    before = [_reference(one) for one in old.get("relationships") or ()]
    after = [_reference(one) for one in new.get("relationships") or ()]
    for one in before:
        if one not in after:
            what = f"{at} no longer refers to {one}"
            way = Direction.LOOSENS
            yield at.change("relationship-changed", "relationships", way, one, None, what)
    for one in after:
        if one not in before:
            what = f"{at} refers to {one}"
            way = Direction.TIGHTENS
            yield at.change("relationship-changed", "relationships", way, None, one, what)


def _reference(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    origin, to = one.get("from"), one.get("to")
    ends = [", ".join(map(str, end)) if isinstance(end, list) else end for end in (origin, to)]
    return f"{ends[1]} from {ends[0]}" if origin else str(ends[1])


def words_changes(at: Element, old: Written, new: Written) -> Iterator[Change]:
    """Words for people and for programs that became others, of a column or of a dataset."""
    for key in sorted({*old, *new}):
        if old.get(key) == new.get(key):
            continue
        if key in DOCUMENTATION:
            rule, way = "documentation-changed", Direction.NONE
        elif key in METADATA:
            rule, way = "metadata-changed", Direction.NOTICE
        else:
            continue
        yield at.change(rule, key, way, old.get(key), new.get(key))
    # of a dataset as a whole, no tag and no property but its dates says anything to a program
    personal = PERSONAL_TAGS if at.column else frozenset()
    judged = JUDGED if at.column else frozenset(DATES_OF_REMOVAL)
    tags = _plain_tags(old, personal), _plain_tags(new, personal)
    if tags[0] != tags[1]:
        yield at.change("documentation-changed", "tags", Direction.NONE, *tags)
    before, after = custom(old), custom(new)
    for name in sorted({*before, *after} - judged):
        if before.get(name) != after.get(name):
            key, values = f"customProperties.{name}", (before.get(name), after.get(name))
            yield at.change("metadata-changed", key, Direction.NOTICE, *values)


def _plain_tags(element: Written, personal: frozenset[str]) -> list[str]:
    """The tags that say nothing of who may see a column."""
    tags = (str(tag) for tag in element.get("tags") or ())
    return sorted(tag for tag in tags if tag.casefold() not in personal)
