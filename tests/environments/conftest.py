from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.engines.embedded import EmbeddedEngine
from headgate.ledger.sqlite import open_ledger
from headgate.runs.tools import Tools
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
