"""Which checks a dataset has: at its own gate, and at the last one of its pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headgate.checks.check import Check
from headgate.checks.native import read_check
from headgate.pipelines.quality import as_checks
from headgate.project import promised
from headgate.project.project import DeclaredPipeline, Project
from headgate.project.promised import NOTHING, Redacted
from headgate.project.suites import suite


def at_own_gate(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted = NOTHING
) -> tuple[Check, ...]:
    """The checks of a dataset's own gate: of its suite, written beside it, and of its contract.

    The code of functions that they name is not looked for. Raises DeclarationError for a check or a
    suite that cannot be understood.
    """
    promises = promised.at_own_gate(project, declared, name, redacted)
    return (*asked(project, declared, name), *promises)


def asked(project: Project, declared: DeclaredPipeline, name: str) -> tuple[Check, ...]:
    """The checks of a dataset's suite, and those written beside it. Errors as in `at_own_gate`."""
    kind = "sources" if name in declared.pipeline.sources else "steps"
    dataset = declared.pipeline.sources.get(name) or declared.pipeline.steps[name]
    where = declared.place(kind, name, "expect")
    suited = suite(project.root, dataset.expect, where) if dataset.expect else []
    places = [declared.place(kind, name, "checks", n) for n in range(len(dataset.checks))]
    beside = map(read_check, dataset.checks, places)
    return (*suited, *beside)


def at_last_gate(
    project: Project,
    declared: DeclaredPipeline,
    own: Mapping[str, Sequence[Check]],
    redacted: Redacted = NOTHING,
) -> dict[str, tuple[Check, ...]]:
    """The checks before anything is published: the pipeline's quality, and what contracts promise.

    `own` are the checks of the own gates: what is judged there is not judged again.
    """
    pipeline = declared.pipeline
    places = [declared.place("quality_checks", n) for n in range(len(pipeline.quality_checks))]
    found = {name: tuple(checks) for name, checks in as_checks(pipeline, places).items()}
    for name, checks in promised.at_last_gate(project, declared, own, redacted).items():
        found[name] = (*found.get(name, ()), *checks)
    return found


def declared_checks(project: Project) -> dict[str, tuple[Check, ...]]:
    """All checks of each dataset, of both gates. Errors are as in `at_own_gate`."""
    found: dict[str, tuple[Check, ...]] = {}
    for declared in project.pipelines.values():
        names = (*declared.pipeline.sources, *declared.pipeline.steps)
        own = {name: at_own_gate(project, declared, name) for name in names}
        last = at_last_gate(project, declared, own)
        found |= {name: (*checks, *last.get(name, ())) for name, checks in own.items()}
    return found
