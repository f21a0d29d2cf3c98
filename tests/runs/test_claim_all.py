"""Nothing runs in an environment while somebody moves its pointers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from headgate.errors import BusyError
from headgate.ledger import history
from headgate.ledger.ledger import Ledger
from headgate.runs.claim import claim, holder
from headgate.runs.claim_all import claim_all
from tests.environments.hand import publish

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)


@pytest.fixture
def ran(ledger: Ledger) -> Ledger:
    """A state in which `web` ran and published nothing, and `shop` is known by what it published."""
    publish(ledger, "prod", pipeline="shop", clean="c1")
    with ledger.transaction() as tx:
        history.start_run(tx, run="r1", pipeline="web", environment="prod", at=AT)
    return ledger


@pytest.mark.parametrize("pipeline", ["shop", "web"])
def test_all_that_ran_there_and_all_that_it_holds_is_held(ran: Ledger, pipeline: str) -> None:
    one, every = claim(ran, f"{pipeline}@prod", run="r2"), claim_all(ran, "prod", run="r3")
    with one, pytest.raises(BusyError, match="r2"), every:
        pass
    one, every = claim(ran, f"{pipeline}@prod", run="r2"), claim_all(ran, "prod", run="r3")
    with every, pytest.raises(BusyError, match="r3"), one:
        pass
    with claim_all(ran, "dev", run="r4"), claim(ran, f"{pipeline}@prod", run="r2"):
        pass


def test_one_that_waits_gets_it_when_the_run_ends(ran: Ledger) -> None:
    held = claim(ran, "shop@prod", run="r2")
    held.__enter__()
    timer = threading.Timer(0.3, held.__exit__, (None, None, None))
    timer.start()
    with claim_all(ran, "prod", run="r3", wait_seconds=60):
        with ran.snapshot() as tx:
            held_now = holder(tx, "shop@prod")
        assert held_now is not None
        assert held_now.owner == "r3"
    timer.join()
