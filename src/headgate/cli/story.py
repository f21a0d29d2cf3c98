"""What a run tells people, one event at a time, as spans with roles.

`Story` decides what is said; `headgate.cli.lines` prints it without a terminal, and
`headgate.cli.progress` with one. A run's steps are its result and go to standard output; why
nothing was published goes to standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from headgate.checks.phrases import set_aside_words, unread_words
from headgate.cli.amounts import counted, elapsed, model_words, size
from headgate.cli.colours import Role
from headgate.cli.failures import Line, Span, closed_gates, failures
from headgate.incidents.rule import alert_of
from headgate.ledger.events import (
    AlertFailed,
    AlertRaised,
    CheckWaived,
    DataCommitted,
    DataNotCommitted,
    DatasetReused,
    Event,
    GateJudged,
    ModelRecorded,
    OutputLinked,
    Promoted,
    ReleasePublished,
    ReleaseUnchanged,
    RunFinished,
    RunStarted,
    SourceIngested,
    StageStarted,
    StepFailed,
    StepFinished,
    TriggerFailed,
    TriggerFinished,
)

RULE = "=" * 60
Say = Callable[[Line], None]
RUN = "headgate run"


class Story:
    """What a run tells people, said to `show` (the result) and `tell` (everything beside it).

    `published` names the datasets of each pipeline that are held back when a gate closes, and
    `again` the command to try it with once more.
    """

    def __init__(
        self,
        show: Say,
        tell: Say,
        *,
        verbosity: int = 0,
        published: Mapping[str, Sequence[str]] | None = None,
        again: str = RUN,
    ) -> None:
        self._again = again
        self._say, self.tell = show, tell
        self.verbosity = verbosity
        self.published = published or {}
        self._spoken = False
        self._begin()

    def _begin(self) -> None:
        self._stages = 0
        self._waiting: GateJudged | None = None
        self._datasets: set[str] = set()  # those of this stage
        self._closed: list[GateJudged] = []
        self._waived: list[CheckWaived] = []
        self._release = ""
        self._alerts: list[AlertRaised] = []

    def __call__(self, event: Event) -> None:
        """Says what the event means, at once; only a gate waits for the next event.

        Then it is known who waived its checks, and whether its stage has more than one dataset.
        """
        if isinstance(event, RunStarted):
            self._begin()
            if event.resumes:
                self.tell(((f"going on from run {event.resumes}, which was interrupted", "dim"),))
        if alert := alert_of(event, event.at):
            self._alerts.append(alert)
        if isinstance(event, GateJudged | SourceIngested | DatasetReused):
            self._datasets.add(event.dataset)
        if not isinstance(event, CheckWaived):
            self._say_waiting()
        for line in self._lines(event):
            self.show(line)
        if isinstance(event, RunFinished):
            self._finish(event)

    def show(self, line: Line) -> None:
        """Says a line of the result, unless the run is quiet."""
        if self.verbosity >= 0:
            self._spoken = True
            self._say(line)

    def _lines(self, event: Event) -> Iterator[Line]:
        match event:
            case StageStarted():
                yield from self._stage(event)
            case GateJudged():
                self._waiting = event
            case CheckWaived():
                self._waived.append(event)
            case StepFinished():
                yield from self._step(event)
            case DatasetReused():
                yield _good(f"Unchanged: {event.dataset} ({counted(event.rows, 'record')})")
                yield from self._because(event.because)
            case StepFailed():
                yield (("✗", "bad"), (" FAILED", "head"), (f"  {event.dataset}", ""))
                if self.verbosity > 0:
                    yield from (((f"    {line}", ""),) for line in event.traceback.splitlines())
            case _:
                yield from self._served(event)

    def _served(self, event: Event) -> Iterator[Line]:
        match event:
            case ReleasePublished():
                yield self._published(event)
            case Promoted():
                self._release = f"{event.environment}@{event.number}"
                yield _good(f"Promoted: {self._release} from {event.origin}", event.seconds)
            case ReleaseUnchanged():
                self._release = f"{event.environment}@{event.number}"
                if self._stages:
                    yield _good(f"Unchanged: {self._release} is served")
            case OutputLinked(moved_aside=aside) if aside:
                yield _mark("!", "warn", f"{event.path}: your own file there is now {aside}")
            case DataCommitted():
                yield _good(f"Committed: {event.commit[:8]} ({counted(len(event.files), 'file')})")
            case DataNotCommitted():
                yield _mark("!", "warn", f"Not committed: {event.reason}")
                yield ((f"    {event.hint}", ""),)
            case _:
                yield from self._after(event)

    def _after(self, event: Event) -> Iterator[Line]:
        match event:
            case TriggerFinished():
                yield _good(f"Triggered: {event.trigger}", event.seconds)
                for problem in event.problems:
                    yield _mark("!", "warn", f"no model is recorded: {problem}")
            case ModelRecorded():
                yield _good(f"Model: {model_words(event.model, event.metrics)}")
            case TriggerFailed():
                tries = counted(event.attempts, "attempt")
                yield _mark("✗", "bad", f"Trigger failed after {tries}: {event.trigger}")
                yield ((f"    {event.error}", ""),)
            case AlertFailed():
                # no secret is in the event: channels leave them out of their errors
                why = f": not delivered to {event.channel}: {event.error}; the next run tries again"
                self.tell((("warning", "warn"), (why, "")))

    def _stage(self, event: StageStarted) -> Iterator[Line]:
        if self._spoken:
            yield ()
        self._stages += 1
        self._datasets = set()
        title = event.title.removesuffix("...")
        yield ((RULE, "dim"),)
        yield ((f"Step {event.number}: {title}...", "head"),)
        yield ((RULE, "dim"),)

    def _step(self, event: StepFinished) -> Iterator[Line]:
        yield _good(f"Processed {counted(event.rows, 'record')}", event.seconds)
        if event.worker:
            yield ((f"  by worker {event.worker}", "dim"),)
        yield from self._because(event.because)
        if event.path:
            files = f" ({counted(event.parts, 'file')})" if event.parts > 1 else ""
            yield _good(f"Saved to: {event.path}{files}")

    def _because(self, reason: str) -> Iterator[Line]:
        if self.verbosity > 0 and reason:
            yield ((f"  because: {reason}", "dim"),)

    def _published(self, event: ReleasePublished) -> Line:
        self._release = f"{event.environment}@{event.number}"
        new = f"{counted(event.new_files, 'new file')}, {size(event.new_bytes)}"
        text = f"Published {self._release} ({new}; {event.reused_files:,} reused)"
        return _good(text, event.seconds)

    # -------------------------------------------------------------- gates

    def _say_waiting(self) -> None:
        if self._waiting is not None:
            event, self._waiting = self._waiting, None
            for line in self._verdict(event, event.dataset if len(self._datasets) > 1 else ""):
                self.show(line)

    def _verdict(self, event: GateJudged, dataset: str) -> Iterator[Line]:
        mark, role, word = VERDICTS.get(event.verdict, VERDICTS["closed"])
        if event.verdict == "warned" and not any(o["status"] == "failed" for o in event.outcomes):
            word = "PASSED"  # for the rows that go on
        tally = f"{event.passed}/{event.total}" if event.total else "no"
        count = f"({tally} expectations)"
        if event.set_aside:
            count += f", {set_aside_words(event.set_aside, event.newly_set_aside)}"
        time = "as before" if event.cached else elapsed(event.seconds)
        named: list[Span] = [(f"  {dataset}", "")] if dataset else []
        yield ((mark, role), (f" {word}", "head"), (f" {count}", ""), *named, (f"  {time}", "time"))
        if event.verdict == "closed":
            self._closed.append(event)
        yield from self._failures(event, self.verbosity)
        if event.unread_earlier:
            yield ((f"  · {unread_words(event.unread_earlier)}", "dim"),)

    def _failures(self, gate: GateJudged, verbosity: int) -> Iterator[Line]:
        waived = [one for one in self._waived if one.dataset == gate.dataset]
        return failures(gate.outcomes, waived, verbosity=verbosity)

    # -------------------------------------------------------------- the end

    def _finish(self, event: RunFinished) -> None:
        match event.status:
            case "published":
                self._close(event, f"{self._release} published", f" in {elapsed(event.seconds)}")
            case "unchanged":
                release = event.serving or self._release
                served = f", {release} is served" if release else ""
                self._close(event, ": nothing changed", served)
            case _:
                self._refuse(event)

    def _close(self, event: RunFinished, what: str, rest: str) -> None:
        subject = event.pipeline + (what if what.startswith(":") else f" {what}")
        if self._spoken:
            self.show(())
        if event.status == "published":
            rest += f" · {counted(len(self._alerts), 'alert')}"
        self.show((("✓ ", "good"), (subject, "good"), (rest, "")))
        if event.status == "published":
            self.show(((f"  details: headgate show {event.run}", "dim"),))

    def _refuse(self, event: RunFinished) -> None:
        # why a run failed is told by the error that ends the command
        if self.verbosity < 0:
            for gate in self._closed:
                for line in self._failures(gate, 0):
                    self.tell(line)
        elif self._spoken:
            self.tell(())
        if event.status == "held" and self._closed:
            names = self.published.get(event.pipeline, ())
            for line in closed_gates(event, self._closed, names, self._alerts, self._again):
                self.tell(line)


VERDICTS: dict[str, tuple[str, Role, str]] = {
    "open": ("✓", "good", "PASSED"),
    "warned": ("!", "warn", "WARNED"),
    "waived": ("!", "warn", "WAIVED"),
    "closed": ("✗", "bad", "FAILED"),
}


def _mark(mark: str, role: Role, text: str) -> Line:
    return ((mark, role), (f" {text}", ""))


def _good(text: str, seconds: float | None = None) -> Line:
    line = _mark("✓", "good", text)
    return line if seconds is None else (*line, (f"  {elapsed(seconds)}", "time"))
