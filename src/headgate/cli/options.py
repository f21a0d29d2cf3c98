"""The options of every command, which may stand anywhere on the line; and no empty text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from headgate.cli.output import Output
from headgate.errors import UsageError

STREAMING = frozenset({"run", "worker"})
"""The commands that take `--json=events`."""


def global_options() -> list[click.Option]:
    """The options that may stand before or after the name of a command."""
    return [
        _option("-C", "directory", metavar="DIR", help="The project. [HEADGATE_DIR]"),
        _option("--env", "environment", metavar="NAME", help="The environment. [HEADGATE_ENV]"),
        _option("--json", "json", flag="document", help="Print one JSON document. [HEADGATE_JSON]"),
        _option("--json-events", "json", flag="events", hidden=True),
        _option(
            "-q",
            "quiet",
            "--quiet",
            count=True,
            help="Print less: of a run, only what is wrong. [HEADGATE_QUIET]",
        ),
        _option("-v", "verbose", "--verbose", count=True, help="Print more. [HEADGATE_VERBOSE]"),
        _option("--no-color", "plain", flag="yes", help="Print no colours. [NO_COLOR]"),
    ]


def _option(name: str, keeps: str, *more: str, flag: str = "", **keywords: Any) -> click.Option:
    if flag:
        keywords |= {"is_flag": True, "flag_value": flag, "default": None}
    # expose_value: commands read the one Output, wherever on the line an option stood
    return click.Option(
        [f"global_{name.strip('-').replace('-', '_')}", name, *more],
        expose_value=False,
        is_eager=True,
        callback=lambda ctx, _option, value: _keep(ctx, keeps, _given(name, value)),
        **keywords,
    )


def _given(name: str, value: Any) -> Any:
    """What was given, which is no empty text.

    `headgate data rollback --release "$RELEASE"` would go back to the last release where the
    variable is not set.
    """
    if value == "" or (isinstance(value, tuple) and "" in value):
        hint = "give it, or leave it out; is a variable of the shell not set?"
        raise UsageError(f"{name} is empty", None, hint)
    return value


def _name(parameter: click.Parameter) -> str:
    option = isinstance(parameter, click.Option)
    return parameter.opts[0] if option else parameter.human_readable_name


def _keep(ctx: click.Context, keeps: str, value: Any) -> None:
    output = ctx.ensure_object(Output)
    match keeps:
        case _ if not value:
            return
        case "verbose":
            output.verbosity += value
        case "quiet":
            output.verbosity -= value
        case "plain":
            output.plain = True
        case "json" if value == "events" and ctx.info_name not in (*STREAMING, "headgate"):
            raise UsageError(
                "--json=events is an option of `headgate run` and `worker` alone", hint="--json"
            )
        case _:
            setattr(output, keeps, value)


def with_global_options(command: click.Command) -> click.Command:
    """The command, taking the global options it does not declare itself.

    It takes empty text for an option alone that is empty where it is not given, as a reason is.
    """
    for parameter in command.params:
        if parameter.callback is None and parameter.default != "":
            parameter.callback = lambda _ctx, of, value: _given(_name(of), value)
    taken = {word for option in command.params for word in option.opts}
    for option in global_options():
        if not taken.intersection(option.opts):
            option.hidden = True
            command.params.append(option)
    if command.epilog is None and not taken.intersection({"-C", "--json"}):
        command.epilog = "Also: -C DIR, --env NAME, --json, -q, -v, --no-color (headgate --help)."
    return command


def spelled(arguments: Sequence[str]) -> list[str]:
    """The words of a line, `--json=FORMAT` among them as click can read it."""
    # click has no flag with an optional value that leaves the next word alone
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    for place, word in enumerate(words[:end]):
        if word in {"--json=events", "--json=document"}:
            words[place] = "--json-events" if word.endswith("events") else "--json"
        elif word.startswith("--json="):
            raise UsageError(f"no such format: {word}", hint="use --json or --json=events")
    return words
