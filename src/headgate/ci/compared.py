"""How the data that a change makes differs from what its base makes: numbers, and no row of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.drift import Drift, Measure
from headgate.checks.evaluate import measure
from headgate.checks.functions import Calls
from headgate.checks.measured import Beside, Value
from headgate.ci.trial import Trial
from headgate.engines.engine import Engine
from headgate.engines.types import quoted
from headgate.environments.move import Move, moves
from headgate.observe.difference import Difference, counts, is_key
from headgate.runs.job import Job
from headgate.runs.tools import Tools
from headgate.schema.schema import Column
from headgate.schema.table import Table
from headgate.schema.types import LogicalType
from headgate.store import versions
from headgate.store.diff import unshared

NUMBERS = {LogicalType.INTEGER, LogicalType.NUMBER}
DRIFTED = 0.25
"""From where a population stability index is read as clear drift."""

EFFECT = 0.1
"""From where a distance counts: W1 in standard deviations of the base, or that of Jensen-Shannon."""
SHORT = {"wasserstein": "W1", "js": "JS"}

_BEFORE = "before"


class ColumnCompared(Struct, frozen=True):
    """A column of both. `changed` counts rows, where a key tells which are the same.

    `shift` has the distances of the distributions: `psi`, `js`, and of numbers `wasserstein`.
    """

    name: str
    changed: int | None
    nulls: tuple[int, int]
    sums: tuple[float | None, float | None] | None = None
    shift: Mapping[str, float] = {}

    @property
    def is_clear(self) -> bool:
        """Whether its distribution has clearly moved: by its bins, and by a size of the effect."""
        return self.shift.get("psi", 0.0) >= DRIFTED and self.effect[1] >= EFFECT

    @property
    def effect(self) -> tuple[str, float]:
        """How far it moved, and in what: of numbers W1, which looks at no bins; else JS.

        A few values that many rows have all change bins by the least shift, and both of the
        measures of bins tell a great one.
        """
        kind = next((one for one in ("wasserstein", "js") if one in self.shift), "js")
        return SHORT[kind], self.shift.get(kind, 0.0)


class Compared(Struct, frozen=True):
    """A dataset before and after. `found` is None where one of both is not there."""

    move: Move
    found: Difference | None = None
    columns: tuple[ColumnCompared, ...] = ()

    @property
    def dataset(self) -> str:
        return self.move.dataset

    @property
    def rows(self) -> tuple[int | None, int | None]:
        """How many rows there were, and are."""
        sides = (self.move.before, self.move.after)
        return sides[0].rows if sides[0] else None, sides[1].rows if sides[1] else None

    def as_json(self) -> dict[str, Any]:
        """The numbers as reports and the record carry them."""
        found, schema = self.found, self.move.schema
        body: dict[str, Any] = {
            "dataset": self.dataset,
            "change": self.move.kind,
            "rows": {"before": self.rows[0], "after": self.rows[1]},
        }
        if found is None:
            return body
        body["key"] = list(found.key)
        changed = found.changed if found.key else None
        body["rows"] |= {"added": found.added, "removed": found.removed, "changed": changed}
        body["schema"] = {
            "added": [column.name for column in schema.added],
            "removed": [column.name for column in schema.removed],
            "retyped": {old.name: [old.physical, new.physical] for old, new in schema.retyped},
        }
        body["columns"] = {
            each.name: {
                "changed": each.changed,
                "nulls": list(each.nulls),
                "sums": list(each.sums) if each.sums else None,
                "shift": dict(each.shift),
            }
            for each in self.columns
        }
        return body


def compared(tools: Tools, trial: Trial, jobs: Mapping[str, Job]) -> tuple[Compared, ...]:
    """Every dataset of the changed pipelines that is not what it was, in the order they are made."""
    ran = [jobs[each.pipeline] for each in trial.head if each.pipeline in jobs]
    names = [name for job in ran for name in job.datasets]
    gone = [name for name in trial.before if name not in names and name not in trial.after]
    keys = {name: tuple(one.source.key) for job in ran for name, one in job.sources.items()}
    keys |= {name: tuple(one.step.key) for job in ran for name, one in job.steps.items()}
    with tools.ledger.snapshot() as tx:
        found = moves(tx, trial.before, trial.after, [*names, *gone])
    return tuple(_compared(tools, each, keys.get(each.dataset, ())) for each in found)


def without_values(each: Compared) -> Compared:
    """The comparison without sums: that of one row is its value."""
    return replace(each, columns=tuple(replace(one, sums=None) for one in each.columns))


def _compared(tools: Tools, move: Move, key: Sequence[str]) -> Compared:
    if move.before is None or move.after is None:
        return Compared(move)
    alone = unshared(move.before, move.after)
    old, new = (versions.table(tools.objects, version) for version in alone)
    there = all(name in side.schema.names for side in (old, new) for name in key)
    by = tuple(key) if key and there and is_key(tools.engine, (old, new), key) else ()
    found = counts(tools.engine, old, new, by)
    whole = [versions.table(tools.objects, version) for version in (move.before, move.after)]
    touched = [name for name, rows in found.columns.items() if rows]
    if not by or found.added or found.removed:
        touched = [name for name in new.schema.names if name in old.schema.names]
    return Compared(move, found, _columns(tools.engine, whole, touched, found))


def _columns(
    engine: Engine, sides: Sequence[Table], names: Sequence[str], found: Difference
) -> tuple[ColumnCompared, ...]:
    old, new = sides
    shifts = _shifts(engine, old, new, names)
    sums = [_sums(engine, side, names) for side in sides]
    told = []
    for name in names:
        nulls = [side.statistics[name] for side in sides]
        both = tuple(one.get(name) for one in sums)
        told.append(
            ColumnCompared(
                name,
                found.columns.get(name) if found.key else None,
                (nulls[0].nulls + nulls[0].nans, nulls[1].nulls + nulls[1].nans),
                (both[0], both[1]) if name in sums[0] and name in sums[1] else None,
                shifts[name],
            )
        )
    return tuple(told)


def _shifts(
    engine: Engine, old: Table, new: Table, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """How far each distribution lies from what it was; without missing values, as all drift is."""
    metrics = {
        (name, kind): Drift(name, kind, _BEFORE)
        for name in names
        for kind in (Measure.PSI, Measure.JS, Measure.WASSERSTEIN)
        if kind is not Measure.WASSERSTEIN or _is_number(new, name)
    }
    facts = Beside(datetime.now(UTC), {_BEFORE: old}, None, Calls(()))
    measured = measure(engine, new, list(metrics.values()), facts)
    shifts: dict[str, dict[str, float]] = {name: {} for name in names}
    for (name, kind), metric in metrics.items():
        value = measured[metric][0]
        if isinstance(value, Value) and isinstance(value.value, int | float):
            shifts[name][kind.value] = float(value.value)
    return shifts


def _sums(engine: Engine, table: Table, names: Sequence[str]) -> dict[str, float | None]:
    numbers = [name for name in names if _is_number(table, name)]
    if not numbers or not table.paths:
        return {}
    asked = ", ".join(
        f"sum(CAST({quoted(name)} AS DOUBLE)) AS {quoted(f'sum {n}')}"
        for n, name in enumerate(numbers)
    )
    [row] = engine.measure(table, f"SELECT {asked} FROM data", ())  # noqa: S608 - names are quoted
    known = (None if one is None or not math.isfinite(one) else float(one) for one in row)
    return dict(zip(numbers, known, strict=True))


def _is_number(table: Table, name: str) -> bool:
    column: Column | None = table.schema.column(name)
    return column is not None and column.type in NUMBERS
