"""A table that can be read and judged: where its bytes are and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from headgate.schema.schema import Schema
from headgate.schema.statistics import ColumnStatistics


class TablePart(Struct, frozen=True):
    """One file of a table. `digest` is the hash of its bytes, which never change."""

    digest: str
    path: Path
    rows: int
    statistics: Mapping[str, ColumnStatistics] = {}
    unique: tuple[str, ...] = ()
    """Columns of which it is known that no two rows of the part agree in all."""


class Table(Struct, frozen=True):
    """Parquet files that are one table together, in order.

    `statistics` holds one entry a column and covers all files; it is empty when nothing is known.
    """

    name: str
    paths: Sequence[Path]
    schema: Schema
    rows: int
    statistics: Mapping[str, ColumnStatistics] = {}
    unique: tuple[str, ...] = ()
    """Columns of which it is known that no two rows agree in all, and that none is missing."""
    parts: tuple[TablePart, ...] = ()
    """The same files with their hashes; empty where these are not known."""
