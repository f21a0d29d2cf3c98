"""What the footer of a Parquet file proves of its columns, whoever wrote it.

The ends of integers and dates alone: of numbers with a fraction a footer leaves NaN out, and of
texts it may hold the beginning. How many texts are missing it does say. DuckDB itself skips row
groups by the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.schema.schema import Column
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import duckdb

EXTREMES = """
SELECT path_in_schema, sum(stats_null_count)::BIGINT,
    min(try_cast(stats_min_value AS HUGEINT)), max(try_cast(stats_max_value AS HUGEINT)),
    min(try_cast(stats_min_value AS DATE))::VARCHAR,
    max(try_cast(stats_max_value AS DATE))::VARCHAR,
    bool_and(coalesce(stats_null_count = num_values
        OR (stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL), false))
FROM parquet_metadata(?)
GROUP BY path_in_schema
HAVING sum(row_group_num_rows) = ?
    AND bool_and(coalesce(stats_null_count >= 0 AND stats_null_count <= num_values, false))
"""
"""The columns whose nulls every row group counts. Two of one name would have too many rows."""


def statistics_of(
    cursor: duckdb.DuckDBPyConnection, path: Path, columns: Iterable[Column], rows: int
) -> dict[str, ColumnStatistics]:
    """The statistics of the columns that the footer tells of in every row group."""
    told = {row[0]: row[1:] for row in cursor.execute(EXTREMES, [str(path), rows]).fetchall()}
    found = {}
    for column in columns:
        if column.name not in told:
            continue
        nulls, least, most, first, last, bounded = told[column.name]
        match column.type:
            case LogicalType.INTEGER | LogicalType.DATE if bounded:
                low, high = (least, most) if column.type is LogicalType.INTEGER else (first, last)
                known = nulls == rows or (low is not None and high is not None)
                found[column.name] = ColumnStatistics(nulls, 0, low, high, known=known)
            case LogicalType.STRING:
                found[column.name] = ColumnStatistics(nulls, 0, known=False)
    return found
