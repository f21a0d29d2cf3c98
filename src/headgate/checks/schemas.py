"""How the columns of a table differ from those that were declared."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from msgspec import Struct

from headgate.checks.measured import Value
from headgate.checks.phrases import listed
from headgate.checks.typenames import is_type
from headgate.schema.schema import Schema


class SchemaDifference(Struct, frozen=True):
    """How many columns are missing, mistyped or, where that counts, extra or moved.

    A column is declared with the name of a type, or with None for any.
    """

    declared: tuple[tuple[str, str | None], ...]
    exact: bool = True
    ordered: bool = False


def difference(metric: SchemaDifference, schema: Schema) -> Value:
    """The columns that differ, with each of them by name."""
    declared = dict(metric.declared)
    there = [column for column in schema.columns if column.name in declared]
    missing = [name for name in declared if schema.column(name) is None]
    extra = [name for name in schema.names if name not in declared] if metric.exact else []
    order = {name: place for place, name in enumerate(declared)}
    places = [order[column.name] for column in there]
    kept = set(_growing(places)) if metric.ordered else set(range(len(there)))
    details: dict[str, list[object]] = {
        "missing": list(missing),
        "extra": list(extra),
        "moved": [column.name for place, column in enumerate(there) if place not in kept],
        "mistyped": [
            {"column": column.name, "type": column.type.value, "declared": name}
            for column in there
            if (name := declared[column.name]) is not None and not is_type(column, name)
        ],
    }
    differing = {name for one in details.values() for name in map(_name, one)}
    return Value(len(differing), details=details)


def differences_in_words(details: Mapping[str, object]) -> str:
    """Every column that differs, and how.

    >>> differences_in_words({"missing": ["Date"], "extra": [], "moved": [], "mistyped": []})
    'missing Date'
    """
    parts = []
    for key in ("missing", "extra", "moved", "mistyped"):
        found = details.get(key)
        if isinstance(found, list) and found:
            parts.append(f"{key} {listed([_words(one) for one in found])}")
    return "; ".join(parts)


def _name(one: object) -> object:
    return one["column"] if isinstance(one, dict) else one


def _words(one: object) -> str:
    if isinstance(one, dict):
        return f"{one['column']} ({one['type']}, not {one['declared']})"
    return str(one)


def _growing(places: Sequence[int]) -> list[int]:
    """Where the longest run of growing numbers stands: what is not in it has moved."""
    ends: list[int] = []  # for each length, where the run with the least end ends
    before: list[int | None] = []
    for at, place in enumerate(places):
        size = bisect_left([places[end] for end in ends], place)
        before.append(ends[size - 1] if size else None)
        ends[size : size + 1] = [at]
    found: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        found.append(last)
        last = before[last]
    return found
