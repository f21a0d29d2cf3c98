"""A verdict as GitLab shows it in a merge request: its code quality report."""

from __future__ import annotations

import json
from hashlib import sha256

from headgate.ci.finding import Severity
from headgate.ci.verdict import Verdict

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}
NOWHERE = "headgate.yml"
"""The file of what is about none: GitLab takes nothing without one."""


def code_quality(verdict: Verdict) -> str:
    """The text of the file: one entry for each error and warning."""
    found = []
    seen: dict[str, int] = {}
    for stage in verdict.stages:
        for finding in stage.findings:
            if finding.severity not in _SEVERITIES:
                continue
            # the same on another line is the same finding to whoever compares two reports
            told = "\0".join((stage.name, finding.file, finding.what))
            seen[told] = seen.get(told, 0) + 1
            digest = sha256(f"{told}\0{seen[told]}".encode(errors="replace")).hexdigest()
            found.append(
                {
                    "description": " ".join(part for part in (finding.what, finding.hint) if part),
                    "check_name": f"headgate-{stage.name}",
                    "fingerprint": digest,
                    "severity": _SEVERITIES[finding.severity],
                    "location": {
                        "path": verdict.origin.folder + (finding.file or NOWHERE),
                        "lines": {"begin": finding.line or 1},
                    },
                }
            )
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
