"""Groups that import a command when it is called."""

from __future__ import annotations

from typing import Any

import click

from headgate.cli.commands import Table
from headgate.cli.options import with_global_options
from headgate.errors import UsageError, did_you_mean


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
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])


def _load(address: str) -> click.Command:
    from importlib import import_module

    module, _, name = address.partition(":")
    command = getattr(import_module(module), name or "command")
    assert isinstance(command, click.Command)
    return with_global_options(command)
