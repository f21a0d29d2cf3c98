from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headgate.ledger.ledger import Ledger
from headgate.ledger.open import open_ledger
from tests.postgres import Server

State = str | Path
"""Where a ledger is: a file, or an address."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A Postgres server, started when a test first asks for it."""
    server = Server()
    yield server
    server.remove()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def new_state(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], State]:
    """Gives a place for a ledger, a new one at each call; tests with it run on both databases."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        return server.fresh
    return lambda: tmp_path_factory.mktemp("ledger") / "state.db"


@pytest.fixture
def state(new_state: Callable[[], State]) -> State:
    """A place for a ledger, where nothing is yet."""
    return new_state()


@pytest.fixture
def ledger(state: State) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = open_ledger(state)
    yield opened
    opened.close()
