"""An environment is remembered as it was made."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.ledger.ledger import Ledger

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)
DEV = Environment("dev", "prod", 3, AT, "ana")
SANDBOX = Environment("play", "prod", 4, AT, "ben", True, AT, {"share": 0.05, "redact": True})


def test_environments_are_found_again_by_name_and_in_order(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        for each in (SANDBOX, DEV):
            environment.record(tx, each)
    with ledger.snapshot() as tx:
        assert environment.environments(tx) == [DEV, SANDBOX]
        assert environment.find(tx, "play") == SANDBOX
        assert environment.find(tx, "prod") is None
    moved = replace(DEV, number=5)
    with ledger.transaction() as tx:
        environment.record(tx, moved)
    with ledger.snapshot() as tx:
        assert environment.find(tx, "dev") == moved
    assert moved.origin == "prod@5"
