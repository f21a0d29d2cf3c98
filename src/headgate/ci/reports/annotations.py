"""A verdict as GitHub shows it beside the lines of a change: workflow commands, one on a line."""

from __future__ import annotations

from collections.abc import Iterator

from headgate.ci.finding import Finding, Severity
from headgate.ci.verdict import Verdict

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def workflow_commands(verdict: Verdict) -> Iterator[str]:
    """A command for each error and warning, errors first: GitHub shows ten of each kind."""
    for severity in (Severity.ERROR, Severity.WARNING):
        for stage in verdict.stages:
            for finding in stage.findings:
                if finding.severity is severity:
                    yield annotation(finding, stage.name, verdict.origin.folder)
    for stage in verdict.left_out:
        left = Finding(Severity.WARNING, f"left out: {stage.why}")
        yield annotation(left, stage.name)


def annotation(finding: Finding, stage: str, folder: str = "") -> str:
    r"""The command for one finding. GitHub knows files by their path in the repository.

    >>> annotation(Finding(Severity.ERROR, "100% of 3", "a.yml:4"), "run")
    '::error file=a.yml,line=4,title=headgate run::100%25 of 3'
    """
    properties = {"title": f"headgate {stage}"}
    if finding.file:
        place = {"file": f"{folder}{finding.file}"}
        if finding.line:
            place["line"] = str(finding.line)
        properties = place | properties
    told = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in properties.items())
    kind = "error" if finding.severity is Severity.ERROR else "warning"
    more = [finding.what, finding.hint]
    if finding.consumers:
        more.append(f"read by {', '.join(finding.consumers)}")
    message = "\n".join(part for part in more if part)
    return f"::{kind} {told}::{_escaped(message, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(sign, sign) for sign in text)
