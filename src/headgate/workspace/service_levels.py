"""What contracts promise of the service: its levels, and how often new data is expected."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from headgate.workspace.workspace import Workspace

if TYPE_CHECKING:
    from headgate.contracts.service_levels.cadence import Cadence
    from headgate.contracts.service_levels.service_level import ServiceLevel


def service_levels(workspace: Workspace) -> dict[str, tuple[ServiceLevel, ...]]:
    """What contracts promise of the service, by dataset; datasets without such a promise are none.

    Raises DeclarationError, with file and line, for a promise that cannot be understood.
    """
    if not workspace.contracts:
        return {}
    from headgate.contracts.service_levels.reading import service_levels as levels_of

    found = {name: levels_of(contract) for name, contract in workspace.contracts.items()}
    return {name: levels for name, levels in found.items() if levels}


def cadences(workspace: Workspace, names: Collection[str]) -> dict[str, Cadence]:
    """How often new data is expected of datasets whose contracts say so."""
    own = {name: one for name, one in workspace.project.contracts.items() if name in names}
    if not own:
        return {}
    from headgate.contracts.service_levels.reading import cadence

    return {name: found for name, contract in own.items() if (found := cadence(contract))}
