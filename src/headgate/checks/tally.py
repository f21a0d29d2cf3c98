"""How often each value of a column occurs, kept small enough to be remembered.

Up to a bound every value is counted, and all that follows is exact. Beyond it, numbers are counted
in bins whose edges are fixed, each 2 % above the one before: a value is then known to 1 %. The
bins are those of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019), so tallies of any parts merge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from msgspec import Struct

from headgate.checks.asked import Asked
from headgate.checks.sql import present, written
from headgate.checks.typed import Comparable, can_be_nan, is_number, operand
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType

if TYPE_CHECKING:
    import polars as pl

VALUES = 65_536
"""How many different values are counted one by one."""

TEXT = 2_000_000
"""How many characters the different values of a tally may have together."""

GAMMA = 1.02
ERROR = 0.01
"""How far a number may be from the middle of its bin, as a share of it: (g - 1) / (g + 1), and a
little for what rounding does at the edges."""

SHIFT = 50_000
"""Added to the number of a bin, so that those of small numbers are above 0 too: doubles reach
from bin -37,600 to bin 35,900."""

INFINITE = 10 * SHIFT

BINS = b"bins"
EACH = b"each"
"""The first four bytes of a tally as it is kept: what is counted."""


class Tally(Struct, frozen=True, eq=False):
    """How often each value occurs; with `binned`, how many values lie in each bin.

    `rows` have a `value` and a `count` each, in the order of the values. Bins are numbered in the
    order of their values: 0 holds zero, and negative ones mirror the positive ones.
    """

    rows: pl.DataFrame
    binned: bool = False

    @property
    def total(self) -> int:
        """How many values there are."""
        return int(self.rows.get_column("count").sum())

    @property
    def different(self) -> int:
        """How many of them differ, or how many bins hold one."""
        return self.rows.height

    @property
    def counts(self) -> Mapping[Comparable, int]:
        """The count of each value."""
        return dict(self.rows.iter_rows())

    def at(self, ranks: Sequence[int]) -> list[Comparable]:
        """The values at these places of all values in their order, counted from 0.

        In place of a value that is in a bin stands the middle of the bin.
        """
        import polars as pl

        upto = self.rows.get_column("count").cum_sum()
        places = upto.search_sorted(pl.Series(ranks, dtype=upto.dtype), side="right")
        found = self.rows.get_column("value").gather(places).to_list()
        return [middle(value) for value in found] if self.binned else found


def can_tally(column: Column) -> bool:
    """Whether Python and Polars order and compare the column's values as the engine does."""
    match column.type:
        case LogicalType.NUMBER:
            return can_be_nan(column)
        case LogicalType.STRING:
            return column.physical == "VARCHAR"
        case LogicalType.INTEGER:
            return "HUGEINT" not in column.physical
        case _:
            return column.type in {LogicalType.BOOLEAN, LogicalType.DATE}


def tally(place: Asked, column: Column) -> Tally | None:
    """The tally of a column; None where it has too many different values that are no numbers."""
    value = operand(column)
    where = written(" FROM ", place.relation, " WHERE ", present(column), " GROUP BY 1")
    counted = ", count(*) AS count"
    few = written(f"SELECT {value} AS value{counted}", where, f" LIMIT {VALUES + 1}")
    found = Tally(_ordered(place.frame_of(place.table, few)))
    if _is_small(found):
        return found
    if not is_number(column):
        return None
    bins = written(f"SELECT {_bin_of(value)} AS value{counted}", where)
    return Tally(_ordered(place.frame_of(place.table, bins)), binned=True)


def merged(one: Tally | None, other: Tally | None, column: Column) -> Tally | None:
    """Both tallies as one; None where one is not there, or both together have too many values."""
    import polars as pl

    if one is None or other is None:
        return None
    if one.binned != other.binned:
        one, other = _in_bins(one), _in_bins(other)
    together = pl.concat([one.rows, other.rows], how="vertical_relaxed")
    both = Tally(_summed(together), one.binned)
    if both.binned or _is_small(both):
        return both
    return _in_bins(both) if is_number(column) else None


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("value")


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return _ordered(rows.group_by("value").agg(pl.col("count").sum()))


# ------------------------------------------------------------------ bins


def bin_of(value: float) -> int:
    """The number of the bin that holds a value.

    >>> [bin_of(value) for value in (-1.0, 0.0, 1.0)]
    [-50000, 0, 50000]
    """
    if value == 0:
        return 0
    size = abs(value)
    found = INFINITE if math.isinf(size) else math.ceil(math.log(size) / math.log(GAMMA)) + SHIFT
    return int(math.copysign(found, value))


def middle(number: int) -> float:
    """The value that is at most 1 % from every value of a bin.

    >>> round(middle(bin_of(250.0)))
    248
    """
    if number == 0:
        return 0.0
    if abs(number) == INFINITE:
        return math.copysign(math.inf, number)
    size = 2 * GAMMA ** (abs(number) - SHIFT) / (GAMMA + 1)
    return math.copysign(size, number)


def _bin_of(value: str) -> str:
    """The number of a value's bin, in SQL."""
    size = f"abs(CAST({value} AS DOUBLE))"
    bins = f"CAST(ceil(ln({size}) / {math.log(GAMMA)!r}) AS BIGINT) + {SHIFT}"
    number = f"CASE WHEN isinf({size}) THEN {INFINITE} ELSE {bins} END"
    return f"CASE WHEN {value} = 0 THEN 0 ELSE sign({value}) * ({number}) END"


def _in_bins(found: Tally) -> Tally:
    import polars as pl

    if found.binned:
        return found
    numbers = map(bin_of, found.rows.get_column("value").cast(pl.Float64))
    bins = found.rows.with_columns(value=pl.Series(numbers, dtype=pl.Int64))
    return Tally(_summed(bins), binned=True)


def _is_small(found: Tally) -> bool:
    import polars as pl

    values = found.rows.get_column("value")
    if values.len() > VALUES:
        return False
    return values.dtype != pl.String or int(values.str.len_chars().sum()) <= TEXT


# ------------------------------------------------------------------ as bytes


def packed(found: Tally | None) -> bytes:
    """A tally as the ledger keeps it; no bytes for none."""
    if found is None:
        return b""
    body = BytesIO()
    found.rows.write_ipc(body, compression="lz4")
    return (BINS if found.binned else EACH) + body.getvalue()


def unpacked(body: bytes) -> Tally | None:
    """The tally that `packed` made bytes of."""
    import polars as pl

    if not body:
        return None
    rows = pl.read_ipc(BytesIO(body[len(EACH) :]))
    return Tally(rows, binned=body.startswith(BINS))
