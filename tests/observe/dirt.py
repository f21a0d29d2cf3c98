"""Ten ways in which deliveries go wrong, each done to a frame at random.

None is written with a check in mind: which column is hit is drawn among those it can happen to.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import polars as pl  # noqa: TID253

Dirt = Callable[[pl.DataFrame, Random], pl.DataFrame | None]
"""A dirtied copy; None where a frame has nothing that this could happen to."""

SHARE = 0.05
"""Of the rows that are hit, where not all are."""


def nulls(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Values of a complete column get lost."""
    complete = [name for name in frame.columns if frame[name].null_count() == 0]
    return _some(frame, random, complete, lambda cells: pl.repeat(None, cells.len(), eager=True))


def swapped(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Two columns of one type change places."""
    pairs = [
        (one, two)
        for place, one in enumerate(frame.columns)
        for two in frame.columns[place + 1 :]
        if frame.schema[one] == frame.schema[two] and not frame[one].equals(frame[two])
    ]
    if not pairs:
        return None
    one, two = random.choice(pairs)
    return frame.with_columns(frame[two].alias(one), frame[one].alias(two))


def scaled(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Some numbers lose their decimal point: they are ten times as large."""
    return _some(frame, random, _numbers(frame), lambda cells: cells * 10)


def new_category(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """A code that nobody announced."""
    codes = [
        name
        for name, kind in frame.schema.items()
        if kind == pl.String and 1 < frame[name].n_unique() <= 50
    ]
    return _some(frame, random, codes, lambda cells: pl.repeat("new", cells.len(), eager=True))


def duplicated(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Rows are delivered twice."""
    again = random.sample(range(frame.height), round(frame.height * SHARE))
    return pl.concat([frame, frame[again]])


def truncated(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Texts lose their second half."""
    texts = [
        name
        for name, kind in frame.schema.items()
        if kind == pl.String and (frame[name].str.len_chars() > 1).any()
    ]
    return _some(
        frame,
        random,
        texts,
        lambda cells: cells.str.head(cells.str.len_chars().cast(pl.Int64) // 2),
    )


def wrong_dates(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Dates that a system writes where it has none."""
    dates = [name for name, kind in frame.schema.items() if kind.is_temporal()]
    year = random.choice([1900, 1970, 2099, 9999])
    return _some(frame, random, dates, lambda cells: cells.dt.replace(year=year, day=1, month=1))


def negative(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """Numbers change their sign."""
    return _some(frame, random, _numbers(frame), lambda cells: -cells)


def other_unit(frame: pl.DataFrame, random: Random) -> pl.DataFrame | None:
    """A whole column comes in thousandths."""
    names = _numbers(frame)
    if not names:
        return None
    return frame.with_columns(pl.col(random.choice(names)) * 1000)


def shuffled_key(frame: pl.DataFrame, random: Random, keys: list[str]) -> pl.DataFrame:
    """A key column that was joined by position: its values stand in other rows."""
    name = random.choice(keys)
    return frame.with_columns(frame[name].shuffle(seed=random.randrange(1 << 30)))


EVERYWHERE: dict[str, Dirt] = {
    "nulls": nulls,
    "swapped columns": swapped,
    "scaled values": scaled,
    "new category": new_category,
    "duplicated rows": duplicated,
    "truncated text": truncated,
    "wrong dates": wrong_dates,
    "negative values": negative,
    "unit change x1000": other_unit,
}


def _numbers(frame: pl.DataFrame) -> list[str]:
    """Columns of numbers that are not all zero."""
    return [
        name
        for name, kind in frame.schema.items()
        if kind.is_numeric() and frame[name].cast(pl.Float64).abs().sum() > 0
    ]


def _some(
    frame: pl.DataFrame,
    random: Random,
    names: list[str],
    change: Callable[[pl.Series], pl.Series],
) -> pl.DataFrame | None:
    """The frame with some cells of one column changed."""
    if not names:
        return None
    name = random.choice(names)
    hit = pl.Series([random.random() < SHARE for _ in range(frame.height)])
    cells = frame[name]
    changed = change(cells).cast(cells.dtype)
    return frame.with_columns(
        pl.select(pl.when(hit).then(changed).otherwise(cells)).to_series().alias(name)
    )
