"""The rows that broke a rule: all of them, each with the rules it broke and where it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from headgate.checks.check import Check, Outcome, Status
from headgate.checks.metric import Failing, Readable, Unique
from headgate.checks.rules import broken, grouped, unjudged
from headgate.checks.samples import Traced
from headgate.checks.typed import Comparable
from headgate.checks.words import in_words
from headgate.engines.engine import Engine, Frame, Malformed
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

NUMBERED = "(SELECT *, row_number() OVER () - 1 AS __place FROM data)"


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


def _keeps_rows(outcome: Outcome) -> bool:
    failed = outcome.status in {Status.FAILED, Status.WAIVED}
    return failed and isinstance(outcome.check.metric, Failing)


def _broken_rules(
    engine: Engine, table: Table, source: Table | Frame, checks: Sequence[Check]
) -> dict[int, list[int]]:
    """For each row that broke a rule, by its place in the table, the places of its checks."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    cases: list[str] = []
    parameters: list[Comparable] = []
    for place, check in enumerate(checks):
        assert isinstance(check.metric, Failing)
        rule = check.metric.rule
        if isinstance(rule, Unique):
            for row in _twins(engine, table, source, rule):
                found[row].append(place)
        else:
            condition = broken(rule, table.schema)
            cases.append(f"CASE WHEN {condition.sql} THEN '{place}' END")
            parameters.extend(condition.parameters)
    if cases:
        marked = f"SELECT __place, concat_ws(',', {', '.join(cases)}) AS broke FROM {NUMBERED}"  # noqa: S608 - names are quoted
        statement = f"SELECT __place, broke FROM ({marked}) WHERE broke <> ''"  # noqa: S608
        for row, broke in engine.measure(source, statement, parameters):
            found[row].extend(int(place) for place in broke.split(","))
    return dict(found)


def _twins(engine: Engine, table: Table, source: Table | Frame, rule: Unique) -> list[int]:
    # the rows are numbered in a query of their own, before the window puts them in its order
    keys = ", ".join(grouped(rule.columns, table.schema))
    judged = f"NOT ({unjudged(rule, table.schema).sql})"
    counted = f"SELECT __place, count(*) OVER (PARTITION BY {keys}) AS twins FROM {NUMBERED} WHERE {judged}"  # noqa: S608 - names are quoted
    statement = f"SELECT __place FROM ({counted}) WHERE twins > 1"  # noqa: S608
    return [place for (place,) in engine.measure(source, statement, [])]


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
    import polars as pl

    if not malformed:
        return None
    check = next((o.check.id for o in outcomes if isinstance(o.check.metric, Readable)), "")
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
