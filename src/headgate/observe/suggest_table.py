"""What a profile speaks for that is of the whole table: columns, rows and keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from headgate.observe.column import ColumnProfile
from headgate.observe.identifiers import IDENTIFIERS
from headgate.observe.patterns import pattern
from headgate.observe.personal import words_of
from headgate.observe.profile import Profile
from headgate.observe.relations import BY_CHANCE, Key
from headgate.observe.suggestion import ENOUGH, Suggestion, mostly_for
from headgate.schema.types import LogicalType

MANY, RARE = 100, 0.01
"""Pairs of rows that agree by chance: from many on, none is a rule; where they are rare, any is odd."""


def of_table(profile: Profile) -> Iterator[Suggestion]:
    """What the table as a whole speaks for, its keys at the end."""
    names = [column.name for column in profile.columns]
    if names:
        told = f"{len(names):,} columns, in this order"
        yield Suggestion(
            "expect_table_columns_to_match_ordered_list", {"column_list": names}, told, 0.95
        )
    if profile.rows >= ENOUGH:
        kwargs = {"min_value": profile.rows // 2, "max_value": 3 * profile.rows}
        told = f"{profile.rows:,} rows seen once: from half of them to three times as many"
        yield Suggestion("expect_table_row_count_to_be_between", kwargs, told, 0.5)
    for key in profile.keys:
        yield from _key(key, profile)


def _key(key: Key, profile: Profile) -> Iterator[Suggestion]:
    if profile.rows < ENOUGH:
        return
    if len(key.columns) > 1:
        yield from _together(key, profile.rows)
        return
    column = profile.column(key.columns[0])
    assert column is not None
    if why := _why_unique(column):
        kwargs = {"column": column.name}
        told = f"{profile.rows:,} different values in as many rows; {why}"
        yield Suggestion("expect_column_values_to_be_unique", kwargs, told, 0.95)


def _together(key: Key, rows: int) -> Iterator[Suggestion]:
    """Several columns as a key: three pairs may agree, as none among so many rows rules out less."""
    assert key.by_chance is not None
    if RARE < key.by_chance < MANY:
        return
    kwargs = {"column_list": list(key.columns), "mostly": mostly_for(6 / rows)}
    told = f"no two of {rows:,} rows agree, where "
    told += f"{key.by_chance:,.0f} pairs" if key.by_chance >= MANY else "hardly any pair"
    told += " would if the columns were unrelated; up to three pairs may (rule of three)"
    telling = key.by_chance >= rows / 10 or key.by_chance <= RARE
    confidence = 0.95 if telling else 0.8
    yield Suggestion("expect_compound_columns_to_be_unique", kwargs, told, confidence)


def _why_unique(column: ColumnProfile) -> str:
    """Why no value twice is more than chance."""
    if set(words_of(column.name).split()) & IDENTIFIERS:
        return "its name is that of an identifier"
    span = _span(column)
    if span is not None:
        chance = column.rows * (column.rows - 1) / 2 / (span + 1)
        if chance >= BY_CHANCE:
            return f"of values drawn from this range {chance:,.0f} pairs would agree by chance"
    form = pattern(column.shapes)
    if form is not None and "9" in form.form:
        return f"they have the form {form.form}"
    return ""


def _span(column: ColumnProfile) -> float | None:
    """How many steps lie between the ends: of one, or of a day."""
    match column.type, column.low, column.high:
        case LogicalType.INTEGER, int(low), int(high):
            return high - low
        case LogicalType.DATE, str(first), str(last) if column.personal is None:
            return (date.fromisoformat(last) - date.fromisoformat(first)).days
        case _:
            return None
