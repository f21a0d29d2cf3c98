"""A verdict in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.ci.finding import Finding, Severity
from headgate.ci.reports.markdown import moved_most, number
from headgate.ci.verdict import StageResult, Status, Verdict
from headgate.cli.amounts import counted, elapsed
from headgate.cli.colours import Role
from headgate.cli.failures import Line
from headgate.cli.tables import table

MARKS: dict[Status, tuple[str, Role]] = {
    Status.PASSED: ("✓", "good"),
    Status.WARNED: ("!", "warn"),
    Status.FAILED: ("✗", "bad"),
    Status.SKIPPED: ("-", "warn"),
}
LEVELS: dict[Severity, tuple[str, Role]] = {
    Severity.ERROR: ("✗", "bad"),
    Severity.WARNING: ("!", "warn"),
    Severity.INFO: ("·", "dim"),
}
SHOWN = 20
"""Findings of a stage that are shown without -v."""


def stage_lines(stage: StageResult, verbosity: int = 0) -> Iterator[Line]:
    """A stage as it ends: its status, then what it found, the worst first."""
    mark, role = MARKS[stage.status]
    if verbosity < 0 and stage.status is Status.PASSED:
        return
    why = f": left out, {stage.why}" if stage.why else f"  {stage.title}"
    yield ((mark, role), (f" {stage.name}", "head"), (why, ""), (f"  {elapsed(stage.seconds)}", "time"))  # fmt: skip
    told = [one for one in stage.findings if verbosity > 0 or not _is_remark(stage, one)]
    worst_first = sorted(told, key=lambda one: list(LEVELS).index(one.severity))
    shown = worst_first if verbosity > 0 else worst_first[:SHOWN]
    for finding in shown:
        if verbosity >= 0 or finding.severity is not Severity.INFO:
            yield from _finding(finding)
    if len(shown) < len(worst_first):
        more = len(worst_first) - len(shown)
        yield ((f"    and {counted(more, 'finding')} more (-v shows all)", "dim"),)


def _is_remark(stage: StageResult, finding: Finding) -> bool:
    """Whether `headgate lint` shows it with -v alone: mostly a column that no step reads."""
    return stage.name == "static" and finding.severity is Severity.INFO


def _finding(finding: Finding) -> Iterator[Line]:
    mark, role = LEVELS[finding.severity]
    yield ((f"  {mark} ", role), (finding.what, ""))
    if finding.where:
        yield (("    --> ", "place"), (finding.where, ""))
    for line in finding.hint.splitlines():
        yield ((f"    {line}", ""),)
    if finding.consumers:
        yield ((f"    read by {', '.join(finding.consumers)}", ""),)


def data_lines(verdict: Verdict) -> Iterator[Line]:
    """The numbers of the datasets that differ: rows, then the columns that moved most."""
    if not verdict.datasets:
        return
    yield ()
    rows = [
        [each["dataset"], *(each["rows"].get(word) for word in ROWS)] for each in verdict.datasets
    ]
    for text in table(["dataset", *ROWS], rows):
        yield ((text, ""),)
    columns = [
        [f"{each['dataset']}.{name}", *_column(one)]
        for each in verdict.datasets
        for name, one in moved_most(each)
    ]
    if columns:
        yield ()
        for text in table(["column", "changed", "nulls", "sum", "PSI", "JS", "W1"], columns):
            yield ((text, ""),)


ROWS = ("before", "after", "added", "removed", "changed")


def _column(one: Mapping[str, Any]) -> list[str]:
    pairs = [" → ".join(map(number, pair)) if pair else "" for pair in (one["nulls"], one["sums"])]
    shift = [number(one["shift"].get(kind)) for kind in ("psi", "js", "wasserstein")]
    return [number(one["changed"]), *pairs, *shift]


def verdict_lines(verdict: Verdict, *, kept: bool) -> Iterator[Line]:
    """The verdict, what was left out of it, and whether it counts for a deployment."""
    mark, role = MARKS[verdict.status]
    yield ()
    words = {
        Status.PASSED: "passed",
        Status.WARNED: "passed with warnings",
        Status.FAILED: "failed",
    }[verdict.status]
    errors, warnings = (len(verdict.findings(s)) for s in (Severity.ERROR, Severity.WARNING))
    counts = f": {counted(errors, 'error')}, {counted(warnings, 'warning')}"
    left = f"; left out: {', '.join(stage.name for stage in verdict.left_out)}"
    yield (
        (mark, role),
        (f" {words}", role),
        (counts if errors or warnings else "", ""),
        (left if verdict.left_out else "", "warn"),
    )
    if beside := verdict.origin.beside:
        names = ", ".join(beside[:3]) + (f" and {len(beside) - 3} more" if len(beside) > 3 else "")
        yield ((f"  not of a commit: {names}; only a commit can be deployed", "dim"),)
    elif kept and verdict.origin.commit:
        yield ((f"  kept for {verdict.origin.commit[:8]}", "dim"),)
