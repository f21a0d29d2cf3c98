"""Rows that are set aside: which ones, whether they are too many, and how it is told.

A check with `on_fail: quarantine` that fails sets aside every row that breaks it. The share of the
table's rows that all such checks set aside together must be within the limit of each, and so must
that of the rows that arrived, where a delivery came on top of what was there. Above a limit nothing
is set aside and the checks have failed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.arrived import arrived
from headgate.checks.check import Check, OnFail, Outcome, Status
from headgate.checks.lines import numbered
from headgate.checks.phrases import percent
from headgate.checks.quarantine import broken_places, failing_rows, rule_of
from headgate.checks.relative import Ordered
from headgate.engines.engine import Engine, Frame
from headgate.schema.reserved import MARKS
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl


class Sifted(Struct, frozen=True):
    """What checks make of a table before its rows are set aside.

    `places` are those of the rows to set aside, in their order, and `broken` the outcomes that ask
    for it. Both are empty where every row goes on, or the gate stays closed.
    """

    outcomes: tuple[Outcome, ...]
    places: tuple[int, ...] = ()
    broken: tuple[Outcome, ...] = ()


def sift(
    engine: Engine,
    table: Table,
    outcomes: Sequence[Outcome],
    beside: Mapping[str, Table] | None = None,
    base: Table | None = None,
) -> Sifted:
    """Which rows the outcomes of a table set aside. `base` is what its delivery came on top of.

    Here and below, `beside` holds the other tables that checks compare with.
    """
    broken = tuple(outcome for outcome in outcomes if _sets_aside(outcome))
    if not broken:
        return Sifted(tuple(outcomes))
    checks = [outcome.check for outcome in broken]
    places = tuple(broken_places(engine, table, table, checks, beside))
    lost = _lost(table, places, base)
    if any(lost.share > outcome.check.limit for outcome in broken):
        return Sifted(tuple(_limited(outcome, lost) for outcome in outcomes))
    return Sifted(tuple(outcomes), places, broken)


class Lost(Struct, frozen=True):
    """How many of some rows would be set aside; `rows` says of which, behind their number."""

    count: int
    total: int
    rows: str

    @property
    def share(self) -> float:
        return self.count / self.total


def judged_again(sifted: Sifted, again: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes of a gate that set rows aside: those of the rows that are left.

    A check that holds for them keeps the count and the samples of the rows it set aside. `again`
    are the outcomes of the same checks, in the same order.
    """
    pairs = zip(sifted.outcomes, again, strict=True)
    return tuple(_again(first, second, sifted) for first, second in pairs)


def rows_aside(
    engine: Engine,
    table: Table,
    sifted: Sifted,
    trace: Callable[[], Frame] | None,
    beside: Mapping[str, Table] | None = None,
) -> pl.DataFrame:
    """The rows that are set aside, each with the checks it broke and where it came from."""
    if any(isinstance(rule_of(outcome.check), Ordered) for outcome in sifted.broken):
        trace = None  # such a rule means the order of the table, which that of its files is not
    rows = failing_rows(engine, table, sifted.broken, trace, beside=beside)
    if rows is None or rows.height != len(sifted.places):
        # what the files say now is not what was read: these rows are known without their lines
        rows = failing_rows(engine, table, sifted.broken, beside=beside)
    found: pl.DataFrame | None = rows
    assert found is not None
    return found


def left_of(
    engine: Engine,
    table: Table,
    checks: Sequence[Check],
    trace: Callable[[], Frame],
    beside: Mapping[str, Table] | None = None,
) -> Callable[[], Frame]:
    """The rows of a trace that do not break any of the checks."""

    def traced() -> Frame:
        frame = trace()
        return without(frame, broken_places(engine, table, frame, checks, beside))

    return traced


def without(rows: Frame | Path, places: Collection[int]) -> pl.DataFrame:
    """A frame, or a file of a table, without the rows at these places."""
    import polars as pl

    frame: pl.DataFrame = _read([rows]) if isinstance(rows, Path) else rows
    gone = pl.Series(sorted(places), dtype=pl.UInt32)
    return frame.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(gone.implode()))


def joined(table: Table, *kept: pl.DataFrame) -> pl.DataFrame:
    """Kept rows as one frame, with the columns of their table; one that lacks them has no values."""
    import polars as pl

    first = pl.scan_parquet(table.paths[0], glob=False, hive_partitioning=False)
    return pl.concat([first.head(0).collect(), *kept], how="diagonal")


def kept_rows(kept: Table) -> pl.DataFrame:
    """All rows that are kept."""
    return _read(kept.paths)


def marks_of(kept: Table) -> pl.DataFrame:
    """Of kept rows, why they are and where they came from.

    That is all there is of rows that could not be read.
    """
    return _read(kept.paths).select(MARKS)


def of_files(kept: Table, files: Collection[str]) -> pl.DataFrame:
    """The marks of the kept rows that came from these files."""
    import polars as pl

    return marks_of(kept).filter(pl.col("_file").is_in(list(files)))


def apart_from(kept: Table, check: str, file: str) -> pl.DataFrame:
    """The kept rows but for those of a file that broke this check alone."""
    import polars as pl

    return _read(kept.paths).filter(
        ~((pl.col("_check") == check) & (pl.col("_file") == file)).fill_null(value=False)
    )


def placed(rows: pl.DataFrame, before: Table) -> pl.DataFrame:
    """Kept rows, where their lines are not known any more with those of equal rows kept before."""
    import polars as pl

    elder = _read(before.paths).filter(pl.col("_file").is_not_null())
    values = [name for name in rows.columns if name not in MARKS]
    if not values or elder.select(pl.exclude(MARKS)).schema != rows.select(values).schema:
        return rows
    known = numbered(elder, values).select("__row", "__copy", "_file", "_line")
    marked = numbered(rows, values).join(
        known, on=["__row", "__copy"], how="left", suffix="_before", maintain_order="left"
    )
    lost = pl.col("_file").is_null()
    found = [
        pl.when(lost).then(f"{name}_before").otherwise(name).alias(name)
        for name in ("_file", "_line")
    ]
    return marked.with_columns(found).select(rows.columns)


def staying(before: Table, after: pl.DataFrame) -> int:
    """How many rows that were kept before are still kept: by their place, else by their values."""
    import polars as pl

    elder, younger = _read(before.paths), after
    place = pl.col("_file").is_not_null()
    same = elder.filter(place).join(younger.filter(place), on=["_file", "_line"], how="semi")
    found = same.height
    elder = elder.join(same, on=["_file", "_line"], how="anti")
    younger = younger.join(same, on=["_file", "_line"], how="anti")
    values = [name for name in elder.columns if name not in MARKS]
    if not values or younger.select(pl.exclude(MARKS)).schema != elder.select(values).schema:
        return found
    known, rest = (
        numbered(rows.filter(~pl.all_horizontal(pl.col(values).is_null())), values)
        for rows in (elder, younger)
    )
    return found + known.join(rest, on=["__row", "__copy"], how="semi").height


def newly(before: Table, after: pl.DataFrame) -> int:
    """How many kept rows were not kept before: by their values, or the place where they have none.

    The place alone does not tell: another delivery may have another bad row in that line.
    """
    import polars as pl

    elder = _read(before.paths)
    values = [name for name in after.columns if name not in MARKS]
    if elder.select(pl.exclude(MARKS)).schema != after.select(values).schema:
        return after.height
    known, rest = (_told_apart(rows, values) for rows in (elder, after))
    return rest.join(known, on=["__row", "__copy"], how="anti").height


def _told_apart(rows: pl.DataFrame, values: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    read = pl.any_horizontal(pl.col(values).is_not_null())
    place = ["_reason", "_file", "_line"]
    marked = rows.with_columns(pl.when(~read).then(name).alias(name) for name in place)
    return numbered(marked, [*values, *place])


def _read(paths: Sequence[Path]) -> pl.DataFrame:
    import polars as pl

    return pl.concat([pl.read_parquet(path, glob=False, hive_partitioning=False) for path in paths])


# ------------------------------------------------------------------ outcomes


def _sets_aside(outcome: Outcome) -> bool:
    return outcome.status is Status.FAILED and outcome.check.on_fail is OnFail.QUARANTINE


def _lost(table: Table, places: Sequence[int], base: Table | None) -> Lost:
    """The larger share that is set aside: of all rows, or of those that arrived."""
    shares = [Lost(len(places), table.rows, "rows")]
    if base is not None and (new := arrived(table, base)):
        shares.append(Lost(len(new.intersection(places)), len(new), "rows that arrived"))
    return max(shares, key=lambda lost: lost.share)


def _limited(outcome: Outcome, lost: Lost) -> Outcome:
    """A check that would have set rows aside, and says why it did not."""
    if not _sets_aside(outcome):
        return outcome
    share, limit = percent(100 * lost.share), percent(100 * outcome.check.limit)
    if lost.share > outcome.check.limit:
        many = f"{lost.count:,} of {lost.total:,} {lost.rows}"
        why = f"{many} would be set aside ({share}), its limit is {limit}"
    else:
        why = f"its rows are not set aside: with those of other checks it is {share} of all"
        why += lost.rows.removeprefix("rows")
    return replace(outcome, message=f"{outcome.message}; {why}")


def _again(first: Outcome, second: Outcome, sifted: Sifted) -> Outcome:
    if first not in sifted.broken:
        return second
    if second.passed:
        return replace(first, status=Status.QUARANTINED, message="its rows are set aside")
    count = len(sifted.places)
    aside = "1 row was set aside" if count == 1 else f"{count:,} rows were set aside"
    return replace(second, message=f"{second.message}, after {aside}")
