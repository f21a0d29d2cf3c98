"""What the project's pipelines and contracts say of its datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.checks.check import Check
from headgate.runs.job import checks_of_gates
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace

if TYPE_CHECKING:
    from headgate.environments.declared import Declared


def declared_datasets(workspace: Workspace) -> Declared:
    """What pipelines and contracts say of the datasets: keys, references, who may see what."""
    from headgate.environments.declared import declared  # few commands read contracts

    jobs = [job(workspace, name) for name in workspace.project.pipelines]
    return declared(jobs, workspace.project.contracts)


def declared_key(workspace: Workspace, name: str) -> tuple[str, ...]:
    """The columns that the project declares as the key of a dataset; none where it does not."""
    for pipeline in workspace.project.pipelines:
        resolved = job(workspace, pipeline)
        if name in resolved.sources:
            return tuple(resolved.sources[name].source.key)
        if name in resolved.steps:
            return tuple(resolved.steps[name].step.key)
    return ()


def own_checks(workspace: Workspace, name: str) -> tuple[tuple[Check, ...], set[str]]:
    """All checks that the project declares for a dataset, and the sources its pipelines read."""
    checks: list[Check] = []
    sources: set[str] = set()
    for pipeline in workspace.project.pipelines:
        resolved = job(workspace, pipeline)
        declared = checks_of_gates(resolved)
        if name in declared:
            checks += declared[name]
            sources |= set(resolved.sources)
    return tuple(dict.fromkeys(checks)), sources
