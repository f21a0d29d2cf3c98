"""What commands that a policy guards say of one that guards nothing."""

from __future__ import annotations

from headgate.cli.output import Output
from headgate.project.policies import environments, strays
from headgate.project.root import FILE
from headgate.project.settings import read_settings
from headgate.workspace.workspace import Workspace


def note_misspelt(output: Output, workspace: Workspace) -> None:
    """Notes each policy that seems to be meant for an environment of nearly its name.

    It is no error: who writes a policy ahead of its environment must not be kept from working.
    """
    if not workspace.settings.environments:
        return
    own = read_settings(workspace.tools.root).environment
    with workspace.tools.ledger.snapshot() as tx:
        known = environments(tx, own)
    for stray in strays(workspace.settings, known):
        if stray.meant:
            output.note(
                f"warning: {FILE} has a policy for {stray.name!r}, which is no environment, and none"
                f" for {stray.meant!r}: did you mean that?"
            )
