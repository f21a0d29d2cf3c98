"""What happened becomes alerts, each once; alerts are delivered until their channels took them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile

from msgspec import Struct

from headgate.errors import BusyError
from headgate.incidents.channels import Channel, NotDeliveredError, Selective
from headgate.incidents.rule import CAUSES, alert_of
from headgate.ledger import cursor, history
from headgate.ledger.events import (
    AlertDelivered,
    AlertFailed,
    AlertRaised,
    Event,
    RunFinished,
    RunStarted,
)
from headgate.ledger.ledger import Ledger, Transaction
from headgate.runs.claim import claim_waiting

RAISED = "alerts.raised"
"""The cursor behind which every event has become an alert, or needs none."""
SETTLED = "alerts.settled"
"""The cursor behind which every alert was taken by every channel."""
READ_AGAIN = 200
"""How many harmless events are rather read again by the next call than marked as read."""
WAIT_SECONDS = 15.0
"""How long to wait for another process that is delivering."""


class Delivered(Struct, frozen=True):
    """What `respond` did: alerts raised now, and deliveries that are still owed."""

    alerts: int
    failed: int


def respond(ledger: Ledger, channels: Sequence[Channel], at: datetime) -> Delivered:
    """Raises the alerts that are due and delivers them, with those that earlier calls could not.

    An alert is raised once for its cause, in the transaction that marks the cause as read. It is
    delivered at least once: a process that dies between delivery and record delivers again.
    """
    alerts = _raise(ledger, at)
    failed = _deliver(ledger, channels, at)
    return Delivered(alerts, failed)


# ------------------------------------------------------------------ raise


def _raise(ledger: Ledger, at: datetime) -> int:
    with ledger.snapshot() as tx:
        causes = _causes(tx)
        if len(causes) < READ_AGAIN and not any(alert_of(event, at) for _, event in causes):
            return 0  # the usual case costs no write
    with ledger.transaction() as tx:
        causes = _causes(tx)
        alerts = [alert for _, event in causes if (alert := _alert(tx, event, at))]
        tx.append(*alerts)
        if causes:
            cursor.advance(tx, RAISED, causes[-1][0])
    return len(alerts)


def _causes(tx: Transaction) -> list[tuple[int, Event]]:
    return history.events(tx, kinds=CAUSES, after=cursor.position(tx, RAISED))


def _alert(tx: Transaction, event: Event, at: datetime) -> AlertRaised | None:
    if alert_of(event, at) is None:
        return None
    return alert_of(event, at, _pipeline(tx, event))


def _pipeline(tx: Transaction, event: Event) -> str:
    if isinstance(event, RunFinished):
        return event.pipeline
    for _, started in history.events(tx, run=event.run, kinds=[RunStarted.kind]):
        if isinstance(started, RunStarted):
            return started.pipeline
    return ""


# ------------------------------------------------------------------ deliver


def _deliver(ledger: Ledger, channels: Sequence[Channel], at: datetime) -> int:
    with ledger.snapshot() as tx:
        alerts, _ = _open_alerts(tx)
    if not alerts:
        return 0
    run = alerts[-1][1].run
    try:
        # one process at a time delivers, so that nobody is told twice
        with claim_waiting(ledger, "alerts", run=run, wait_seconds=WAIT_SECONDS):
            return _deliver_open(ledger, channels, at)
    except BusyError:
        return len(alerts)


def _deliver_open(ledger: Ledger, channels: Sequence[Channel], at: datetime) -> int:
    with ledger.snapshot() as tx:
        alerts, taken = _open_alerts(tx)
    unsettled: set[int] = set()
    failed = 0
    for name, channel in _named(channels):
        owed = [
            (place, alert)
            for place, alert in alerts
            if (place, name) not in taken and _wants(channel, alert)
        ]
        done = set(_hand_over(ledger, (name, channel), owed, at))
        unsettled |= {place for place, _ in owed if place not in done}
        failed += len(owed) - len(done)
    settled = takewhile(lambda place: place not in unsettled, (place for place, _ in alerts))
    if last := max(settled, default=0):
        with ledger.transaction() as tx:
            cursor.advance(tx, SETTLED, last)
    return failed


def _named(channels: Sequence[Channel]) -> list[tuple[str, Channel]]:
    """Each channel under a name of its own, so that one is not told for the other."""
    seen: Counter[str] = Counter()
    found = []
    for channel in channels:
        seen[channel.name] += 1
        count = seen[channel.name]
        found.append((channel.name if count == 1 else f"{channel.name} ({count})", channel))
    return found


def _wants(channel: Channel, alert: AlertRaised) -> bool:
    return not isinstance(channel, Selective) or channel.wants(alert)


def _open_alerts(tx: Transaction) -> tuple[list[tuple[int, AlertRaised]], set[tuple[int, str]]]:
    """Alerts that some channel may still be owed, and who took which."""
    kinds = (AlertRaised.kind, AlertDelivered.kind)
    alerts: list[tuple[int, AlertRaised]] = []
    taken: set[tuple[int, str]] = set()
    for place, event in history.events(tx, kinds=kinds, after=cursor.position(tx, SETTLED)):
        if isinstance(event, AlertRaised):
            alerts.append((place, event))
        elif isinstance(event, AlertDelivered):
            taken.add((int(event.alert), event.channel))
    return alerts, taken


def _hand_over(
    ledger: Ledger,
    named: tuple[str, Channel],
    owed: Iterable[tuple[int, AlertRaised]],
    at: datetime,
) -> Iterator[int]:
    """The places of the alerts that the channel took. Its first refusal ends the attempt."""
    name, channel = named
    for place, alert in owed:
        try:
            channel.deliver(alert)
        except Exception as error:  # noqa: BLE001 - a channel of others may raise anything
            # only texts that promise to hold no secret are kept
            why = str(error) if isinstance(error, NotDeliveredError) else type(error).__name__
            ledger.append(
                AlertFailed(run=alert.run, at=at, alert=str(place), channel=name, error=why)
            )
            return
        ledger.append(AlertDelivered(run=alert.run, at=at, alert=str(place), channel=name))
        yield place
