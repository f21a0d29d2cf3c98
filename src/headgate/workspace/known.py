"""What a person names, and whether it is there."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.environments import environment, life
from headgate.environments.life import require_exists
from headgate.errors import DeclarationError, UnknownNameError
from headgate.project.project import Project
from headgate.project.settings import read_settings
from headgate.store import versions
from headgate.workspace.workspace import Workspace


def chosen(project: Project, names: Sequence[str]) -> list[str]:
    """The pipelines of those names; all of them without a name.

    Raises UnknownNameError for a name that is no pipeline, DeclarationError where there is none.
    """
    if not project.pipelines:
        raise DeclarationError(
            "the project has no pipeline", str(project.root), "declare one in pipelines/*.yml"
        )
    for name in names:
        if name not in project.pipelines:
            raise UnknownNameError.of("pipeline", name, project.pipelines)
    return list(dict.fromkeys(names)) or list(project.pipelines)


def known_dataset(workspace: Workspace, name: str) -> None:
    """Raises UnknownNameError for a name that is no dataset, neither recorded nor declared."""
    if name not in datasets(workspace):
        declared = {
            dataset
            for each in workspace.project.pipelines.values()
            for dataset in (*each.pipeline.sources, *each.pipeline.steps)
        }
        if name not in declared:
            raise UnknownNameError.of("dataset", name, declared)


def datasets(workspace: Workspace) -> set[str]:
    """The datasets that have a version."""
    with workspace.tools.ledger.snapshot() as tx:
        return versions.datasets(tx)


def require_environment(workspace: Workspace) -> None:
    """Raises UnknownNameError where the environment to work in is not there.

    The project's own always is; any other one is made on purpose, so that a slip of the pen is none.
    """
    with workspace.tools.ledger.snapshot() as tx:
        require_exists(tx, workspace.environment, workspace.project.settings.environment)


def require_known(workspace: Workspace) -> None:
    """Raises UnknownNameError where the environment is not there, nor has a log of releases.

    It is asked without the project's pipelines, so that a slip in one stands in nobody's way.
    """
    own = read_settings(workspace.tools.root).environment
    with workspace.tools.ledger.snapshot() as tx:
        life.require_known(tx, workspace.environment, own)


def require_whole(workspace: Workspace, what: str) -> None:
    """Raises UsageError where the environment to work in is a sandbox, which cannot do `what`."""
    with workspace.tools.ledger.snapshot() as tx:
        made = environment.find(tx, workspace.environment)
    if made:
        made.require_whole(what)
