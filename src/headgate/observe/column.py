"""What one column holds, as a noun."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType

STAND_INS = frozenset(
    (
        "",
        "-",
        "--",
        ".",
        "?",
        "n/a",
        "na",
        "nan",
        "nil",
        "none",
        "null",
        "missing",
        "unknown",
        "tbd",
    )
)

NUMBER = re.compile(r"-?(9\+|9+)(\.(9\+|9+))?")
"""The shape of a number, folded or not."""
LEADING_ZERO = re.compile(r"-?0[0-9]")


class Order(StrEnum):
    """How the values of a column follow each other down the rows; nulls are passed over."""

    STRICTLY_INCREASING = "strictly increasing"
    INCREASING = "increasing"
    STRICTLY_DECREASING = "strictly decreasing"
    DECREASING = "decreasing"


class Half(Struct, frozen=True):
    """One half of the rows, in the order they stand; `new` of them hold a value the other lacks."""

    rows: int
    missing: int
    low: Scalar | None = None
    high: Scalar | None = None
    mean: float | None = None
    quantiles: Mapping[str, Scalar] = {}
    new: int | None = None


class Lengths(Struct, frozen=True):
    """How many characters the texts of a column have."""

    low: int
    high: int
    mean: float


class Shape(Struct, frozen=True):
    """What texts look like: `A` an upper-case letter, `a` a lower-case one, `9` a digit.

    `L` is a letter outside ASCII, and every other character stands for itself. In a folded shape
    a `+` says that the character before it stands there once or more.
    """

    text: str
    share: float
    folded: bool = False


class Personal(Struct, frozen=True):
    """Why a column is likely personal data: what kind, and what speaks for it."""

    kind: str
    evidence: str


class ColumnProfile(Struct, frozen=True):
    """What one column holds.

    Dates and timestamps are ISO 8601 text, those with a time zone in UTC. `mean` and `stdev` are
    of the values that are no larger than 1e150 either way; of a boolean column the mean is the share of true. `once` is how many
    values stand in one row only, and `agreement` the chance that two values drawn at random are
    the same; both are None where the distinct values are too many to be counted exactly.
    """

    name: str
    type: LogicalType
    physical: str
    rows: int
    nulls: int | None
    nans: int = 0
    distinct: int | None = None
    once: int | None = None
    agreement: float | None = None
    low: Scalar | None = None
    high: Scalar | None = None
    mean: float | None = None
    stdev: float | None = None
    quantiles: Mapping[str, Scalar] = {}
    top: tuple[tuple[Scalar, int], ...] = ()
    lengths: Lengths | None = None
    shapes: tuple[Shape, ...] = ()
    order: Order | None = None
    halves: tuple[Half, ...] = ()
    personal: Personal | None = None
    approximate: tuple[str, ...] = ()
    """The numbers here that are estimates."""
    note: str = ""
    """Why a column was not read, where it was not."""

    @property
    def stand_ins(self) -> tuple[tuple[str, int], ...]:
        """Frequent texts that mostly stand in place of a missing value, with their counts."""
        found = ((one, count) for one, count in self.top if isinstance(one, str))
        return tuple((one, count) for one, count in found if one.strip().lower() in STAND_INS)

    @property
    def numbers_as_text(self) -> bool:
        """Whether it is text only because stand-ins for a missing value are among its numbers."""
        if self.type is not LogicalType.STRING or not self.stand_ins:
            return False
        if any(isinstance(one, str) and LEADING_ZERO.match(one) for one, _ in self.top):
            return False  # a code, of which the zero is a part
        return sum(shape.share for shape in self.shapes if NUMBER.fullmatch(shape.text)) >= 0.5

    @property
    def missing(self) -> int:
        """Rows without a value: null or NaN."""
        return (self.nulls or 0) + self.nans

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def read(self) -> bool:
        """Whether the values were looked at."""
        return not self.note

    @property
    def constant(self) -> bool:
        """Whether all values that are there are the same one, and there are at least two."""
        return self.distinct == 1 and self.present > 1

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and self.once == self.rows
