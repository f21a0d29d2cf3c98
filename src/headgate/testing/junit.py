"""Results as JUnit XML, which CI services read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from headgate.errors import UsageError
from headgate.testing.logic import TestResult

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"failed": "failure", "error": "error", "skipped": "skipped"}


def write_junit(results: Sequence[TestResult], path: Path) -> None:
    """Writes the results to a file, over what was there. Raises UsageError where it cannot."""
    suite = ET.Element(
        "testsuite",
        name="headgate",
        tests=str(len(results)),
        failures=_count(results, "failed"),
        errors=_count(results, "error"),
        skipped=_count(results, "skipped"),
        time=f"{sum(one.seconds for one in results):.3f}",
    )
    for one in results:
        file, _, line = one.where.rpartition(":")
        group, _, name = one.name.partition("::")
        case = ET.SubElement(suite, "testcase", classname=group, name=_clean(name or group))
        case.set("time", f"{one.seconds:.3f}")
        case.set("file", file if line.isdecimal() else one.where)
        if line.isdecimal():
            case.set("line", line)
        if tag := _TAGS.get(one.status):
            first = one.message.partition("\n")[0]
            ET.SubElement(case, tag, message=_clean(first)).text = _clean(one.message)
    tree = ET.Element("testsuites")
    tree.append(suite)
    ET.indent(tree)
    try:
        path.write_bytes(ET.tostring(tree, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _count(results: Sequence[TestResult], status: str) -> str:
    return str(sum(one.status == status for one in results))


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
