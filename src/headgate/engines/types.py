"""Polars types, logical types and DuckDB's type names, as one mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.schema.schema import Column, Schema
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

_INTEGERS = {
    "Int8": "TINYINT",
    "Int16": "SMALLINT",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "UInt8": "UTINYINT",
    "UInt16": "USMALLINT",
    "UInt32": "UINTEGER",
    "UInt64": "UBIGINT",
}
_PLAIN = {
    "Float32": (LogicalType.NUMBER, "FLOAT"),
    "Float64": (LogicalType.NUMBER, "DOUBLE"),
    "Boolean": (LogicalType.BOOLEAN, "BOOLEAN"),
    "Date": (LogicalType.DATE, "DATE"),
    "Time": (LogicalType.TIME, "TIME_NS"),
    "Binary": (LogicalType.BINARY, "BLOB"),
    # Parquet has no duration; it is kept as a count, and DuckDB reads it as one
    "Duration": (LogicalType.INTEGER, "BIGINT"),
    "String": (LogicalType.STRING, "VARCHAR"),
    "Categorical": (LogicalType.STRING, "VARCHAR"),
    "Enum": (LogicalType.STRING, "VARCHAR"),
    "Null": (LogicalType.STRING, "VARCHAR"),
}


def describe(dtype: pl.DataType) -> tuple[LogicalType, str]:
    """What a Polars type means, and what DuckDB calls it.

    Raises TypeError for a type that a table file cannot hold (Python objects, 128-bit integers).
    """
    import polars as pl

    name = type(dtype).__name__
    if name in _INTEGERS:
        return LogicalType.INTEGER, _INTEGERS[name]
    if name in _PLAIN:
        return _PLAIN[name]
    match dtype:
        case pl.Datetime():
            if dtype.time_zone:
                return LogicalType.TIMESTAMP, "TIMESTAMP WITH TIME ZONE"
            return LogicalType.TIMESTAMP, "TIMESTAMP_NS" if dtype.time_unit == "ns" else "TIMESTAMP"
        case pl.Decimal():
            return LogicalType.NUMBER, f"DECIMAL({dtype.precision or 38},{dtype.scale})"
        case pl.List() | pl.Array():
            return LogicalType.ARRAY, f"{describe(_instance(dtype.inner))[1]}[]"
        case pl.Struct():
            fields = (f"{quoted(f.name)} {describe(_instance(f.dtype))[1]}" for f in dtype.fields)
            return LogicalType.OBJECT, f"STRUCT({', '.join(fields)})"
    raise TypeError(f"a table file cannot hold values of the type {dtype}")


def logical_of(physical: str) -> LogicalType:
    """What a type means that DuckDB calls so.

    >>> logical_of("DECIMAL(9,2)").value, logical_of("VARCHAR[]").value
    ('number', 'array')
    """
    if physical.endswith("]"):
        return LogicalType.ARRAY
    word = physical.split("(", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    return _LOGICAL.get(word, LogicalType.OBJECT)


_LOGICAL = {
    **dict.fromkeys([*_INTEGERS.values(), "HUGEINT", "UHUGEINT"], LogicalType.INTEGER),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), LogicalType.NUMBER),
    **dict.fromkeys(("VARCHAR", "UUID", "ENUM", "JSON"), LogicalType.STRING),
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"), LogicalType.TIMESTAMP
    ),
    **dict.fromkeys(("TIME", "TIME_NS"), LogicalType.TIME),
    "BOOLEAN": LogicalType.BOOLEAN,
    "DATE": LogicalType.DATE,
    **dict.fromkeys(("BLOB", "GEOMETRY"), LogicalType.BINARY),
    '"NULL"': LogicalType.STRING,  # a column without values, as above
}


def schema_of(frame: pl.DataFrame) -> Schema:
    """The schema of a frame. Raises TypeError as `describe` does."""
    return Schema(tuple(Column(name, *describe(dtype)) for name, dtype in frame.schema.items()))


def quoted(identifier: str) -> str:
    """A name as SQL writes it.

    >>> quoted('the "best" column')
    '"the ""best"" column"'
    """
    return '"' + identifier.replace('"', '""') + '"'


def _instance(dtype: object) -> pl.DataType:
    # a nested type may hold a class (pl.Int64) where an instance (pl.Int64()) is meant
    made = dtype() if isinstance(dtype, type) else dtype
    import polars as pl

    assert isinstance(made, pl.DataType)
    return made
