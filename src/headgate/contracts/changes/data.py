"""What data is, against what its contract says: the same changes as between two contracts.

The contract is the older side. A column that is not in the data is gone, whoever meant what by it:
that another one took its place is only a guess, and is told as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from headgate.contracts.changes.change import Change, Direction, Element
from headgate.contracts.changes.types import logical_direction
from headgate.contracts.contract import Contract, Property
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics

_ALIKE = 0.6
"""How much of two names has to agree for a guess; difflib calls 0.6 a close match."""


def data_changes(
    contract: Contract, schema: Schema, statistics: Mapping[str, ColumnStatistics] | None = None
) -> list[Change]:
    """How the data differs from its contract: columns, types, and where known nulls and extremes.

    `keys` lead into the contract.
    """
    properties = list(contract.properties.values())
    places = {each.name: n for n, each in enumerate(properties)}
    outer = _keys(contract)
    extra = [column for column in schema.columns if column.name not in places]
    guesses = _guesses(properties, schema)
    found: list[Change] = []
    for each in properties:
        at = Element(contract.dataset, each.name, (*outer, "properties", places[each.name]))
        column = schema.column(each.name)
        if column is None:
            found.append(_gone(at, each, guesses.get(each.name)))
            continue
        found += _retyped(at, each, column)
        found += _values(at, each, (statistics or {}).get(each.name))
    for column in extra:
        at = Element(contract.dataset, column.name, (*outer, "properties"))
        what = f"{at} is in the data and not in the contract"
        way = Direction.TIGHTENS
        found.append(at.change("property-added-or-removed", "", way, None, column.type.value, what))
    return found


def _keys(contract: Contract) -> tuple[str | int, ...]:
    for n, element in enumerate(contract.document.get("schema") or ()):
        if element is contract.declared:
            return ("schema", n)
    return ("schema",)


def _gone(at: Element, each: Property, guess: str | None) -> Change:
    kind = each.type.value if each.type else each.name
    what = f"{at} is not in the data" + (f" (is it {guess!r} now?)" if guess else "")
    rule, way = "property-added-or-removed", Direction.LOOSENS
    return at.change(rule, "", way, kind, None, what)


def _guesses(properties: Sequence[Property], schema: Schema) -> dict[str, str]:
    """The columns that may have taken the place of those that are gone, each of them once.

    By its name, apart from case and signs; by one like it of the same type; or by its position and
    type. The likest are taken first.
    """
    gone = {n: one for n, one in enumerate(properties) if schema.column(one.name) is None}
    known = {one.name for one in properties}
    extra = {n: one for n, one in enumerate(schema.columns) if one.name not in known}
    scores = [
        (_score(one, column, here=n == m), n, m)
        for n, one in gone.items()
        for m, column in extra.items()
    ]
    found: dict[int, int] = {}
    for score, n, m in sorted(scores, key=lambda pair: (-pair[0], pair[1:])):
        if score and n not in found and m not in found.values():
            found[n] = m
    return {gone[n].name: extra[m].name for n, m in found.items()}


def _score(one: Property, column: Column, *, here: bool) -> float:
    """How much speaks for a column being another one now; 0 where too little does."""
    names = _plain(one.name), _plain(column.name)
    if names[0] == names[1]:
        return 1
    if one.type != column.type:
        return 0
    alike = SequenceMatcher(None, *names).ratio()
    return alike if alike >= _ALIKE else 0.1 * here


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _retyped(at: Element, each: Property, column: Column) -> Iterator[Change]:
    if each.type is not None and each.type != column.type:
        old, new = each.type.value, column.type.value
        way = logical_direction(old, new)
        what = f"{at} is {column.type} in the data, and {each.type} in the contract"
        yield at.change("type-changed", "logicalType", way, old, new, what)


def _values(at: Element, each: Property, known: ColumnStatistics | None) -> Iterator[Change]:
    """What the values of a column do not keep, as far as their statistics say."""
    if known is None:
        return
    if each.required and known.nulls:
        what = f"{at} is required, and null {known.nulls:,} times"
        way = Direction.LOOSENS
        yield at.change("required-changed", "required", way, True, False, what)
    bounds: tuple[tuple[str, Any, Any, int], ...] = (
        ("minimum", each.low, known.low, -1),
        ("maximum", each.high, known.high, 1),
    )
    for key, bound, extreme, sign in bounds:
        if bound is not None and extreme is not None and _beyond(extreme, bound, sign):
            what = f"{at} has {extreme}, and its {key} is {bound}"
            rule, way = "validation-constraint-changed", Direction.LOOSENS
            yield at.change(rule, f"logicalTypeOptions.{key}", way, bound, extreme, what)


def _beyond(extreme: Any, bound: Any, sign: int) -> bool:
    try:
        return bool(extreme > bound if sign > 0 else extreme < bound)
    except TypeError:
        return False
