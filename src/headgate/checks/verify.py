"""How much is taken on trust when a table is judged."""

from __future__ import annotations

from enum import StrEnum

from msgspec.structs import replace

from headgate.engines.engine import Engine
from headgate.schema.table import Table


class Verify(StrEnum):
    """What an outcome may rest on."""

    QUICK = "quick"  # statistics, what is remembered of unchanged parts, and what must be read
    FULL = "full"  # every value, read anew


def engine_for(verify: Verify, engine: Engine) -> Engine:
    """The engine to judge with: for a full verification one that takes no shortcut."""
    return engine.exhaustive() if verify is Verify.FULL else engine


def table_for(verify: Verify, engine: Engine, table: Table) -> Table:
    """The table to judge: for a full verification nothing is known of it but its columns.

    Its rows are counted anew then, by the engine that `engine_for` gave.
    """
    if verify is Verify.QUICK:
        return table
    alone = replace(table, statistics={}, unique=(), parts=())
    [(rows,)] = engine.measure(alone, "SELECT coalesce(sum(1), 0) FROM data", ())
    return replace(alone, rows=int(rows))
