"""The options that say how a file is written, of every command that takes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from headgate.errors import UsageError

if TYPE_CHECKING:
    from headgate.runs.reading import Reading

Command = Callable[..., Any]

_OPTIONS = (
    click.option(
        "--nulls",
        multiple=True,
        metavar="TEXT",
        help="A text that means no value in a CSV file; the empty one always does. Repeatable.",
    ),
    click.option("--delimiter", metavar="SIGN", help="The sign between two fields of a CSV file."),
    click.option(
        "--encoding",
        type=click.Choice(["utf-8", "latin-1"]),
        help="What the bytes of a CSV file stand for. Without it: UTF-8.",
    ),
    click.option(
        "--type",
        "types",
        multiple=True,
        metavar="COLUMN=TYPE",
        help="The type of a column of a CSV or JSON-lines file: string, integer, number, boolean,"
        " date, time or timestamp. Repeatable.",
    ),
)


def with_reading(command: Command) -> Command:
    """The command with these options, which it gets as one `reading`; None where none is given."""

    @wraps(command)
    def called(
        *arguments: Any,
        nulls: tuple[str, ...],
        delimiter: str | None,
        encoding: str | None,
        types: tuple[str, ...],
        **keywords: Any,
    ) -> Any:
        reading = None
        if nulls or delimiter or encoding or types:
            reading = _reading(nulls, delimiter, encoding, types)
        return command(*arguments, reading=reading, **keywords)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called


def as_options(reading: Reading | None) -> list[str]:
    """The options that say it again, to another command."""
    if reading is None:
        return []
    said = [word for text in reading.nulls for word in ("--nulls", text)]
    if reading.delimiter:
        said += ["--delimiter", reading.delimiter]
    if reading.encoding:
        said += ["--encoding", reading.encoding]
    types = (f"{column}={kind.value}" for column, kind in reading.types.items())
    return said + [word for text in types for word in ("--type", text)]


def require_file(reading: Reading | None, subject: str) -> None:
    """Raises UsageError where something is said of how a dataset is written."""
    if reading is not None:
        what = f"{subject} is a dataset, and --nulls, --delimiter, --encoding and --type are"
        raise UsageError(f"{what} for files", hint="leave them out")


def _reading(
    nulls: Sequence[str], delimiter: str | None, encoding: str | None, types: Sequence[str]
) -> Reading:
    # what reads files is imported where something is said of one
    from headgate.runs.reading import Reading
    from headgate.schema.types import logical_type

    sign = "\t" if delimiter == "\\t" else delimiter
    if sign is not None and len(sign) != 1:
        raise UsageError(f"--delimiter: {sign!r} is not one sign", hint='--delimiter ";"')
    kinds = {}
    for text in types:
        column, _, name = text.rpartition("=")
        if not column:
            raise UsageError(f"--type: {text!r} names no column", hint="--type COLUMN=TYPE")
        kinds[column] = logical_type(name, "--type")
    return Reading(tuple(nulls), sign, encoding, kinds)
