"""Declared pipelines, resolved into the jobs that a run is made of.

A job has what the planner and the gates ask for: code and its fingerprint, types of sources, checks
of every gate, and what the environment says of all of it.
"""

from __future__ import annotations

from functools import partial

from headgate.checks.check import Check
from headgate.environments import environment
from headgate.environments.life import require_exists
from headgate.errors import DeclarationError
from headgate.pipelines.fingerprint import fingerprint
from headgate.pipelines.source import form, source_types
from headgate.project.checks import asked, at_last_gate, at_own_gate
from headgate.project.functions import with_code
from headgate.project.project import DeclaredPipeline, Project
from headgate.project.promised import NOTHING, Redacted, promised_types
from headgate.runs.compared import require_made_before
from headgate.runs.job import Job, SourceJob, StepJob
from headgate.workspace.service_levels import cadences
from headgate.workspace.workspace import Workspace


def job(workspace: Workspace, pipeline: str) -> Job:
    """A pipeline, resolved for a run in the workspace's environment."""
    project = workspace.project
    declared = project.pipelines[pipeline]
    if not declared.steps:
        raise DeclarationError(
            f"pipeline {pipeline!r} has no step, so there is nothing to publish",
            declared.where,
            "declare one under steps:, or with @pipeline.step in Python",
        )
    with workspace.tools.ledger.snapshot() as tx:
        made = environment.find(tx, workspace.environment)
    redacted: Redacted = made.sampled.get("redacted", {}) if made else {}
    sources = {
        name: source_job(project, declared, name, redacted) for name in declared.pipeline.sources
    }
    steps = {}
    for name, code in declared.steps.items():
        step = declared.pipeline.steps[name]
        seen = fingerprint(code, step, project.root)
        checks = _checks(project, declared, name, redacted)
        steps[name] = StepJob(name, step, code, seen, checks)
    own = {name: step.checks for name, step in steps.items()}
    quality = at_last_gate(project, declared, own, redacted)
    linked = workspace.environment == project.settings.environment
    fixed = made.origin if made and made.fixed else ""
    sealed = bool(made and made.sampled)
    found = Job(
        declared.pipeline,
        workspace.environment,
        sources,
        steps,
        quality,
        linked,
        fixed,
        sealed,
        cadences(workspace, {*sources, *steps}),
        partial(require_exists, name=workspace.environment, default=project.settings.environment),
    )
    require_made_before(found)
    return found


def source_job(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted = NOTHING
) -> SourceJob:
    """A source of a pipeline, resolved, where these columns of the environment are redacted."""
    source = declared.pipeline.sources[name]
    where = declared.place("sources", name)
    checks, how = _checks(project, declared, name, redacted), form(source, where)
    # a Parquet file says its types itself: a contract judges them, and bends none
    says_itself = how.kind == "parquet"
    telling = asked(project, declared, name) if says_itself else checks
    types = source_types(source, telling, declared.place("sources", name, "types"))
    if not says_itself:
        types = promised_types(project, name) | types
    return SourceJob(name, source, how, types, checks, where)


def _checks(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted
) -> tuple[Check, ...]:
    """The checks of a dataset's gate, with the code of the functions that they name."""
    found = at_own_gate(project, declared, name, redacted)
    return tuple(with_code(check, project.root) for check in found)
