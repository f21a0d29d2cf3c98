"""A verdict as JUnit XML: a suite for each stage, a case for each thing that it says."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from headgate.ci.finding import Finding, Severity
from headgate.ci.verdict import StageResult, Status, Verdict

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdict: Verdict) -> str:
    """The text of the file. A warning is a case that passed, with the warning as its output."""
    root = ET.Element("testsuites", name=_plain(f"headgate ci {verdict.project}"))
    for stage in verdict.stages:
        _suite(root, stage, verdict)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(stage.seconds for stage in verdict.stages):.3f}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, stage: StageResult, verdict: Verdict) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        name=stage.name,
        timestamp=f"{verdict.at:%Y-%m-%dT%H:%M:%S}",
        hostname="localhost",
        time=f"{stage.seconds:.3f}",
    )
    told = [one for one in stage.findings if one.severity is not Severity.INFO]
    cases = [_case(suite, stage, finding) for finding in told]
    if not told:
        cases = [_whole(suite, stage)]
    elif stage.why:
        cases.append(_whole(suite, stage))
    failed = sum(one.severity is Severity.ERROR for one in told)
    skipped = sum(case.find("skipped") is not None for case in cases)
    counts = {"tests": len(cases), "failures": failed, "errors": 0, "skipped": skipped}
    for name, count in counts.items():
        suite.set(name, str(count))


def _whole(suite: ET.Element, stage: StageResult) -> ET.Element:
    case = ET.SubElement(suite, "testcase", classname=stage.name, name=stage.title)
    case.set("time", f"{stage.seconds:.3f}")
    if stage.status is Status.SKIPPED or stage.why:
        ET.SubElement(case, "skipped", message=_plain(stage.why))
    return case


def _case(suite: ET.Element, stage: StageResult, finding: Finding) -> ET.Element:
    case = ET.SubElement(suite, "testcase", classname=stage.name, name=_plain(finding.what))
    case.set("time", "0.000")
    text = _plain("\n".join(lines(finding)))
    if finding.severity is Severity.ERROR:
        failure = ET.SubElement(case, "failure", message=_plain(finding.what), type=stage.name)
        failure.text = text
    else:
        ET.SubElement(case, "system-out").text = f"warning: {text}"
    return case


def lines(finding: Finding) -> list[str]:
    """What is known of a finding: what, where, what to do, and who reads it."""
    told = [finding.what]
    if finding.where:
        told.append(f"at {finding.where}")
    if finding.hint:
        told.append(finding.hint)
    if finding.consumers:
        told.append(f"read by {', '.join(finding.consumers)}")
    return told


def _plain(text: str) -> str:
    """The text without signs that XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)
