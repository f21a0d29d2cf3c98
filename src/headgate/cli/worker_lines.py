"""What a worker says between the lines of its runs."""

from __future__ import annotations

from headgate.cli.amounts import counted, elapsed
from headgate.cli.output import Output
from headgate.ledger.events import (
    Event,
    RequestFinished,
    RequestGivenUp,
    RequestReturned,
    RequestTaken,
    StepComputed,
)


class WorkerLines:
    """A listener that says what becomes of requests, and what was computed for others."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __call__(self, event: Event) -> None:
        if text := _told(event):
            self._output.note(text)


def _told(event: Event) -> str:
    match event:
        case RequestTaken(attempt=attempt):
            again = f", attempt {attempt}" if attempt > 1 else ""
            return f"request {event.request}: {event.pipeline} taken, run {event.run}{again}"
        case RequestReturned():
            return f"request {event.request}: given back, {event.because}"
        case RequestFinished():
            told = f": {event.message}" if event.message else ""
            return f"request {event.request}: {event.pipeline} {event.status}{told}"
        case RequestGivenUp():
            return f"request {event.request}: given up, {event.attempts} workers died of it"
        case StepComputed():
            rows = counted(event.rows, "record")
            took = elapsed(event.seconds)
            return f"run {event.run}: computed {event.dataset} for it, {rows} in {took}"
    return ""
