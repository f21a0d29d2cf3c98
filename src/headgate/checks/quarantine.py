"""The rows that broke a rule: all of them, each with the rules it broke and where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from headgate.checks.asked import Asked
from headgate.checks.check import Check, Outcome, Status
from headgate.checks.conditions import View, seen
from headgate.checks.metric import Failing, Readable, Rule, Seen, Unique
from headgate.checks.reading import unread
from headgate.checks.relative import Ordered, disordered
from headgate.checks.rules import broken, grouped, unjudged
from headgate.checks.samples import Traced
from headgate.checks.sql import DATA, Sql, joined, written
from headgate.checks.texts import ReadRule
from headgate.checks.typed import column_of
from headgate.checks.words import in_words
from headgate.engines.engine import Engine, Frame, Malformed
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

NUMBERED = Sql("(SELECT *, row_number() OVER () - 1 AS __place FROM data)")


def failing_rows(
    engine: Engine,
    table: Table,
    outcomes: Sequence[Outcome],
    trace: Callable[[], Frame] | None = None,
    malformed: Sequence[Malformed] = (),
) -> Frame | None:
    """All rows that broke a failed row check, in their order; None where no row did.

    `_check` holds the ids of the checks a row broke and `_reason` says them in words, with
    commas and semicolons between several. `_file` and `_line` are null where they are not known.
    Malformed rows, which never came into the table, follow with their reason and place alone.
    """
    checks = [outcome.check for outcome in outcomes if _keeps_rows(outcome)]
    unread = _unread(outcomes, malformed)
    if not checks:
        return None if unread is None else _joined(_empty(table), unread)
    traced = Traced(trace)
    source = traced.frame()
    broke = _broken_rules(engine, table, table if source is None else source, checks)
    if not broke:
        return None if unread is None else _joined(_empty(table), unread)
    rows = _rows(table, source, broke, checks)
    return rows if unread is None else _joined(rows, unread)


def broken_places(
    engine: Engine, table: Table, source: Table | Frame, checks: Sequence[Check]
) -> list[int]:
    """The places, from 0, of the rows that break any of the checks, in their order.

    `source` has the rows of the table, which may be in another order there.
    """
    return sorted(_broken_rules(engine, table, source, checks))


def _keeps_rows(outcome: Outcome) -> bool:
    failed = outcome.status in {Status.FAILED, Status.WAIVED}
    metric = outcome.check.metric
    plain = metric.metric if isinstance(metric, Seen) else metric
    return failed and isinstance(plain, Failing)


def _broken_rules(
    engine: Engine, table: Table, source: Table | Frame, checks: Sequence[Check]
) -> dict[int, list[int]]:
    """For each row that broke a rule, by its place in the table, the places of its checks."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    cases: list[Sql] = []
    for number, check in enumerate(checks):
        rule = rule_of(check)
        view = check.metric.view if isinstance(check.metric, Seen) else View()
        relation, there = seen(view, table)
        place = Asked(engine, there, relation)
        if relation == DATA and not isinstance(rule, Unique | Ordered):
            marked = written(_condition(rule, place), f" THEN '{number}' END")
            cases.append(written("CASE WHEN ", marked))
            continue
        numbered = written(NUMBERED, " AS data")
        if relation != DATA:
            numbered = seen(view, table, numbered)[0]
        statement = _places(rule, replace(place, relation=numbered), place)
        for (row,) in engine.measure(source, statement.sql, statement.parameters):
            found[row].append(number)
    if cases:
        marks = written("concat_ws(',', ", joined(", ", cases), ") AS broke")
        marked = written("SELECT __place, ", marks, " FROM ", NUMBERED)
        statement = written("SELECT __place, broke FROM (", marked, ") WHERE broke <> ''")
        for row, broke in engine.measure(source, statement.sql, statement.parameters):
            found[row].extend(int(one) for one in broke.split(","))
    return dict(found)


def rule_of(check: Check) -> Rule:
    """The rule of a check that is about rows."""
    metric = check.metric.metric if isinstance(check.metric, Seen) else check.metric
    assert isinstance(metric, Failing)
    return metric.rule


def _condition(rule: Rule, place: Asked) -> Sql:
    """The rows that break a rule about one row."""
    assert not isinstance(rule, Unique | Ordered)
    if isinstance(rule, ReadRule):
        return unread(place, rule)
    return broken(rule, place.table.schema, place.relation)


def _places(rule: Rule, numbered: Asked, place: Asked) -> Sql:
    """A query for the places of the rows that break the rule.

    The rows are numbered in a query of their own, before a window puts them in its order.
    """
    schema = place.table.schema
    match rule:
        case Unique():
            keys = ", ".join(grouped(rule.columns, schema))
            twins = f"count(*) OVER (PARTITION BY {keys}) AS twins"
            judged = written(" WHERE NOT (", unjudged(rule, schema), ")")
            counted = written(f"SELECT __place, {twins} FROM ", numbered.relation, judged)  # noqa: S608
            return written("SELECT __place FROM (", counted, ") WHERE twins > 1")
        case Ordered(name):
            return disordered(rule, column_of(schema, name), numbered.relation, "__place")
        case _:
            condition = _condition(rule, place)
            return written("SELECT __place FROM ", numbered.relation, " WHERE ", condition)


def _rows(
    table: Table, source: Frame | None, broke: Mapping[int, list[int]], checks: Sequence[Check]
) -> pl.DataFrame:
    import polars as pl

    frame: pl.LazyFrame = _lazy(table) if source is None else source.lazy()
    known = frame.collect_schema()
    origin = [
        (pl.col(name) if name in known else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in (("_file", pl.String()), ("_line", pl.Int64()))
    ]
    return (
        frame.with_row_index("__place")
        .with_columns(pl.col("__place").cast(pl.Int64))
        .join(_marks(broke, checks).lazy(), on="__place", how="inner")
        .sort("__place")
        .select(*table.schema.names, "_check", "_reason", *origin)
        .collect()
    )


def _marks(broke: Mapping[int, list[int]], checks: Sequence[Check]) -> pl.DataFrame:
    """What is said of each row, by its place."""
    import polars as pl

    said: dict[tuple[int, ...], tuple[str, str]] = {}
    for places in map(_key, broke.values()):
        if places not in said:
            of_row = [checks[place] for place in places]
            words = "; ".join(check.description or in_words(check) for check in of_row)
            said[places] = ",".join(check.id for check in of_row), words
    return pl.DataFrame(
        {
            "__place": list(broke),
            "_check": [said[_key(places)][0] for places in broke.values()],
            "_reason": [said[_key(places)][1] for places in broke.values()],
        },
        schema={"__place": pl.Int64, "_check": pl.String, "_reason": pl.String},
    )


def _key(places: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(places))


# ------------------------------------------------------------------ rows that could not be read


def _unread(outcomes: Sequence[Outcome], malformed: Sequence[Malformed]) -> pl.DataFrame | None:
    if not malformed:
        return None
    check = next((o.check.id for o in outcomes if isinstance(o.check.metric, Readable)), "")
    return unread_rows(check, malformed)


def unread_rows(check: str, malformed: Sequence[Malformed]) -> pl.DataFrame:
    """What is known of rows that could not be read: the id of the check, a reason and a place."""
    import polars as pl

    reasons: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for cell in malformed:
        column = f"{cell.column}: " if cell.column else ""
        reasons[cell.file, cell.line].append(f"{column}{cell.value!r} {cell.reason}")
    return pl.DataFrame(
        {
            "_check": [check] * len(reasons),
            "_reason": ["; ".join(cells) for cells in reasons.values()],
            "_file": [file for file, _ in reasons],
            "_line": [line for _, line in reasons],
        },
        schema={"_check": pl.String, "_reason": pl.String, "_file": pl.String, "_line": pl.Int64},
    )


def _joined(rows: pl.DataFrame, unread: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return pl.concat([rows, unread], how="diagonal")


def _empty(table: Table) -> pl.DataFrame:
    return _lazy(table).select(*table.schema.names).head(0).collect()


def _lazy(table: Table) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(list(table.paths), glob=False, hive_partitioning=False)
