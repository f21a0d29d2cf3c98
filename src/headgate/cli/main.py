"""The command `headgate`. A command's module is imported when the command is called.

Exit codes: 0 well; 1 the data is wrong; 2 usage or configuration; 3 crash; 4 late; 130 interrupted;
141 nobody reads the output any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from headgate.cli.commands import COMMANDS
from headgate.cli.lazy import LazyGroup
from headgate.cli.options import global_options, spelled
from headgate.cli.output import Output


class MainGroup(LazyGroup):
    """The outermost group: it turns whatever happens into a message and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        self._main_shell_completion(extra, "headgate", complete_var)
        sys.exit(_run(self, sys.argv[1:] if args is None else args))


# ------------------------------------------------------------------ from any end to an exit code


def _run(group: click.Group, arguments: Sequence[str]) -> int:
    output = Output(os.environ)
    _open_streams()
    try:
        code = _call(group, arguments, output)
        sys.stdout.flush()
    except Exception as failure:  # noqa: BLE001 - the one place where everything ends
        from headgate.cli.ended import ended

        code = ended(failure, arguments, output)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        code = 130
    _close_streams()
    return code


def _open_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, as in `>&-`
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        if hasattr(stream := getattr(sys, name), "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without ✓ is no crash


def _close_streams() -> None:
    # what a reader that went away or a full disk did not take is not complained of again at exit
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _call(group: click.Group, arguments: Sequence[str], output: Output) -> int:
    try:
        with group.make_context("headgate", spelled(arguments), obj=output) as ctx:
            result = group.invoke(ctx)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return result if isinstance(result, int) else 0


# ------------------------------------------------------------------ the command itself


def _version(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"headgate {version('headgate')}")
        ctx.exit()


main = MainGroup(
    table=COMMANDS,
    name="headgate",
    help="Data pipelines whose readers only ever see data that passed its gates.",
    epilog="Options may stand before or after the command. --json=events: one line per run event.",
    no_args_is_help=True,
    params=[
        *global_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_version,
            help="Print the version.",
        ),
    ],
)


def console() -> NoReturn:
    """The command as a process of its own, which ends when its work is done.

    Starting makes many objects and no garbage, so the collector waits longer than it usually
    does. At the end all files are closed, and taking the interpreter apart would only cost time.
    """
    import gc

    gc.set_threshold(100_000, 20, 20)
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 3  # what was said could not be written
    os._exit(code)
