"""What a step reads and writes, column by column, as far as its code tells without being run.

How much is known is a value of its own. What cannot be told is unknown, and never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct, field

from headgate.schema.types import LogicalType

Origin: TypeAlias = tuple[str, str]
"""A dataset and one of its columns."""


class Known(StrEnum):
    """How much is known of some columns."""

    EXACTLY = "exactly"  # these, and no others
    AT_LEAST = "at least"  # these, and maybe others
    UNKNOWN = "unknown"


class Column(Struct, frozen=True):
    """A column of a dataset or of a result, and the columns that its values are computed from."""

    name: str
    type: LogicalType | None = None
    origins: frozenset[Origin] = frozenset()


class Columns(Struct, frozen=True):
    """The columns of a dataset or of a result; where they are known exactly they are in order."""

    columns: tuple[Column, ...] = ()
    known: Known = Known.UNKNOWN

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def find(self, name: str) -> Column | None:
        """The column of that name, in whatever case it is written."""
        folded = name.casefold()
        return next((one for one in self.columns if one.name.casefold() == folded), None)


class Reads(Struct, frozen=True):
    """The columns that a step reads of one dataset.

    Without one that is `needed` the step fails. One that is `passed` is taken along by a star, or
    has something else to stand in for it: the step goes on without it, to another result.
    """

    needed: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    known: Known = Known.UNKNOWN

    @property
    def names(self) -> frozenset[str]:
        """All that are known to be read, in whatever way."""
        return self.needed | self.passed


class Kind(StrEnum):
    """What a problem is about."""

    MISSING = "missing column"
    AMBIGUOUS = "ambiguous column"
    UNNAMED = "unnamed column"
    STAR = "star"
    JOIN = "join without condition"
    CLOCK = "clock or chance"


class Problem(Struct, frozen=True):
    """Something that a step's code shows to be wrong, or worth a look, and the line of it."""

    kind: Kind
    what: str
    line: int
    hint: str | None = None


class StepColumns(Struct, frozen=True):
    """What a step reads of each dataset, and what it writes.

    `indirect` are the columns that decide which rows there are, in which order and groups: those
    of filters, joins, groups and orders. Every column that is written depends on them.
    """

    reads: Mapping[str, Reads] = {}
    writes: Columns = field(default_factory=Columns)
    indirect: frozenset[Origin] = frozenset()
    problems: tuple[Problem, ...] = ()


def unknown_columns(datasets: tuple[str, ...]) -> StepColumns:
    """What is said of a step whose code tells nothing."""
    return StepColumns({dataset: Reads() for dataset in datasets})
