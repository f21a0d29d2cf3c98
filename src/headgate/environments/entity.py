"""The entity that a sample is made of, and which of its keys are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from headgate.checks.sql import Sql, joined, written
from headgate.checks.typed import operand
from headgate.contracts.contract import Reference
from headgate.engines.engine import Frame
from headgate.engines.types import quoted
from headgate.environments.rows import NUMBERED, Rows, below, hashed, linked, not_in, value_of
from headgate.errors import UsageError
from headgate.schema.table import Table


class Entity(Struct, frozen=True):
    """A table, and the columns whose values tell its entities apart."""

    dataset: str
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.dataset}({', '.join(self.columns)})"

    @property
    def itself(self) -> Reference:
        """The key as a reference, which those inherit that are computed from it."""
        return Reference(self.dataset, self.columns, self.dataset, self.columns)


class Chosen(Struct, frozen=True):
    """The keys that are in a sample, and their share of all."""

    keys: Frame
    share: float
    count: int


def entity_of(
    tables: Mapping[str, Table],
    references: Iterable[Reference],
    keys: Mapping[str, tuple[str, ...]],
) -> Entity:
    """The entity to sample by, where nobody says: of the keys that others refer to, the largest.

    One that a table refers to twice is left out, such as the airports of a flight: few flights
    have both ends in a sample. Without references it is the key of the largest table.
    Raises UsageError where nothing is declared.
    """
    referring = Counter((one.dataset, one.to, one.keys) for one in set(references))
    twice = {(to, keys) for (_, to, keys), count in referring.items() if count > 1}
    found = {
        (to, keys)
        for dataset, to, keys in referring
        if len(keys) == 1 and (to, keys) not in twice and dataset != to
    }
    declared = {(name, key) for name, key in keys.items() if key and name in tables}
    for candidates in (found, declared):
        if candidates:
            largest = min(candidates, key=lambda one: (-tables[one[0]].rows, one))
            return Entity(*largest)
    raise UsageError(
        "no key is declared to sample by",
        None,
        "say --key DATASET COLUMN, or declare primaryKey and relationships in contracts/*.yaml",
    )


def by_share(rows: Rows, entity: Entity, share: float, seed: str, gone: Frame) -> Chosen:
    """The keys whose hash is in that share of all hashes; at least one."""
    statement = written(
        "with entities as (", _entities(rows, entity, seed), "), ranked as (select *,"  # noqa: S608 - k0, k1
        f" row_number() over (order by hash, {_names(entity)}) as place from entities)"
        f" select {_names(entity)} from ranked where ", Sql("hash < ? or place = 1", (below(share),)),
    )  # fmt: skip
    return _chosen(rows, entity, statement, {"gone": gone})


def by_stratum(
    rows: Rows, entity: Entity, share: float, seed: str, gone: Frame, column: str
) -> Chosen:
    """That share of the keys of every stratum; at least one of each."""
    stratum = operand(rows.column(entity.dataset, column))
    statement = written(
        "with entities as (", _entities(rows, entity, seed, f", min({stratum}) as stratum"),
        "), ranked as (select *, row_number() over (partition by stratum order by hash,"  # noqa: S608 - k0, k1
        f" {_names(entity)}) as place, count(*) over (partition by stratum) as size from entities)"
        f" select {_names(entity)} from ranked where ",
        Sql("place <= greatest(1, round(? * size))", (share,)),
    )  # fmt: skip
    return _chosen(rows, entity, statement, {"gone": gone})


def by_rows(
    rows: Rows,
    entity: Entity,
    most: int,
    seed: str,
    gone: Mapping[str, Frame],
    path: Sequence[Reference],
) -> Chosen:
    """The first keys by hash that the rows of a table fit in; at least one.

    `path` are the references that lead from the table to the entity; none where it is its own.
    """
    names = _names(entity)
    same = " and ".join(f"counts.k{n} = entities.k{n}" for n, _ in enumerate(entity.columns))
    statement = written(
        "with entities as (", _entities(rows, entity, seed), "), weighed as (select entities.*,"  # noqa: S608 - k0, k1
        f" coalesce(n, 0) as n from entities left join counts on {same}), ranked as"
        f" (select *, sum(n) over (order by hash, {names} rows unbounded preceding) as total,"
        f" row_number() over (order by hash, {names}) as place from weighed)"
        f" select {names} from ranked where ", Sql("total <= ? or place = 1", (most,)),
    )  # fmt: skip
    counts = _counted(rows, entity, gone, path)
    return _chosen(rows, entity, statement, {"gone": gone[entity.dataset], "counts": counts})


# ------------------------------------------------------------------ inside


def _names(entity: Entity) -> str:
    return ", ".join(f"k{n}" for n, _ in enumerate(entity.columns))


def _entities(rows: Rows, entity: Entity, seed: str, more: str = "") -> Sql:
    """Every key of the entity with its hash."""
    columns = rows.columns(entity.dataset, entity.columns)
    told = ", ".join(f"{operand(one)} as k{n}" for n, one in enumerate(columns))
    return written(
        f"select {told}, any_value(", hashed(columns, seed), f") as hash{more} from {NUMBERED}"
        " where ", joined(" and ", [linked(columns), not_in("gone")]), " group by all",
    )  # fmt: skip


def _counted(
    rows: Rows, entity: Entity, gone: Mapping[str, Frame], path: Sequence[Reference]
) -> Frame:
    """How many rows of the table where the path begins belong to each key."""
    start = path[0].dataset if path else entity.dataset
    beside: dict[str, Table | Frame] = {"gone": gone[start]}
    joins = [f"(select * from {NUMBERED} where {not_in('gone').sql}) as t0"]  # noqa: S608 - a constant
    for n, one in enumerate(path):
        beside[f"table {n + 1}"] = rows.tables[one.to]
        pairs = zip(
            rows.columns(one.dataset, one.columns), rows.columns(one.to, one.keys), strict=True
        )
        same = " and ".join(
            f"{value_of(child, f't{n}')} = {value_of(parent, f't{n + 1}')}"
            for child, parent in pairs
        )
        joins.append(f"{quoted(f'table {n + 1}')} as t{n + 1} on {same}")
    columns = rows.columns(entity.dataset, entity.columns)
    told = ", ".join(f"{value_of(one, f't{len(path)}')} as k{n}" for n, one in enumerate(columns))
    statement = f"select {told}, count(*) as n from {' join '.join(joins)} group by all"  # noqa: S608 - names are quoted
    return rows.engine.gather(rows.tables[start], statement, [], beside)


def _chosen(rows: Rows, entity: Entity, statement: Sql, beside: Mapping[str, Frame]) -> Chosen:
    keys = rows.ask(entity.dataset, statement, beside)
    count = rows.count(keys)
    every = rows.count(rows.keys(entity.dataset, entity.columns, without=beside["gone"]))
    return Chosen(keys, count / every if every else 0.0, count)
