"""What differs between two contracts: documents of the standard, as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.contracts.changes.change import Change, Direction, Element, came_or_went
from headgate.contracts.changes.promises import (
    level_changes,
    quality_changes,
    server_changes,
    status_changes,
)
from headgate.contracts.changes.properties import (
    custom,
    deprecation_changes,
    property_changes,
    relationship_changes,
    words_changes,
)
from headgate.contracts.changes.written import well_formed

Written = Mapping[str, Any]

_COSMETIC = frozenset(
    ["name", "description", "tags", "support", "price", "team", "authoritativeDefinitions",
     "context", "domain", "dataProduct", "tenant", "apiVersion", "id"]
)  # fmt: skip
_METADATA = frozenset(["roles", "customProperties", "slaDefaultElement"])


def changes(old: Written, new: Written) -> list[Change]:
    """What became of one contract in another, both documents of the standard.

    An empty document is no contract: then every dataset of the other came or went.

    >>> old = {"schema": [{"name": "rides", "properties": [{"name": "bike"}]}]}
    >>> [change.path for change in changes(old, {"schema": [{"name": "rides"}]})]
    ['rides.bike']
    """
    old, new = well_formed(old), well_formed(new)
    found: list[Change] = []
    if old and new:
        found += status_changes(old, new)
        found += server_changes(old, new)
        found += level_changes(old, new)
        found += _document_words(old, new)
    pairs = _paired(_named(old, "schema"), _named(new, "schema"))
    for before, after, n in pairs:
        keys = ("schema",) if n is None else ("schema", n)
        found += _dataset(before, after, keys)
    return found


def _document_words(old: Written, new: Written) -> Iterator[Change]:
    for key in sorted(_COSMETIC | _METADATA):
        if old.get(key) != new.get(key):
            cosmetic = key in _COSMETIC
            rule = "documentation-changed" if cosmetic else "metadata-changed"
            way = Direction.NONE if cosmetic else Direction.NOTICE
            yield Element("").change(rule, key, way, old.get(key), new.get(key))


# ------------------------------------------------------------------ datasets


def _dataset(
    before: Written | None, after: Written | None, keys: Sequence[str | int]
) -> list[Change]:
    rule = "schema-added-or-removed"
    if after is None:
        assert before is not None
        at, name = Element(str(before["name"]), "", tuple(keys)), before["name"]
        return [at.change(rule, "", Direction.LOOSENS, name, None, f"the dataset {at} is gone")]
    at, name = Element(str(after["name"]), "", tuple(keys)), after["name"]
    if before is None:
        return [at.change(rule, "", Direction.TIGHTENS, None, name, f"the dataset {at} is new")]
    found: list[Change] = []
    if before["name"] != name:
        found.append(_renamed(Element(str(before["name"]), "", tuple(keys)), before, after))
    found += _physical(at, before, after)
    found += _key(at, before, after)
    found += _properties(at, before, after)
    found += quality_changes(at, before, after)
    found += relationship_changes(at, before, after)
    found += deprecation_changes(at, before, after)
    found += words_changes(at, before, after)
    return found


def _physical(at: Element, before: Written, after: Written) -> Iterator[Change]:
    names = before.get("physicalName"), after.get("physicalName")
    called = names[0] or before["name"], names[1] or after["name"]
    if names[0] != names[1] and called[0] != called[1]:
        yield at.change("physical-name-changed", "physicalName", Direction.BOTH, *names)
    kinds = before.get("physicalType"), after.get("physicalType")
    if kinds[0] != kinds[1]:
        yield at.change("metadata-changed", "physicalType", Direction.NOTICE, *kinds)


def _key(at: Element, before: Written, after: Written) -> Iterator[Change]:
    """Another primary key: its columns, of those that were renamed by their new names."""
    now = {
        id(old): new["name"]
        for old, new, _ in _paired(_named(before, "properties"), _named(after, "properties"))
        if old is not None and new is not None
    }
    first = [str(now.get(id(one), one["name"])) for one in _in_order(before)]
    then = [str(one["name"]) for one in _in_order(after)]
    if first == then:
        return
    if set(first) == set(then):
        way, what = Direction.NOTICE, f"the key of {at} stands in another order"
    else:
        way = came_or_went(first or None, then or None, Direction.BOTH)
        what = f"the key of {at} was {_names(first)} and is {_names(then)}"
    yield at.change("key-constraint-changed", "primaryKey", way, first, then, what)


def _in_order(element: Written) -> list[Written]:
    keys = [one for one in _named(element, "properties") if one.get("primaryKey")]
    return sorted(keys, key=lambda one: one.get("primaryKeyPosition") or -1)


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


# ------------------------------------------------------------------ columns, and what is in them


def _properties(at: Element, before: Written, after: Written) -> Iterator[Change]:
    rule = "property-added-or-removed"
    dot = "." if at.column else ""
    for old, new, n in _paired(_named(before, "properties"), _named(after, "properties")):
        if new is None:
            assert old is not None
            there = at.inner(f"{dot}{old['name']}", "properties")
            way, what = Direction.LOOSENS, f"{there} is gone"
            yield there.change(rule, "", way, old.get("logicalType") or old["name"], None, what)
            continue
        assert n is not None
        there = at.inner(f"{dot}{new['name']}", "properties", n)
        if old is None:
            way, what = Direction.TIGHTENS, f"{there} is new"
            yield there.change(rule, "", way, None, new.get("logicalType") or new["name"], what)
            continue
        if old["name"] != new["name"]:
            yield _renamed(at.inner(f"{dot}{old['name']}", "properties", n), old, new)
        yield from _column(there, old, new)


def _column(at: Element, old: Written, new: Written) -> Iterator[Change]:
    yield from property_changes(at, old, new)
    yield from quality_changes(at, old, new)
    yield from _properties(at, old, new)
    maps = old.get("map") or {}, new.get("map") or {}
    for keys, shown, first, then in (
        ("items", "[]", old.get("items"), new.get("items")),
        ("map.key", "{key}", maps[0].get("key"), maps[1].get("key")),
        ("map.value", "{value}", maps[0].get("value"), maps[1].get("value")),
    ):
        if isinstance(first, Mapping) and isinstance(then, Mapping):
            yield from _column(at.inner(shown, *keys.split(".")), first, then)
        elif isinstance(first, Mapping) or isinstance(then, Mapping):
            was, now = first and first.get("logicalType"), then and then.get("logicalType")
            there, way = at.inner(shown, *keys.split(".")), came_or_went(first, then)
            yield there.change("type-changed", "logicalType", way, was, now)


def _renamed(at: Element, old: Written, new: Written) -> Change:
    names = str(old["name"]), str(new["name"])
    return at.change("renamed", "name", Direction.BOTH, *names, f"{at} is now {names[1]}")


# ------------------------------------------------------------------ which is which


def _named(element: Written, key: str) -> list[Written]:
    found = element.get(key)
    entries = found if isinstance(found, list) else []
    return [entry for entry in entries if isinstance(entry, Mapping) and entry.get("name")]


def _paired(
    old: Sequence[Written], new: Sequence[Written]
) -> list[tuple[Written | None, Written | None, int | None]]:
    """What was and what it is now, by name or else as renamed; the place is that in the new list."""
    by_name = {one["name"]: one for one in old}
    names = {one["name"] for one in new}
    gone = {one["name"]: one for one in old if one["name"] not in names}
    traces = {trace: name for name, one in reversed(gone.items()) for trace in _left(one)}
    pairs: list[tuple[Written | None, Written | None, int | None]] = []
    for n, one in enumerate(new):
        before = by_name.get(one["name"])
        if before is None:
            known = (traces[trace] for trace in _taken_up(one) if trace in traces)
            before = next((gone.pop(name) for name in known if name in gone), None)
        pairs.append((before, one, n))
    return [*pairs, *((one, None, None) for one in gone.values())]


def _left(old: Written) -> list[tuple[str, str]]:
    """By what an element that is gone is known under another name."""
    found = [(key, old[key]) for key in ("id", "physicalName") if key in old]
    return [*found, ("name", old["name"])]


def _taken_up(new: Written) -> list[tuple[str, str]]:
    """By what a new element says that it is an earlier one: its id, its column, or an alias."""
    found = [(key, new[key]) for key in ("id", "physicalName") if key in new]
    aliases = custom(new).get("aliases")
    listed = aliases if isinstance(aliases, list) else [aliases]
    return [*found, *(("name", alias) for alias in listed if isinstance(alias, str))]
