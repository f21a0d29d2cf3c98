"""Whatever ends a command early, as what people are told and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

import click

from headgate.cli.errors import report
from headgate.cli.output import Output
from headgate.errors import HeadgateError, UsageError


def ended(failure: Exception, arguments: Sequence[str], output: Output) -> int:
    """The exit code that a failure stands for, when people and machines were told of it."""
    if isinstance(failure, BrokenPipeError):
        return 141
    if isinstance(failure, click.exceptions.Abort):
        click.echo("interrupted", err=True)
        return 130
    if isinstance(failure, click.exceptions.NoArgsIsHelpError):
        failure.show()
        return 2
    if not output.json and any(word.startswith("--json") for word in arguments):
        output.json = "document"  # the line was not read to its end
    if output.verbose and not isinstance(failure, HeadgateError | click.ClickException):
        import traceback

        traceback.print_exception(failure)
    return report(_as_error(failure), output)


def _as_error(failure: Exception) -> HeadgateError:
    match failure:
        case HeadgateError():
            return failure
        case click.ClickException():
            return _usage_error(failure)
        case OSError(strerror=str(reason)) if reason:
            file = f": {failure.filename}" if failure.filename else ""
            return HeadgateError(f"the system refused{file}: {reason}", _place(failure))
        case _:
            text = f"{type(failure).__name__}: {failure}" if str(failure) else repr(failure)
            hint = "this is a fault in headgate: please report it with the traceback that -v shows"
            return HeadgateError(f"unexpected {text}", _place(failure), hint)


def _usage_error(failure: click.ClickException) -> UsageError:
    message = failure.message.rstrip(".")
    if isinstance(failure, click.exceptions.MissingParameter | click.BadParameter):
        message = " ".join(failure.format_message().split()).rstrip(".")  # click lists in lines
    hints = []
    if isinstance(failure, click.NoSuchOption) and failure.possibilities:
        hints.append(f"did you mean {failure.possibilities[0]!r}?")
    if isinstance(failure, click.UsageError) and failure.ctx is not None:
        hints.append(f"{failure.ctx.command_path} --help")
    return UsageError(message[:1].lower() + message[1:], hint="\n".join(hints) or None)


def _place(failure: Exception) -> str | None:
    trace, place = failure.__traceback__, None
    while trace is not None:
        if not (file := trace.tb_frame.f_code.co_filename).startswith("<"):
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
