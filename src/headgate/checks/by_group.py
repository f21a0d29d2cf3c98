"""A check judged for every group of rows on its own, in one statement over all groups.

What a group's bound decides is decided by the engine, and only the sums and the worst groups leave
it: however many groups there are, an outcome is small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.breaking import breaking
from headgate.checks.check import Check, Limit, Outcome, ProvedBy, Range, Share, Status
from headgate.checks.conditions import held
from headgate.checks.known import nothing
from headgate.checks.measured import Counted, Groups, shown
from headgate.checks.metric import (
    Aggregate,
    Completeness,
    Failing,
    FailingGroups,
    Function,
    NanFigure,
    Plain,
    Rows,
)
from headgate.checks.nan_figures import figure_beside_nan
from headgate.checks.phrases import number, percent
from headgate.checks.rules import grouped, holding_nan, unjudged
from headgate.checks.samples import plain, scalar
from headgate.checks.shares import ShareOf
from headgate.checks.sql import Sql, bound, joined, leaving, missing, written
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

Figure = Callable[[Aggregate, Schema], str]
"""What gives the SQL of an aggregate."""


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
        told += f", 'observed': {_observed(metric, place.table.schema)}"
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


def judged_by_group(check: Check, found: Groups, proved_by: ProvedBy) -> Outcome:
    """The outcome, which names the group that is worst."""
    assert isinstance(check.metric, FailingGroups)
    outcome = Outcome(
        check,
        Status.FAILED if found.failing else Status.PASSED,
        observed=found.failing,
        proved_by=proved_by,
        message=_message(check.metric, found) if found.failing else "",
        details={"groups": found.groups, "failing": found.failing, "worst": list(found.worst)},
    )
    if found.counted is None:
        return outcome
    sums = found.counted
    return replace(
        outcome, elements=sums.elements, missing=sums.missing, unexpected=sums.unexpected
    )


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
        place.relation,
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
    schema = place.table.schema
    _keys(metric, schema)
    keys = ", ".join(f"{key} AS key_{n}" for n, key in enumerate(grouped(metric.by, schema)))
    if isinstance(metric.metric, Failing):
        rule = metric.metric.rule
        left_out = written("count(*) FILTER (WHERE ", unjudged(rule, schema), ") AS missing")
        broke = written("count(*) FILTER (WHERE ", breaking(rule, place), ") AS unexpected")
        numbers = joined(", ", [Sql("count(*) AS elements"), left_out, broke])
        fails = _too_many(metric.bound)
    else:
        numbers = written(_figure(metric.metric, schema, figure), " AS observed")
        fails = _outside(metric, schema)
    places = ", ".join(str(n + 1) for n in range(len(metric.by)))
    grouping = written(
        f"SELECT {keys}, ",
        numbers,
        " FROM ",
        place.relation,
        f" GROUP BY {places}",
    )
    return written("SELECT *, (", fails, ") IS TRUE AS fails FROM (", grouping, ")")


def _no_figure(metric: Aggregate, _: Schema) -> str:
    raise DeclarationError(f"{metric_in_words(metric)} has no rows that fail")


def _figure(metric: Plain, schema: Schema, figure: Figure) -> Sql:
    match metric:
        case Rows():
            return Sql("count(*)")
        case Aggregate(function):
            empty = nothing(function).value
            found = figure(metric, schema)
            return Sql(found if empty is None else f"coalesce({found}, {empty})")
        case NanFigure(Aggregate() as inner):
            found = _figure(inner, schema, figure).sql
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
    raise DeclarationError(f"{metric_in_words(metric)} is not judged by group")


def _too_many(share: Share | Limit | Range) -> Sql:
    assert not isinstance(share, Range)
    kept = "CAST(elements - missing - unexpected AS DOUBLE) / (elements - missing)"
    fails = Sql(f"elements > missing AND {kept} < ?", (share.at_least,))
    if isinstance(share, Limit):
        fails = written(fails, Sql(" OR unexpected > ?", (share.at_most,)))
    return fails


def _outside(metric: FailingGroups, schema: Schema) -> Sql:
    """The groups whose value lies outside, is not there, or is no number."""
    span = metric.bound
    assert isinstance(span, Range)
    parts = [Sql("observed IS NULL")]
    if _is_numeric(metric, schema):
        parts.append(Sql("isnan(CAST(observed AS DOUBLE))"))
    for end, sign, strict in ((span.low, "<", span.strict_low), (span.high, ">", span.strict_high)):
        if end is not None:
            parts.append(
                written(f"observed {sign}{'=' if strict else ''} ", _end(metric, schema, end))
            )
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
    """How near a value is to what it should be: the least number is the worst."""
    span = metric.bound
    assert isinstance(span, Range)
    if not _is_numeric(metric, schema):
        return Sql("0")
    value = "CAST(observed AS DOUBLE)"
    ends = []
    if span.low is not None:
        ends.append(Sql(f"? - {value}", (float(span.low),)))
    if span.high is not None:
        ends.append(Sql(f"{value} - ?", (float(span.high),)))
    unknown = f"observed IS NULL OR isnan({value})"
    beyond = written("greatest(", joined(", ", ends), ")") if ends else Sql("0.0")
    return written(f"-CASE WHEN {unknown} THEN CAST('inf' AS DOUBLE) ELSE ", beyond, " END")


def _column(metric: FailingGroups, schema: Schema) -> Column | None:
    """The column whose own values the ends are compared with, if it is one."""
    match metric.metric:
        case Aggregate(Function.MIN | Function.MAX, name):
            return column_of(schema, name)
        case NanFigure(Aggregate(Function.MIN | Function.MAX, name)):
            return column_of(schema, name)
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
    column = _column(metric, schema)
    if column is None or is_number(column) or leaving(column, "") != "":
        return "observed"
    return plain(replace(column, name="observed"))


def _group(metric: FailingGroups, schema: Schema, one: Mapping[str, Any]) -> dict[str, object]:
    keys = {name: scalar(one[f"key_{n}"]) for n, name in enumerate(metric.by)}
    if "elements" in one:
        counts = {name: int(one[name]) for name in ("elements", "missing", "unexpected")}
        return {"group": keys, **counts}
    column = _column(metric, schema)
    value = one["observed"] if column is None else arrived(column, one["observed"])
    return {"group": keys, "observed": shown(value)}


def _message(metric: FailingGroups, found: Groups) -> str:
    by = " and ".join(metric.by)
    words = f"{found.failing:,} of {found.groups:,} groups of {by} fail"
    if not found.worst:
        return words
    one = found.worst[0]
    keys = one["group"]
    assert isinstance(keys, dict)
    name = ", ".join(f"{key} = {_value(value)}" for key, value in keys.items())
    return f"{words}, {'worst ' if found.failing > 1 else ''}{name}: {_trouble(metric, one)}"


def _trouble(metric: FailingGroups, one: Mapping[str, Any]) -> str:
    if "elements" in one:
        judged = one["elements"] - one["missing"]
        verb = "breaks" if one["unexpected"] == 1 else "break"
        return f"{one['unexpected']:,} of {judged:,} rows {verb} it"
    observed = one["observed"]
    if observed is None:
        return f"{metric_in_words(metric.metric)} is unknown"
    if isinstance(metric.metric, Rows):
        return f"{_value(observed)} {'row' if observed == 1 else 'rows'}"
    if isinstance(metric.metric, Completeness | ShareOf):
        return f"{metric_in_words(metric.metric)}: {percent(100 * observed)}"
    return f"{metric_in_words(metric.metric)} is {_value(observed)}"


def _value(value: Any) -> str:
    return "null" if value is None else number(value)
