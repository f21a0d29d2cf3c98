"""The checks that a project declares for its datasets, as they are written."""

from __future__ import annotations

from headgate.checks.check import Check
from headgate.checks.native import read_check
from headgate.pipelines.quality import as_checks
from headgate.project.project import DeclaredPipeline, Project
from headgate.project.suites import suite


def declared_checks(project: Project) -> dict[str, list[Check]]:
    """All checks of each dataset: of its suite, beside it, and of its pipeline's quality.

    Functions that they name are not looked for. Raises DeclarationError for a check or a suite
    that cannot be understood.
    """
    found: dict[str, list[Check]] = {}
    for declared in project.pipelines.values():
        found |= _of(project, declared)
    return found


def _of(project: Project, declared: DeclaredPipeline) -> dict[str, list[Check]]:
    pipeline = declared.pipeline
    places = [declared.place("quality_checks", n) for n in range(len(pipeline.quality_checks))]
    found = {name: list(checks) for name, checks in as_checks(pipeline, places).items()}
    for kind, datasets in (("sources", pipeline.sources), ("steps", pipeline.steps)):
        for name, dataset in datasets.items():
            at = [declared.place(kind, name, "checks", n) for n in range(len(dataset.checks))]
            own = list(map(read_check, dataset.checks, at))
            where = declared.place(kind, name, "expect")
            suited = suite(project.root, dataset.expect, where) if dataset.expect else []
            found[name] = [*suited, *own, *found.get(name, [])]
    return found
