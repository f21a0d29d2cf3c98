from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest

from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.types import schema_of
from headgate.environments.rows import Rows
from headgate.ledger.sqlite import open_ledger
from headgate.runs.tools import Tools
from headgate.schema.table import Table
from headgate.store.objects import Objects


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Tools]:
    """The parts of a project whose releases are written by hand."""
    ledger = open_ledger(tmp_path / "state.db")
    yield Tools(
        root=tmp_path,
        ledger=ledger,
        engine=EmbeddedEngine(tmp_path),
        objects=Objects(tmp_path / "store"),
        user="ada",
    )
    ledger.close()


@pytest.fixture(scope="session")
def rows_of(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Mapping[str, pl.DataFrame]], Rows]:
    """Tables in files, from frames."""
    folder = tmp_path_factory.mktemp("tables")
    engine, number = EmbeddedEngine(folder), count()

    def table(name: str, frame: pl.DataFrame) -> Table:
        path: Path = folder / f"{next(number)}.parquet"
        engine.write(frame, path)
        return Table(name, (path,), schema_of(frame), frame.height)

    def make(frames: Mapping[str, pl.DataFrame]) -> Rows:
        return Rows(engine, {name: table(name, frame) for name, frame in frames.items()})

    return make
