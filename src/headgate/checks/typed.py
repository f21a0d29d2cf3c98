"""A declared value beside a column: compared in the column's own type, or not at all.

JSON knows no dates and no decimals, so a bound says less than the column does. Text is never
compared with numbers, and a number is never read out of text: Python and Great Expectations
refuse both, and a database that casts would find answers nobody asked for.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from headgate.engines.types import quoted
from headgate.errors import DeclarationError, did_you_mean
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType

Comparable = Any
"""A Python value that can be ordered among those of one column."""

WHOLE = {LogicalType.INTEGER, LogicalType.BOOLEAN}
"""Types of whole numbers; among them a comparable float is one that no value equals."""

EXACT_DIGITS = 28
"""A DECIMAL holds 38 digits; a bound beyond these, on either side, is compared as a double."""


class NoColumnError(DeclarationError):
    """The table that is judged has no such column."""

    def __init__(
        self, what: str, where: str | None = None, hint: str | None = None, name: str = ""
    ) -> None:
        super().__init__(what, where, hint)
        self.name = name


def column_of(schema: Schema, name: str) -> Column:
    """The column of that name.

    Raises NoColumnError, with the nearest name, where the table has none, and DeclarationError
    where another name differs only in case: DuckDB would read whichever comes first.
    """
    column = schema.column(name)
    if column is None:
        raise NoColumnError(f"no column {name!r}", hint=did_you_mean(name, schema.names), name=name)
    if twin := next((one.name for one in schema.alike(name) if one.name != name), None):
        what = f"columns {name!r} and {twin!r} differ only in case, and cannot be told apart"
        raise DeclarationError(what, hint="rename one of them")
    return column


def a_kind(column: Column) -> str:
    """The column's type in a sentence: `a string`, `an integer`."""
    word = column.type.value
    return f"{'an' if word[0] in 'aio' else 'a'} {word}"


def can_be_nan(column: Column) -> bool:
    """Whether the column's type has a value that is not a number, which counts as missing."""
    return column.physical in {"FLOAT", "DOUBLE"}


def is_number(column: Column) -> bool:
    """Whether values can be added up; booleans count as 0 and 1."""
    return column.type in {LogicalType.INTEGER, LogicalType.NUMBER, LogicalType.BOOLEAN}


def unordered(column: Column) -> bool:
    """Whether the column's values are none that can be compared: lists, records, bytes."""
    return column.type in {LogicalType.OBJECT, LogicalType.ARRAY, LogicalType.BINARY}


def operand(column: Column) -> str:
    """The column in SQL, in the form its values are compared in."""
    name = quoted(column.name)
    match column.type:
        case LogicalType.BOOLEAN:
            return f"CAST({name} AS TINYINT)"
        case LogicalType.STRING if column.physical != "VARCHAR":
            return f"CAST({name} AS VARCHAR)"
        case _:
            return name


class Bind(Struct, frozen=True):
    """A value as a statement holds it: a placeholder, and what is bound to it."""

    placeholder: str
    value: Comparable


def bind(column: Column, value: Comparable) -> Bind:
    """A comparable value as a parameter of the column's own type."""
    if column.physical == "FLOAT":
        return Bind("CAST(? AS FLOAT)", value)
    if isinstance(value, datetime):
        zoned = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
        return Bind(f"CAST(? AS {zoned})", value.isoformat(" "))
    if isinstance(value, date):
        return Bind("CAST(? AS DATE)", value.isoformat())
    if isinstance(value, time):
        # a TIME is not compared with the TIME_NS that Polars writes
        return Bind(f"CAST(? AS {column.physical})", value.isoformat())
    return Bind("?", value)


def comparable(column: Column, value: Scalar) -> Comparable:
    """The declared value as one that can be ordered among the column's.

    Raises DeclarationError where the two are of different kinds.
    """
    try:
        match column.type:
            case LogicalType.INTEGER | LogicalType.BOOLEAN if not isinstance(value, str):
                return _integer(value)
            case LogicalType.NUMBER if not isinstance(value, str):
                return _number(column, value)
            case LogicalType.STRING if isinstance(value, str):
                return value
            case LogicalType.DATE if isinstance(value, str):
                return _date(value)
            case LogicalType.TIMESTAMP if isinstance(value, str):
                return _timestamp(column, value)
            case LogicalType.TIME if isinstance(value, str):
                return time.fromisoformat(value)
    except ValueError:
        example = "08:30:00" if column.type is LogicalType.TIME else "2015-07-31"
        raise _mismatch(column, value, f"write it in ISO 8601, e.g. {example}") from None
    raise _mismatch(column, value, _advice(column, value))


def members(column: Column, values: Iterable[Scalar]) -> list[Comparable]:
    """The declared values that the column can hold, each once; others are left out.

    A set that mixes text and numbers is compared as text beside a text column: it was written
    for data whose types were guessed.
    """
    return sorted_out(column, values)[0]


def sorted_out(column: Column, values: Iterable[Scalar]) -> tuple[list[Comparable], list[Scalar]]:
    """The declared values that the column can hold, and those that it cannot, each once."""
    given = list(values)
    if column.type is LogicalType.STRING and any(isinstance(value, str) for value in given):
        given = [value if isinstance(value, str) else str(value) for value in given]
    found: dict[Comparable, None] = {}
    others: dict[Scalar, None] = {}
    for value in given:
        try:
            member = comparable(column, value)
        except DeclarationError:
            others.setdefault(value)
            continue
        if isinstance(member, float) and column.type in WHOLE:
            others.setdefault(value)
        else:
            found.setdefault(member)
    return list(found), list(others)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def arrived(column: Column, value: Comparable) -> Comparable:
    """A value of the column as it left the engine, among the column's again."""
    moment = zoned(column) and value is not None
    return EPOCH + timedelta(microseconds=value) if moment else value


def order(value: Comparable) -> Comparable:
    """A key that orders dates among timestamps; other values are their own key."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - like its column
    return value


def _integer(value: float) -> int | float:
    if isinstance(value, float) and not value.is_integer():
        return value  # between two whole numbers, or infinite
    whole = int(value)
    # no integer type reaches so far, and a parameter of that size cannot be bound
    return whole if abs(whole) < 1 << 126 else _double(whole)


def _number(column: Column, value: float) -> float | Decimal:
    if column.physical == "FLOAT":
        return _single(_double(value))
    if not column.physical.startswith("DECIMAL"):
        return _double(value)
    if not math.isfinite(_double(value)):
        return _double(value)
    exact = Decimal(str(value))
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)  # it is finite
    if exact.adjusted() > EXACT_DIGITS or exponent < -EXACT_DIGITS:
        return _double(value)
    return Decimal(f"{exact:f}")


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _single(value: float) -> float:
    """The nearest number that four bytes can hold, as the column holds 0.1."""
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)  # beyond what four bytes can hold
    return rounded


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _utc(datetime.fromisoformat(text)).replace(tzinfo=None)


def _timestamp(column: Column, text: str) -> datetime:
    moment = _utc(datetime.fromisoformat(text))
    return moment if zoned(column) else moment.replace(tzinfo=None)


def zoned(column: Column) -> bool:
    """Whether the column's timestamps are moments in time rather than readings of a clock."""
    return "WITH TIME ZONE" in column.physical or column.physical == "TIMESTAMPTZ"


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _advice(column: Column, value: Scalar) -> str | None:
    if column.type is LogicalType.STRING:
        return (
            f"{column.name} was read as text: if it holds numbers, name the texts among them that "
            f"mean no value, such as NA, in `nulls`, or declare its type; "
            f"if it is text, write {value!r} in quotes"
        )
    if isinstance(value, str) and is_number(column):
        return f"write the value without quotes, or declare {column.name} as string"
    return None


def _mismatch(column: Column, value: Scalar, hint: str | None) -> DeclarationError:
    what = f"{column.name} is {a_kind(column)}, which {value!r} cannot be compared with"
    return DeclarationError(what, hint=hint)
