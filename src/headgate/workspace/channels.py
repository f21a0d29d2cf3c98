"""Where the project's alerts go."""

from __future__ import annotations

from pathlib import Path

from headgate.incidents.channels import Channel, make
from headgate.project.project import Project
from headgate.project.settings import AnyChannel, PluginChannel


def alert_channels(project: Project) -> list[Channel]:
    """The channels that the project declares, ready to deliver; the console where it names none."""
    declared = project.settings.channels
    if not declared:
        return [make("console", {}, project.root)]
    return [_channel(entry, project.root) for entry in declared]


def _channel(entry: AnyChannel, root: Path) -> Channel:
    if isinstance(entry, PluginChannel):
        return make(entry.name, {**entry.options, "min_severity": entry.min_severity}, root)
    return make(entry.type, entry.model_dump(exclude={"type"}), root)
