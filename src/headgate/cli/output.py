"""What commands share: the options given, and two streams.

Results go to standard output, everything else to standard error. With `--json` standard output
carries one document and nothing for people; with `--json=events` one line for each event.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import click

from headgate.cli.colours import Role, painter, printable, redraws


class Output:
    """The options every command takes and the way it speaks. Commands get it by `click.pass_obj`.

    `json` is `""`, `"document"` or `"events"`; `verbosity` is below 0 for quiet, above for more.
    """

    __slots__ = ("directory", "environment", "json", "plain", "spoken", "verbosity")

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.directory = environ.get("HEADGATE_DIR") or "."
        self.environment = environ.get("HEADGATE_ENV") or None
        json = environ.get("HEADGATE_JSON", "").lower()
        self.json = "events" if json == "events" else "document" if _yes(json) else ""
        self.verbosity = _level(environ.get("HEADGATE_VERBOSE", ""))
        self.verbosity -= _level(environ.get("HEADGATE_QUIET", ""))
        self.plain = _yes(environ.get("HEADGATE_NO_COLOR", "")) or bool(environ.get("NO_COLOR"))
        self.spoken = False  # a document was given, so that an error does not give a second one

    @property
    def quiet(self) -> bool:
        return self.verbosity < 0

    @property
    def verbose(self) -> bool:
        return self.verbosity > 0

    @property
    def live(self) -> bool:
        """Whether a person watches a terminal that can redraw its lines."""
        return not self.json and not self.quiet and redraws(sys.stdout) and "CI" not in os.environ

    def echo(self, text: str = "") -> None:
        """A line of the result for people."""
        if not self.json:
            click.echo(printable(text), color=True)

    def note(self, text: str) -> None:
        """A line beside the result."""
        if not self.quiet:
            click.echo(printable(text), err=True, color=True)

    def document(self, schema: str, body: Mapping[str, object]) -> None:
        """The result for machines, on one line among events and indented when it stands alone."""
        from headgate.cli.documents import json_document

        self.spoken = True
        click.echo(json_document(schema, body, indent=None if self.json == "events" else 2))

    def paint(self, text: str, role: Role) -> str:
        """The text in the colours of its role where standard output shows colours."""
        return painter(sys.stdout, plain=self.plain)(text, role)


def _yes(value: str) -> bool:
    return value.lower() not in {"", "0", "no", "false", "off"}


def _level(value: str) -> int:
    return int(value) if value.isdecimal() else int(_yes(value))
