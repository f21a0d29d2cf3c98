"""A verdict as Markdown: a comment on a pull request, or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.ci.finding import Severity
from headgate.ci.verdict import StageResult, Status, Verdict

MARKER = "<!-- headgate ci -->"
"""The first line, which nobody sees: by it a comment is found again, to be replaced."""
LONGEST = 60_000
"""Characters that a comment may have; GitHub takes 65,536."""
MARKS = {Status.PASSED: "✅", Status.WARNED: "⚠️", Status.FAILED: "❌", Status.SKIPPED: "⏭️"}
WORDS = {
    Status.PASSED: "passed",
    Status.WARNED: "passed with warnings",
    Status.FAILED: "failed",
    Status.SKIPPED: "left out",
}
LEVELS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}
COLUMNS = 12
"""How many columns of a dataset are listed, those that moved most first."""


def markdown(verdict: Verdict) -> str:
    """The text, which begins with the marker."""
    text = "\n".join([MARKER, *_head(verdict), *_found(verdict), *_data(verdict.datasets)]) + "\n"
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition("\n")[0] + "\n\nThe rest is in the report.\n"


def _head(verdict: Verdict) -> Iterator[str]:
    yield f"## {MARKS[verdict.status]} headgate ci: {WORDS[verdict.status]}"
    yield ""
    if verdict.origin.commit:
        base = f" beside `{verdict.origin.base[:8]}`" if verdict.origin.base else ""
        yield f"`{verdict.origin.commit[:8]}`{base}"
        yield ""
    yield "| stage | | seconds | |"
    yield "|---|---|---:|---|"
    for stage in verdict.stages:
        told = f"{MARKS[stage.status]} {WORDS[stage.status]}"
        yield f"| {stage.name} | {told} | {stage.seconds:.1f} | {cell(_short(stage))} |"


def _short(stage: StageResult) -> str:
    """The one line that says most of a stage."""
    if stage.why:
        return stage.why
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        found = [one.what for one in stage.findings if one.severity is severity]
        if found:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            return found[0] + more
    return ""


def _found(verdict: Verdict) -> Iterator[str]:
    told = [one for severity in LEVELS for one in verdict.findings(severity)]
    if not told:
        return
    yield ""
    yield "### Findings"
    yield ""
    for one in told:
        place = f" {code(one.where)}" if one.where else ""
        readers = f" Read by {cell(', '.join(one.consumers))}." if one.consumers else ""
        hint = f" {cell(one.hint)}" if one.hint else ""
        yield f"- {LEVELS[one.severity]} {cell(one.what)}{place}.{hint}{readers}"


def _data(datasets: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not datasets:
        return
    yield ""
    yield "### Data"
    yield ""
    yield "| dataset | rows | added | removed | changed |"
    yield "|---|---:|---:|---:|---:|"
    for each in datasets:
        rows = each["rows"]
        cells = [number(rows.get(word)) for word in ("after", "added", "removed", "changed")]
        yield f"| {cell(each['dataset'])} | {' | '.join(cells)} |"
    for each in datasets:
        yield from _columns(each)


def _columns(each: Mapping[str, Any]) -> Iterator[str]:
    found = each.get("columns") or {}
    if not found:
        return
    yield ""
    yield f"<details><summary>{cell(each['dataset'])}, column by column</summary>"
    yield ""
    yield "| column | changed | nulls | sum | PSI | JS | W1 |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, one in moved_most(each):
        sums = " → ".join(map(number, one["sums"])) if one["sums"] else ""
        shift = [number(one["shift"].get(kind)) for kind in ("psi", "js", "wasserstein")]
        nulls = " → ".join(map(number, one["nulls"]))
        yield f"| {cell(name)} | {number(one['changed'])} | {nulls} | {sums} | {' | '.join(shift)} |"
    if len(found) > COLUMNS:
        yield f"| and {len(found) - COLUMNS} more | | | | | | |"
    yield ""
    yield "</details>"


def moved_most(each: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The columns of a dataset whose distribution moved most, with their numbers."""
    found = (each.get("columns") or {}).items()
    return sorted(found, key=lambda one: -one[1]["shift"].get("psi", 0))[:COLUMNS]


def number(value: float | None) -> str:
    """A number as tables show it.

    >>> number(1017209), number(0.12345), number(None)
    ('1,017,209', '0.123', '')
    """
    if value is None:
        return ""
    if isinstance(value, int) or (abs(value) >= 1000 and value == int(value)):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.3g}"


_MEANT = re.compile(r"([\\`*_\[\]<>|#~@&])")


def cell(text: str) -> str:
    r"""A text as Markdown shows it, so that data writes no markup, and nobody is called.

    >>> cell("a|b <b>")
    'a\\|b \\<b\\>'
    """
    one = " ".join(str(text).split())
    return _MEANT.sub(r"\\\1", one).replace(r"\@", "&#64;").replace(r"\_", "_")


def code(text: str) -> str:
    """A text as code, whatever is in it."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"
