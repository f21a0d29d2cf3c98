"""A sample of a whole database: the rows of some entities, and what hangs together with them.

1. Rows that cannot be in it go: those a person left out, those whose parent is nowhere, and what
   refers to them, and so on.
2. From the entity down, a row stays where all that it refers to stays. A row that is linked to no
   entity stays by its own hash. Tables that no path leads from to the entity are kept whole where
   they are small, else by hash.
3. What a row refers to and is not there yet comes back, and what that refers to, and so on. So
   cycles end well: nothing is dropped any more.

The same rows, options and seed give the same sample, in any order and on any machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from headgate.checks.conditions import RowCondition
from headgate.checks.pairs import kind_of
from headgate.checks.sql import Sql, joined, written
from headgate.checks.typed import a_kind, unordered
from headgate.contracts.contract import Reference
from headgate.engines.engine import Frame
from headgate.environments.entity import Chosen, Entity, by_rows, by_share, by_stratum
from headgate.environments.rows import (
    Rows,
    below,
    hashed,
    in_,
    linked,
    meeting,
    not_,
    not_in,
    standing_in,
)
from headgate.errors import DeclarationError, UnknownNameError

SMALL = 10_000
"""Rows up to which a table that no entity is in is kept whole."""


class Wanted(Struct, frozen=True):
    """What a person wants of a sample: a share of the entities, or about so many rows."""

    share: float = 0.05
    rows: int | None = None
    where: Mapping[str, RowCondition] = {}
    """Conditions on the rows of some tables; the others are as if they were not there."""
    seed: str = "0"
    stratify: str | None = None
    """A column of the entity's table, each of whose values keeps its share."""
    keep_orphans: bool = False
    """Whether rows may stay whose parent is not in the base either."""


class Sample(Struct, frozen=True):
    """The numbers of the rows that stay, of each table; None where all of them do."""

    kept: Mapping[str, Frame | None]
    entities: int
    share: float
    """The share of the entities that is in it."""
    gone: Mapping[str, int]
    """How many rows went first, of each table: left out, or without a parent."""
    returned: Mapping[str, int]
    """How many rows came back because others refer to them."""


def sample(
    rows: Rows,
    references: Sequence[Reference],
    entity: Entity,
    wanted: Wanted,
    keys: Mapping[str, tuple[str, ...]] | None = None,
) -> Sample:
    """The rows of every table that make a sample. `keys` tell the rows of tables apart.

    Raises DeclarationError for references between values that cannot be compared, and
    UnknownNameError for a table or column that is not there.
    """
    _check(rows, references, entity, wanted)
    gone = _gone(rows, references, wanted)
    below_entity = _below(references, entity)
    chosen = _choose(rows, references, entity, wanted, gone, below_entity)
    kept: dict[str, Frame | None] = {}
    if wanted.share >= 1 and wanted.rows is None:
        kept = {name: _all_but(rows, name, gone[name]) for name in rows.tables}
    else:
        own_keys = keys or {}
        walk = _Walk(rows, gone, wanted, chosen, own_keys)
        kept[entity.dataset] = walk.entities(entity)
        for name, parents in _in_order(references, entity, below_entity):
            kept[name] = walk.children(name, parents, kept)
        for name, table in rows.tables.items():
            if name not in kept:
                small = table.rows <= SMALL
                kept[name] = _all_but(rows, name, gone[name]) if small else walk.hashed(name)
    returned = _return_parents(rows, references, gone, kept)
    counts = {name: number for name, frame in gone.items() if (number := rows.count(frame))}
    return Sample(kept, chosen.count, chosen.share, counts, returned)


def _check(rows: Rows, references: Iterable[Reference], entity: Entity, wanted: Wanted) -> None:
    for name in (entity.dataset, *wanted.where):
        if name not in rows.tables:
            raise UnknownNameError.of("dataset", name, rows.tables)
    for column in rows.columns(entity.dataset, entity.columns):
        if unordered(column):
            raise DeclarationError(f"{column.name} is {a_kind(column)}, which is no key")
    for one in references:
        for child, parent in zip(
            rows.columns(one.dataset, one.columns), rows.columns(one.to, one.keys), strict=True
        ):
            if unordered(child) or unordered(parent) or kind_of(child) != kind_of(parent):
                what = f"{one}: {a_kind(child)} and {a_kind(parent)} cannot be compared"
                raise DeclarationError(what, one.where or None, "declare one type for both")


# ------------------------------------------------------------------ rows that cannot be in it


def _gone(rows: Rows, references: Sequence[Reference], wanted: Wanted) -> dict[str, Frame]:
    gone = {name: rows.nothing(name) for name in rows.tables}
    for name, condition in wanted.where.items():
        gone[name] = rows.where(name, not_(meeting(condition, rows.tables[name])))
    waiting = deque(dict.fromkeys(references))
    while waiting:
        one = waiting.popleft()
        if wanted.keep_orphans and not rows.count(gone[one.to]):
            continue
        lost = rows.where(one.dataset, *_lost(rows, one, gone, keep_orphans=wanted.keep_orphans))
        if rows.count(lost):
            gone[one.dataset] = rows.together(gone[one.dataset], lost)
            again = (other for other in references if other.to == one.dataset)
            waiting.extend(other for other in again if other not in waiting)
    return gone


def _lost(
    rows: Rows, one: Reference, gone: Mapping[str, Frame], *, keep_orphans: bool
) -> tuple[Sql, dict[str, Frame]]:
    """The rows that refer to nothing that is left."""
    columns = rows.columns(one.dataset, one.columns)
    left = rows.keys(one.to, one.keys, without=gone[one.to])
    beside = {"gone": gone[one.dataset], "left": left}
    conditions = [linked(columns), not_in("gone"), not_(standing_in(columns, "left"))]
    if keep_orphans:  # one that has no parent in the base has not lost it
        beside["every"] = rows.keys(one.to, one.keys)
        conditions.append(standing_in(columns, "every"))
    return joined(" and ", conditions), beside


def _all_but(rows: Rows, name: str, gone: Frame) -> Frame | None:
    return rows.where(name, not_in("gone"), {"gone": gone}) if rows.count(gone) else None


# ------------------------------------------------------------------ from the entity down


def _below(references: Iterable[Reference], entity: Entity) -> set[str]:
    """The entity's table and those that lead to it."""
    found = {entity.dataset}
    known = list(references)
    while more := {one.dataset for one in known if one.to in found} - found:
        found |= more
    return found


def _in_order(
    references: Sequence[Reference], entity: Entity, below_entity: set[str]
) -> Iterator[tuple[str, list[Reference]]]:
    """The tables below the entity, each with its references to those that came before it.

    In a cycle, one with the fewest references to those that come later goes first.
    """
    done, left = {entity.dataset}, below_entity - {entity.dataset}
    while left:
        ready: list[tuple[int, str]] = []
        for name in left:
            to = [one.to for one in references if one.dataset == name and one.to != name]
            if any(other in done for other in to):
                ready.append((sum(1 for other in to if other in left), name))
        _, name = min(ready)
        yield name, [one for one in references if one.dataset == name and one.to in done]
        done.add(name)
        left.remove(name)


def _path(references: Sequence[Reference], start: str, entity: Entity) -> list[Reference]:
    """The shortest way from a table to the entity."""
    ways: dict[str, list[Reference]] = {start: []}
    waiting = deque([start])
    while waiting and entity.dataset not in ways:
        here = waiting.popleft()
        for one in references:
            if one.dataset == here and one.to not in ways:
                ways[one.to] = [*ways[here], one]
                waiting.append(one.to)
    return ways[entity.dataset]


def _choose(
    rows: Rows,
    references: Sequence[Reference],
    entity: Entity,
    wanted: Wanted,
    gone: Mapping[str, Frame],
    below_entity: set[str],
) -> Chosen:
    own = gone[entity.dataset]
    share = wanted.share
    if wanted.rows is not None:
        largest = min(below_entity, key=lambda name: (-rows.tables[name].rows, name))
        if wanted.stratify is None:
            path = _path(references, largest, entity)
            return by_rows(rows, entity, wanted.rows, wanted.seed, gone, path)
        share = min(
            1.0, wanted.rows / max(1, rows.tables[largest].rows - rows.count(gone[largest]))
        )
    if wanted.stratify is not None:
        return by_stratum(rows, entity, share, wanted.seed, own, wanted.stratify)
    return by_share(rows, entity, share, wanted.seed, own)


class _Walk(Struct, frozen=True):
    """How rows are chosen, table after table."""

    rows: Rows
    gone: Mapping[str, Frame]
    wanted: Wanted
    chosen: Chosen
    keys: Mapping[str, tuple[str, ...]]

    def entities(self, entity: Entity) -> Frame:
        """The rows of the chosen entities, and some of those without a key."""
        columns = self.rows.columns(entity.dataset, entity.columns)
        condition = written(
            "case when ", linked(columns), " then ", standing_in(columns, "chosen"),
            " else ", self._by_hash(entity.dataset), " end",
        )  # fmt: skip
        return self._where(entity.dataset, condition, {"chosen": self.chosen.keys})

    def children(
        self, name: str, parents: Sequence[Reference], kept: Mapping[str, Frame | None]
    ) -> Frame:
        """The rows all of whose parents are kept; some of those that have none."""
        beside: dict[str, Frame] = {}
        links, holds = [], []
        for n, one in enumerate(parents):
            columns = self.rows.columns(name, one.columns)
            beside[f"kept {n}"] = self.rows.keys(one.to, one.keys, only=kept[one.to])
            has = [linked(columns)]
            if self.wanted.keep_orphans:
                beside[f"every {n}"] = self.rows.keys(one.to, one.keys)
                has.append(standing_in(columns, f"every {n}"))
            links.append(written("(", joined(" and ", has), ")"))
            there = standing_in(columns, f"kept {n}")
            holds.append(written("(not ", links[-1], " or ", there, ")"))
        condition = written(
            "case when ", joined(" or ", links), " then ", joined(" and ", holds),
            " else ", self._by_hash(name), " end",
        )  # fmt: skip
        return self._where(name, condition, beside)

    def hashed(self, name: str) -> Frame:
        """Some rows of a table, by their own hash."""
        return self._where(name, self._by_hash(name), {})

    def _by_hash(self, name: str) -> Sql:
        schema = self.rows.tables[name].schema
        key = [column for each in self.keys.get(name, ()) if (column := schema.column(each))]
        hash_ = hashed(key or schema.columns, self.wanted.seed)
        return written("(", hash_, " < ", Sql("?", (below(self.chosen.share),)), ")")

    def _where(self, name: str, condition: Sql, beside: Mapping[str, Frame]) -> Frame:
        left = joined(" and ", [not_in("gone"), written("(", condition, ")")])
        return self.rows.where(name, left, {"gone": self.gone[name], **beside})


# ------------------------------------------------------------------ what comes back


def _return_parents(
    rows: Rows,
    references: Sequence[Reference],
    gone: Mapping[str, Frame],
    kept: dict[str, Frame | None],
) -> dict[str, int]:
    """Adds the rows that kept rows refer to, and gives how many came to each table."""
    returned: dict[str, int] = {}
    waiting = deque(dict.fromkeys(references))
    while waiting:
        one = waiting.popleft()
        there = kept[one.to]
        if there is None:
            continue
        needed = rows.keys(one.dataset, one.columns, only=kept[one.dataset])
        keys = rows.columns(one.to, one.keys)
        condition = joined(
            " and ", [not_(in_("there")), not_in("gone"), linked(keys), standing_in(keys, "needed")]
        )
        beside = {"there": there, "gone": gone[one.to], "needed": needed}
        missing = rows.where(one.to, condition, beside)
        if count := rows.count(missing):
            kept[one.to] = rows.together(there, missing)
            returned[one.to] = returned.get(one.to, 0) + count
            again = (other for other in references if other.dataset == one.to)
            waiting.extend(other for other in again if other not in waiting)
    return returned
