"""A verdict reaches those who read it elsewhere: whole, escaped, and without a secret."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from headgate.ci.finding import Finding, Severity
from headgate.ci.reports.annotations import annotation
from headgate.ci.reports.code_quality import code_quality
from headgate.ci.reports.junit import junit
from headgate.ci.reports.markdown import MARKER, markdown
from headgate.ci.reports.page import page
from headgate.ci.subject import Origin
from headgate.ci.verdict import StageResult, Status, Verdict
from headgate.cli.ci_lines import stage_lines
from tests.ci.work import Work

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/]"},
                    "lines": {"properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}
"""What GitLab's documentation asks of the report."""


def verdict(*findings: Finding, why: str = "") -> Verdict:
    stages = (
        StageResult("lint", "it reads", Status.PASSED, (), 0.1),
        StageResult("run", "it runs", Status.FAILED, findings, 0.2),
        StageResult("data", "it differs", Status.SKIPPED, (), 0.0, why),
    )
    return Verdict(Status.FAILED, stages, Origin("c" * 40, "b" * 40), AT, "ada", "sales")


def test_what_no_step_reads_is_shown_only_to_those_who_ask_for_more() -> None:
    remark = Finding(Severity.INFO, "no step reads trips.x", "pipelines/a.yml:7")
    wrong = Finding(Severity.WARNING, "nothing reads trips, and it is not published")
    stage = StageResult("static", "columns", Status.WARNED, (remark, wrong), 0.1)

    def told(stage: StageResult, verbosity: int) -> str:
        return "".join(text for line in stage_lines(stage, verbosity) for text, _ in line)

    assert wrong.what in told(stage, 0)
    assert remark.what not in told(stage, 0)
    assert remark.what in told(stage, 1)
    assert stage.as_json()["findings"][0]["what"] == remark.what
    # what other stages tell is what happened, and is shown
    assert remark.what in told(replace(stage, name="plan"), 0)


anything = st.text(max_size=40)
findings = st.builds(
    Finding,
    st.sampled_from(Severity),
    anything,
    st.sampled_from(["", "a,b:c.yml", "contracts/sales.yaml:12"]),
    anything,
    consumers=st.lists(anything, max_size=2).map(tuple),
)


@settings(max_examples=50)
@given(findings)
def test_an_annotation_is_one_line_that_says_what_was_said(finding: Finding) -> None:
    line = annotation(finding, "run")
    assert not re.search(r"[\r\n]", line)
    told = re.fullmatch(r"::(error|warning) (.*?)::(.*)", line, re.DOTALL)
    assert told
    properties = dict(pair.split("=", 1) for pair in told[2].split(","))
    assert unquote(properties.get("file", "")) == finding.file
    assert properties.get("line", "") == str(finding.line or "")
    assert not re.search("%(?!25|0A|0D)", told[3])
    back = told[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert back.startswith(finding.what or finding.hint)


@settings(max_examples=50)
@given(st.lists(findings, max_size=4), anything)
def test_junit_can_be_read_back_as_both_schemas_have_it(told: list[Finding], why: str) -> None:
    root = ET.fromstring(junit(verdict(*told, why=why)))  # noqa: S314 - our own
    assert (root.tag, root.attrib) == ("testsuites", {})
    assert [suite.get("name") for suite in root] == ["lint", "run", "data"]
    for suite in root:
        # the order that Apache Ant's schema wants, and the attributes that it cannot do without
        tags = [child.tag for child in suite]
        assert (tags[0], *tags[-2:]) == ("properties", "system-out", "system-err")
        assert set(tags[1:-2]) == {"testcase"}
        assert {"id", "package", "name", "timestamp", "hostname", "time"} <= set(suite.attrib)
        assert int(suite.get("tests", "")) == len(suite.findall("testcase")) > 0
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert len(root.findall(".//failure")) == sum(o.severity is Severity.ERROR for o in told)


class Read(HTMLParser):
    """What a browser makes of a page: its tags, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_no_text_becomes_markup() -> None:
    nasty = "<script>alert(1)</script> & | `x` @ada\n# head ![](x)"
    told = verdict(Finding(Severity.ERROR, nasty, "a.yml:2", nasty, consumers=(nasty,)), why=nasty)
    read = Read()
    read.feed(page(told))
    assert not {"script", "img", "iframe", "link"} & read.tags
    assert read.text.count("<script>alert(1)</script>") >= 3
    comment = markdown(told)
    assert comment.startswith(MARKER)
    assert not re.search(r"(?<!\\)<script|@ada|^# head|!\[\]\(", comment, re.MULTILINE)


def test_a_comment_is_never_longer_than_the_place_for_it() -> None:
    many = [Finding(Severity.ERROR, f"row {n} " + "x" * 300) for n in range(1000)]
    assert len(markdown(verdict(*many))) < 65_536


def test_gitlab_gets_what_it_asks_for() -> None:
    twice = [Finding(Severity.ERROR, "bad", "a.yml:3"), Finding(Severity.ERROR, "bad", "a.yml:9")]
    report = json.loads(code_quality(verdict(*twice, Finding(Severity.WARNING, "odd"))))
    jsonschema.validate(report, CODE_QUALITY)
    assert [one["location"]["lines"]["begin"] for one in report] == [3, 9, 1]
    assert len({one["fingerprint"] for one in report}) == 3


def test_a_job_of_github_gets_annotations_and_a_summary(
    work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    work.edit("transformations/clean.py", "FACTOR = 2", "FACTOR = 20")
    done = work.do("ci", "--junit", str(tmp_path / "x.xml"), code=1)
    commands = [line for line in done.out.splitlines() if line.startswith("::")]
    first = "::error file=expectations/clean.yml,line=3,title=headgate run::clean: "
    assert commands[0].startswith(first)
    assert "read by step totals, trigger forecast" in commands[0]
    assert summary.read_text().startswith(
        "# before\n<!-- headgate ci -->\n## ❌ headgate ci: failed"
    )
    [failure] = ET.fromstring((tmp_path / "x.xml").read_text()).findall(".//failure")  # noqa: S314
    assert "at expectations/clean.yml:3" in str(failure.text)


def test_a_secret_is_in_no_report(
    work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WAREHOUSE", "hunter2-is-secret")
    work.write("headgate.yml", 'name: sales\nchannels:\n  - {type: webhook, url: "${WAREHOUSE}"}\n')
    work.edit(
        "transformations/clean.py",
        "    # what is sold",
        "    import os\n\n    raise ValueError(os.environ['WAREHOUSE'])",
    )
    names = {
        "--junit": "x.xml",
        "--html": "x.html",
        "--comment": "x.md",
        "--code-quality": "x.json",
    }
    options = [word for option, name in names.items() for word in (option, str(tmp_path / name))]
    done = work.do("ci", *options, code=1)
    told = [done.out, done.err, *((tmp_path / name).read_text() for name in names.values())]
    with_record = [*told, (work.root / ".headgate" / "state.db").read_bytes().decode("latin-1")]
    assert all("hunter2" not in text for text in with_record)
    assert "***" in done.out
