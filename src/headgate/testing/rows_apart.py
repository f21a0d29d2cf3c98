"""The rows of two tables paired, and those that find no pair as a small table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from headgate.testing.equality import ANY, TOLERANCE, equal

SHOWN = 10
_PAIRED = 500  # rows of each side up to which the most alike are looked for
_WIDE = 8

Row = tuple[Any, ...]


class Comparison(Struct, frozen=True):
    """How two tables are compared. `columns` are all that the rows expected have, unless given.

    With `exact` no other column may be there; with `among` other rows may be there.
    """

    columns: Sequence[str] | None = None
    key: Sequence[str] = ()
    ordered: bool = False
    exact: bool = False
    among: bool = False
    tolerance: float = TOLERANCE


class _Apart(Struct, frozen=True):
    """A row that is not as expected: one of the two is None where there is no such row."""

    expected: Row | None
    actual: Row | None


class RowsCompared(Struct, frozen=True):
    """The rows of two tables with the same columns."""

    columns: Sequence[str]
    how: Comparison

    def apart(self, there: Sequence[Row], wanted: Sequence[Row]) -> list[str]:
        found = list(self._pairs(there, wanted))
        if not found:
            return []
        words = "row is" if len(found) == 1 else "rows are"
        head = f"{len(found)} {words} not as expected ({len(wanted)} expected, {len(there)} given)"
        more = [f"     and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        return [head, *self._table(found[:SHOWN]), *more]

    def _pairs(self, there: Sequence[Row], wanted: Sequence[Row]) -> Iterable[_Apart]:
        if self.how.ordered:
            for n in range(max(len(there), len(wanted))):
                one = wanted[n] if n < len(wanted) else None
                other = there[n] if n < len(there) else None
                if one is None or other is None or not self._same(one, other):
                    yield _Apart(one, other)
            return
        places = [self.columns.index(name) for name in self.how.key]
        if places and _unique(wanted, places) and (self.how.among or _unique(there, places)):
            yield from self._by_key(there, wanted, places)
        else:
            yield from self._by_likeness(there, wanted)

    def _by_key(
        self, there: Sequence[Row], wanted: Sequence[Row], places: Sequence[int]
    ) -> Iterable[_Apart]:
        left: dict[Row, list[Row]] = {}
        for row in there:
            left.setdefault(_part(row, places), []).append(row)
        for row in wanted:
            others = left.pop(_part(row, places), [])
            if not others:
                yield _Apart(row, None)
            elif len(others) > 1 or not self._same(row, others[0]):
                yield _Apart(row, others[0])
        if not self.how.among:
            yield from (_Apart(None, row) for rows in left.values() for row in rows)

    def _by_likeness(self, there: Sequence[Row], wanted: Sequence[Row]) -> Iterable[_Apart]:
        """Rows that are the same go; of the others those most alike are shown together."""
        if len(there) == len(wanted):
            pairs = zip(sorted(there, key=_order), sorted(wanted, key=_order), strict=True)
            if all(self._same(one, other) for other, one in pairs):
                return
        missing, extra = self._unpaired(*_but_the_same(wanted, there))
        if max(len(missing), len(extra)) <= _PAIRED:
            for row in list(missing):
                likeness = [self._alike(row, other) for other in extra]
                best = max(likeness, default=0)
                if 2 * best >= len(self.columns) > 1:
                    missing.remove(row)
                    yield _Apart(row, extra.pop(likeness.index(best)))
        yield from (_Apart(row, None) for row in missing)
        if not self.how.among:
            yield from (_Apart(None, row) for row in extra)

    def _unpaired(self, wanted: list[Row], there: list[Row]) -> tuple[list[Row], list[Row]]:
        """The rows of each side that are left when as many as there can be are paired.

        A row expected that several could be gives way where another can be only that one.
        """
        if max(len(wanted), len(there)) > _PAIRED:
            return wanted, there
        could = [[n for n, other in enumerate(there) if self._same(row, other)] for row in wanted]
        taken: dict[int, int] = {}

        def place(one: int, tried: set[int]) -> bool:
            for n in sorted(could[one], key=taken.__contains__):  # those that are free first
                if n not in tried:
                    tried.add(n)
                    if n not in taken or place(taken[n], tried):
                        taken[n] = one
                        return True
            return False

        missing = [row for one, row in enumerate(wanted) if not place(one, set())]
        return missing, [row for n, row in enumerate(there) if n not in taken]

    def _same(self, one: Row, other: Row) -> bool:
        return all(equal(a, b, self.how.tolerance) for a, b in zip(one, other, strict=True))

    def _alike(self, one: Row, other: Row) -> int:
        return sum(equal(a, b, self.how.tolerance) for a, b in zip(one, other, strict=True))

    # -------------------------------------------------------------- shown

    def _table(self, found: Sequence[_Apart]) -> list[str]:
        shown = self._shown(found)
        rows = [["", *(self.columns[n] for n in shown)]]
        for one in found:
            mark = "~" if one.expected and one.actual else "-" if one.expected else "+"
            rows.append([mark, *(self._cell(one, n) for n in shown)])
        widths = [max(len(row[n]) for row in rows) for n in range(len(shown) + 1)]
        return [
            "  "
            + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]

    def _shown(self, found: Sequence[_Apart]) -> list[int]:
        """The columns to show: all of a few, else the key and those that differ."""
        every = list(range(len(self.columns)))
        if len(every) <= _WIDE:
            return every
        differing = [
            n
            for n in every
            if any(
                one.expected and one.actual
                and not equal(one.expected[n], one.actual[n], self.how.tolerance)
                for one in found
            )
        ]  # fmt: skip
        keys = [n for n in every if self.columns[n] in self.how.key]
        first = keys or every[:2]
        rest = differing or every[: _WIDE - len(first)]
        return sorted({*first, *rest[:_WIDE]})

    def _cell(self, one: _Apart, place: int) -> str:
        if one.expected is None or one.actual is None:
            row = one.actual if one.expected is None else one.expected
            assert row is not None
            return _word(row[place])
        wanted, there = one.expected[place], one.actual[place]
        if equal(wanted, there, self.how.tolerance):
            return _word(there)
        left, right = _word(wanted), _word(there)
        if left == right:  # 1 and '1'
            left, right = repr(wanted), repr(there)
        return f"{left} → {right}"


def _but_the_same(wanted: Sequence[Row], there: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows of both sides without those that are the same to the last digit."""
    try:
        left = Counter(map(_exactly, there))
        missing = [row for row in wanted if not _taken(left, row)]
        left += Counter()  # without the counts below zero of rows that are not there
    except TypeError:  # lists cannot be counted
        return list(wanted), list(there)
    return missing, [row for row in there if _taken(left, row)]


def _taken(left: Counter[Row], row: Row) -> bool:
    key = _exactly(row)
    left[key] -= 1
    return left[key] >= 0


def _exactly(row: Row) -> Row:
    """A row as it is counted: true is not 1."""
    return tuple((value, isinstance(value, bool)) for value in row)


def _unique(rows: Sequence[Row], places: Sequence[int]) -> bool:
    try:
        keys = {_part(row, places) for row in rows}
        return len(keys) == len(rows) and not any(ANY in key for key in keys)
    except TypeError:  # lists are no keys
        return False


def _part(row: Row, places: Sequence[int]) -> Row:
    return tuple(row[n] for n in places)


def _order(row: Row) -> list[tuple[int, str]]:
    """Rows in an order in which floats that are nearly the same hardly change places."""
    return [
        (1, "") if isinstance(value, float) else (0, f"{type(value).__name__} {value}")
        for value in row
    ] + [(2, f"{value:.6e}") for value in row if isinstance(value, float)]


def _word(value: Any) -> str:
    if value is ANY:
        return "…"
    text = "null" if value is None else str(value) if value != "" else "''"
    plain = text.replace("\n", "\\n").replace("\t", "\\t")
    return plain if len(plain) <= 40 else plain[:39] + "…"
