"""Counts about texts that repeat: each different text of a column is judged once.

The condition is the same, and the engine that judges it; only how often each text occurs is found
before. All columns are grouped in one pass by grouping sets, because planning a statement over a
wide table takes longer than grouping one column of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from headgate.checks.asked import Asked
from headgate.checks.sql import Sql, joined, written
from headgate.engines.types import quoted

if TYPE_CHECKING:
    from headgate.checks.questions import Count

ROWS = 300_000
"""Below as many rows it takes less to judge each than to plan how to group them."""

AT_LEAST = 3
"""How many counts of a column have to be asked, for grouping it to take less."""

GLIMPSE = 1_000
"""How many rows in the middle of a table say whether the texts of a column repeat."""

DIFFERENT = 100
"""How many different texts these rows may have."""

TOGETHER = 10
"""How many columns are grouped in one statement."""

_SET, _ROWS = quoted("the set"), quoted("the rows")


def repeating(place: Asked, counts: Sequence[Count]) -> list[Count]:
    """Those of the counts that are about columns whose texts repeat.

    Raises what the engine does where it cannot read these columns.
    """
    by_column: dict[str, list[Count]] = {}
    for count in counts:
        # a condition with a query of its own is about other rows too
        if count.column and "(SELECT" not in count.condition.sql:
            by_column.setdefault(count.column, []).append(count)
    asked = {name: some for name, some in by_column.items() if len(some) >= AT_LEAST}
    if not asked or place.table.rows < ROWS:
        return []
    # long texts need not leave the engine
    columns = ", ".join(f"hash({quoted(name)})" for name in asked)
    # rows before the middle are not read, but where a condition has to say which they are
    start = 0 if place.view.only else place.table.rows // 2
    some_rows = f" LIMIT {GLIMPSE} OFFSET {start}"
    rows = place.rows(written(f"SELECT {columns} FROM ", place.relation, some_rows))  # noqa: S608 - names are quoted
    different = [len(set(cells)) for cells in zip(*rows, strict=True)]
    return [
        count
        for some, texts in zip(asked.values(), different, strict=False)
        for count in some
        if texts <= DIFFERENT
    ]


def portions(counts: Sequence[Count]) -> Iterator[list[Count]]:
    """The counts of so many columns at a time as one statement groups."""
    columns = list(dict.fromkeys(count.column for count in counts))
    for start in range(0, len(columns), TOGETHER):
        some = columns[start : start + TOGETHER]
        yield [count for count in counts if count.column in some]


def grouped(place: Asked, counts: Sequence[Count]) -> Sql:
    """One statement that gives the counts, in their order."""
    columns = list(dict.fromkeys(quoted(count.column or "") for count in counts))
    names = ", ".join(columns)
    sets = ", ".join(f"({name})" for name in columns)
    every = 2 ** len(columns) - 1
    # of the bits that GROUPING gives, the first column has the highest, which is 0 in its own set
    own = {name: every - 2 ** (len(columns) - 1 - n) for n, name in enumerate(columns)}
    sums = [
        written(
            f"coalesce(sum(CASE WHEN {_SET} = {own[quoted(count.column or '')]} AND (",
            count.condition,
            f") THEN {_ROWS} END), 0)",
        )
        for count in counts
    ]
    return written(
        "SELECT ",
        joined(", ", sums),
        f" FROM (SELECT {names}, GROUPING({names}) AS {_SET}, count(*) AS {_ROWS} FROM ",  # noqa: S608 - names are quoted
        place.relation,
        f" GROUP BY GROUPING SETS ({sets})) AS data",
    )
