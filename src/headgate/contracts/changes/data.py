"""What data is, against what its contract says: the same changes as between two contracts.

The contract is the older side. A column that is not in the data is gone, whoever meant what by it:
that another one took its place is only a guess, and is told as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from headgate.contracts.changes.change import Change, Direction, Element
from headgate.contracts.changes.types import logical_direction, stored_direction
from headgate.contracts.contract import Contract, Property
from headgate.contracts.promises import is_local
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics

_NEAR = 0.9
"""How much of two names has to agree for a guess: `latitude` and `longitude` agree by 0.71."""
_CLEAR = 0.1
"""By how much any other name has to agree less."""


def data_changes(
    contract: Contract, schema: Schema, statistics: Mapping[str, ColumnStatistics] | None = None
) -> list[Change]:
    """How the data differs from its contract: columns, types, and where known nulls and extremes.

    `keys` lead into the contract.
    """
    properties = list(contract.properties.values())
    places = {each.name: n for n, each in enumerate(properties)}
    outer, local = _keys(contract), is_local(contract.document)
    extra = [column for column in schema.columns if column.name not in places]
    guesses = _guesses(properties, schema)
    found: list[Change] = []
    for each in properties:
        at = Element(contract.dataset, each.name, (*outer, "properties", places[each.name]))
        column = schema.column(each.name)
        if column is None:
            found.append(_gone(at, each, guesses.get(each.name)))
            continue
        found += _retyped(at, each, column, local=local)
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
    """The columns that may have taken the place of those that are gone, where only one may have.

    A column is asked about where its name is near and no other is nearly as near, from either
    side: a wrong guess misleads more than none.
    """
    known = {one.name for one in properties}
    scores = {
        (one.name, column.name): _score(one, column)
        for one in properties
        if schema.column(one.name) is None
        for column in schema.columns
        if column.name not in known
    }
    return {
        gone: extra
        for (gone, extra), score in scores.items()
        if score >= _NEAR
        and not any(
            ((gone == other[0]) != (extra == other[1])) and near > score - _CLEAR
            for other, near in scores.items()
        )
    }


def _score(one: Property, column: Column) -> float:
    """How near a column's name is to that of another; 0 where their types differ.

    Names that differ in case and signs alone are as near as can be, whatever their types.
    """
    names = _plain(one.name), _plain(column.name)
    if names[0] == names[1]:
        return 1
    return SequenceMatcher(None, *names).ratio() if one.type == column.type else 0


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _retyped(at: Element, each: Property, column: Column, *, local: bool) -> Iterator[Change]:
    if each.type is not None and each.type != column.type:
        old, new = each.type.value, column.type.value
        way = logical_direction(old, new)
        what = f"{at} is {column.type} in the data, and {each.type} in the contract"
        yield at.change("type-changed", "logicalType", way, old, new, what)
        return
    physical = str(each.declared.get("physicalType") or "")
    if local and (direction := stored_direction(physical, column.physical)):
        what = f"{at} is {column.physical} in the data, and {physical} in the contract"
        yield at.change("type-changed", "physicalType", direction, physical, column.physical, what)


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
