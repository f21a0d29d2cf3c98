"""A verdict as JUnit XML: a suite for each stage, a case for each thing that it says."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from headgate.ci.finding import Finding, Severity
from headgate.ci.verdict import StageResult, Verdict

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdict: Verdict) -> str:
    """The text of the file. A warning is a case that passed, told in the output of its suite.

    It keeps to what both schemas in use ask for: that of Apache Ant, and that of Jenkins.
    """
    root = ET.Element("testsuites")
    for number, stage in enumerate(verdict.stages):
        _suite(ET.SubElement(root, "testsuite", id=str(number)), stage, verdict)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(suite: ET.Element, stage: StageResult, verdict: Verdict) -> None:
    ET.SubElement(suite, "properties")
    told = [one for one in stage.findings if one.severity is not Severity.INFO]
    for finding in told:
        _case(suite, stage, finding)
    if not told or stage.why:
        _whole(suite, stage)
    said = [one for one in stage.findings if one.severity is not Severity.ERROR]
    output = "\n".join(f"{one.severity.value}: {'; '.join(lines(one))}" for one in said)
    ET.SubElement(suite, "system-out").text = _plain(output)
    ET.SubElement(suite, "system-err")
    attributes = {
        "package": "headgate",
        "name": stage.name,
        "timestamp": f"{verdict.at:%Y-%m-%dT%H:%M:%S}",
        "hostname": "localhost",
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": "0",
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": f"{stage.seconds:.3f}",
    }
    for name, value in attributes.items():
        suite.set(name, value)


def _whole(suite: ET.Element, stage: StageResult) -> None:
    """The stage as one case."""
    seconds = f"{stage.seconds:.3f}"
    case = ET.SubElement(
        suite, "testcase", classname=f"headgate.{stage.name}", name=stage.title, time=seconds
    )
    if stage.why:
        ET.SubElement(case, "skipped", message=_plain(stage.why))


def _case(suite: ET.Element, stage: StageResult, finding: Finding) -> None:
    name, classname = _plain(finding.what), f"headgate.{stage.name}"
    case = ET.SubElement(suite, "testcase", classname=classname, name=name, time="0.000")
    if finding.severity is Severity.ERROR:
        failure = ET.SubElement(case, "failure", message=name, type=stage.name)
        failure.text = _plain("\n".join(lines(finding)))


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
