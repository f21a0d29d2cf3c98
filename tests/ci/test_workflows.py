"""The files that `init` writes for CI are valid, safe, and do what they say on a clean clone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from headgate.project.scaffold import init
from tests.ci.work import Work

WORKFLOW = ".github/workflows/headgate.yml"
GITLAB = ".gitlab-ci.yml"
HOOK = ".pre-commit-config.yaml"
CHANGED = ("transformations/build_features.py", "% 12 // 3", "% 12 // 3 + 0")


@pytest.fixture(params=[None, "rossmann"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Work:
    """A project as `init` writes it, committed, with a change on a branch of the example."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("train.csv", "store.csv"):
        (raw / name).write_text("Store\n1\n")
    root = tmp_path / "project"
    init(root, example=request.param, data=raw if request.param else None)
    work = Work(root)
    work.git("init", "-q", "-b", "main")
    work.commit("begin")
    if request.param:
        work.git("switch", "-q", "-c", "feature")
        work.edit(*CHANGED)
        work.commit()
    return work


def loaded(work: Work, path: str) -> dict[str, Any]:
    found = yaml.safe_load((work.root / path).read_text())
    assert isinstance(found, dict)
    return found


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name(words[0])), *words[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """An empty project as `init` writes it."""
    root = tmp_path_factory.mktemp("empty")
    init(root)
    return Work(root)


def test_they_are_valid_and_an_auditor_finds_nothing(empty: Work) -> None:
    for kind, path in (("github-workflows", WORKFLOW), ("gitlab-ci", GITLAB)):
        schema = ("--builtin-schema", f"vendor.{kind}")
        done = tool("check-jsonschema", *schema, str(empty.root / path))
        assert done.returncode == 0, done.stdout + done.stderr
    done = tool("zizmor", "--offline", "--format", "json", str(empty.root / WORKFLOW))
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr


def test_the_workflow_may_do_little_and_pins_what_it_uses(empty: Work) -> None:
    found = loaded(empty, WORKFLOW)
    assert found["permissions"] == {"contents": "read"}
    [job] = found["jobs"].values()
    uses = [step["uses"] for step in job["steps"] if "uses" in step]
    assert [use for use in uses if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", use)] == []
    assert job["timeout-minutes"] > 0
    assert found["concurrency"]["group"]


# ------------------------------------------------------------------ as CI would


def clone(project: Work, tmp_path: Path) -> Work:
    root = tmp_path / "clone"
    project.git("clone", "-q", str(project.root), str(root))
    return Work(root)


def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a job. What is installed is headgate on the path: there is no network."""
    programs = tmp_path / "bin"
    programs.mkdir()
    headgate = programs / "headgate"
    headgate.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m headgate "$@"\n')
    headgate.chmod(0o755)
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "CI": "true"}


def step(script: str, work: Work, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=work.root,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_step_of_the_workflow_ends_well_on_a_clean_clone(
    project: Work, tmp_path: Path
) -> None:
    work, environ = clone(project, tmp_path), machine(tmp_path)
    # a pull request, or the first push, before which there was no commit
    base = "main" if (work.root / "models").is_dir() else "0" * 40
    summary = tmp_path / "summary.md"
    environ |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    [job] = loaded(work, WORKFLOW)["jobs"].values()
    scripts = [one for one in job["steps"] if "run" in one]
    assert [one["name"] for one in scripts] == ["Install", "Judge the change"]
    for one in scripts[1:]:  # `pip install headgate` is what `machine` stands for
        [(name, written)] = one["env"].items()
        assert (name, written) == ("BASE", "${{ github.base_ref || github.event.before }}")
        done = step(one["run"], work, environ | {"BASE": base})
        assert done.returncode == 0, done.stdout + done.stderr
    upload = job["steps"][-1]
    kept = sorted(path.name for path in work.root.glob(upload["with"]["path"]))
    assert kept == ["headgate-ci.html", "headgate-ci.md", "headgate-ci.xml"]
    suites = ET.fromstring((work.root / "headgate-ci.xml").read_text())  # noqa: S314 - our own
    assert len(suites) > 3
    assert work.git("status", "--porcelain") == ""
    assert summary.read_text().startswith("<!-- headgate ci -->\n## ")
    if (work.root / "models").is_dir():
        # there is no data on a fresh machine, and that is no green light
        assert "passed with warnings" in summary.read_text()
        assert "no data of train" in done.stdout
        assert "::warning title=headgate run::left out: no data" in done.stdout


@pytest.mark.parametrize("project", [None], indirect=True)
def test_a_push_is_compared_with_what_was_there_before_all_of_its_commits(
    project: Work, tmp_path: Path
) -> None:
    before = project.git("rev-parse", "HEAD")
    for text in ("one", "two"):
        project.commit_text(text)
    work, environ = clone(project, tmp_path), machine(tmp_path)
    [script] = [one["run"] for one in loaded(work, WORKFLOW)["jobs"]["ci"]["steps"] if "env" in one]
    gitlab = loaded(work, GITLAB)["headgate"]["script"]
    for each, told in (
        (script, {"BASE": before}),
        ("\n".join(gitlab), {"CI_COMMIT_BEFORE_SHA": before}),
    ):
        asked = each.replace("headgate ci --head", "headgate ci --json --only lint --head")
        done = step(asked, work, environ | told)
        assert json.loads(done.stdout)["base"] == before, done.stderr


@pytest.mark.parametrize("project", [None], indirect=True)
def test_the_job_for_gitlab_ends_well_on_a_clean_clone(project: Work, tmp_path: Path) -> None:
    work, environ = clone(project, tmp_path), machine(tmp_path)
    job = loaded(work, GITLAB)["headgate"]
    environ |= {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    done = step("\n".join(job["script"]), work, environ)
    assert done.returncode == 0, done.stdout + done.stderr
    for report in job["artifacts"]["reports"].values():
        assert (work.root / report).is_file()


@pytest.mark.parametrize("project", [None], indirect=True)
def test_the_hook_stops_a_commit_that_cannot_be_read(project: Work) -> None:
    [repo] = loaded(project, HOOK)["repos"]
    [hook] = repo["hooks"]
    words = hook["entry"].split()
    assert words[0] == "headgate"
    project.do(*words[1:])
    project.write("pipelines/odd.yml", "name: odd\nstepps: {}\n")
    assert re.search(hook["files"], "pipelines/odd.yml")
    assert "pipelines/odd.yml:2" in project.do(*words[1:], code=1).out
