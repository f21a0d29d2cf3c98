"""An error, told to people and to machines."""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from headgate.cli.colours import Paint, painter, printable
from headgate.cli.output import Output
from headgate.errors import HeadgateError


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
