"""The tables that an environment holds now."""

from __future__ import annotations

from headgate.errors import UnknownNameError
from headgate.project.access import Right, require
from headgate.schema.table import Table
from headgate.store import holdings, refs, versions
from headgate.workspace.known import known_dataset
from headgate.workspace.workspace import Workspace


def held_tables(workspace: Workspace) -> dict[str, Table]:
    """Every dataset of the environment as it is held now."""
    with workspace.tools.ledger.snapshot() as tx:
        held = refs.held(tx, workspace.environment)
        known = {
            name: holdings.find(tx, workspace.environment, name, version)
            for name, version in held.items()
        }
    objects = workspace.tools.objects
    return {name: versions.table(objects, found) for name, found in known.items() if found}


def held_table(workspace: Workspace, name: str) -> Table:
    """A dataset as it is held now.

    Raises UnknownNameError for a name that is no dataset, or of which nothing has been released,
    and AccessError for a person who may not read its rows.
    """
    known_dataset(workspace, name)
    require(workspace.settings, workspace.tools, Right.READ_RAW, workspace.environment)
    tables = held_tables(workspace)
    if name not in tables:
        raise nothing_of(name)
    return tables[name]


def nothing_of(name: str) -> UnknownNameError:
    return UnknownNameError(f"nothing of {name} has been released", None, "headgate run")
