"""Tables for tests: written by the engine that the product uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table

if TYPE_CHECKING:
    import polars as pl

MakeTable = Callable[..., Table]


@pytest.fixture(scope="session")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine()


@pytest.fixture
def make(engine: EmbeddedEngine, tmp_path: Path) -> MakeTable:
    """A function that writes a frame and gives it as a table with its statistics."""
    written = iter(range(10_000))

    def table(frame: pl.DataFrame, name: str = "sales") -> Table:
        path = tmp_path / f"{name}-{next(written)}.parquet"
        wrote = engine.write(frame, path)
        return Table(name, (path,), wrote.schema, wrote.rows, wrote.statistics)

    return table


def unknown(table: Table) -> Table:
    """The same table, of whose values nothing is known without a read."""
    return replace(table, statistics={})
