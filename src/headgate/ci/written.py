"""What stands in files, judged before anything is run: the project, its contracts, and its tests."""

from __future__ import annotations

from headgate.checks.check import Severity as CheckSeverity
from headgate.ci.finding import Finding, LeftOutError, Severity, of_error
from headgate.ci.subject import OWN_BASE, Subject
from headgate.errors import DeclarationError
from headgate.project.consumers import Columns
from headgate.project.contracts import read_contracts
from headgate.workspace import job

# ------------------------------------------------------------------ the project reads


def project_reads(subject: Subject) -> list[Finding]:
    """What of the settings, pipelines and suites cannot be understood."""
    found = []
    try:
        names = list(subject.head.project.pipelines)
    except DeclarationError as error:
        return [of_error(error)]
    for name in names:
        try:
            job(subject.head, name)
        except DeclarationError as error:
            found.append(of_error(error))
    return found


def contracts_read(subject: Subject) -> list[Finding]:
    """What of the contracts cannot be understood."""
    try:
        read_contracts(subject.head.tools.root)
    except DeclarationError as error:
        return [of_error(error)]
    return []


# ------------------------------------------------------------------ schemas


def contracts_changed(subject: Subject) -> list[Finding]:
    """What changed in the contracts, whom it breaks, and whether their versions say so."""
    from headgate.project.contract_changes import contract_changes

    columns = _columns_read(subject)
    found = contract_changes(subject.head.tools.root, _base(subject), subject.today, columns)
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
    """What Avro schemas break, by the mode of compatibility that each asks for."""
    from headgate.project.compatibilities import compatibility_findings

    found = compatibility_findings(subject.head.tools.root, _base(subject))
    return [
        Finding(Severity(one.severity), one.what, one.where, dataset=one.dataset) for one in found
    ]


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


def _columns_read(subject: Subject) -> Columns:
    """The columns that steps read, where their code tells all of them."""
    from headgate.project.columns import columns_read

    contracts = read_contracts(subject.head.tools.root)
    pipelines = {step: name for name, one in subject.jobs.items() for step in one.steps}
    return {
        f"{pipelines[step]}.{step}": {
            dataset: sorted(columns) for dataset, columns in reads.items() if columns is not None
        }
        for step, reads in columns_read(subject.head.project, contracts).items()
    }


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
    contracts = read_contracts(subject.head.tools.root)
    return [
        Finding(_SEVERITIES[one.severity], one.what, one.where, one.hint or "", one.dataset)
        for one in static_findings(subject.head.project, contracts)
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
