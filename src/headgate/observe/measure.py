"""The numbers of each column, measured in a few statements over all columns.

One statement counts and adds up every column, for the whole table and for each half. Then each
column is grouped by its values, which gives distinct values, top values and quantiles exactly and
for less than a sketch costs. What is too large for that is estimated and said to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.engines.types import quoted
from headgate.observe.column import ColumnProfile, Half, Lengths
from headgate.observe.read import ORDERED, Halves, Source, is_float, scalar, value
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType

EXACT_DISTINCT = 1_000_000
"""Up to about as many distinct values are counted exactly; their table is held in memory."""
RANKED = 65_536
"""Up to so many distinct values, quantiles come from their counts."""
EXACT_QUANTILES = 5_000_000
"""Rows of which a column's values are held to be ranked; of more, quantiles are estimated."""
TOP = 50
PLACES = {"p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
"""The quantiles: the smallest value that at least this share of the values does not exceed."""
SUMMED = {LogicalType.INTEGER, LogicalType.NUMBER, LogicalType.BOOLEAN}
LARGE = 1e150
"""Squares of numbers beyond this have no place in a double."""


class Figures(Struct, frozen=True):
    """What one pass says of a column."""

    filled: int
    present: int
    low: Any
    high: Any
    mean: float | None
    stdev: float | None
    distinct: int
    shortest: int | None
    longest: int | None
    length: float | None


def measure(source: Source) -> list[ColumnProfile]:
    """The columns of a source, in order, each with the numbers that it has on its own."""
    halves = Halves.of(source.columns, source.rows)
    figures = _figures(source, source.columns)
    parts = _halves(source, source.columns, halves)
    found = []
    for column, known, apart in zip(source.columns, figures, parts, strict=True):
        plain = replace(_plain(column, source.rows, known), halves=apart)
        found.append(_counted(source, column, plain, halves))
    return found


# ------------------------------------------------------------------ one pass


def _figures(source: Source, columns: Sequence[Column]) -> list[Figures]:
    wanted = [_aggregates(column) for column in columns]
    statement = f"SELECT {', '.join(sql for one in wanted for sql in one)} FROM data"  # noqa: S608
    [row] = source.ask(statement, [])
    size = len(wanted[0])
    return [Figures(*row[place * size : (place + 1) * size]) for place in range(len(columns))]


def _halves(source: Source, columns: Sequence[Column], halves: Halves) -> list[tuple[Half, Half]]:
    """The ends of each column in each half; a statement of its own, as sketches by group are slow."""
    wanted = [
        f"count({value(column)}), min({value(column)}), max({value(column)}), {_mean(column)}"
        for column in columns
    ]
    statement = f"SELECT {halves.name}, count(*), {', '.join(wanted)} FROM {halves.sql} GROUP BY 1"  # noqa: S608
    rows = {half: cells for half, *cells in source.ask(statement, [halves.first])}

    def half(second: bool, place: int, column: Column) -> Half:
        if second not in rows:
            return Half(0, 0)
        count, *cells = rows[second]
        here, low, high, mean = cells[place * 4 : place * 4 + 4]
        return Half(count, count - here, scalar(column, low), scalar(column, high), mean)

    return [
        (half(False, place, column), half(True, place, column))
        for place, column in enumerate(columns)
    ]


def _aggregates(column: Column) -> list[str]:
    # no FILTER: DuckDB copies all columns of the statement for each of them
    name = value(column)
    stdev = shortest = longest = length = "NULL"
    if column.type in SUMMED:
        stdev = f"stddev_samp({_number(column)})"
    elif column.type is LogicalType.STRING:
        size = f"length({name})"
        shortest, longest, length = f"min({size})", f"max({size})", f"avg({size})"
    return [
        f"count({quoted(column.name)})",
        f"count({name})",
        f"min({name})",
        f"max({name})",
        _mean(column),
        stdev,
        f"approx_count_distinct({name})",
        shortest,
        longest,
        length,
    ]


def _mean(column: Column) -> str:
    return f"avg({_number(column)})" if column.type in SUMMED else "NULL"


def _number(column: Column) -> str:
    """The value as a double; null where it is not finite, or its square no double any more."""
    name = quoted(column.name)
    if column.type is LogicalType.BOOLEAN:
        return f"CAST({name} AS TINYINT)"
    if not is_float(column):
        return f"CAST({name} AS DOUBLE)"
    return f"CASE WHEN abs({name}) <= {LARGE} THEN CAST({name} AS DOUBLE) END"


def _plain(column: Column, rows: int, known: Figures) -> ColumnProfile:
    lengths = None
    if known.shortest is not None and known.longest is not None and known.length is not None:
        lengths = Lengths(known.shortest, known.longest, known.length)
    return ColumnProfile(
        column.name,
        column.type,
        column.physical,
        rows,
        nulls=rows - known.filled,
        nans=known.filled - known.present if is_float(column) else 0,
        distinct=known.distinct,
        low=scalar(column, known.low),
        high=scalar(column, known.high),
        mean=known.mean,
        stdev=known.stdev,
        lengths=lengths,
        approximate=("distinct",),
    )


# ------------------------------------------------------------------ by value


def _counted(source: Source, column: Column, plain: ColumnProfile, halves: Halves) -> ColumnProfile:
    """The column with what the counts of its values say, or estimates where they are too many."""
    estimate = plain.distinct or 0
    if estimate <= EXACT_DISTINCT * 1.1:  # it may be some percent off
        found = _by_value(source, column, plain, halves)
    elif plain.missing == 0 and estimate >= plain.rows * 0.8 and _all_differ(source, column):
        found = replace(plain, distinct=plain.rows, once=plain.rows, approximate=())
    else:
        found = plain
    if column.type in ORDERED and plain.present and not found.quantiles:
        found = _ranked(source, column, found, halves)
    return found


def _by_value(
    source: Source, column: Column, plain: ColumnProfile, halves: Halves
) -> ColumnProfile:
    ranked = column.type in ORDERED and (plain.distinct or 0) <= RANKED
    ranks = [_from_counts(part) for part in ("total", "one", "two")] if ranked else []
    statement = (
        "WITH counts AS MATERIALIZED ("  # noqa: S608 - names are quoted, values are bound
        f"SELECT {value(column)} AS v, count(*) FILTER (NOT {halves.name}) AS one, "
        f"count(*) FILTER ({halves.name}) AS two, count(*) AS total "
        f"FROM {halves.sql} WHERE {value(column)} IS NOT NULL GROUP BY 1), "
        "most AS (SELECT v, total FROM counts ORDER BY total DESC, v LIMIT ?) "
        "SELECT (SELECT list(v) FROM most), (SELECT list(total) FROM most), "
        "count(*), count(*) FILTER (total = 1), sum(total::DOUBLE * total), "
        f"sum(one) FILTER (two = 0), sum(two) FILTER (one = 0){''.join(ranks)} FROM counts"
    )
    [row] = source.ask(statement, [halves.first, TOP])
    values, counts, distinct, once, squares, only_first, only_second, *lists = row
    shown = (
        (scalar(column, one), count) for one, count in zip(values or (), counts or (), strict=True)
    )
    found = replace(
        plain,
        distinct=distinct,
        once=once,
        agreement=squares / plain.present**2 if plain.present else None,
        top=tuple((one, count) for one, count in shown if one is not None),
        halves=tuple(
            replace(half, new=int(new or 0))
            for half, new in zip(plain.halves, (only_first, only_second), strict=True)
        ),
        approximate=(),
    )
    return _with_quantiles(column, found, lists) if lists else found


def _all_differ(source: Source, column: Column) -> bool:
    name = quoted(column.name)
    statement = f"SELECT 1 FROM data GROUP BY {name} HAVING count(*) > 1 LIMIT 1"  # noqa: S608
    return not source.ask(statement, [])


def _from_counts(part: str) -> str:
    places = ", ".join(
        f"min(v) FILTER (WHERE upto >= {share} * everything)" for share in PLACES.values()
    )
    return (
        f", (SELECT [{places}] FROM (SELECT v, sum({part}) OVER (ORDER BY v) AS upto, "  # noqa: S608
        f"sum({part}) OVER () AS everything FROM counts WHERE {part} > 0))"
    )


def _ranked(source: Source, column: Column, plain: ColumnProfile, halves: Halves) -> ColumnProfile:
    exact = source.rows <= EXACT_QUANTILES
    function = "quantile_disc" if exact else "approx_quantile"
    statement = (
        f"SELECT grouping({halves.name}), {halves.name}, "  # noqa: S608 - names are quoted
        f"{function}({value(column)}, {list(PLACES.values())}) FROM {halves.sql} "
        f"WHERE {value(column)} IS NOT NULL GROUP BY GROUPING SETS (({halves.name}), ())"
    )
    found = {
        None if whole else half: ranks
        for whole, half, ranks in source.ask(statement, [halves.first])
    }
    ranked = _with_quantiles(column, plain, [found.get(part) for part in (None, False, True)])
    approximate = plain.approximate if exact else (*plain.approximate, "quantiles")
    return replace(ranked, approximate=approximate)


def _with_quantiles(column: Column, plain: ColumnProfile, lists: Sequence[Any]) -> ColumnProfile:
    whole, *parts = (
        {
            name: rank
            for name, found in zip(PLACES, ranks or (), strict=False)
            if (rank := scalar(column, found)) is not None
        }
        for ranks in lists
    )
    halves = tuple(
        replace(half, quantiles=ranks) for half, ranks in zip(plain.halves, parts, strict=True)
    )
    return replace(plain, quantiles=whole, halves=halves)
