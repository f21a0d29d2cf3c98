"""The rows of a sample as the sandbox has them: with other values in the columns to be redacted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from headgate.checks.sql import Sql, joined, present, written
from headgate.contracts.anonymization import Anonymization, Strategy
from headgate.engines.engine import Frame, Value
from headgate.engines.types import quoted
from headgate.environments.pseudonyms import Key, fakes, numbers, tokens
from headgate.environments.redact import NUMBERS, Place, Redaction
from headgate.environments.rows import NUMBERED, Rows, in_, value_of
from headgate.schema.schema import Column
from headgate.schema.types import LogicalType

RANGES = {
    "TINYINT": 7, "SMALLINT": 15, "INTEGER": 31, "BIGINT": 63,
    "UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 63,
}  # fmt: skip
"""How many bits of each type hold pseudonyms: all numbers from 0 on."""

WHOLLY_MASKED = 8
"""Characters below which nothing of a text is left to see."""


class Pseudonyms(Struct, frozen=True):
    """For each column that has them, the values of it and what stands in their place."""

    frames: Mapping[Place, Frame] = {}


def pseudonyms(
    rows: Rows, kept: Mapping[str, Frame | None], redaction: Redaction, key: Key
) -> Pseudonyms:
    """What stands in place of the values of the rows that are kept, the same in every column."""
    frames: dict[Place, Frame] = {}
    for group in redaction.groups:
        rule = redaction.rules[group[0]]
        if rule.strategy not in {Strategy.HMAC, Strategy.FAKE}:
            continue
        for kind, places in _by_kind(rows, group).items():
            found = [_values(rows, place, kept[place[0]]) for place in places]
            values = {value for each in found for value in each}
            if rule.strategy is Strategy.FAKE:
                # what is made up must be none of the values of the base
                every = {value for place in places for value in _values(rows, place, None)}
                made: Mapping[Value, Value] = fakes(key, values, places[0][1], every)
            elif kind is LogicalType.INTEGER:
                made = _numbers(rows, places, values, key)
            else:
                made = tokens(key, values)
            frame = _pairs(rows, places[0][0], made)
            frames |= dict.fromkeys(places, frame)
    return Pseudonyms(frames)


def changed(
    rows: Rows,
    dataset: str,
    kept: Frame | None,
    rules: Mapping[str, Anonymization],
    made: Pseudonyms,
) -> Frame:
    """The rows of a table that are kept, redacted, in an order that tells nothing of the base's."""
    columns = rows.tables[dataset].schema.columns
    beside: dict[str, Frame] = {} if kept is None else {"kept": kept}
    told, joins = [], []
    for n, column in enumerate(columns):
        rule, name = rules.get(column.name), quoted(column.name)
        frame = made.frames.get((dataset, column.name))
        if rule and frame is not None:
            beside[f"made {n}"] = frame
            value = value_of(column, "data")
            joins.append(f" left join {quoted(f'made {n}')} as m{n} on m{n}.value = {value}")
            told.append(Sql(f"cast(m{n}.made as {column.physical}) as {name}"))
        elif rule:
            told.append(written(_expression(column, rule), f" as {name}"))
        else:
            told.append(Sql(f"data.{name}"))
    source = NUMBERED if kept is not None else "data"
    where = f" where {in_('kept').sql}" if kept is not None else ""
    statement = written(
        "select ", joined(", ", told), f" from {source}", *joins, where, " order by all"
    )
    return rows.ask(dataset, statement, beside)


# ------------------------------------------------------------------ values


def _by_kind(rows: Rows, group: Sequence[Place]) -> dict[LogicalType, list[Place]]:
    found: dict[LogicalType, list[Place]] = {}
    for place in group:
        found.setdefault(rows.column(*place).type, []).append(place)
    return found


def _values(rows: Rows, place: Place, kept: Frame | None) -> list[Value]:
    keys = rows.keys(place[0], [place[1]], only=kept)
    return [value for (value,) in rows.engine.measure(keys, "select k0 from data", [])]


def _numbers(
    rows: Rows, places: Sequence[Place], values: Collection[int], key: Key
) -> dict[int, int]:
    bits = min(RANGES.get(rows.column(*place).physical, 63) for place in places)
    every = {value for place in places for value in _values(rows, place, None)}
    return numbers(key, values, 0, 2**bits - 1, every, ".".join(places[0]))


def _pairs(rows: Rows, dataset: str, made: Mapping[Value, Value]) -> Frame:
    statement = Sql(
        "select unnest(?) as value, unnest(?) as made from (select 1)",
        (list(made), list(made.values())),
    )
    return rows.ask(dataset, statement)


# ------------------------------------------------------------------ expressions


def _expression(column: Column, rule: Anonymization) -> Sql:
    """What stands in place of a value, where the value itself tells it."""
    name = f"data.{quoted(column.name)}"
    match rule.strategy:
        case Strategy.MASK:
            # as many signs as there were would tell something too, and little
            seen = f"case when length({name}) < {WHOLLY_MASKED} then 0 else 4 end"
            return Sql(f"repeat('*', length({name}) - {seen}) || right({name}, {seen})")
        case Strategy.CONSTANT:
            there = present(column)
            return written("case when ", there, " then ", Sql("cast(? as varchar)", (rule.word,)), " end")  # fmt: skip
        case Strategy.GENERALISE if column.type in NUMBERS:
            return Sql(
                f"try_cast(floor({name} / ?) * ? as {column.physical})", (rule.bin, rule.bin)
            )
        case Strategy.GENERALISE:
            return Sql(f"cast(date_trunc(?, {name}) as {column.physical})", (rule.to,))
        case _:
            return Sql(f"cast(null as {column.physical})")
