"""The groups below `headgate`, each of which knows its commands by their names."""

from __future__ import annotations

from headgate.cli import commands
from headgate.cli.commands import COMMANDS, Table
from headgate.cli.lazy import LazyGroup


def _group(name: str, table: Table, above: Table = COMMANDS) -> LazyGroup:
    """A group that says of itself what the table of the group above says of it."""
    return LazyGroup(table=table, name=name, help=above[name][1], no_args_is_help=True)


data = _group("data", commands.DATA_COMMANDS)
quality = _group("quality", commands.QUALITY_COMMANDS)
contract = _group("contract", commands.CONTRACT_COMMANDS)
env = _group("env", commands.ENV_COMMANDS)
model = _group("model", commands.MODEL_COMMANDS)
import_ = _group("import", commands.IMPORT_COMMANDS)
remote = _group("remote", commands.REMOTE_COMMANDS, commands.DATA_COMMANDS)
