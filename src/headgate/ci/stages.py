"""The stages of a verdict, in their order. A stage is a name and functions that give findings.

A function takes the subject and gives what it found. LeftOutError says that it cannot be asked,
which is not a pass; any other error of the project is a finding that fails the stage.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

from msgspec import Struct

from headgate.checks.lacking import folded
from headgate.ci.changes import FED, OTHERWISE
from headgate.ci.compared import Compared
from headgate.ci.finding import Finding, LeftOutError, Severity, of_error
from headgate.ci.subject import Subject
from headgate.ci.trial import Ran
from headgate.ci.written import (
    columns_fit,
    contracts_changed,
    project_reads,
    schemas_compatible,
    tests_pass,
)
from headgate.errors import HeadgateError
from headgate.ledger.events import GateJudged
from headgate.pipelines.step import load_function
from headgate.project import git_history

Judge = Callable[[Subject], list[Finding]]


class Stage(Struct, frozen=True):
    """A part of the verdict: what `--only` calls it, and what people read as its heading."""

    name: str
    title: str
    judges: tuple[Judge, ...]


# ------------------------------------------------------------------ what changed


def what_changed(subject: Subject) -> list[Finding]:
    """The steps, sources and gates that are not what they were, and who reads them."""
    found, triggers = subject.changes.found, _triggers_changed(subject)
    if not found and not triggers:
        return [Finding(Severity.INFO, "no step changed, no source and no gate")]
    told = triggers
    for each in found:
        gone = each.kind == "removed" and each.consumers
        told.append(
            Finding(
                Severity.WARNING if gone else Severity.INFO,
                f"{each.dataset}: {each.because}",
                each.where,
                "what reads it has nothing to read any more" if gone else "",
                each.dataset,
                each.consumers,
            )
        )
    return told


def _triggers_changed(subject: Subject) -> list[Finding]:
    """The pipelines that start something else after a release: a trial starts nothing."""
    found = []
    for name, declared in subject.jobs.items():
        before = subject.base_jobs.get(name)
        if before and declared.pipeline.on_publish != before.pipeline.on_publish:
            what = f"{name}: what is started after a release changed, and is not tried"
            found.append(Finding(Severity.INFO, what, hint="headgate ci starts nothing"))
    return found


# ------------------------------------------------------------------ the trial


def trial_runs(subject: Subject) -> list[Finding]:
    """What the gates say of what changed, and of what depends on it."""
    if not subject.changes.found:
        return [Finding(Severity.INFO, "no step changed: nothing to run")]
    tried = subject.trial
    began = f"begun from {tried.began}" if tried.began else "its sources read from their files"
    found = [Finding(Severity.INFO, f"run in {tried.environment}, {began}")]
    if tried.began and subject.wish.begin:
        what = f"run on a sample of {tried.began}: its gates saw a part of the rows"
        found.append(Finding(Severity.WARNING, what))
    found += [Finding(Severity.WARNING, why) for why in tried.left_out.values()]
    found += _sources_not_read(subject)
    for ran in tried.base:
        if not ran.is_well:
            what = f"{ran.pipeline}: the base does not pass its own gates, or fails"
            found.append(Finding(Severity.WARNING, what, hint=_why(subject, ran)))
    for ran in tried.head:
        found += _of_run(subject, ran)
    return found


_NOT_TRIED = {OTHERWISE: "is declared otherwise", FED: "has other files"}


def code_loads(subject: Subject) -> list[Finding]:
    """What of the steps' code cannot be imported, once any Python of the project is edited.

    A line that no step is made of changes no step, and may end the import of all of them.
    """
    root = subject.head.tools.root
    if not git_history.code_differs(root, str(subject.origin.base)):
        return []
    found = []
    for declared in subject.jobs.values():
        for step in declared.steps.values():
            try:
                with redirect_stdout(sys.stderr):
                    if step.code.query is None:
                        load_function(step.code, root)
            except HeadgateError as error:
                found.append(of_error(error))
    return found


def _sources_not_read(subject: Subject) -> Iterator[Finding]:
    """Sources that are declared otherwise, or have other files, which fixed data cannot try."""
    if not subject.trial.began:
        return
    for each in subject.changes.found:
        declared = subject.jobs.get(each.pipeline)
        fixed = declared and each.dataset in declared.sources and each.kind == "changed"
        why = [word for part, word in _NOT_TRIED.items() if part in each.because]
        if fixed and why:
            what = f"{each.dataset} {' and '.join(why)}, and its files were not read anew"
            hint = f"its data is fixed at {subject.trial.began}; the next run reads them"
            yield Finding(Severity.WARNING, what, each.where, hint, each.dataset)


def _of_run(subject: Subject, ran: Ran) -> Iterator[Finding]:
    made = f"computed {', '.join(ran.computed)}" if ran.computed else "computed nothing"
    yield Finding(Severity.INFO, f"{ran.pipeline}: {made}; reused {len(ran.reused)}")
    for event in ran.events:
        if isinstance(event, GateJudged):
            yield from _of_gate(subject, event)
    if ran.error is not None and subject.is_readable:
        yield of_error(ran.error)
    elif ran.error is not None:
        yield Finding(Severity.ERROR, _why(subject, ran), ran.error.where or "")


SEVERITIES = {"error": Severity.ERROR, "warn": Severity.WARNING, "info": Severity.INFO}


def _of_gate(subject: Subject, event: GateJudged) -> Iterator[Finding]:
    consumers = subject.consumers_of(event.dataset)
    for outcome in folded(event.outcomes):
        if outcome["status"] == "passed":
            continue
        severity = SEVERITIES[str(outcome["severity"])]
        if outcome["status"] == "error":
            severity = Severity.ERROR
        elif outcome["status"] == "quarantined":
            severity = Severity.WARNING
        yield Finding(
            severity,
            f"{event.dataset}: {_said(outcome, values=subject.is_readable)}",
            str(outcome["where"]),
            str(outcome["message"]) if outcome["status"] == "error" and subject.is_readable else "",
            event.dataset,
            consumers,
        )


def _said(outcome: Mapping[str, Any], *, values: bool) -> str:
    """What of a check did not hold: numbers alone, since a report leaves the project."""
    name = str(outcome.get("description") or outcome.get("kind") or outcome.get("check"))
    if outcome["status"] == "error":
        return f"{name}: could not be judged"
    if (unexpected := outcome.get("unexpected")) is not None:
        elements = outcome.get("elements")
        count = f"{unexpected:,} of {elements:,} rows" if elements else f"{unexpected:,} rows"
        return f"{name}: {count}{' set aside' if outcome['status'] == 'quarantined' else ''}"
    observed = outcome.get("observed")
    measured = values and isinstance(observed, int | float) and not isinstance(observed, bool)
    return f"{name}: observed {observed:g}" if measured else f"{name}: does not hold"


def _why(subject: Subject, ran: Ran) -> str:
    if ran.error is not None and not subject.is_readable:  # what code says may quote a row
        return f"{ran.pipeline} failed; what it says is not shown to who may not read rows"
    if ran.error is not None:
        return str(ran.error.what)
    closed = [e.dataset for e in ran.events if isinstance(e, GateJudged) and e.verdict == "closed"]
    return f"gate {', '.join(closed)} closed" if closed else ran.ending


# ------------------------------------------------------------------ the data


def data_differs(subject: Subject) -> list[Finding]:
    """How what was made differs from what the base makes."""
    if not subject.changes.found:
        return [Finding(Severity.INFO, "nothing was made, so nothing differs")]
    if bad := [ran for ran in subject.trial.head if not ran.is_well]:
        raise LeftOutError(f"{bad[0].pipeline} made nothing to compare: {_why(subject, bad[0])}")
    if bad := [ran for ran in subject.trial.base if not ran.is_well and not subject.trial.began]:
        raise LeftOutError(f"the base made nothing to compare with: {_why(subject, bad[0])}")
    found = [finding for each in subject.compared for finding in _of_dataset(subject, each)]
    return found or [Finding(Severity.INFO, "no dataset differs")]


def _of_dataset(subject: Subject, each: Compared) -> Iterator[Finding]:
    consumers = subject.consumers_of(each.dataset)
    yield Finding(
        Severity.INFO,
        f"{each.dataset}: {in_words(each)}",
        dataset=each.dataset,
        consumers=consumers,
    )
    for column in each.columns:
        if column.is_clear:
            measure, distance = column.effect
            what = (
                f"{each.dataset}.{column.name}: its distribution moved,"
                f" PSI {column.shift['psi']:.2f}, {measure} {distance:.2f}"
            )
            yield Finding(Severity.WARNING, what, dataset=each.dataset, consumers=consumers)
    lost = [column.name for column in each.move.schema.removed]
    if lost and consumers:
        what = f"{each.dataset}: no column {', '.join(lost)} any more"
        yield Finding(Severity.WARNING, what, dataset=each.dataset, consumers=consumers)


def in_words(each: Compared) -> str:
    """How many rows of a dataset came, went and changed."""
    if each.found is None:
        there = each.move.after or each.move.before
        assert there is not None
        return f"{'new' if each.move.before is None else 'gone'}, {there.rows:,} rows"
    counts = [f"{each.found.added:,} rows added", f"{each.found.removed:,} removed"]
    if each.found.key:
        counts.append(f"{each.found.changed:,} changed")
    return f"{', '.join(counts)}, of {each.rows[1]:,}{_columns_in_words(each)}"


def _columns_in_words(each: Compared) -> str:
    """Which columns came, went and became of another type; empty where none did."""
    schema = each.move.schema
    came, went = ([column.name for column in some] for some in (schema.added, schema.removed))
    named = {"new": came, "gone": went, "of another type": [old.name for old, _ in schema.retyped]}
    return "".join(f"; {word}: {', '.join(names)}" for word, names in named.items() if names)


STAGES = (
    Stage("lint", "the project and its contracts read", (project_reads,)),
    Stage("schemas", "what contracts and schemas change", (contracts_changed, schemas_compatible)),
    Stage("static", "columns, by the text of the project", (columns_fit,)),
    Stage("tests", "tests of logic, on fixed rows", (tests_pass,)),
    Stage("plan", "what changed", (what_changed,)),
    Stage("run", "changed steps, and what depends on them", (trial_runs, code_loads)),
    Stage("data", "the data beside that of the base", (data_differs,)),
)
"""All stages, in their order."""
