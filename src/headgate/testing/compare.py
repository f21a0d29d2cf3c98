"""Two tables compared, and what differs as a small table that a person can read.

    2 rows are not as expected (3 expected, 2 given)
         Store  Date        Sales
      -  1      2015-01-05  5
      ~  1      2015-01-07  7 → 8

`-` is expected and not there, `+` is there and not expected, `~` is another than expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from headgate.engines.types import describe
from headgate.errors import UsageError, did_you_mean
from headgate.testing.equality import ANY, TOLERANCE, meant
from headgate.testing.given import Given, Typing, frame_of
from headgate.testing.rows_apart import Comparison, RowsCompared

if TYPE_CHECKING:
    import polars as pl


def assert_frames_equal(
    actual: Any,
    expected: Given,
    *,
    key: str | Sequence[str] = (),
    columns: Sequence[str] | None = None,
    ordered: bool = False,
    tolerance: float = TOLERANCE,
) -> None:
    """Raises AssertionError, with the rows that differ as a small table, unless two tables are equal.

    `expected` is a frame, a list of rows, or the text of a CSV file. Rows may stand in any order
    unless `ordered`; with a `key` they are compared row by row. Only the `columns` are compared,
    where some are named: else all of them, of either table. Text is a date where the other table
    has dates.
    """
    __tracebackhide__ = True  # pytest shows the line of the test, and not this function
    import polars as pl

    there = frame_of(actual, Typing("actual", {}))
    wanted = frame_of(expected, Typing("expected", {}))
    names = [key] if isinstance(key, str) else list(key)
    how = Comparison(columns, names, ordered, exact=columns is None, tolerance=tolerance)
    is_frame = isinstance(expected, pl.DataFrame | pl.LazyFrame)
    lines = [*(_types_apart(there, wanted, columns) if is_frame else ())]
    written = isinstance(expected, list | tuple)  # what a row does not say is not compared
    rows = expected if written else wanted.rows(named=True)
    lines += differences(there, rows, how, wanted.columns)
    if lines:
        raise AssertionError("\n".join(lines))


def differences(
    actual: pl.DataFrame,
    expected: Sequence[Mapping[str, Any]],
    how: Comparison,
    names: Sequence[str] | None = None,
) -> list[str]:
    """What differs, in lines for people; none where nothing does.

    Raises UsageError for a column to compare by that a table has not.
    """
    known = list(dict.fromkeys(names or [name for row in expected for name in row]))
    columns = list(how.columns) if how.columns is not None else known
    lines = _columns_apart(actual.columns, columns, how)
    if absent := [name for name in how.key if name not in columns]:
        raise UsageError(f"the key {absent[0]!r} is not compared", None, did_you_mean(absent[0], columns))  # fmt: skip
    if lines:
        return lines
    there = actual.select(columns).rows() if columns else [()] * actual.height
    wanted = [
        tuple(meant(row.get(name, ANY), actual.schema[name]) for name in columns)
        for row in expected
    ]
    return RowsCompared(columns, how).apart(there, wanted)


# ------------------------------------------------------------------ columns


def _columns_apart(there: Sequence[str], wanted: Sequence[str], how: Comparison) -> list[str]:
    lines = []
    for name in wanted:
        if name not in there:
            advice = did_you_mean(name, there)
            lines.append(f"no column {name!r}{f': {advice}' if advice else ''}")
    if how.exact and (more := [name for name in there if name not in wanted]):
        lines.append(f"columns that are not expected: {', '.join(more)}")
    return lines


def _types_apart(
    there: pl.DataFrame, wanted: pl.DataFrame, columns: Sequence[str] | None
) -> list[str]:
    """The columns that mean something else, such as a text for a number. Widths do not matter."""
    lines = []
    for name in columns if columns is not None else wanted.columns:
        if name in there.columns and name in wanted.columns:
            here, other = (describe(frame.schema[name])[0] for frame in (there, wanted))
            if here is not other and wanted[name].null_count() < wanted.height:
                lines.append(f"{name} is {here}, expected {other}")
    return lines


def require_rows(there: int, wanted: int) -> list[str]:
    """What differs where only the number of rows is expected."""
    return [] if there == wanted else [f"{wanted} rows expected, {there} given"]
