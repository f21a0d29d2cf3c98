"""Some of the rows of tables, by their numbers, and the keys that stand in them.

A row's number is its place in the table, which never changes. All is asked of the engine; what
comes back are numbers and keys of few rows, never the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from headgate.checks.conditions import RowCondition, held
from headgate.checks.sql import Sql, joined, present, written
from headgate.checks.typed import column_of, operand, zoned
from headgate.engines.engine import Engine, Frame
from headgate.engines.types import quoted
from headgate.errors import DeclarationError
from headgate.schema.schema import Column
from headgate.schema.table import Table

ROW = "__row"
NUMBERED = f"(select row_number() over () - 1 as {ROW}, * from data) as data"  # noqa: S608 - a constant


class Rows(Struct, frozen=True):
    """Tables, and the engine that is asked about their rows."""

    engine: Engine
    tables: Mapping[str, Table]

    def column(self, dataset: str, name: str) -> Column:
        """A column of a table. Raises DeclarationError where it has none of that name."""
        try:
            return column_of(self.tables[dataset].schema, name)
        except DeclarationError as error:
            raise DeclarationError(f"{dataset}: {error.what}", error.where, error.hint) from None

    def columns(self, dataset: str, names: Sequence[str]) -> list[Column]:
        """Columns of a table, in that order."""
        return [self.column(dataset, name) for name in names]

    def where(
        self, dataset: str, condition: Sql, beside: Mapping[str, Frame] | None = None
    ) -> Frame:
        """The numbers of the rows that meet a condition, as a frame of one column."""
        statement = written(f"select {ROW} from {NUMBERED} where ", condition, f" order by {ROW}")  # noqa: S608 - a constant
        return self.ask(dataset, statement, beside)

    def keys(
        self,
        dataset: str,
        names: Sequence[str],
        only: Frame | None = None,
        without: Frame | None = None,
    ) -> Frame:
        """The distinct values of columns in rows where none is missing, as `k0`, `k1` and so on."""
        columns = self.columns(dataset, names)
        told = ", ".join(f"{operand(one)} as k{n}" for n, one in enumerate(columns))
        conditions = [present(one) for one in columns]
        conditions += [in_("only")] if only is not None else []
        conditions += [not_in("without")] if without is not None else []
        given = {"only": only, "without": without}
        beside = {name: frame for name, frame in given.items() if frame is not None}
        source = NUMBERED if beside else "data"
        statement = written(
            f"select distinct {told} from {source} where ",  # noqa: S608 - names are quoted
            joined(" and ", conditions),
        )
        return self.ask(dataset, statement, beside)

    def ask(self, dataset: str, statement: Sql, beside: Mapping[str, Frame] | None = None) -> Frame:
        """The rows that a statement gives over a table, which it calls `data`."""
        return self.engine.gather(self.tables[dataset], statement.sql, statement.parameters, beside)

    def count(self, frame: Frame) -> int:
        """How many rows a frame has."""
        ((found,),) = self.engine.measure(frame, "select count(*) from data", [])
        return int(found)

    def together(self, one: Frame, other: Frame) -> Frame:
        """The numbers in either of two frames, each once."""
        both = f"select {ROW} from data union select {ROW} from other order by {ROW}"  # noqa: S608 - a constant
        return self.engine.gather(one, both, [], {"other": other})

    def nothing(self, dataset: str) -> Frame:
        """No row of a table."""
        return self.where(dataset, Sql("false"))


# ------------------------------------------------------------------ conditions


def meeting(condition: RowCondition, table: Table) -> Sql:
    """The rows that meet a condition."""
    return written("coalesce((", held(condition, table.schema), "), false)")


def not_(condition: Sql) -> Sql:
    """The rows that do not meet a condition."""
    return written("not (", condition, ")")


def not_in(name: str) -> Sql:
    """The rows whose number is not in a frame beside the table."""
    return Sql(f"{ROW} not in (select {ROW} from {quoted(name)})")  # noqa: S608 - names are quoted


def in_(name: str) -> Sql:
    """The rows whose number is in a frame beside the table."""
    return Sql(f"{ROW} in (select {ROW} from {quoted(name)})")  # noqa: S608 - names are quoted


def linked(columns: Sequence[Column]) -> Sql:
    """The rows with a value in all of the columns."""
    return joined(" and ", [present(one) for one in columns])


def standing_in(columns: Sequence[Column], name: str) -> Sql:
    """The rows whose values stand together in a frame of keys beside the table."""
    same = " and ".join(
        f"{quoted(name)}.k{n} = {value_of(one, 'data')}" for n, one in enumerate(columns)
    )
    return Sql(f"exists (select 1 from {quoted(name)} where {same})")  # noqa: S608 - names are quoted


def value_of(column: Column, table: str) -> str:
    """The value of a column of that table, in the form in which it is compared.

    A frame of keys has columns `k0` and `k1`, and the table may have one of that name.
    """
    return operand(column).replace(quoted(column.name), f"{table}.{quoted(column.name)}", 1)


# ------------------------------------------------------------------ hashes


def hashed(columns: Sequence[Column], seed: str) -> Sql:
    """The first 8 bytes of SHA-256 of a seed and the values' text, in hex.

    It is the same in every engine, because the text of a whole number, a date or a text is.
    """
    values = ", ".join(f"coalesce({canonical(one)}, chr(30))" for one in columns)
    return Sql(f"substr(sha256(concat_ws(chr(31), ?, {values})), 1, 16)", (seed,))


def canonical(column: Column) -> str:
    """A value as text, the same one wherever and whenever it is made."""
    name = quoted(column.name)
    return f"cast(epoch_us({name}) as varchar)" if zoned(column) else f"cast({name} as varchar)"


def below(share: float) -> str:
    """The hash from which a value does not belong to that share of all any more."""
    return "g" if share >= 1 else format(int(share * 2**64), "016x")
