"""The facts behind the figures are those of the record, in either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from headgate.ledger import history
from headgate.ledger.events import AlertDelivered, AlertRaised, GateJudged, RunStarted
from headgate.ledger.ledger import Ledger, Transaction
from headgate.schema.schema import Schema
from headgate.scorecard.availability import Slice
from headgate.scorecard.facts import Facts
from headgate.scorecard.response import Closure
from headgate.store import publishing, versions
from headgate.store.manifest import Release, Version
from headgate.store.objects import Objects

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(tx: Transaction, hour: int, status: str, pipeline: str = "shop") -> str:
    """A run that began at an hour and ended half an hour later; it was held by a gate, or not."""
    name, at = f"{pipeline}-{hour}", START + hour * HOUR
    history.start_run(tx, run=name, pipeline=pipeline, environment="prod", at=at)
    tx.append(RunStarted(run=name, at=at, pipeline=pipeline, environment="prod"))
    if status == "held":
        gate = GateJudged(
            run=name, at=at + HOUR / 4, gate="sales", dataset="sales", version="v",
            verdict="closed", passed=0, total=1,
        )  # fmt: skip
        tx.append(gate)
    if status == "published":
        version = Version(f"v{hour}", "sales", Schema(()), (), at, name, inputs={"a": f"{hour}"})
        versions.record(tx, version)
        publishing.publish(
            tx, Release("prod", 0, {"sales": version.id}, at + HOUR / 2, name, pipeline)
        )
    history.end_run(tx, name, status, at + HOUR / 2)
    return name


def alert(ledger: Ledger, run: str, hour: float) -> None:
    """An alert of a run's closed gate, which a channel took at an hour."""
    raised = AlertRaised(
        run=run, at=START, cause="gate_judged", severity="error", title="", text=""
    )
    ledger.append(raised)
    with ledger.snapshot() as tx:
        place = history.last_place(tx)
    at = START + hour * HOUR
    ledger.append(AlertDelivered(run=run, at=at, alert=str(place), channel="console"))


def test_runs_gates_and_releases_are_read_as_they_were(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.transaction() as tx:
        run(tx, 0, "published")
        first = run(tx, 2, "held")
        run(tx, 3, "held")
        run(tx, 4, "failed")
        run(tx, 5, "held", "other")
        run(tx, 6, "published")
        run(tx, 9, "held")
    alert(ledger, first, 3)
    now = START + 10 * HOUR
    with ledger.snapshot() as tx:
        facts = Facts(tx, Objects(tmp_path), "prod", "sales", "shop", now)
        assert facts.deliveries == [START + HOUR / 2, START + 6.5 * HOUR]
        assert facts.endings(5 * HOUR) == ["published", "held"]
        assert facts.counts("runs") == [(START + HOUR / 2, 1), (START + 6.5 * HOUR, 1)]
        assert facts.closures == [
            Closure(START + 2 * HOUR, START + 2.25 * HOUR, START + 3 * HOUR, START + 6.5 * HOUR),
            Closure(START + 9 * HOUR, START + 9.25 * HOUR),
        ]
        assert list(facts.slices("", 2 * HOUR)) == [
            Slice(START + HOUR / 2, START + 6.5 * HOUR, START + 2.5 * HOUR),
            Slice(START + 6.5 * HOUR, now, START + 8.5 * HOUR),
        ]
        earlier = Facts(tx, Objects(tmp_path), "prod", "sales", "shop", START + 5 * HOUR)
        assert earlier.deliveries == [START + HOUR / 2], "what is to come is not looked at"
