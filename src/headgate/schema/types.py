"""Logical types: the words a declaration uses, whatever the engine or file format calls them.

The names are those of ODCS, so that a contract and a source declaration read the same.
"""

from __future__ import annotations

from enum import StrEnum

from headgate.errors import UnknownNameError


class LogicalType(StrEnum):
    """What a value means, apart from how an engine stores it."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    OBJECT = "object"
    ARRAY = "array"
    BINARY = "binary"


def logical_type(name: str, where: str | None = None) -> LogicalType:
    """The logical type of that name.

    Raises UnknownNameError, with the nearest name, where there is none.
    """
    try:
        return LogicalType(name)
    except ValueError:
        raise UnknownNameError.of(
            "type", name, [entry.value for entry in LogicalType], where
        ) from None
