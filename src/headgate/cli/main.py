"""The command `headgate`. A command's module is imported when the command is called.

Exit codes: 0 well; 1 the data is wrong; 2 usage or configuration; 3 crash; 4 late; 130 interrupted;
141 nobody reads the output any more.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from headgate.cli.output import Output, report
from headgate.errors import HeadgateError, UsageError, did_you_mean

Table = Mapping[str, tuple[str, str]]

COMMANDS: Table = {
    "init": ("headgate.cli.init", "Write a new project, empty or with a working example."),
    "run": ("headgate.cli.run", "Run pipelines through their gates and publish."),
    "validate": ("headgate.cli.validate", "Judge datasets or any file, and publish nothing."),
    "lint": ("headgate.cli.lint", "Look for mistakes in the project, without running it."),
    "test": ("headgate.cli.test", "Run the tests of the steps, on the rows that they give."),
    "plan": ("headgate.cli.plan", "Show what a run would do, and why."),
    "ci": ("headgate.cli.ci", "Judge a change, its code and its data, before it is merged."),
    "deploy": ("headgate.cli.deploy", "Say that a commit now runs in an environment."),
    "worker": ("headgate.cli.worker", "Run what is in the queue, and help other workers."),
    "status": ("headgate.cli.status", "Show what is served, how old it is and what is held back."),
    "show": ("headgate.cli.show", "Show a run, or a dataset at a version."),
    "report": ("headgate.cli.report", "Write what is known of every dataset as one page."),
    "audit": ("headgate.cli.audit", "List what people did, and verify the log of it."),
}
DATA_COMMANDS: Table = {
    "log": ("headgate.cli.data:log", "List the releases of an environment."),
    "diff": ("headgate.cli.diff:diff", "Show how the data of two releases differs."),
    "rollback": ("headgate.cli.data:rollback", "Serve an earlier release again."),
    "checkout": ("headgate.cli.checkout", "Put an earlier release into the working tree."),
    "export": ("headgate.cli.export", "Write a dataset to a CSV or Parquet file."),
    "compact": ("headgate.cli.compact", "Join the small files of what is appended."),
    "gc": ("headgate.cli.gc", "Remove data that nobody needs any more."),
    "tag": ("headgate.cli.marks:tag", "Give a release a name, and keep it."),
    "pin": ("headgate.cli.marks:pin", "Keep a release or a version, whatever its age."),
    "unpin": ("headgate.cli.marks:take_away", "Take a pin away."),
    "push": ("headgate.cli.transfers:push", "Send versions and releases to a remote."),
    "pull": ("headgate.cli.transfers:pull", "Bring versions and releases from a remote."),
    "verify": ("headgate.cli.verify", "Hash all data again, and mend it from a remote."),
    "rows": ("headgate.cli.data:rows", "Show the rows that a gate set aside."),
}
MODEL_COMMANDS: Table = {
    "list": ("headgate.cli.model:list_models", "List the models that were made of releases."),
    "record": ("headgate.cli.model:record", "Say that a model was made of a release."),
}
QUALITY_COMMANDS: Table = {
    "profile": ("headgate.cli.quality:profile", "Show what a dataset or file holds."),
    "suggest": ("headgate.cli.quality:suggest", "Suggest checks, with the evidence for each."),
    "backtest": ("headgate.cli.quality:backtest", "Try checks on past versions of a dataset."),
    "replay": ("headgate.cli.replay", "Judge the rows that are set aside again."),
    "dismiss": ("headgate.cli.dismiss", "Let go of rows that could not be read."),
}
ENV_COMMANDS: Table = {
    "list": ("headgate.cli.environments:list_", "List the environments and what they serve."),
    "create": ("headgate.cli.environments:create", "Begin an environment from a release."),
    "diff": ("headgate.cli.environments:diff", "Show what differs between two environments."),
    "promote": ("headgate.cli.promote:promote_", "Move what one serves to another."),
    "approve": ("headgate.cli.promote:approve_", "Approve a promotion that somebody asked for."),
    "drop": ("headgate.cli.environments:drop", "End an environment."),
    "sandbox": ("headgate.cli.sandbox", "Make an environment with a sample of a release."),
}
CONTRACT_COMMANDS: Table = {
    "check": ("headgate.cli.contract_check", "Judge data by a contract, and publish nothing."),
    "compatibility": ("headgate.cli.contract_compatibility", "Judge how Avro schemas changed."),
    "diff": ("headgate.cli.contract_diff", "Show what changed in a contract, and whom it breaks."),
    "example": ("headgate.cli.contract_example", "Print rows that keep to a contract."),
    "export": ("headgate.cli.contract_export", "Print a contract in another format."),
    "import": ("headgate.cli.contract_import", "Write a contract of what other formats say."),
    "lint": ("headgate.cli.contract_lint", "List what is wrong with contracts."),
    "show": ("headgate.cli.contract_show", "Show what a dataset promises."),
    "sla": ("headgate.cli.contract_sla", "Show the service levels promised, and how they are met."),
}
REMOTE_COMMANDS: Table = {
    "add": ("headgate.cli.remote:add", "Write a remote into headgate.yml."),
    "list": ("headgate.cli.remote:list_", "List the remotes of the project."),
    "remove": ("headgate.cli.remote:remove", "Take a remote out of headgate.yml."),
}
IMPORT_COMMANDS: Table = {
    "dvc": ("headgate.cli.import_dvc", "Make versions of what DVC keeps."),
}
STREAMING = frozenset({"run", "worker"})
"""The commands that take `--json=events`."""


class LazyGroup(click.Group):
    """A group that knows names and one-line helps, and imports a command when it is called.

    `table` maps a name to the address of its command and its help. An address is a module, whose
    command is then named `command`, or `module:name`.
    """

    def __init__(self, *, table: Table, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(dict.fromkeys([*self.table, *self.commands]))  # a loaded one is in both

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in self.table:
            self.commands[cmd_name] = _load(self.table[cmd_name][0])
        return self.commands.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            advice = did_you_mean(args[0], known)
            raise UsageError(f"no command named {args[0]!r}", hint=advice)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        helps = {name: text for name, (_, text) in self.table.items()}
        nested = {
            name: command.get_short_help_str()
            for name, command in self.commands.items()
            if name not in helps
        }
        with formatter.section("Commands"):
            formatter.write_dl(list((helps | nested).items()))


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


def _load(address: str) -> click.Command:
    from importlib import import_module

    module, _, name = address.partition(":")
    command = getattr(import_module(module), name or "command")
    assert isinstance(command, click.Command)
    return with_global_options(command)


# ------------------------------------------------------------------ options of every command


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
        callback=lambda ctx, _option, value: _keep(ctx, keeps, value),
        **keywords,
    )


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
    """The command, taking the global options it does not declare itself."""
    taken = {word for option in command.params for word in option.opts}
    for option in global_options():
        if not taken.intersection(option.opts):
            option.hidden = True
            command.params.append(option)
    if command.epilog is None and not taken.intersection({"-C", "--json"}):
        command.epilog = "Also: -C DIR, --env NAME, --json, -q, -v, --no-color (headgate --help)."
    return command


def _spelled(arguments: Sequence[str]) -> list[str]:
    # click has no flag with an optional value that leaves the next word alone
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    for place, word in enumerate(words[:end]):
        if word in {"--json=events", "--json=document"}:
            words[place] = "--json-events" if word.endswith("events") else "--json"
        elif word.startswith("--json="):
            raise UsageError(f"no such format: {word}", hint="use --json or --json=events")
    return words


# ------------------------------------------------------------------ from any end to an exit code


def _run(group: click.Group, arguments: Sequence[str]) -> int:
    output = Output(os.environ)
    _open_streams()
    try:
        code = _call(group, arguments, output)
        sys.stdout.flush()
    except Exception as failure:  # noqa: BLE001 - the one place where everything ends
        code = _end(failure, arguments, output)
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
        with group.make_context("headgate", _spelled(arguments), obj=output) as ctx:
            result = group.invoke(ctx)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return result if isinstance(result, int) else 0


def _end(failure: Exception, arguments: Sequence[str], output: Output) -> int:
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
main.add_command(
    LazyGroup(
        table=DATA_COMMANDS,
        name="data",
        help="Look at versions, roll back, see rows.",
        no_args_is_help=True,
    )
)
main.add_command(
    LazyGroup(
        table=QUALITY_COMMANDS,
        name="quality",
        help="Look at data, and find checks for it.",
        no_args_is_help=True,
    )
)
main.add_command(
    LazyGroup(
        table=CONTRACT_COMMANDS,
        name="contract",
        help="Look at contracts, compare them, and judge data by them.",
        no_args_is_help=True,
    )
)
main.add_command(
    LazyGroup(
        table=ENV_COMMANDS,
        name="env",
        help="Make environments, and promote from one to another.",
        no_args_is_help=True,
    )
)
main.add_command(
    LazyGroup(
        table=CONTRACT_COMMANDS,
        name="contract",
        help="Check contracts, and data by them.",
        no_args_is_help=True,
    )
)
main.add_command(
    LazyGroup(
        table=MODEL_COMMANDS,
        name="model",
        help="Remember which data a model was made of.",
        no_args_is_help=True,
    )
)
main.add_command(
    LazyGroup(
        table=IMPORT_COMMANDS,
        name="import",
        help="Take over what other tools keep.",
        no_args_is_help=True,
    )
)
_data = main.commands["data"]
assert isinstance(_data, click.Group)
_data.add_command(
    LazyGroup(
        table=REMOTE_COMMANDS,
        name="remote",
        help="Add, list and remove remotes.",
        no_args_is_help=True,
    )
)
for _group in ("data", "quality", "contract", "env", "model", "import"):
    with_global_options(main.commands[_group])
with_global_options(_data.commands["remote"])


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
