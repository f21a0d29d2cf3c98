"""What commands share: the options given, two streams, and how results and errors read.

Results go to standard output, everything else to standard error. With `--json` standard output
carries one document and nothing for people; with `--json=events` one line for each event.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TextIO

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.ledger.events import Event

Role = Literal["", "good", "bad", "warn", "dim", "head", "place", "time"]
Paint = Callable[[str, Role], str]

COLOURS: dict[Role, dict[str, Any]] = {
    "good": {"fg": "green", "bold": True},
    "bad": {"fg": "red", "bold": True},
    "warn": {"fg": "yellow", "bold": True},
    "dim": {"dim": True},
    "time": {"dim": True},
    "head": {"bold": True},
    "place": {"fg": "blue", "bold": True},
}
EXIT_CODES = {"published": 0, "unchanged": 0, "held": 1, "failed": 3, "interrupted": 130}
"""The exit code of a command for each status a run can end with."""


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
        self.spoken = True
        click.echo(json_document(schema, body, indent=None if self.json == "events" else 2))

    def paint(self, text: str, role: Role) -> str:
        """The text in the colours of its role where standard output shows colours."""
        return painter(sys.stdout, plain=self.plain)(text, role)


def _yes(value: str) -> bool:
    return value.lower() not in {"", "0", "no", "false", "off"}


def _level(value: str) -> int:
    return int(value) if value.isdecimal() else int(_yes(value))


# ------------------------------------------------------------------ colours


def redraws(stream: TextIO) -> bool:
    """Whether the stream is a terminal that understands more than lines."""
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


def painter(stream: TextIO, *, plain: bool = False) -> Paint:
    """A function that colours text by its role, or leaves it where the stream has no colours."""
    if plain or os.environ.get("NO_COLOR") or not redraws(stream):
        return lambda text, _role: text
    return lambda text, role: click.style(text, **COLOURS[role]) if role else text


def printable(text: str) -> str:
    r"""The text with control characters spelt out, so that data cannot steer a terminal.

    Line breaks, tabs and our own colours stay.

    >>> printable("Sales = 1" + chr(7))
    'Sales = 1\\x07'
    """
    if text.isprintable():
        return text
    return "".join(_spelt(part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    import re

    # colours are the only escape sequences that we write ourselves
    return (match.group() for match in re.finditer(r"\x1b\[[0-9;]*m|.", text, re.DOTALL))


def _spelt(part: str) -> str:
    if part.isprintable() or part in "\n\t" or len(part) > 1:
        return part
    return repr(part)[1:-1]


# ------------------------------------------------------------------ errors


def error_lines(error: HeadgateError, paint: Paint) -> list[str]:
    """An error as people read it: what, where, what to do."""
    lines = [f"{paint('error', 'bad')}: {paint(printable(str(error.what)), 'head')}"]
    if error.where:
        lines.append(f"  {paint('-->', 'place')} {printable(error.where)}")
    if error.hint:
        first, *more = printable(error.hint).splitlines()
        lines.append(f"  {paint('help', 'good')}: {first}")
        lines.extend(f"        {line}" for line in more)
    return lines


def error_document(error: HeadgateError) -> dict[str, object]:
    """An error as machines read it, the body of `headgate.error/1`."""
    return {
        "code": error.code,
        "what": error.what,
        "where": error.where,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def report(error: HeadgateError, output: Output) -> int:
    """Tells people and machines of the error and gives the exit code it stands for."""
    if output.json and not output.spoken:
        output.document("headgate.error/1", error_document(error))
    with suppress(OSError):
        sys.stdout.flush()  # so that the error stands below the lines that led to it
    for line in error_lines(error, painter(sys.stderr, plain=output.plain)):
        click.echo(line, err=True, color=True)
    return error.exit_code


# ------------------------------------------------------------------ documents


def json_document(schema: str, body: Mapping[str, object], *, indent: int | None = 2) -> str:
    """One JSON document that names its schema, such as `headgate.status/1`.

    >>> json_document("headgate.status/1", {"release": "prod@1"}, indent=None)
    '{"schema": "headgate.status/1", "release": "prod@1"}'
    """
    import json

    content = _json({"schema": schema, **body})
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=indent)


def _json(value: object) -> object:
    # numbers that JSON cannot hold become null, anything else that it cannot hold becomes text
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value.encode("utf-8", "replace").decode() if not value.isprintable() else value
        case Mapping():
            return {str(key): _json(entry) for key, entry in value.items()}
        case Sequence() | set() | frozenset():
            return [_json(entry) for entry in value]
        case _:
            return str(value)


class EventLines:
    """A listener that writes each event as a line of JSON, at once.

    A reader that goes away, or a full disk, ends the writing and not the run.
    """

    def __init__(self, out: TextIO) -> None:
        self._out: TextIO | None = out

    def __call__(self, event: Event) -> None:
        import json

        if self._out is None:
            return
        line = json.dumps(_json(event.as_json()), ensure_ascii=False, allow_nan=False)
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except OSError:
            self._out = None


# ------------------------------------------------------------------ words for numbers


def size(count: int) -> str:
    """Bytes in the unit people would use.

    >>> size(41_200_000), size(999), size(1)
    ('41.2 MB', '999 bytes', '1 byte')
    """
    if count < 1000:
        return counted(count, "byte")
    value, units = count / 1000, iter(("kB", "MB", "GB", "TB"))
    unit = next(units)
    while round(value, 1) >= 1000 and (larger := next(units, None)):
        value, unit = value / 1000, larger
    return f"{value:,.1f} {unit}"


def elapsed(seconds: float) -> str:
    """A duration with the precision it deserves.

    >>> elapsed(0.0612), elapsed(1.44), elapsed(125)
    ('0.06 s', '1.4 s', '2 min 5 s')
    """
    if seconds < 1:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def age(seconds: float) -> str:
    """How long something has been, in its largest unit; say `ago` or `old` after it.

    >>> age(11_000), age(70), age(3)
    ('3 hours', '1 minute', '3 seconds')
    """
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return counted(max(0, int(seconds)), "second")


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "file"), counted(1_017_209, "row")
    ('1 file', '1,017,209 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a plain table: numbers to the right, no rules, nothing trailing.

    >>> table(["dataset", "rows"], [["train_clean", 1_017_209], ["store", 1_115]])
    ['dataset           rows', 'train_clean  1,017,209', 'store            1,115']
    """
    return _lined_up(header, rows, [[_cell(value) for value in row] for row in rows])


def data_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The lines of a table of data, whose whole numbers may be years or names: no separators.

    >>> data_table(["id", "year"], [["a", 2013], ["b", None]])
    ['id  year', 'a   2013', 'b']
    """
    return _lined_up(header, rows, [[_plain(value) for value in row] for row in rows])


def _lined_up(
    header: Sequence[str], rows: Sequence[Sequence[object]], shown: Sequence[Sequence[str]]
) -> list[str]:
    cells = [list(header), *shown]
    widths = [max(_width(row[place]) for row in cells) for place in range(len(header))]
    right = [
        bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(header))
    ]
    return [
        "  ".join(
            " " * (width - _width(text)) + text if to_right else text + " " * (width - _width(text))
            for text, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | None) and not isinstance(value, bool)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return _plain(value)


def _plain(value: object) -> str:
    return "" if value is None else printable(str(value)).replace("\n", "\\n").replace("\t", "\\t")


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )
