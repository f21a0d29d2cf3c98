"""Steps that several workers could compute: each is claimed, so that one of them does.

A run claims a step only while a worker is alive that could take it. A worker that came later than
the step began leaves the run alone until it hears of it again (see `helping`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from headgate.errors import BusyError
from headgate.ledger import history
from headgate.ledger.events import StepComputed
from headgate.ledger.ledger import Transaction
from headgate.runs.claim import claim, holders, is_free, is_own
from headgate.runs.going import Going
from headgate.runs.job import StepJob, beside
from headgate.runs.plan import reusable, step_fingerprint
from headgate.store.manifest import Version

WORKER = "worker:"
"""How the claim begins that every worker holds while it is alive."""

PATIENCE_SECONDS = 0.02
"""How often a run asks again for a step that somebody computes."""


def step_claim(dataset: str, fingerprint: str) -> str:
    """The name of the claim on computing a step."""
    return f"step:{dataset}:{fingerprint}"


def others(tx: Transaction) -> bool:
    """Whether a worker is alive in another process."""
    return any(not is_own(worker) for worker in holders(tx, WORKER).values())


@contextmanager
def sole(going: Going, dataset: str, wanted: str) -> Iterator[Version | None]:
    """Until the block ends nobody else computes the step of that fingerprint.

    Waits for whoever does; gives the version, where there is one by then.
    """
    ledger = going.tools.ledger
    with ledger.snapshot() as tx:
        going.shared = others(tx)
    if not going.shared:
        yield None
        return
    with ExitStack() as claims:
        while True:
            try:
                claims.enter_context(claim(ledger, step_claim(dataset, wanted), run=going.id))
                break
            except BusyError:
                _wait(going)
        yield None if going.forced else reusable(ledger, going.tools, dataset, wanted)


def next_step(going: Going, left: Sequence[StepJob]) -> StepJob:
    """The step to go on with: the first that can begin and that nobody else computes.

    Where others compute all of those, it is the first that one of them is done with.
    """
    if not going.shared or len(left) == 1:
        return left[0]
    while True:
        for step in _ready(left):
            if _is_to_do(going, step):
                return step
        _wait(going)


def computed_for(going: Going, dataset: str) -> StepComputed | None:
    """What another worker told of a step that it computed for this run."""
    with going.tools.ledger.snapshot() as tx:
        told = history.events(tx, run=going.id, kinds=(StepComputed.kind,))
    found = [event for _, event in told if isinstance(event, StepComputed)]
    return next((event for event in found if event.dataset == dataset), None)


def _ready(left: Sequence[StepJob]) -> Iterator[StepJob]:
    """The steps for which none that is left makes what they read, or what their gates look at."""
    earlier: set[str] = set()
    for step in left:
        if earlier.isdisjoint({*step.code.inputs.values(), *beside(step.checks)}):
            yield step
        earlier.add(step.name)


def _is_to_do(going: Going, step: StepJob) -> bool:
    inputs = {dataset: going.made[dataset].id for dataset in step.code.inputs.values()}
    wanted = step_fingerprint(step, inputs)
    with going.tools.ledger.snapshot() as tx:
        return is_free(tx, step_claim(step.name, wanted))


def _wait(going: Going) -> None:
    """A moment's wait for another worker. Raises BusyError where the run lost its own claim."""
    if going.claim.lost:
        with going.tools.ledger.transaction() as tx:
            going.claim.fence(tx)
    going.tools.check_stop()
    time.sleep(PATIENCE_SECONDS)
