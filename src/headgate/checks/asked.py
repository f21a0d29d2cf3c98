"""Where questions about a table go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from headgate.checks.conditions import View
from headgate.checks.functions import Calls
from headgate.checks.released import is_release
from headgate.checks.sql import DATA, Sql, shown_beside
from headgate.checks.typed import Comparable
from headgate.engines.engine import Engine, Frame
from headgate.errors import DeclarationError
from headgate.schema.table import Table

if TYPE_CHECKING:
    from headgate.ledger.ledger import Ledger


class Asked(Struct, frozen=True):
    """An engine, a table, and what of the table is asked about: all of it, or some rows.

    `table.rows` are those that are asked about, which are in `view`. `beside` are other tables by
    name, all of them. What is measured of each part of the table is remembered in `ledger`, if
    there is one. `now` is when the ages of values are told.
    """

    engine: Engine
    table: Table
    relation: Sql = DATA
    beside: Mapping[str, Table | Frame] = {}
    view: View = field(default_factory=View)
    calls: Calls = field(default_factory=Calls)
    ledger: Ledger | None = None
    now: datetime | None = None

    def rows(self, statement: Sql) -> Sequence[tuple[Comparable, ...]]:
        """The rows that a statement gives."""
        return self.rows_of(self.table, statement)

    def rows_of(self, source: Table | Frame, statement: Sql) -> Sequence[tuple[Comparable, ...]]:
        """The rows that a statement gives over the same table in another form."""
        others = self._others(source, statement)
        return self.engine.measure(source, statement.sql, statement.parameters, others)

    def frame_of(self, source: Table | Frame, statement: Sql) -> Frame:
        """The same rows as a frame: there may be as many as the table has."""
        others = self._others(source, statement)
        return self.engine.gather(source, statement.sql, statement.parameters, others)

    def _others(self, source: Table | Frame, statement: Sql) -> dict[str, Table | Frame]:
        return {shown_beside(name): self._shown(name, source) for name in statement.beside}

    def _shown(self, name: str, source: Table | Frame) -> Table | Frame:
        answer = name in self.calls
        return self.calls.answer(self.engine, source, name) if answer else self.other(name)

    def other(self, name: str) -> Table | Frame:
        """Another table. Raises DeclarationError where it is not there."""
        if name not in self.beside:
            kind = "release" if is_release(name) else "dataset"
            raise DeclarationError(f"no {kind} {name!r} to compare the rows with")
        return self.beside[name]
