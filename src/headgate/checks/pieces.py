"""What is measured of each part of a table alone, and how what was measured of two parts merges.

Counts and sums add up, moments merge by the formula of Chan, Golub and LeVeque (Updating formulae
and a pairwise algorithm for computing sample variances, 1979), tallies add up value by value. Rows
that agree in their keys are counted in each part; that none agrees with a row of another part is
proved from the ranges of the keys, or looked up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.apart import Reach, reach_of
from headgate.checks.asked import Asked
from headgate.checks.metric import Unique
from headgate.checks.questions import Count, Figure, Question, Reading, Statement, ask, read
from headgate.checks.relative import Ordered, disordered, ends
from headgate.checks.scan import twins
from headgate.checks.tally import merged, packed, tally, unpacked
from headgate.checks.typed import Comparable, can_be_nan, comparable, operand
from headgate.schema.schema import Column
from headgate.schema.table import Table, TablePart
from headgate.schema.types import LogicalType


class Moments(Struct, frozen=True):
    """How many values a column of numbers has, and their sum."""

    column: Column


class Spread(Struct, frozen=True):
    """How many values a column of numbers has, their mean, and the sum of squares around it."""

    column: Column


class Frequencies(Struct, frozen=True):
    """How often each value of a column occurs."""

    column: Column


class Twins(Struct, frozen=True):
    """How many rows agree with another one in a key."""

    rule: Unique


class Order(Struct, frozen=True):
    """How many values stand out of order, and the first and the last one."""

    rule: Ordered
    column: Column


Piece = Count | Reading | Moments | Spread | Frequencies | Twins | Order
Body = Any
"""What a piece is of some parts: a number, numbers, a Tally, or Together; None where it is not
known without a read of the whole table."""


class Together(Struct, frozen=True):
    """How many rows have a twin in their own part, and which keys these parts reach."""

    rows: int
    reach: Reach


def measured(place: Asked, pieces: Sequence[Piece]) -> dict[Piece, Body | Exception]:
    """The pieces of one part, or what came up instead."""
    questions = {piece: _questions(piece, place) for piece in pieces}
    answers = ask(place, [one for asked in questions.values() for one in asked])
    found: dict[Piece, Body | Exception] = {}
    for piece, asked in questions.items():
        try:
            found[piece] = _body(piece, place, [read(answers, one) for one in asked])
        except Exception as error:  # noqa: BLE001 - an engine's errors are its own
            found[piece] = error
    return found


def part_of(place: Asked, part: TablePart) -> Asked:
    """The same questions' place, where the table is one of its parts."""
    table = place.table
    alone = Table(table.name, (part.path,), table.schema, part.rows, {}, part.unique, (part,))
    return replace(place, table=alone)


def merge(piece: Piece, one: Body, other: Body) -> Body:
    """What the piece is of the parts of both, which share no row."""
    match piece:
        case Count() | Reading():
            return one + other
        case Moments():
            return one[0] + other[0], _sum(one[1], other[1])
        case Spread():
            return _spread(one, other)
        case Frequencies(column):
            return merged(one, other, column)
        case Twins():
            return Together(one.rows + other.rows, one.reach.with_(other.reach))
        case Order(rule):
            return _in_a_row(rule, one, other)


def _questions(piece: Piece, place: Asked) -> list[Question]:
    match piece:
        case Count() | Reading():
            return [piece]
        case Moments(column):
            value, present = _present(column)
            return [Figure(f"count({value}){present}"), Figure(f"sum({value}){present}")]
        case Spread(column):
            value, present = _present(column)
            return [
                Figure(f"count({value}){present}"),
                Figure(f"avg({value}){present}"),
                Figure(f"var_pop({value}){present}"),
            ]
        case Twins(rule):
            known = bool(place.table.unique) and set(place.table.unique) <= set(rule.columns)
            return [] if known else [Statement(twins(rule, place))]
        case Order(rule, column):
            wrong = disordered(rule, column, place.relation, "count(*)")
            return [Statement(wrong), *(Statement(one) for one in ends(column, place.relation))]
        case Frequencies():
            return []


def _present(column: Column) -> tuple[str, str]:
    value = operand(column)
    return value, f" FILTER (WHERE NOT isnan({value}))" if can_be_nan(column) else ""


def _body(piece: Piece, place: Asked, answers: list[Any]) -> Body:
    match piece:
        case Count() | Reading():
            return int(answers[0])
        case Moments():
            return int(answers[0]), answers[1]
        case Spread():
            count, mean, variance = answers
            return int(count), mean, None if variance is None else variance * count
        case Frequencies(column):
            return tally(place, column)
        case Twins(rule):
            rows = int(answers[0][0][0]) if answers else 0
            return Together(rows, reach_of(place.table.parts[0], rule))
        case Order():
            [(wrong,)], first, last = answers
            return int(wrong), *(rows[0][0] if rows else None for rows in (first, last))


def _sum(one: Comparable, other: Comparable) -> Comparable:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _spread(one: Body, other: Body) -> Body:
    if not one[0] or not other[0]:
        return one if one[0] else other
    count = one[0] + other[0]
    apart = other[1] - one[1]
    mean = one[1] + apart * other[0] / count
    return count, mean, one[2] + other[2] + apart * apart * one[0] * other[0] / count


def _in_a_row(rule: Ordered, one: Body, other: Body) -> Body:
    """The values of one part, and then those of the other; missing values are passed over."""
    if one[1] is None or other[1] is None:
        return one if other[1] is None else other
    before, after = (other[1], one[2]) if rule.descending else (one[2], other[1])
    kept = before < after or (before == after and not rule.strictly)
    return one[0] + other[0] + (not kept), one[1], other[2]


# ------------------------------------------------------------------ as bytes


def written_down(piece: Piece, body: Body) -> bytes:
    """What the piece is, as the ledger keeps it."""
    if isinstance(piece, Frequencies):
        return packed(body)
    if body is None:
        return b""
    if isinstance(body, Together):
        return json.dumps([body.rows, body.reach.as_json()]).encode()
    return json.dumps(body, default=_in_json).encode()


def taken_up(piece: Piece, text: bytes) -> Body:
    """What `written_down` wrote."""
    if isinstance(piece, Frequencies):
        return unpacked(text)
    if not text:
        return None
    body = json.loads(text)
    match piece:
        case Twins():
            return Together(body[0], Reach.from_json(body[1]))
        case Moments():
            return body[0], Decimal(body[1][0]) if isinstance(body[1], list) else body[1]
        case Spread():
            return tuple(body)
        case Order(_, column) if column.type is LogicalType.DATE:
            return body[0], *(end and comparable(column, end) for end in body[1:])
        case Order():
            return tuple(body)
        case _:
            return body


def _in_json(value: object) -> list[str] | str:
    if isinstance(value, Decimal):
        return [str(value)]
    assert isinstance(value, date)
    return value.isoformat()
