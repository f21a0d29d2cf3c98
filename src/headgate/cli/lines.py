"""The lines of a run, printed to streams as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from headgate.cli.colours import Role, painter, printable
from headgate.cli.failures import Line
from headgate.cli.story import RUN, Story
from headgate.ledger.events import Event


class PlainLines:
    """A listener that prints the lines of a run as they stand in logs: no times, no redrawing.

    A reader that goes away, or a full disk, ends the printing and not the run.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        *,
        verbosity: int = 0,
        published: Mapping[str, Sequence[str]] | None = None,
        again: str = RUN,
        plain: bool = False,
    ) -> None:
        self.story = Story(
            Printer(out, plain=plain),
            Printer(err, after=out, plain=plain),
            verbosity=verbosity,
            published=published,
            again=again,
        )

    def __call__(self, event: Event) -> None:
        self.story(event)


class Printer:
    """Writes lines to a stream at once, after what another stream still holds back.

    Spans with a role in `without` are left out: times make no log easier to compare.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        after: TextIO | None = None,
        plain: bool = False,
        without: Sequence[Role] = ("time",),
    ) -> None:
        self._stream: TextIO | None = stream
        self._after = after
        self._paint = painter(stream, plain=plain)
        self._without = without

    def __call__(self, line: Line) -> None:
        if self._stream is None:
            return
        spans = [(text, role) for text, role in line if role not in self._without]
        text = "".join(self._paint(printable(text), role) for text, role in spans)
        try:
            if self._after is not None:
                self._after.flush()
            self._stream.write(text.rstrip() + "\n")
            self._stream.flush()
        except OSError:
            self._stream = None
