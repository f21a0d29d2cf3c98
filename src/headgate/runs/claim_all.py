"""A claim on a whole environment: nothing runs in it while somebody moves its pointers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from headgate.ledger import history
from headgate.ledger.ledger import Ledger, Transaction
from headgate.runs.claim import Claim, claim_waiting


def pipelines_in(tx: Transaction, environment: str) -> list[str]:
    """The pipelines that ran in an environment, or whose datasets it holds, by name."""
    rows = tx.execute("select distinct pipeline from ref where environment = ?", (environment,))
    return sorted({name for (name,) in rows} | set(history.pipelines(tx, environment)))


@contextmanager
def claim_all(
    ledger: Ledger, environment: str, *, run: str, wait_seconds: float = 0.0
) -> Iterator[list[Claim]]:
    """The claims on all pipelines of an environment, after waiting for runs, but no longer than that.

    Raises BusyError while one of them runs.
    """
    until = time.monotonic() + wait_seconds
    with ledger.snapshot() as tx:
        names = pipelines_in(tx, environment)
    with ExitStack() as claims:
        held = []
        for name in names:  # always in one order, so that two never wait for each other
            left = max(0.0, until - time.monotonic())
            work = f"{name}@{environment}"
            held.append(
                claims.enter_context(claim_waiting(ledger, work, run=run, wait_seconds=left))
            )
        yield held
