"""What stands in files, judged before anything is run: the project, its contracts, and its tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from headgate.checks.check import Severity as CheckSeverity
from headgate.ci.finding import Finding, LeftOutError, Severity, of_error
from headgate.ci.subject import OWN_BASE, Subject
from headgate.errors import DeclarationError
from headgate.project.consumers import columns_by_step
from headgate.project.contracts import FOLDER, contract_files, lint_file, lint_together
from headgate.workspace.resolve import job

# ------------------------------------------------------------------ the project reads


def project_reads(subject: Subject) -> list[Finding]:
    """What of the contracts, settings, pipelines and suites cannot be understood."""
    found = contracts_read(subject.head.tools.root)
    if any(one.severity is Severity.ERROR for one in found):
        return found  # a project is read with its contracts: it would say the same once more
    try:
        names = list(subject.head.project.pipelines)
    except DeclarationError as error:
        return [*found, of_error(error)]
    for name in names:
        try:
            job(subject.head, name)
        except DeclarationError as error:
            found.append(of_error(error))
    return found


def contracts_read(root: Path) -> list[Finding]:
    """What lint says of the contracts, each finding at its line."""
    files = contract_files(root)
    found = [one for file in files for one in lint_file(file, f"{FOLDER}/{file.name}")]
    found += lint_together(root) if files else ()
    return [
        Finding(Severity(one.level.value), one.what, one.where, one.hint or "") for one in found
    ]


# ------------------------------------------------------------------ schemas


def contracts_changed(subject: Subject) -> list[Finding]:
    """What changed in the contracts, whom it breaks, and whether their versions say so."""
    from headgate.project.contract_changes import contract_changes

    base = _base(subject)
    _require_readable(subject)
    columns = columns_by_step(subject.head.project)
    found = contract_changes(subject.head.tools.root, base, subject.today, columns)
    return [
        Finding(
            Severity(one.severity.value),
            one.what,
            one.where,
            dataset=one.dataset,
            consumers=one.consumers,
        )
        for one in found
    ]


def schemas_compatible(subject: Subject) -> list[Finding]:
    """What schemas break, by the mode of compatibility that each asks for.

    A mode that nobody set adds nothing where the comparison of contracts holds the change back, or
    lets it pass with a warning.
    """
    from headgate.project.compatibilities import compatibility_findings

    root, base = subject.head.tools.root, _base(subject)
    found = compatibility_findings(root, base)
    if any(one.unasked and one.with_last for one in found):
        told = _judged_as_contracts(root, base, subject.today)
        found = [
            one for one in found if not (one.unasked and one.with_last and one.dataset in told)
        ]
    return [
        Finding(
            Severity(one.severity),
            one.sentence,
            one.where,
            one.mode.hint if one.mode else "",
            one.dataset,
        )
        for one in found
    ]


def _judged_as_contracts(root: Path, base: str, today: date) -> set[str]:
    """The datasets of which a change of the contract is an error or a warning already."""
    from headgate.contracts.changes.rules import RULES
    from headgate.project.contract_changes import contract_changes

    found = contract_changes(root, base, today)
    return {one.dataset for one in found if one.rule in RULES and one.severity != "info"}


def _base(subject: Subject) -> str:
    _require_readable(subject)
    if subject.origin.base is None:
        raise LeftOutError("there is no commit to compare with")
    if subject.origin.is_own_base:
        raise LeftOutError(OWN_BASE)
    return subject.origin.base


def _require_readable(subject: Subject) -> None:
    """Raises LeftOutError where the project cannot be read: `lint` says why."""
    assert subject.jobs is not None


# ------------------------------------------------------------------ static analysis


_SEVERITIES = {
    CheckSeverity.ERROR: Severity.ERROR,
    CheckSeverity.WARN: Severity.WARNING,
    CheckSeverity.INFO: Severity.INFO,
}


def columns_fit(subject: Subject) -> list[Finding]:
    """What the text of queries, suites and contracts shows to be wrong with columns."""
    from headgate.project.static import static_findings

    _require_readable(subject)
    return [
        Finding(_SEVERITIES[one.severity], one.what, one.where, one.hint or "", one.dataset)
        for one in static_findings(subject.head.project)
    ]


# ------------------------------------------------------------------ tests of logic


def tests_pass(subject: Subject) -> list[Finding]:
    """The tests of logic that fail or cannot be run, and how many there are."""
    from headgate.testing.logic import run_tests

    _require_readable(subject)
    found = run_tests(subject.head.tools.root)
    if not found:
        return [Finding(Severity.INFO, "there are no tests of logic", hint="tests/*.yml")]
    passed = sum(one.status == "passed" for one in found)
    told = [Finding(Severity.INFO, f"{passed} of {len(found)} tests passed")]
    for one in found:
        if one.status in {"failed", "error"}:
            told.append(Finding(Severity.ERROR, f"test {one.name}", one.where, one.message))
        elif one.status == "skipped":
            told.append(Finding(Severity.INFO, f"test {one.name} is skipped", one.where))
    return told
