"""The lines that rows came from, found again by the values of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

PLACE = ("_file", "_line")


def lined(table: Table, traced: pl.DataFrame) -> pl.DataFrame:
    """All rows of a table in their order, with the places of equal rows of a trace.

    Of equal rows the first stands at the first of their places. Where the files have more or
    fewer of them than the table, nobody can know which is which, and none has a place.
    """
    import polars as pl

    names = list(table.schema.names)
    files = [pl.read_parquet(path, glob=False, hive_partitioning=False) for path in table.paths]
    rows = pl.concat(files).select(names)
    if traced.select(names).schema != rows.schema:
        return rows.with_columns(_file=pl.lit(None, pl.String), _line=pl.lit(None, pl.Int64))
    same = ["__row", "__copy", "__copies"]
    known = _counted(numbered(traced, names)).select(*same, *PLACE)
    marked = _counted(numbered(rows, names))
    found = marked.join(known, on=same, how="left", maintain_order="left")
    return found.select(*names, *PLACE)


def numbered(rows: pl.DataFrame, values: Sequence[str]) -> pl.DataFrame:
    """Rows with a hash of their values, and the number of each among equal ones."""
    import polars as pl

    hashed = rows.with_columns(rows.select(values).hash_rows().alias("__row"))
    return hashed.with_columns(__copy=pl.int_range(pl.len()).over("__row"))


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return rows.with_columns(__copies=pl.len().over("__row"))
