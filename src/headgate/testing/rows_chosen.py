"""A few rows of a step's inputs that belong together, by their numbers.

One input leads: that of a condition, or the one with most rows. Of another, those rows are chosen that
chosen rows refer to, or that refer to them; else those with the same values in columns of one name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from headgate.checks.conditions import RowCondition
from headgate.checks.sql import Sql, joined, written
from headgate.checks.typed import unordered
from headgate.contracts.contract import Reference
from headgate.engines.engine import Frame
from headgate.environments.rows import NUMBERED, ROW, Rows, linked, meeting, standing_in
from headgate.schema.schema import Schema

OTHERS = 10
"""How many times as many rows as of the input that leads there may be of another."""


class Few(Struct, frozen=True):
    """What a person wants: so many rows of the input that leads, of those that meet conditions."""

    rows: int
    where: Mapping[str, RowCondition]


def rows_chosen(rows: Rows, references: Sequence[Reference], few: Few) -> dict[str, Frame]:
    """The numbers of the rows of each table that are chosen, in the order of the tables."""
    names = list(rows.tables)
    first = max(few.where or names, key=lambda name: rows.tables[name].rows)
    chosen = {first: _first(rows, first, few, few.rows, None)}
    while left := [name for name in names if name not in chosen]:
        link = _nearest(rows, references, list(chosen), left)
        if link is None:
            name, beside, count = left[0], None, few.rows
        else:
            name, count = link.other, few.rows * OTHERS
            beside = (link.there, rows.keys(link.known, link.here, only=chosen[link.known]))
        chosen[name] = _first(rows, name, few, count, beside)
    return {name: chosen[name] for name in names}


class _Link(Struct, frozen=True):
    """The columns of a table that is chosen from, and of another, that say what belongs together."""

    known: str
    here: Sequence[str]
    other: str
    there: Sequence[str]


def _nearest(
    rows: Rows, references: Sequence[Reference], chosen: Sequence[str], left: Sequence[str]
) -> _Link | None:
    """A link to one of the tables that are left: by a reference, else by columns of one name."""
    pairs = [(known, other) for known in chosen for other in left]
    for one in references:
        if (one.dataset, one.to) in pairs:
            return _Link(one.dataset, one.columns, one.to, one.keys)
        if (one.to, one.dataset) in pairs:
            return _Link(one.to, one.keys, one.dataset, one.columns)
    for known, other in pairs:
        if shared := _shared(rows.tables[known].schema, rows.tables[other].schema):
            return _Link(known, shared, other, shared)
    return None


def _shared(here: Schema, there: Schema) -> list[str]:
    return [
        column.name
        for column in there.columns
        if (own := here.column(column.name)) and own.type is column.type and not unordered(column)
    ]


def _first(
    rows: Rows,
    name: str,
    few: Few,
    count: int,
    beside: tuple[Sequence[str], Frame] | None,
) -> Frame:
    """The first rows of a table that meet its condition and stand beside rows that are chosen."""
    conditions = [Sql("true")]
    if name in few.where:
        conditions.append(meeting(few.where[name], rows.tables[name]))
    keys: dict[str, Frame] = {}
    if beside is not None:
        known = rows.columns(name, beside[0])
        keys["keys"] = beside[1]
        conditions += [linked(known), standing_in(known, "keys")]
    statement = written(
        f"select {ROW} from {NUMBERED} where ",  # noqa: S608 - a constant
        joined(" and ", conditions),
        f" order by {ROW} limit ",
        Sql("?", (count,)),
    )
    return rows.ask(name, statement, keys)
