"""The rows that broke a rule: all of them, each with the rules it broke and where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.checks.asked import Asked
from headgate.checks.breaking import breaking
from headgate.checks.by_group import in_failing_groups
from headgate.checks.check import Check, Outcome, Status
from headgate.checks.conditions import seen
from headgate.checks.functions import Calls
from headgate.checks.metric import (
    Failing,
    FailingGroups,
    NanRule,
    Plain,
    Rule,
    Unique,
    functions_of,
    plainly,
    view_of,
)
from headgate.checks.nan import Nan
from headgate.checks.relative import Ordered, disordered
from headgate.checks.rules import (
    apart_from_nan,
    grouped,
    holding_nan,
    keys_of,
    settled,
    source_of,
    unjudged,
)
from headgate.checks.samples import Traced
from headgate.checks.sql import DATA, Sql, joined, written
from headgate.checks.typed import column_of
from headgate.checks.words import in_words
from headgate.engines.engine import Engine, Frame, Malformed
from headgate.errors import DeclarationError
from headgate.schema.reserved import reserved
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

NUMBERS = "(SELECT *, row_number() OVER () - 1 AS __place FROM "
NUMBERED = Sql(f"{NUMBERS}data)")


def failing_rows(
    engine: Engine,
    table: Table,
    outcomes: Sequence[Outcome],
    trace: Callable[[], Frame] | None = None,
    beside: Mapping[str, Table] | None = None,
) -> Frame | None:
    """All rows that broke a failed row check, in their order; None where no row did.

    `_check` holds the ids of the checks a row broke and `_reason` says them in words, with
    commas and semicolons between several. `_file` and `_line` are null where they are not known.
    `beside` holds the other tables that checks compare with.
    """
    checks = [outcome.check for outcome in outcomes if _keeps_rows(outcome)]
    if not checks:
        return None
    traced = Traced(trace)
    source = traced.frame()
    whole = _place(engine, table, checks, beside)
    broke = _broken_rules(whole, table if source is None else source, checks)
    return None if broke.is_empty() else _rows(table, source, broke, checks)


def broken_places(
    engine: Engine,
    table: Table,
    source: Table | Frame,
    checks: Sequence[Check],
    beside: Mapping[str, Table] | None = None,
) -> list[int]:
    """The places, from 0, of the rows that break any of the checks, in their order.

    `source` has the rows of the table, which may be in another order there. `beside` holds the
    other tables that checks compare with.
    """
    broke = _broken_rules(_place(engine, table, checks, beside), source, checks)
    return sorted(broke.get_column("__place").to_list())


def _place(
    engine: Engine, table: Table, checks: Sequence[Check], beside: Mapping[str, Table] | None
) -> Asked:
    calls = Calls(one for check in checks for one in functions_of(check.metric))
    return Asked(engine, table, beside=beside or {}, calls=calls)


def _keeps_rows(outcome: Outcome) -> bool:
    failed = outcome.status in {Status.FAILED, Status.WAIVED}
    metric = outcome.check.metric
    plain = plainly(metric)
    inner = plain.metric if isinstance(plain, FailingGroups) else plain
    return failed and isinstance(inner, Failing)


def _broken_rules(whole: Asked, source: Table | Frame, checks: Sequence[Check]) -> pl.DataFrame:
    """For each row that broke a rule, its place in the table and the numbers of its checks.

    They may be all rows of the table, so they stay in columns and never become Python's. Raises
    DeclarationError where a column of the table has a name that kept rows need for themselves.
    """
    if taken := reserved(whole.table.schema.names):
        what = f"rows of {whole.table.name} cannot be kept: the column name {taken!r} is reserved"
        raise DeclarationError(what, hint="rename the column")
    cases: list[Sql] = []
    alone: list[Sql] = []
    for number, check in enumerate(checks):
        metric, view = plainly(check.metric), view_of(check.metric)
        source_rows = source_of(metric)
        relation, there = seen(view, whole.table, source_rows)
        place = replace(whole, table=there, relation=relation)
        rule = settled(_rule(metric), there.schema)
        by_group = isinstance(metric, FailingGroups)
        if relation == DATA and not by_group and not _of_other_rows(rule):
            marked = written(breaking(rule, place), f" THEN '{number}' END")
            cases.append(written("CASE WHEN ", marked))
            continue
        numbered = seen(view, whole.table, written(NUMBERS, source_rows, ") AS data"))[0]
        inside = replace(place, relation=numbered)
        if isinstance(metric, FailingGroups):
            inside = in_failing_groups(metric, inside)
        places = _places(rule, inside, place)
        alone.append(written(f"SELECT __place, '{number}' AS __broke FROM (", places, ")"))  # noqa: S608
    if cases:
        marks = written("concat_ws(',', ", joined(", ", cases), ") AS __broke")
        marked = written("SELECT __place, ", marks, " FROM ", NUMBERED)
        alone.append(written("SELECT __place, __broke FROM (", marked, ") WHERE __broke <> ''"))
    statement = alone[0]
    if len(alone) > 1:
        every = joined(" UNION ALL ", alone)
        together = "SELECT __place, string_agg(__broke, ',') AS __broke FROM ("
        statement = written(together, every, ") GROUP BY __place")
    frame: pl.DataFrame = whole.frame_of(source, statement)
    return frame


def rule_of(check: Check) -> Rule:
    """The rule of a check that is about rows."""
    return _rule(plainly(check.metric))


def _rule(metric: Plain) -> Rule:
    inner = metric.metric if isinstance(metric, FailingGroups) else metric
    assert isinstance(inner, Failing)
    return inner.rule


def _of_other_rows(rule: Rule) -> bool:
    """Whether other rows decide if a row keeps the rule."""
    return isinstance(rule.rule if isinstance(rule, NanRule) else rule, Unique | Ordered)


def _places(rule: Rule, numbered: Asked, place: Asked) -> Sql:
    """A query for the places of the rows that break the rule.

    The rows are numbered in a query of their own, before a window puts them in its order.
    """
    schema = place.table.schema
    match rule:
        case NanRule(Unique() | Ordered() as inner, Nan.FAIL):
            others = _places(inner, apart_from_nan(inner, numbered), place)
            nans = written(numbered.relation, " WHERE ", holding_nan(rule, schema))
            return written(others, " UNION ALL SELECT __place FROM ", nans)
        case Unique() | NanRule(Unique()):
            keys = ", ".join(keys_of(rule, schema))
            twins = f"count(*) OVER (PARTITION BY {keys}) AS twins"
            judged = written(" WHERE NOT (", unjudged(rule, schema), ")")
            counted = written(f"SELECT __place, {twins} FROM ", numbered.relation, judged)  # noqa: S608
            return written("SELECT __place FROM (", counted, ") WHERE twins > 1")
        case Ordered(name):
            column, groups = column_of(schema, name), grouped(rule.within, schema)
            return disordered(rule, column, numbered.relation, "__place", groups)
        case _:
            condition = breaking(rule, place)
            return written("SELECT __place FROM ", numbered.relation, " WHERE ", condition)


def _rows(
    table: Table, source: Frame | None, broke: pl.DataFrame, checks: Sequence[Check]
) -> pl.DataFrame:
    import polars as pl

    frame: pl.LazyFrame = _lazy(table) if source is None else source.lazy()
    known = frame.collect_schema()
    origin = [
        (pl.col(name) if name in known else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in (("_file", pl.String()), ("_line", pl.Int64()))
    ]
    said = _said(broke["__broke"].unique(), checks)
    return (
        frame.with_row_index("__place")
        .with_columns(pl.col("__place").cast(pl.Int64))
        .join(broke.lazy(), on="__place", how="inner")
        .join(said.lazy(), on="__broke", how="inner")
        .sort("__place")
        .select(*table.schema.names, "_check", "_reason", *origin)
        .collect()
    )


def _said(marks: pl.Series, checks: Sequence[Check]) -> pl.DataFrame:
    """What is said of a row, by the numbers of the checks that it broke."""
    import polars as pl

    rows = []
    for mark in marks:
        of_row = [checks[number] for number in sorted(int(one) for one in mark.split(","))]
        words = "; ".join(check.description or in_words(check) for check in of_row)
        rows.append((mark, ",".join(check.id for check in of_row), words))
    names = ["__broke", "_check", "_reason"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


# ------------------------------------------------------------------ rows that could not be read


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


def _lazy(table: Table) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(list(table.paths), glob=False, hive_partitioning=False)
