"""A check judged for every group of rows on its own, in one statement over all groups.

What a group's bound decides is decided by the engine, and only the sums and the worst groups leave
it: however many groups there are, an outcome is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.check import Limit, Range, Ranges, Share
from headgate.checks.distributions import Quantiles
from headgate.checks.group_figures import Figure, figures_by_group
from headgate.checks.group_rows import numbered, rows_by_group
from headgate.checks.measured import Counted, Groups, shown
from headgate.checks.metric import Aggregate, Failing, FailingGroups, Function, NanFigure
from headgate.checks.phrases import quantiles
from headgate.checks.rules import grouped
from headgate.checks.samples import plain, scalar
from headgate.checks.sql import Sql, bound, joined, leaving, written
from headgate.checks.typed import (
    Comparable,
    a_kind,
    arrived,
    can_be_nan,
    column_of,
    comparable,
    is_number,
    unordered,
)
from headgate.checks.words import metric_in_words
from headgate.errors import DeclarationError
from headgate.schema.schema import Column, Schema

WORST = 20
"""How many failing groups an outcome names."""


def grouping(metric: FailingGroups, place: Asked, figure: Figure) -> Sql:
    """A query for one row: how many groups there are and fail, their sums, and the worst of them.

    Raises DeclarationError where the metric does not fit the table.
    """
    judged = _judged_groups(metric, place, figure)
    keys = _keys(metric, place.table.schema)
    told = ", ".join([f"'key_{n}': {_told(column, n)}" for n, column in enumerate(keys)])
    order = ", ".join([f"'key_{n}': key_{n}" for n in range(len(keys))])
    if isinstance(metric.metric, Failing):
        sums = "sum(elements), sum(missing), sum(unexpected)"
        told += ", 'elements': elements, 'missing': missing, 'unexpected': unexpected"
        rank = Sql("-unexpected")
    else:
        sums = "NULL, NULL, NULL"
        told += _observed(metric, place.table.schema)
        rank = _distance(metric, place.table.schema)
    worst = written(
        f"arg_min({{{told}}}, {{'rank': ", rank, f", {order}}}, {WORST}) FILTER (WHERE fails)"
    )
    counts = f"count(*), count(*) FILTER (WHERE fails), {sums}, "
    return written("SELECT ", counts, worst, " FROM (", judged, ")")


def groups_of(metric: FailingGroups, schema: Schema, rows: Comparable) -> Groups:
    """What was measured, from the row of the query."""
    [(groups, failing, elements, missing_rows, unexpected, worst)] = rows
    counted = None
    if isinstance(metric.metric, Failing):
        counted = Counted(int(elements or 0), int(missing_rows or 0), int(unexpected or 0))
    named = tuple(_group(metric, schema, one) for one in worst or ())
    return Groups(groups, failing, counted, named)


def in_failing_groups(metric: FailingGroups, place: Asked) -> Asked:
    """The place narrowed to the rows of the groups that fail a rule."""
    assert isinstance(metric.metric, Failing)
    schema = place.table.schema
    found = [f"'{n}': {key}" for n, key in enumerate(grouped(metric.by, schema))]
    wanted = [f"'{n}': key_{n}" for n in range(len(metric.by))]
    groups = _judged_groups(metric, place, _no_figure)
    failing = written(f"(SELECT {{{', '.join(wanted)}}} FROM (", groups, ") WHERE fails)")  # noqa: S608 - names are quoted
    relation = written(
        "(SELECT * FROM ",
        numbered(metric.metric.rule, place.relation),
        f" WHERE {{{', '.join(found)}}} IN ",
        failing,
        ") AS data",
    )
    return replace(place, relation=relation)


# ------------------------------------------------------------------ groups, in SQL


def _keys(metric: FailingGroups, schema: Schema) -> list[Column]:
    columns = [column_of(schema, name) for name in metric.by]
    for column in columns:
        if unordered(column):
            raise DeclarationError(f"{column.name} is {a_kind(column)}, which makes no groups")
    return columns


def _judged_groups(metric: FailingGroups, place: Asked, figure: Figure) -> Sql:
    """A query for every group with its keys, its numbers, and whether it fails."""
    _keys(metric, place.table.schema)
    if isinstance(metric.metric, Failing):
        numbers = rows_by_group(metric.metric.rule, metric.by, place)
        fails = _too_many(metric.bound)
    else:
        numbers = figures_by_group(metric.metric, metric.by, place, figure)
        fails = _outside(metric, place.table.schema)
    return written("SELECT *, (", fails, ") IS TRUE AS fails FROM (", numbers, ")")


def _no_figure(metric: Aggregate, _: Schema) -> str:
    raise DeclarationError(f"{metric_in_words(metric)} has no rows that fail")


def _too_many(share: Share | Limit | Range | Ranges) -> Sql:
    assert isinstance(share, Share | Limit)
    kept = "CAST(elements - missing - unexpected AS DOUBLE) / (elements - missing)"
    fails = Sql(f"elements > missing AND {kept} < ?", (share.at_least,))
    if isinstance(share, Limit):
        fails = written(fails, Sql(" OR unexpected > ?", (share.at_most,)))
    return fails


def _spans(metric: FailingGroups) -> tuple[Range, ...]:
    """The range of each value of a group."""
    assert isinstance(metric.bound, Range | Ranges)
    return metric.bound.ranges if isinstance(metric.bound, Ranges) else (metric.bound,)


def _outside(metric: FailingGroups, schema: Schema) -> Sql:
    """The groups with a value that lies outside, is not there, or is no number."""
    parts = []
    for place, span in enumerate(_spans(metric)):
        value = f"observed_{place}"
        parts.append(Sql(f"{value} IS NULL"))
        if _is_numeric(metric, schema):
            parts.append(Sql(f"isnan(CAST({value} AS DOUBLE))"))
        for end, sign in (
            (span.low, "<=" if span.strict_low else "<"),
            (span.high, ">=" if span.strict_high else ">"),
        ):
            if end is not None:
                parts.append(written(f"{value} {sign} ", _end(metric, schema, end)))
    return joined(" OR ", parts)


def _end(metric: FailingGroups, schema: Schema, end: Comparable) -> Sql:
    column = _column(metric, schema)
    if column is not None:
        value = bound(column, comparable(column, end))
        return Sql(leaving(column, value.sql), value.parameters)
    if isinstance(end, str):
        raise DeclarationError(f"a number cannot be compared with {end!r}")
    return Sql("?", (end,))


def _distance(metric: FailingGroups, schema: Schema) -> Sql:
    """How near the values are to what they should be: the least number is the worst."""
    if not _is_numeric(metric, schema):
        return Sql("0")
    beyond = [_beyond(f"observed_{place}", span) for place, span in enumerate(_spans(metric))]
    return written("-greatest(", joined(", ", beyond), ")")


def _beyond(observed: str, span: Range) -> Sql:
    """How far a value lies outside."""
    value = f"CAST({observed} AS DOUBLE)"
    ends = []
    if span.low is not None:
        ends.append(Sql(f"? - {value}", (float(span.low),)))
    if span.high is not None:
        ends.append(Sql(f"{value} - ?", (float(span.high),)))
    unknown = f"{observed} IS NULL OR isnan({value})"
    beyond = written("greatest(", joined(", ", ends), ")") if ends else Sql("0.0")
    return written(f"CASE WHEN {unknown} THEN CAST('inf' AS DOUBLE) ELSE ", beyond, " END")


def _column(metric: FailingGroups, schema: Schema) -> Column | None:
    """The column whose own values the ends are compared with, if it is one."""
    match metric.metric:
        case Aggregate(Function.MIN | Function.MAX, name):
            return column_of(schema, name)
        case Quantiles(name):
            return column_of(schema, name)
        case NanFigure(inner):
            return _column(replace(metric, metric=inner), schema)
    return None


def _is_numeric(metric: FailingGroups, schema: Schema) -> bool:
    column = _column(metric, schema)
    return column is None or is_number(column)


# ------------------------------------------------------------------ groups, as they are told


def _told(column: Column, place: int) -> str:
    """A key in SQL as a value that JSON can hold; there is one zero."""
    if can_be_nan(column):
        return f"key_{place} + 0.0"
    return plain(replace(column, name=f"key_{place}"))


def _observed(metric: FailingGroups, schema: Schema) -> str:
    """The values of a group, each as one that JSON can hold or that `arrived` makes the column's."""
    column = _column(metric, schema)
    told = []
    for place in range(len(_spans(metric))):
        value = f"observed_{place}"
        if column is not None and not is_number(column) and leaving(column, "") == "":
            value = plain(replace(column, name=value))
        told.append(f", 'observed_{place}': {value}")
    return "".join(told)


def _group(metric: FailingGroups, schema: Schema, one: Mapping[str, Any]) -> dict[str, object]:
    keys = {name: scalar(one[f"key_{n}"]) for n, name in enumerate(metric.by)}
    if "elements" in one:
        counts = {name: int(one[name]) for name in ("elements", "missing", "unexpected")}
        return {"group": keys, **counts}
    column = _column(metric, schema)
    found = [one[f"observed_{place}"] for place in range(len(_spans(metric)))]
    values = [shown(value if column is None else arrived(column, value)) for value in found]
    inner = metric.metric.metric if isinstance(metric.metric, NanFigure) else metric.metric
    if isinstance(inner, Quantiles):
        words = ", ".join(quantiles(inner.shares, values))
        return {"group": keys, "observed": words, "values": values}
    return {"group": keys, "observed": values[0]}
