"""How a profile reads columns: which it can, in what form, and each half of the rows apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from headgate.engines.engine import Engine, Frame, Value
from headgate.engines.types import quoted
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import Scalar
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNREAD = {LogicalType.OBJECT, LogicalType.ARRAY, LogicalType.BINARY}
VALUELESS = '"NULL"'
"""The type of a column of which no row has a value."""
MOMENTS = {LogicalType.DATE, LogicalType.TIMESTAMP}
ORDERED = {LogicalType.INTEGER, LogicalType.NUMBER, *MOMENTS}
LONGEST_TEXT = 200
"""Characters of a value that a profile keeps; a longer one ends in `…`."""


AT_ONCE = 60
"""Columns of one statement."""
CELLS = 20_000_000
"""Values of a narrow copy of a wide table, at the most."""


class Source(Struct, frozen=True):
    """Columns that can be asked, and the rows they have."""

    engine: Engine
    data: Table | Frame
    rows: int
    columns: tuple[Column, ...]

    def ask(self, statement: str, parameters: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
        """The rows that a statement over `data` gives."""
        return self.engine.measure(self.data, statement, parameters)


class Halves(Struct, frozen=True):
    """The rows with a column that says in which half they stand, as SQL.

    The name of that column is one that the table has not.
    """

    name: str
    sql: str
    first: int

    @classmethod
    def of(cls, columns: Sequence[Column], rows: int) -> Halves:
        taken = {column.name.lower() for column in columns}
        name = "half"
        while name in taken:
            name += "_"
        # without an order of its own the window follows the rows as they stand in the files
        sql = f"(SELECT *, row_number() OVER () > ? AS {quoted(name)} FROM data)"  # noqa: S608
        return cls(quoted(name), sql, (rows + 1) // 2)


def unreadable(column: Column, schema: Schema) -> str:
    """Why the values of a column are not looked at; nothing where they are."""
    if column.type in UNREAD or column.physical == VALUELESS:
        return f"values of the type {column.physical} are not looked into"
    if any(one.name != column.name for one in schema.alike(column.name)):
        return "another column's name differs only in case, so the two cannot be told apart"
    return ""


def value(column: Column) -> str:
    """A column's value in SQL, in a form that leaves the engine unharmed; null where it is NaN.

    Dates and timestamps are microseconds since 1970, because Python knows fewer of them.
    """
    name = quoted(column.name)
    match column.type:
        case LogicalType.DATE:
            return f"CASE WHEN isfinite({name}) THEN epoch_us({name}) END"
        case LogicalType.TIMESTAMP:
            plain = f"CAST({name} AS TIMESTAMP)" if column.physical == "TIMESTAMP_NS" else name
            return f"CASE WHEN isfinite({plain}) THEN epoch_us({plain}) END"
        case LogicalType.TIME:
            return f"CAST({name} AS VARCHAR)"
        case LogicalType.STRING if column.physical != "VARCHAR":
            return f"CAST({name} AS VARCHAR)"
        case _ if is_float(column):
            return f"CASE WHEN NOT isnan({name}) THEN {name} END"
        case _:
            return name


def is_float(column: Column) -> bool:
    return column.physical in {"FLOAT", "DOUBLE"}


def scalar(column: Column, found: Any) -> Scalar | None:
    """A value as the engine gave it, as JSON can hold it; None where it cannot."""
    match found:
        case None | bool():
            return found
        case Decimal():
            return float(found)
        case int() | float() if column.type in MOMENTS:
            return _moment(column, int(found))
        case str() if len(found) > LONGEST_TEXT:
            return f"{found[: LONGEST_TEXT - 1]}…"
        case str() | int() | float():
            return found
    return str(found)


def sources(engine: Engine, table: Table) -> Iterator[Source]:
    """The readable columns of a table, some at a time.

    A statement costs by the width of its table, so a wide one is asked in narrow copies, where
    they are small enough to be held.
    """
    readable = [column for column in table.schema.columns if not unreadable(column, table.schema)]
    for start in range(0, len(readable), AT_ONCE):
        some = readable[start : start + AT_ONCE]
        narrow: Table | Frame = table
        if len(table.schema.columns) > AT_ONCE and table.rows * len(some) <= CELLS:
            names = ", ".join(quoted(column.name) for column in some)
            narrow = engine.select(f"SELECT {names} FROM data", {"data": table})  # noqa: S608
        yield Source(engine, narrow, table.rows, tuple(some))


def _moment(column: Column, microseconds: int) -> str | None:
    try:
        moment = EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None  # Python knows the years 1 to 9999
    if column.type is LogicalType.DATE:
        return moment.date().isoformat()
    return (moment if "ZONE" in column.physical else moment.replace(tzinfo=None)).isoformat()
