"""Numbers that are a whole multiple of another one."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from headgate.checks.sql import Sql, present, written
from headgate.checks.typed import a_kind, is_number, operand
from headgate.errors import DeclarationError
from headgate.schema.schema import Column

NEAR = 1e-9
"""How far a quotient of doubles may be from a whole number, as a share of it."""


class MultipleOf(Struct, frozen=True):
    """The value is so many times that number, and no part of it more.

    Doubles have no exact tenths, so their quotient may be off by one part in a billion.
    """

    column: str
    of: float


def no_multiple(rule: MultipleOf, column: Column) -> Sql:
    """The rows whose value is not a multiple.

    Raises DeclarationError where the column holds no numbers.
    """
    if not is_number(column):
        raise DeclarationError(
            f"{column.name} is {a_kind(column)}, and only a number is a multiple"
        )
    value = operand(column)
    if column.physical in {"FLOAT", "DOUBLE"}:
        quotient = f"(CAST({value} AS DOUBLE) / ?)"
        apart = f"abs({quotient} - round({quotient})) > ? * greatest(1, abs({quotient}))"
        # an infinite value is a multiple of nothing
        found = Sql(f"(isinf({value}) OR {apart})", (rule.of, rule.of, NEAR, rule.of))
    else:
        whole = isinstance(rule.of, int) or float(rule.of).is_integer()
        found = Sql(f"{value} % ? <> 0", (int(rule.of) if whole else Decimal(str(rule.of)),))
    return written(present(column), " AND ", found)
