"""Kept rows in a file of their own, which says which run kept them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from headgate.ledger.events import GateJudged
from headgate.schema.schema import Column, Schema
from headgate.schema.table import Table
from headgate.schema.types import LogicalType


def judged_version(judged: GateJudged) -> str:
    """The version that a gate judged, with the rows that it set aside."""
    return judged.whole or judged.version


@contextmanager
def signed(kept: Table, judged: GateJudged) -> Iterator[Table]:
    """The kept rows with their run and version in columns, for the length of a block.

    A table that has a column of such a name keeps its own.
    """
    import polars as pl

    said = {"_run": judged.run, "_version": judged_version(judged)}
    more = {name: text for name, text in said.items() if name not in kept.schema.names}
    files = [pl.scan_parquet(path, glob=False, hive_partitioning=False) for path in kept.paths]
    rows = pl.concat(files).with_columns(pl.lit(text).alias(name) for name, text in more.items())
    columns = [Column(name, LogicalType.STRING, "VARCHAR") for name in more]
    with TemporaryDirectory(prefix="headgate-") as folder:
        path = Path(folder, "rows.parquet")
        rows.sink_parquet(path)
        yield Table(kept.name, (path,), Schema((*kept.schema.columns, *columns)), kept.rows)
