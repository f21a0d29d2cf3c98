from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from headgate.engines.engine import Engine, Format, Ingested
from headgate.engines.find import find
from headgate.schema.table import Table
from headgate.schema.types import LogicalType

Read = Callable[..., Ingested]
Hold = Callable[..., Table]


@pytest.fixture(scope="session")
def engine() -> Engine:
    return find("embedded")


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A new path at each call, also inside a property test."""
    folder, number = tmp_path_factory.mktemp("scratch"), count()
    return lambda: folder / f"object{next(number)}"


@pytest.fixture(scope="session")
def read(engine: Engine, scratch: Callable[[], Path]) -> Read:
    """What the engine reads of files with these bytes."""

    def read(
        *contents: bytes,
        types: Mapping[str, LogicalType] | None = None,
        kind: Any = "csv",
        **form: Any,
    ) -> Ingested:
        files = []
        for content in contents:
            files.append(scratch())
            files[-1].write_bytes(content)
        return engine.ingest(files, Format(kind, **form), types or {})

    return read


@pytest.fixture(scope="session")
def hold(engine: Engine, scratch: Callable[[], Path]) -> Hold:
    """A frame as a table that is held."""

    def hold(frame: Any, name: str = "held") -> Table:
        path = scratch()
        written = engine.write(frame, path)
        return Table(name, (path,), written.schema, written.rows, engine.describe(frame))

    return hold
