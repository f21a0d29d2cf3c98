from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.incidents.channels import NotDeliveredError, Selective
from headgate.incidents.respond import RAISED, READ_AGAIN, Delivered, respond
from headgate.ledger import cursor, history
from headgate.ledger.events import (
    AlertFailed,
    AlertRaised,
    Event,
    GateJudged,
    RunFinished,
    RunStarted,
)
from headgate.ledger.ledger import Ledger
from headgate.ledger.open import open_ledger

NOW = datetime(2026, 11, 19, 9, 2, tzinfo=UTC)


class Mailbox:
    """A channel that takes alerts, or refuses them while it is `broken`."""

    def __init__(self, name: str, broken: Exception | None = None) -> None:
        self.name, self.broken = name, broken
        self.titles: list[str] = []
        self.asked = 0

    def deliver(self, alert: AlertRaised) -> None:
        self.asked += 1
        if self.broken:
            raise self.broken
        self.titles.append(alert.title)


def a_held_run(ledger: Ledger, run: str = "r1") -> None:
    ledger.append(
        RunStarted(run=run, at=NOW, pipeline="rossmann", environment="prod"),
        closed(run),
        RunFinished(run=run, at=NOW, pipeline="rossmann", environment="prod", status="held"),
    )


def closed(run: str, verdict: str = "closed") -> GateJudged:
    return GateJudged(
        run=run,
        at=NOW,
        gate=run,
        dataset=run,
        version="v",
        verdict=verdict,
        passed=12,
        total=13,
    )


def recorded(ledger: Ledger, *kinds: str) -> list[Event]:
    with ledger.snapshot() as tx:
        return [event for _, event in history.events(tx, kinds=kinds)]


def test_a_cause_is_raised_once_and_delivered_once_however_often_it_is_asked(
    ledger: Ledger,
) -> None:
    a_held_run(ledger)
    box = Mailbox("box")
    assert respond(ledger, [box], NOW) == Delivered(1, 0)
    for _ in range(3):
        assert respond(ledger, [box], NOW) == Delivered(0, 0)
    assert box.titles == ["rossmann: gate r1 closed, 1 of 13 expectations failed"]
    assert len(recorded(ledger, "alert_raised")) == 1
    assert len(recorded(ledger, "alert_delivered")) == 1


def test_every_channel_gets_every_alert_in_order(ledger: Ledger) -> None:
    a_held_run(ledger, "r1")
    a_held_run(ledger, "r2")
    boxes = [Mailbox("one"), Mailbox("two")]
    assert respond(ledger, boxes, NOW) == Delivered(2, 0)
    for box in boxes:
        assert [title.split()[2] for title in box.titles] == ["r1", "r2"]


def test_an_alert_that_a_channel_refused_is_tried_again_there_and_nowhere_else(
    ledger: Ledger,
) -> None:
    a_held_run(ledger)
    well, ill = Mailbox("well"), Mailbox("ill", NotDeliveredError("answered HTTP 503"))
    assert respond(ledger, [well, ill], NOW) == Delivered(1, 1)
    (failure,) = recorded(ledger, "alert_failed")
    assert isinstance(failure, AlertFailed)
    assert (failure.channel, failure.error) == ("ill", "answered HTTP 503")

    ill.broken = None
    assert respond(ledger, [well, ill], NOW) == Delivered(0, 0)
    assert len(well.titles) == len(ill.titles) == 1
    assert respond(ledger, [well, ill], NOW) == Delivered(0, 0)
    assert len(well.titles) == len(ill.titles) == 1


def test_a_broken_channel_is_asked_once_a_call_and_owes_all(ledger: Ledger) -> None:
    for run in ("r1", "r2", "r3"):
        a_held_run(ledger, run)
    ill = Mailbox("ill", NotDeliveredError("no answer in time"))
    assert respond(ledger, [ill], NOW) == Delivered(3, 3)
    assert ill.asked == 1
    ill.broken = None
    respond(ledger, [ill], NOW)
    assert len(ill.titles) == 3


def test_the_words_of_an_unexpected_error_are_not_kept(ledger: Ledger) -> None:
    a_held_run(ledger)
    respond(ledger, [Mailbox("ill", ValueError("https://hook/T0PS3CR3T"))], NOW)
    (failure,) = recorded(ledger, "alert_failed")
    assert isinstance(failure, AlertFailed)
    assert failure.error == "ValueError"


def test_a_channel_that_is_added_later_is_not_told_of_what_is_settled(
    ledger: Ledger,
) -> None:
    a_held_run(ledger, "r1")
    respond(ledger, [Mailbox("first")], NOW)
    a_held_run(ledger, "r2")
    late = Mailbox("late")
    respond(ledger, [Mailbox("first"), late], NOW)
    assert [title.split()[2] for title in late.titles] == ["r2"]


def test_a_channel_is_owed_only_what_is_severe_enough_for_it(ledger: Ledger) -> None:
    ledger.append(closed("r1", "warned"), closed("r2"))
    box = Mailbox("box")
    assert respond(ledger, [Selective(box, "error")], NOW) == Delivered(2, 0)
    assert [title.split()[1] for title in box.titles] == ["r2"]
    assert len(recorded(ledger, "alert_delivered")) == 1
    assert respond(ledger, [box], NOW) == Delivered(0, 0)  # the warning is settled


def test_two_channels_of_one_name_are_both_told(ledger: Ledger) -> None:
    a_held_run(ledger)
    well, ill = Mailbox("hook"), Mailbox("hook", NotDeliveredError("down"))
    assert respond(ledger, [well, ill], NOW) == Delivered(1, 1)
    ill.broken = None
    assert respond(ledger, [well, ill], NOW) == Delivered(0, 0)
    assert len(well.titles) == len(ill.titles) == 1


def test_without_a_channel_alerts_are_recorded_all_the_same(ledger: Ledger) -> None:
    a_held_run(ledger)
    assert respond(ledger, [], NOW) == Delivered(1, 0)
    (alert,) = recorded(ledger, "alert_raised")
    assert isinstance(alert, AlertRaised)
    assert alert.pipeline == "rossmann"


def test_a_good_run_costs_no_write_and_is_not_read_for_ever(ledger: Ledger) -> None:
    good = RunFinished(run="r", at=NOW, pipeline="rossmann", environment="prod", status="unchanged")
    ledger.append(good)
    assert respond(ledger, [Mailbox("box")], NOW) == Delivered(0, 0)
    assert position(ledger) == 0
    ledger.append(*[good] * READ_AGAIN)
    assert respond(ledger, [Mailbox("box")], NOW) == Delivered(0, 0)
    assert position(ledger) == READ_AGAIN + 1


def position(ledger: Ledger) -> int:
    with ledger.snapshot() as tx:
        return cursor.position(tx, RAISED)


def test_a_crash_between_delivery_and_record_delivers_again(ledger: Ledger) -> None:
    a_held_run(ledger)

    class Crash(Mailbox):
        def deliver(self, alert: AlertRaised) -> None:
            super().deliver(alert)
            raise KeyboardInterrupt

    crash = Crash("box")
    with pytest.raises(KeyboardInterrupt):
        respond(ledger, [crash], NOW)
    box = Mailbox("box")
    assert respond(ledger, [box], NOW) == Delivered(0, 0)
    assert crash.titles == box.titles
    assert len(recorded(ledger, "alert_raised")) == 1


def test_many_at_once_raise_once_and_deliver_once(ledger: Ledger) -> None:
    for number in range(5):
        a_held_run(ledger, f"r{number}")
    box = Mailbox("box")
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: respond(ledger, [box], NOW), range(4)))
    assert sum(each.alerts for each in told) == 5
    assert len(box.titles) == len(set(box.titles)) == 5


@settings(deadline=None, max_examples=30)
@given(steps=st.lists(st.sampled_from(["open", "warned", "closed", "respond", "break", "mend"])))
def test_whatever_happens_each_cause_ends_as_one_delivery(
    new_state: Callable[[], str | Path], steps: list[str]
) -> None:
    ledger = open_ledger(new_state())
    box = Mailbox("box")
    causes = 0
    for number, step in enumerate(steps):
        match step:
            case "respond":
                respond(ledger, [box], NOW)
            case "break":
                box.broken = NotDeliveredError("down")
            case "mend":
                box.broken = None
            case verdict:
                causes += verdict != "open"
                ledger.append(closed(f"r{number}", verdict))
    box.broken = None
    assert respond(ledger, [box], NOW).failed == 0
    ledger.close()
    assert len(box.titles) == len(set(box.titles)) == causes
