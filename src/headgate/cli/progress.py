"""A run as a person watches it: the same lines in colour, with times and what goes on now."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headgate.cli.amounts import elapsed
from headgate.cli.colours import Role, printable
from headgate.cli.documents import EventLines
from headgate.cli.lines import PlainLines, Printer
from headgate.cli.output import Output
from headgate.cli.story import RUN, Story
from headgate.ledger.events import Event, RunFinished, RunStarted, StageStarted

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live
    from rich.text import Text

    from headgate.cli.failures import Line
    from headgate.ledger.ledger import Listener

PATIENCE_SECONDS = 0.5
"""How long a stage may take before it is said to be going on."""

Styles = Mapping[Role, str]
STYLES: Styles = {
    "good": "bold green",
    "bad": "bold red",
    "warn": "bold yellow",
    "dim": "dim",
    "time": "dim",
    "head": "bold",
    "place": "bold blue",
}


@contextmanager
def watching(
    output: Output, published: Mapping[str, Sequence[str]] | None = None, again: str = RUN
) -> Iterator[Listener]:
    """The listener for a run that fits the options and the terminal; subscribe it to the ledger.

    With `--json` nothing for people goes to standard output, and only what is wrong to standard
    error. `published` names the datasets of each pipeline that a closed gate holds back, and `again`
    the command to try it with once more.
    """
    if output.json:
        lines = PlainLines(
            sys.stdout,
            sys.stderr,
            verbosity=-1,
            published=published,
            again=again,
            plain=output.plain,
        )
        yield _both(EventLines(sys.stdout), lines) if output.json == "events" else lines
    elif output.live:
        with LiveView(output, published, again) as view:
            yield view
    else:
        yield PlainLines(
            sys.stdout,
            sys.stderr,
            verbosity=output.verbosity,
            published=published,
            again=again,
            plain=output.plain,
        )


def _both(first: Listener, second: Listener) -> Listener:
    def listen(event: Event) -> None:
        first(event)
        second(event)

    return listen


class LiveView:
    """A listener that prints lines in colour, above a line that says what is going on.

    Rich is loaded with the first stage: a run that has nothing to do does not wait for it.
    """

    def __init__(
        self,
        output: Output,
        published: Mapping[str, Sequence[str]] | None = None,
        again: str = RUN,
    ) -> None:
        self._styles = {} if output.plain else STYLES
        self._now = Now(self._styles)
        self._live: Live | None = None
        self._out = Printer(sys.stdout, plain=output.plain, without=())
        self.story = Story(
            self._show,
            Printer(sys.stderr, after=sys.stdout, plain=output.plain, without=()),
            verbosity=output.verbosity,
            published=published,
            again=again,
        )

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.story.show(((_header(event), "dim"),))
        if isinstance(event, StageStarted):
            self._start(event.title)
        if isinstance(event, RunFinished):
            self._stop()
        self.story(event)

    def _start(self, title: str) -> None:
        from rich.console import Console
        from rich.live import Live

        self._now.start(title)
        if self._live is None:
            self._live = Live(
                self._now,
                console=Console(highlight=False, soft_wrap=True),
                refresh_per_second=10,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _stop(self) -> None:
        self._now.title = ""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self, line: Line) -> None:
        if self._live is None:
            self._out(line)
        else:
            self._live.console.print(_text(line, self._styles))


class Now:
    """What is going on, drawn anew ten times a second; nothing at all before it takes long."""

    def __init__(self, styles: Styles) -> None:
        self.title = ""
        self._since = 0.0
        self._styles = styles

    def start(self, title: str) -> None:
        """A stage begins."""
        self.title, self._since = title, time.monotonic()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        seconds = time.monotonic() - self._since
        if self.title and seconds >= PATIENCE_SECONDS:
            sign = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[int(seconds * 10) % 10]
            spans: Line = (
                (f"{sign} ", "place"),
                (self.title, ""),
                (f"  {elapsed(seconds)}", "time"),
            )
            yield _text(spans, self._styles)


def _text(line: Line, styles: Styles) -> Text:
    from rich.text import Text

    return Text.assemble(*((printable(text), styles.get(role, "")) for text, role in line))


def _header(event: RunStarted) -> str:
    code = f" · code {event.code[:7]}{' with changes' if event.dirty else ''}" if event.code else ""
    return f"{event.pipeline} · env {event.environment} · run {event.run}{code}"
