"""Engines by name: the embedded one, and those that installed packages offer."""

from __future__ import annotations

from pathlib import Path

from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Engine
from headgate.errors import UnknownNameError

_GROUP = "headgate.engines"


def find(name: str = "embedded", root: Path | None = None) -> Engine:
    """The engine of that name, for a project in that folder.

    Other packages add engines with an entry point in the group `headgate.engines`, which names a
    callable that takes the folder. Raises UnknownNameError where there is none of that name.
    """
    if name == EmbeddedEngine.name:
        return EmbeddedEngine(root)
    from importlib.metadata import entry_points

    offered = {entry.name: entry for entry in entry_points(group=_GROUP)}
    if name not in offered:
        raise UnknownNameError.of("engine", name, [EmbeddedEngine.name, *offered])
    engine: Engine = offered[name].load()(root)
    return engine
