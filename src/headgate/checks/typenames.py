"""The names that people, Great Expectations and engines give to types, and what they stand for.

A suite may have been written for pandas (`int64`, `object`), SQL (`BIGINT`) or Spark (`LongType`):
each name stands for the types of ours that hold the same values.
"""

from __future__ import annotations

from headgate.errors import UnknownNameError
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType

TEXT = ("str", "string", "object", "text", "varchar", "char", "category", "stringtype", "unicode")
ANY_INTEGER = ("int", "integer", "long", "integers")
DOUBLE = ("float", "float64", "double", "doubletype", "double precision")
SINGLE = ("float32", "real", "floattype")
DECIMAL = ("decimal", "numeric", "decimaltype")
BOOLEAN = ("bool", "bool_", "boolean", "booleantype")
MOMENT = ("datetime", "datetime64", "datetime64[ns]", "datetime64[us]", "datetime64[ms]")
STAMP = ("timestamp", "timestamptype", "timestamp_ntz", *MOMENT)
BYTES = ("bytes", "binary", "blob", "binarytype")

PHYSICAL = {
    "TINYINT": ("int8", "tinyint", "bytetype"),
    "SMALLINT": ("int16", "smallint", "shorttype"),
    "INTEGER": ("int32", "integertype"),
    "BIGINT": ("int64", "bigint", "longtype"),
    "UTINYINT": ("uint8", "utinyint"),
    "USMALLINT": ("uint16", "usmallint"),
    "UINTEGER": ("uint32", "uinteger"),
    "UBIGINT": ("uint64", "ubigint"),
    "HUGEINT": ("int128", "hugeint"),
    "DOUBLE": DOUBLE,
    "FLOAT": SINGLE,
}

LOGICAL = {
    LogicalType.STRING: TEXT,
    LogicalType.INTEGER: ANY_INTEGER,
    LogicalType.NUMBER: ("number",),
    LogicalType.BOOLEAN: BOOLEAN,
    LogicalType.DATE: ("date", "datetype", *MOMENT),  # pandas has no dates without a time
    LogicalType.TIMESTAMP: STAMP,
    LogicalType.TIME: ("time",),
    LogicalType.ARRAY: ("list", "array", "arraytype"),
    LogicalType.OBJECT: ("dict", "struct", "map", "structtype", "maptype"),
    LogicalType.BINARY: BYTES,
}

NAMES = {
    *(name for names in PHYSICAL.values() for name in names),
    *(name for names in LOGICAL.values() for name in names),
    *DECIMAL,
}


def known_type(name: str, where: str) -> str:
    """The name, if it is that of a type.

    Raises UnknownNameError, with the nearest one, if it is not.
    """
    if _folded(name) not in NAMES:
        raise UnknownNameError.of("type", name, NAMES, where)
    return name


def is_type(column: Column, name: str) -> bool:
    """Whether the column is of the type that goes by that name.

    >>> is_type(Column("Store", LogicalType.INTEGER, "BIGINT"), "int64")
    True
    """
    folded = _folded(name)
    if folded in DECIMAL:
        return column.physical.startswith("DECIMAL")
    return folded in (*PHYSICAL.get(column.physical, ()), *LOGICAL[column.type])


def _folded(name: str) -> str:
    """`VARCHAR(20)`, `StringType()` and `varchar` are one name; `datetime64[ns, UTC]` a moment."""
    short = name.casefold().split("(", 1)[0].strip()
    return "datetime64" if short.startswith("datetime64[") else short
