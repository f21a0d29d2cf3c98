"""Where questions about a table go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headgate.checks.sql import DATA, Sql
from headgate.checks.typed import Comparable
from headgate.engines.engine import Engine
from headgate.ledger.ledger import Ledger
from headgate.schema.table import Table


@dataclass(frozen=True, slots=True)
class Asked:
    """An engine, a table, and what of the table is asked about: all of it, or some rows.

    `table.rows` are those that are asked about. `beside` are other tables by name. What is
    measured of each part of the table is remembered in `ledger`, if there is one.
    """

    engine: Engine
    table: Table
    relation: Sql = DATA
    beside: Mapping[str, Table] = field(default_factory=dict)
    ledger: Ledger | None = None

    def rows(self, statement: Sql) -> Sequence[tuple[Comparable, ...]]:
        """The rows that a statement gives."""
        return self.engine.measure(self.table, statement.sql, statement.parameters)
