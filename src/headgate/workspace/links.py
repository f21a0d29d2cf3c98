"""A release, put where the project declares it."""

from __future__ import annotations

from headgate.errors import DeclarationError
from headgate.runs import outputs
from headgate.store.manifest import Release
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace


def link_outputs(workspace: Workspace, release: Release, run: str) -> None:
    """Puts a release where the project declares it, as far as the project can be read."""
    try:
        jobs = [job(workspace, name) for name in workspace.project.pipelines]
    except DeclarationError:
        return  # a slip in the project must not stand in the way of the data
    for each in jobs:
        workspace.tools.ledger.append(*outputs.refresh(each, workspace.tools, release, run))
