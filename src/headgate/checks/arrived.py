"""Which rows of a table arrived with its last delivery: those that were not there before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

from headgate.schema.table import Table, TablePart

if TYPE_CHECKING:
    import polars as pl


def arrived(table: Table, base: Table) -> set[int]:
    """The places, from 0, of the rows that `base`, which the table came on top of, has not.

    A row whose values changed has arrived; one that stands there once more has, once. Parts that
    both have are not read.
    """
    import polars as pl

    own, there = _apart(table, base), _apart(base, table)
    if not own:
        return set()
    types = pl.scan_parquet(own[0][0].path, glob=False, hive_partitioning=False).collect_schema()
    here = _numbered((part for part, _ in own), types)
    before = _numbered((part for part, _ in there), types)
    places = [
        pl.int_range(start, start + part.rows, dtype=pl.Int64, eager=True) for part, start in own
    ]
    new = here.with_columns(__place=pl.concat(places)).join(
        before, on=["__row", "__copy"], how="anti"
    )
    return set(new["__place"].to_list())


def _apart(table: Table, other: Table) -> list[tuple[TablePart, int]]:
    """The parts that the other table has not, each with the place of its first row."""
    shared = Counter(part.digest for part in other.parts)
    starts = accumulate((part.rows for part in table.parts), initial=0)
    found = []
    for part, start in zip(table.parts, starts, strict=False):
        shared[part.digest] -= 1
        if shared[part.digest] < 0:
            found.append((part, start))
    return found


def _numbered(parts: Iterable[TablePart], types: pl.Schema) -> pl.DataFrame:
    """For each row of these parts a hash of its values, and its number among equal ones."""
    import polars as pl

    rows = [pl.Series("__row", [], pl.UInt64), *(_hashed(part, types) for part in parts)]
    frame = pl.concat(rows).to_frame()
    return frame.with_columns(__copy=pl.int_range(pl.len()).over("__row"))


def _hashed(part: TablePart, types: pl.Schema) -> pl.Series:
    import polars as pl

    frame = pl.read_parquet(part.path, glob=False, hive_partitioning=False)
    rows = frame.select(pl.col(name).cast(dtype, strict=False) for name, dtype in types.items())
    return rows.hash_rows().alias("__row")
