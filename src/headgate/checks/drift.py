"""How far a column's distribution lies from a reference.

That is an earlier version, another dataset, or a histogram that somebody wrote. Missing values are left out on both sides; how many there are is for `not_null` and `completeness`.
Numbers and times are put into ten bins between the reference's deciles, open at both ends; the bin
ends on the decile, and deciles that are equal are one. Texts and booleans are bins of their own:
the twenty most common ones of the reference, and one bin for all the others, rare or new.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any

from msgspec import Struct

from headgate.checks import measures
from headgate.checks.asked import Asked
from headgate.checks.conditions import seen
from headgate.checks.distributions import MOST, Histogram, Weights
from headgate.checks.measured import Measured, Nothing, Value
from headgate.checks.pairs import kind_of
from headgate.checks.released import SERVED, table_in_words
from headgate.checks.sql import Sql, bound, joined, present, table_beside, written
from headgate.checks.typed import (
    Comparable,
    a_kind,
    column_of,
    comparable,
    is_number,
    operand,
    unordered,
)
from headgate.engines.types import quoted
from headgate.errors import DeclarationError
from headgate.schema.schema import Column
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

BINS = 10
COMMON = 20
"""How many values of a text are bins of their own."""

TIMES = {LogicalType.DATE, LogicalType.TIMESTAMP, LogicalType.TIME}


class Measure(StrEnum):
    """How the distance is measured."""

    PSI = "psi"
    JS = "js"
    KS = "ks"
    WASSERSTEIN = "wasserstein"
    CHI2 = "chi2"


OF_VALUES = {Measure.KS, Measure.WASSERSTEIN}
"""Measures of values as they are; the others are of bins."""


class Drift(Struct, frozen=True):
    """How far a column lies from a reference: a table beside, a release, or what was written."""

    column: str
    measure: Measure
    against: str | Weights | Histogram


class _Side(Struct, frozen=True):
    """A column of some rows, and where they are."""

    place: Asked
    relation: Sql
    column: Column

    def rows(self, columns: Sql, rest: str = "") -> Sequence[tuple[Comparable, ...]]:
        """What a select from the rows with a value gives."""
        where = written(" WHERE ", present(self.column), rest)
        return self.place.rows(written("SELECT ", columns, " FROM ", self.relation, where))

    def counts(self, conditions: Sequence[Sql]) -> list[int]:
        """How many rows there are, and how many meet each condition."""
        counted = [written("count(*) FILTER (WHERE ", one, ")") for one in conditions]
        [row] = self.rows(joined(", ", [Sql("count(*)"), *counted]))
        return [int(count) for count in row]


def drifted(metric: Drift, place: Asked) -> Measured:
    """The distance, with the shares that it follows from where there are bins.

    Raises DeclarationError where the column or its reference cannot be measured so.
    """
    ours = _Side(place, place.relation, column_of(place.table.schema, metric.column))
    _fits(metric, ours.column)  # with or without anything yet to compare with
    theirs = _reference(metric.against, ours)
    if isinstance(theirs, Nothing):
        return theirs
    if metric.measure in OF_VALUES:
        return _of_values(metric.measure, ours, theirs)
    return _of_bins(metric.measure, ours, theirs)


def _fits(metric: Drift, column: Column) -> None:
    """Raises DeclarationError where the column has no values that can be measured so."""
    if unordered(column):
        raise DeclarationError(f"{column.name} is {a_kind(column)}, which is not compared")
    ranked = _is_scale(column) or column.type is LogicalType.BOOLEAN
    if metric.measure in OF_VALUES and not ranked:
        raise DeclarationError(
            f"{column.name} is {a_kind(column)}, and {metric.measure} needs numbers or times",
            hint="measure psi, js or chi2",
        )


Reference = _Side | Weights | Histogram


def _reference(against: str | Weights | Histogram, ours: _Side) -> Reference | Nothing:
    """What is compared with; nothing where the release before has none of it."""
    if not isinstance(against, str):
        return against
    name, place = against, ours.place
    if name == SERVED and name not in place.beside:
        return Nothing("there is no release before to compare with")
    table = place.other(name)
    assert isinstance(table, Table)
    if name == SERVED and table.schema.column(ours.column.name) is None:
        return Nothing(f"the release before has no column {ours.column.name!r}")
    try:
        relation, there = seen(place.view, table, table_beside(name))
        theirs = _Side(place, relation, column_of(there.schema, ours.column.name))
    except DeclarationError as error:
        what = f"{table_in_words(name)}: {error.what}"
        raise DeclarationError(what, hint=error.hint) from None
    if kind_of(ours.column) != kind_of(theirs.column):
        raise DeclarationError(
            f"{ours.column.name} is {a_kind(ours.column)} and was {a_kind(theirs.column)} in "
            f"{table_in_words(name)}",
            hint="compare with a version of the same type, or leave the check out until there is one",
        )
    if not theirs.counts([])[0]:
        if name == SERVED:
            return Nothing(f"the release before has no value of {ours.column.name}")
        raise DeclarationError(f"{table_in_words(name)} has no value of {ours.column.name}")
    return theirs


# ------------------------------------------------------------------ bins


def _of_bins(measure: Measure, ours: _Side, theirs: Reference) -> Value:
    reference: Sequence[float]
    match theirs:
        case _Side() if _is_scale(ours.column):
            edges = _deciles(theirs)
            names = _bin_names(edges)
            mine, reference = (_between(side, edges) for side in (ours, theirs))
        case _Side():
            common = [value for value, _ in theirs.rows(Sql(_values(theirs)), _MOST_COMMON)]
            names = [*map(str, common), "others"]
            mine, reference = (_each(side, common) for side in (ours, theirs))
        case Weights(values, weights):
            names = [*map(str, values), "others"]
            mine = _each(ours, [comparable(ours.column, value) for value in values])
            reference = _scaled([*weights, 0.0], sum(mine))
        case Histogram(edges, weights):
            if not is_number(ours.column):
                what = f"{ours.column.name} is {a_kind(ours.column)}, and only numbers have edges"
                raise DeclarationError(what)
            names = _bin_names(edges)
            mine = _from_edges(ours, edges)
            reference = _scaled([0.0, *weights, 0.0], sum(mine))
    if not sum(mine):
        return Value(None)
    drawn = isinstance(theirs, _Side)
    return Value(
        _binned(measure, mine, reference, drawn=drawn),
        details={
            "rows": sum(mine),
            **({"reference_rows": sum(reference)} if drawn else {}),
            "bins": names,
            "shares": _rounded(mine),
            "reference_shares": _rounded(reference),
        },
    )


def _binned(
    measure: Measure, mine: Sequence[float], reference: Sequence[float], *, drawn: bool
) -> float:
    match measure:
        case Measure.PSI:
            return measures.psi(mine, reference, drawn=drawn)
        case Measure.JS:
            return measures.jensen_shannon(mine, reference)
        case _:
            return measures.phi(mine, reference)


def _is_scale(column: Column) -> bool:
    """Whether values lie on a scale, and are more than names."""
    number = is_number(column) and column.type is not LogicalType.BOOLEAN
    return number or column.type in TIMES


def _scale(column: Column) -> str:
    """The value in SQL as a number; a time is seconds."""
    return f"epoch({quoted(column.name)})" if column.type in TIMES else operand(column)


def _deciles(theirs: _Side) -> list[Any]:
    """The ends of all bins but the last, which is open.

    A bin that ended at the greatest value would leave nothing for the last one: it ends at the
    value before it.
    """
    value = _scale(theirs.column)
    shares = [n / BINS for n in range(1, BINS)]
    asked = Sql(f"quantile_disc({value}, ?), max({value})", (shares,))
    [(deciles, greatest)] = theirs.rows(asked)
    edges = sorted({edge for edge in deciles if edge < greatest})
    if len(set(deciles)) > len(edges):
        below = Sql(f"max({value}) FILTER (WHERE {value} < ?)", (greatest,))
        [(before,)] = theirs.rows(below)
        edges = sorted({*edges, *([] if before is None else [before])})
    return edges


def _between(side: _Side, edges: Sequence[Any]) -> list[int]:
    """How many values are up to the first edge, from there to the next, and above the last."""
    value = _scale(side.column)
    rows, *upto = side.counts([Sql(f"{value} <= ?", (edge,)) for edge in edges])
    return [after - before for before, after in pairwise([0, *upto, rows])]


def _from_edges(side: _Side, edges: Sequence[float]) -> list[int]:
    """How many values are below the edges, from each one on, and above; the last bin has both."""
    value = operand(side.column)
    below = [Sql(f"{value} < ?", (edge,)) for edge in edges[:-1]]
    rows, *upto = side.counts([*below, Sql(f"{value} <= ?", (edges[-1],))])
    return [after - before for before, after in pairwise([0, *upto, rows])]


def _each(side: _Side, values: Sequence[Comparable]) -> list[int]:
    """How often each of the values occurs, and all the others."""
    column = side.column
    same = [written(f"{operand(column)} = ", bound(column, value)) for value in values]
    rows, *counts = side.counts(same)
    return [*counts, rows - sum(counts)]


_MOST_COMMON = f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {COMMON}"


def _values(side: _Side) -> str:
    return f"{operand(side.column)}, count(*)"


def _scaled(weights: Sequence[float], rows: int) -> list[float]:
    """As many rows as there are, dealt out by the weights."""
    total = math.fsum(weights)
    return [weight / total * rows for weight in weights]


def _bin_names(edges: Sequence[float]) -> list[str]:
    if not edges:
        return ["all"]
    inner = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"to {edges[0]}", *inner, f"above {edges[-1]}"]


def _rounded(counts: Sequence[float]) -> list[float]:
    return [round(count / sum(counts), 6) for count in counts]


# ------------------------------------------------------------------ values


def _of_values(measure: Measure, ours: _Side, theirs: Reference) -> Value:
    mine = _frequencies(ours)
    if not mine:
        return Value(None)
    details: dict[str, object] = {"rows": sum(mine.values())}
    if isinstance(theirs, _Side):
        reference = _frequencies(theirs)
        details["reference_rows"] = sum(reference.values())
    else:
        assert isinstance(theirs, Weights)  # a histogram has no values: see how it is read
        members = [comparable(ours.column, value) for value in theirs.values]
        reference = dict(zip(members, theirs.weights, strict=True))
    if measure is Measure.KS:
        return Value(measures.kolmogorov_smirnov(mine, reference), details=details)
    floats = [{float(value): n for value, n in each.items()} for each in (mine, reference)]
    return Value(measures.wasserstein(*floats), details=details)


def _frequencies(side: _Side) -> dict[Any, float]:
    value = _scale(side.column)
    rows = side.rows(Sql(f"{value}, count(*)"), f" GROUP BY 1 LIMIT {MOST + 1}")
    if len(rows) > MOST:
        raise DeclarationError(
            f"{side.column.name} has more than {MOST:,} different values",
            hint="measure psi, js or chi2, which count them in bins",
        )
    return dict(rows)
