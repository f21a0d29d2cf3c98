"""The numbers of every group of rows: a count, a share, an aggregate, an age, or quantiles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from headgate.checks.asked import Asked
from headgate.checks.conditions import held
from headgate.checks.distributions import Nearest, Quantiles, around, require_order
from headgate.checks.group_rows import keys_in_sql
from headgate.checks.known import nothing
from headgate.checks.measured import utc
from headgate.checks.metric import (
    Age,
    Aggregate,
    Completeness,
    NanFigure,
    Plain,
    Rows,
)
from headgate.checks.nan_figures import figure_beside_nan
from headgate.checks.rules import holding_nan
from headgate.checks.shares import ShareOf
from headgate.checks.sql import NEVER, Sql, joined, leaving, missing, written
from headgate.checks.typed import EPOCH, can_be_nan, column_of, operand
from headgate.checks.words import metric_in_words
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema
from headgate.schema.types import LogicalType

Figure = Callable[[Aggregate, Schema], str]
"""What gives the SQL of an aggregate."""


def figures_by_group(metric: Plain, by: tuple[str, ...], place: Asked, figure: Figure) -> Sql:
    """A query for every group with its keys, `key_0` on, and its values, `observed_0` on.

    Raises DeclarationError where the metric does not fit the table.
    """
    inner = metric.metric if isinstance(metric, NanFigure) else metric
    if isinstance(inner, Quantiles):
        return _quantiles(metric, inner, by, place)
    found = _figure(metric, place, figure)
    places = ", ".join(str(n + 1) for n in range(len(by)))
    keys = keys_in_sql(by, place.table.schema)
    numbers = written(found, " AS observed_0 FROM ", place.relation)
    return written(f"SELECT {keys}, ", numbers, f" GROUP BY {places}")


def _figure(metric: Plain, place: Asked, figure: Figure) -> Sql:
    schema = place.table.schema
    match metric:
        case Rows():
            return Sql("count(*)")
        case Aggregate(function):
            empty = nothing(function).value
            found = figure(metric, schema)
            return Sql(found if empty is None else f"coalesce({found}, {empty})")
        case NanFigure(Aggregate() as inner):
            found = _figure(inner, place, figure).sql
            if not can_be_nan(column_of(schema, inner.column)):
                return Sql(found)
            return Sql(figure_beside_nan(metric, found, holding_nan(metric, schema).sql))
        case Completeness(names):
            columns = [column_of(schema, name) for name in names or schema.names]
            gone = [f"count(*) FILTER (WHERE {missing(column).sql})" for column in columns]
            cells = f"CAST(count(*) * {len(columns)} AS DOUBLE)"
            return Sql(f"({cells} - ({' + '.join(gone)})) / {cells}")
        case ShareOf(condition):
            counted = written("count(*) FILTER (WHERE ", held(condition, schema), ")")
            return written("CAST(", counted, " AS DOUBLE) / count(*)")
        case Age(str() as name):
            return _age(column_of(schema, name), place)
    raise DeclarationError(f"{metric_in_words(metric)} is not judged by group")


def _age(column: Column, place: Asked) -> Sql:
    """Hours from the newest value to now, in full microseconds as `hours_since` has it."""
    if place.now is None:
        raise DeclarationError("nobody knows what time it is now")
    newest = f"max({operand(column)})"
    if column.type is LogicalType.DATE:
        newest = f"CAST({newest} AS TIMESTAMP)"  # a date begins at midnight
    now = (utc(place.now) - EPOCH) // timedelta(microseconds=1)
    return Sql(f"CAST(? - epoch_us({newest}) AS DOUBLE) / 1000000 / 3600", (now,))


# ------------------------------------------------------------------ quantiles


def _quantiles(metric: Plain, inner: Quantiles, by: tuple[str, ...], place: Asked) -> Sql:
    """The quantiles from how often each value is in a group, exact as those of a whole column.

    A group without a value has rows here too, so that it is judged.
    """
    schema = place.table.schema
    column = column_of(schema, inner.column)
    require_order(inner, column)
    counts_nan = isinstance(metric, NanFigure) and can_be_nan(column)
    held_nan = holding_nan(metric, schema) if isinstance(metric, NanFigure) else NEVER
    gone = missing(column).sql
    counted = written(
        f"SELECT {keys_in_sql(by, schema)}, CASE WHEN NOT ({gone}) THEN {operand(column)} END AS v, ",
        f"count(*) FILTER (WHERE NOT ({gone})) AS c, bool_or(",
        held_nan,
        ") AS nan FROM ",
        place.relation,
        " GROUP BY ALL",
    )
    keys = ", ".join(f"key_{n}" for n in range(len(by)))
    group = f"PARTITION BY {keys}"
    upto = f"sum(c) OVER ({group} ORDER BY v) AS upto, sum(c) OVER ({group}) AS n"
    ends = [
        written(one, f" AS {name}_{number}")
        for number, share in enumerate(inner.shares)
        for one, name in zip(around(share), ("low", "high"), strict=True)
    ]
    figures = joined(", ", [Sql("max(n) AS n, bool_or(nan) AS nan"), *ends])
    ranked = written(
        f"SELECT {keys}, ",
        figures,
        f" FROM (SELECT *, {upto} FROM (",  # noqa: S608 - names are quoted
        counted,
        f")) GROUP BY {keys}",
    )
    values = []
    for number, share in enumerate(inner.shares):
        value = _between(inner.nearest, share, f"low_{number}", f"high_{number}")
        if counts_nan:
            value = written("CASE WHEN nan THEN CAST('NaN' AS DOUBLE) ELSE ", value, " END")
        values.append(Sql(f"{leaving(column, value.sql)} AS observed_{number}", value.parameters))
    return written(f"SELECT {keys}, ", joined(", ", values), " FROM (", ranked, ")")


def _between(nearest: Nearest, share: float, low: str, high: str) -> Sql:
    place = "(? * (n - 1))"
    match nearest:
        case Nearest.NEAREST:  # a half goes to the even
            even = f"round_even({place}, 0) = floor({place})"
            return Sql(f"CASE WHEN {even} THEN {low} ELSE {high} END", (share, share))
        case Nearest.LOWER:
            return Sql(low)
        case Nearest.HIGHER:
            return Sql(high)
    part = Sql("0.5")
    if nearest is Nearest.LINEAR:
        part = Sql(f"({place} - floor({place}))", (share, share))
    ends = f"CAST({low} AS DOUBLE)", f"CAST({high} AS DOUBLE)"
    mixed = written(f"{ends[0]} * (1 - ", part, f") + {ends[1]} * ", part)
    return written(f"CASE WHEN {low} = {high} THEN {ends[0]} ELSE ", mixed, " END")
