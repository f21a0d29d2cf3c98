"""How often each value of a column occurs, kept small enough to be remembered.

Up to a bound every value is counted, and all that follows is exact. Beyond it, numbers are counted
in bins whose edges are fixed, each 2 % above the one before: a value is then known to 1 %. The
bins are those of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019), so tallies of any parts merge.
"""

from __future__ import annotations

import json
import math
import zlib
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from headgate.checks.asked import Asked
from headgate.checks.sql import leaving, present, written
from headgate.checks.typed import Comparable, can_be_nan, comparable, is_number, operand
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType

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

TEXTS = "json"
"""The word for values that are kept as JSON, where the others are kept as an array of a type."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each value occurs; with `binned`, how many values lie in each bin.

    Bins are numbered in the order of their values: 0 holds zero, and negative ones mirror the
    positive ones.
    """

    counts: Mapping[Comparable, int]
    binned: bool = False

    @property
    def total(self) -> int:
        """How many values there are."""
        return sum(self.counts.values())

    def at(self, ranks: Sequence[int]) -> list[Comparable]:
        """The values at these places of all values in their order, counted from 0.

        In place of a value that is in a bin stands the middle of the bin.
        """
        values = sorted(self.counts)
        upto = list(accumulate(map(self.counts.__getitem__, values)))
        found = [values[bisect_right(upto, rank)] for rank in ranks]
        return [middle(value) for value in found] if self.binned else found


def can_tally(column: Column) -> bool:
    """Whether Python orders and compares the column's values as the engine does."""
    if column.type is LogicalType.NUMBER:
        return can_be_nan(column)
    if column.type is LogicalType.STRING:
        return column.physical == "VARCHAR"
    return column.type in {LogicalType.INTEGER, LogicalType.BOOLEAN, LogicalType.DATE}


def tally(place: Asked, column: Column) -> Tally | None:
    """The tally of a column; None where it has too many different values that are no numbers."""
    value = leaving(column, operand(column))
    where = written(" FROM ", place.relation, " WHERE ", present(column))
    few = f" GROUP BY 1 LIMIT {VALUES + 1}"
    found = Tally(dict(place.rows(written(f"SELECT {value}, count(*)", where, few))))
    if _is_small(found):
        return found
    if not is_number(column):
        return None
    bins = place.rows(written(f"SELECT {_bin_of(value)}, count(*)", where, " GROUP BY 1"))
    return Tally(dict(bins), binned=True)


def merged(one: Tally | None, other: Tally | None, column: Column) -> Tally | None:
    """Both tallies as one; None where one is not there, or both together have too many values."""
    if one is None or other is None:
        return None
    if one.binned != other.binned:
        one, other = _in_bins(one), _in_bins(other)
    counts = dict(one.counts)
    for value, count in other.counts.items():
        counts[value] = counts.get(value, 0) + count
    both = Tally(counts, one.binned)
    if both.binned or _is_small(both):
        return both
    return _in_bins(both) if is_number(column) else None


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
    if found.binned:
        return found
    bins: defaultdict[int, int] = defaultdict(int)
    for value, count in found.counts.items():
        bins[bin_of(float(value))] += count
    return Tally(dict(bins), binned=True)


def _is_small(found: Tally) -> bool:
    if len(found.counts) > VALUES:
        return False
    if not isinstance(next(iter(found.counts), None), str):
        return True
    return sum(map(len, found.counts)) <= TEXT


# ------------------------------------------------------------------ as bytes


def packed(found: Tally | None) -> bytes:
    """A tally as the ledger keeps it; no bytes for none."""
    if found is None:
        return b""
    values = sorted(found.counts)
    counts = _whole([found.counts[value] for value in values])
    kind, body = _packed_values(values)
    head = json.dumps([kind, found.binned, counts.typecode, counts.itemsize * len(counts)])
    return zlib.compress(head.encode() + b"\n" + counts.tobytes() + body, level=1)


def unpacked(body: bytes, column: Column) -> Tally | None:
    """The tally that `packed` made of the column's values."""
    if not body:
        return None
    head, rest = zlib.decompress(body).split(b"\n", 1)
    kind, binned, code, size = json.loads(head)
    counts = array(code)
    counts.frombytes(rest[:size])
    values: list[Comparable]
    if kind == TEXTS:
        values = json.loads(rest[size:])
        if column.type is LogicalType.DATE and not binned:
            values = [comparable(column, value) for value in values]
    else:
        numbers = array(kind)
        numbers.frombytes(rest[size:])
        values = numbers.tolist()
    return Tally(dict(zip(values, counts, strict=True)), binned)


def _packed_values(values: list[Comparable]) -> tuple[str, bytes]:
    """The type of an array of the values, and its bytes; or the values in JSON."""
    try:
        match set(map(type, values)):
            case kinds if kinds <= {int, bool}:
                whole = _whole(values)
                return whole.typecode, whole.tobytes()
            case kinds if kinds == {float}:
                return "d", array("d", values).tobytes()
    except OverflowError:  # an integer of more than 64 bits
        pass
    plain = [value if isinstance(value, str | int) else value.isoformat() for value in values]
    return TEXTS, json.dumps(plain).encode()


def _whole(values: list[int]) -> array[int]:
    """The numbers in four bytes each where that is enough, in eight where it is not."""
    small = not values or (min(values) >= -(2**31) and max(values) < 2**31)
    return array("i" if small else "q", values)
