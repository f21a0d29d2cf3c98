from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.errors import BusyError
from headgate.ledger.ledger import Ledger
from headgate.runs.claim import alive, claim, claim_waiting, holder

HOLD = """
import sys, time
from headgate.errors import BusyError
from headgate.ledger.open import open_ledger
from headgate.runs.claim import claim

ledger = open_ledger(sys.argv[1])
with claim(ledger, "shop@prod", run=sys.argv[2], lease_seconds=float(sys.argv[3])) as held:
    print("held", flush=True)
    sys.stdin.readline()
    try:
        with ledger.transaction(durable=True) as tx:
            held.fence(tx)
            tx.execute("insert into cursor (name, position) values (?, ?)", (held.run, 1))
        print("published", flush=True)
    except BusyError as refused:
        print("refused:", refused.what, flush=True)
"""

TAKE_TURNS = """
import os, sys, time
from pathlib import Path
from headgate.ledger.open import open_ledger
from headgate.runs.claim import claim_waiting

ledger, log = open_ledger(sys.argv[1]), sys.argv[2]
for turn in range(3):
    with claim_waiting(ledger, "shop@prod", run=f"r{os.getpid()}", wait_seconds=60):
        for word in ("in", "out"):
            with open(log, "a") as file:
                file.write(f"{word} {os.getpid()}\\n")
            time.sleep(0.02)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(state: str | Path) -> Iterator[Start]:
    """Starts a process that holds the claim until it is told to publish."""
    with ExitStack() as ended:

        def begin(run: str, lease_seconds: float) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", HOLD, str(state), run, str(lease_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            ended.enter_context(process)
            ended.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            return process

        yield begin


def published(ledger: Ledger) -> list[str]:
    with ledger.snapshot() as tx:
        return [name for (name,) in tx.execute("select name from cursor")]


def test_a_claim_is_held_by_one_and_given_back(ledger: Ledger) -> None:
    with claim(ledger, "shop@prod", run="r1") as first:
        with (
            pytest.raises(BusyError, match=r"shop@prod is held by run r1: process \d+ on ") as busy,
            claim(ledger, "shop@prod", run="r2"),
        ):
            pass
        assert "wait" in (busy.value.hint or "")
        with claim(ledger, "web@prod", run="r3"), ledger.snapshot() as tx:
            assert alive(tx) == {"r1", "r3"}
    with claim(ledger, "shop@prod", run="r2") as second:
        assert second.token == first.token + 1
    with ledger.snapshot() as tx:
        assert alive(tx) == set()
        assert holder(tx, "shop@prod") is None


def test_a_claim_is_given_back_when_its_block_fails(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), claim(ledger, "shop@prod", run="r1"):
        _ = 1 / 0
    with claim(ledger, "shop@prod", run="r2"):
        pass


def test_another_process_is_refused_while_the_holder_lives(ledger: Ledger, start: Start) -> None:
    process = start("r1", 30)
    with (
        pytest.raises(BusyError, match=f"run r1: process {process.pid} on "),
        claim(ledger, "shop@prod", run="r2"),
    ):
        pass
    process.communicate("publish\n")
    assert published(ledger) == ["r1"]


def test_a_killed_holder_gives_way_at_once(ledger: Ledger, start: Start) -> None:
    process = start("r1", 3600)
    process.send_signal(signal.SIGKILL)  # nobody waits for it: it stays as a zombie
    with claim_waiting(ledger, "shop@prod", run="r2", wait_seconds=5) as taken:
        assert taken.token == 2
        with ledger.snapshot() as tx:
            assert alive(tx) == {"r2"}


def test_a_process_that_has_the_number_of_a_dead_one_is_not_taken_for_it(
    ledger: Ledger,
) -> None:
    with claim(ledger, "shop@prod", run="r1"):
        with ledger.transaction() as tx:
            tx.execute("update lease set process = process || '0'")
        with claim(ledger, "shop@prod", run="r2") as taken:
            assert taken.token == 2


def test_a_holder_on_another_machine_is_waited_for_until_its_lease_runs_out(
    ledger: Ledger,
) -> None:
    now = datetime(2015, 7, 31, 12, tzinfo=UTC)
    with claim(ledger, "shop@prod", run="r1", lease_seconds=30, now=lambda: now):
        with ledger.transaction() as tx:
            tx.execute("update lease set place = 'another', process = 'gone'")
        early, late = (now + timedelta(seconds=seconds) for seconds in (29, 31))
        with pytest.raises(BusyError), claim(ledger, "shop@prod", run="r2", now=lambda: early):
            pass
        with claim(ledger, "shop@prod", run="r2", now=lambda: late) as taken:
            assert taken.token == 2


def test_a_lease_is_renewed_while_its_process_works(ledger: Ledger) -> None:
    with claim(ledger, "shop@prod", run="r1", lease_seconds=0.3) as held:
        until = time.monotonic() + 0.9
        while time.monotonic() < until:
            with pytest.raises(BusyError), claim(ledger, "shop@prod", run="r2"):
                pass
            time.sleep(0.05)
        with ledger.transaction() as tx:
            held.fence(tx)
        assert not held.lost


def test_one_that_lost_its_claim_learns_of_it(ledger: Ledger) -> None:
    with claim(ledger, "shop@prod", run="r1", lease_seconds=0.15) as held:
        with ledger.transaction() as tx:
            tx.execute("update lease set owner = 'r2', token = token + 1")
        until = time.monotonic() + 10
        while not held.lost and time.monotonic() < until:
            time.sleep(0.02)
        assert held.lost
        with pytest.raises(BusyError, match="lost shop@prod to run r2"), ledger.transaction() as tx:
            held.fence(tx)
    with ledger.snapshot() as tx:
        found = holder(tx, "shop@prod")
        assert found is not None
        assert found.owner == "r2"


def test_a_sleeper_that_wakes_after_its_lease_cannot_publish(ledger: Ledger, start: Start) -> None:
    process = start("r1", 0.4)
    process.send_signal(signal.SIGSTOP)
    with claim_waiting(ledger, "shop@prod", run="r2", wait_seconds=10) as taken:
        process.send_signal(signal.SIGCONT)
        answer, _ = process.communicate("publish\n", timeout=30)
        assert answer.startswith("refused: this run was out of touch for too long")
        assert "to run r2" in answer
        with ledger.transaction(durable=True) as tx:
            taken.fence(tx)
            tx.execute("insert into cursor (name, position) values ('r2', 1)")
    assert published(ledger) == ["r2"]


def test_waiting_ends_with_the_refusal(ledger: Ledger) -> None:
    with claim(ledger, "shop@prod", run="r1"):
        began = time.monotonic()
        with (
            pytest.raises(BusyError, match="held by run r1"),
            claim_waiting(ledger, "shop@prod", run="r2", wait_seconds=0.3),
        ):
            pass
        assert 0.3 <= time.monotonic() - began < 5


def test_processes_that_wait_take_turns(ledger: Ledger, state: str | Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = [sys.executable, "-c", TAKE_TURNS, str(state), str(log)]
    workers = [subprocess.Popen(script) for _ in range(3)]
    assert [worker.wait(90) for worker in workers] == [0, 0, 0]
    lines = [line.split() for line in log.read_text().splitlines()]
    assert len(lines) == 18
    for entered, left in zip(lines[::2], lines[1::2], strict=True):
        assert (entered[0], left[0]) == ("in", "out")
        assert entered[1] == left[1]
    with ledger.snapshot() as tx:
        assert tx.execute("select token from lease") == [(9,)]
