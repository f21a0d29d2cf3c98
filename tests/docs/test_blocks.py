"""The documentation, done as it is written: commands run, and print what it says they print."""

from __future__ import annotations

import doctest
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import headgate
from headgate.checks.suite import read_suite
from headgate.pipelines.declaration import Declaration
from headgate.pipelines.pipeline import Pipeline
from headgate.project.settings import Settings
from headgate.project.yaml import read_yaml
from tests.docs.blocks import ROOT, agrees, blocks, rewrite, run, start

PAGES = ["README.md", *(str(p.relative_to(ROOT)) for p in sorted((ROOT / "docs").rglob("*.md")))]
RUNNABLE = {"sh", "python"}
COMPARED = "text"
UNDERSTOOD = {"yaml", "json", "pycon", "crontab"}
PEERS = {"shop with dvc": ["dvc"], "checkout with peers": ["gx", "dvc"]}
"""Where a page starts with real parts that have an environment of their own."""

ELSEWHERE = {"sh scripts/demo.sh", "sh scripts/test.sh"}
"""What makes an environment of its own, and is run by `.ci/run`."""

DONE = [page for page in PAGES if any(block.kind in RUNNABLE for block in blocks(page))]


def home(page: str, folder: Path, request: pytest.FixtureRequest) -> Path:
    """The folder that a reader of the page is in."""
    match start(page):
        case "nothing":
            return folder
        case "shop" | "shop with dvc" | "shop with postgres":
            shutil.copytree(request.getfixturevalue("shop"), folder / "shop")
            return folder / "shop"
        case "demo":
            shutil.copytree(request.getfixturevalue("demo"), folder / "demo")
            activate = folder / ".venv" / "bin" / "activate"
            activate.parent.mkdir(parents=True)
            activate.touch()  # the environment of the tests serves in its place
            return folder
        case "checkout with peers":
            return ROOT
    raise AssertionError(f"{page} does not say where its reader starts")


@pytest.fixture
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a Postgres database in the environment, for the pages that need one."""
    if start(request.getfixturevalue("page")) == "shop with postgres":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgres").fresh())


def peers(page: str) -> list[Path]:
    """Folders of the programs that a page needs."""
    found = []
    for name in PEERS.get(start(page) or "", []):
        command = ["sh", str(ROOT / "scripts" / "peers.sh"), name]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            pytest.skip(f"{name} cannot be installed: {made.stderr.strip()[-200:]}")
        found.append(Path(made.stdout.strip()).parent)
    return found


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.integration) if start(page) in PEERS else page
        for page in DONE
    ],
)
@pytest.mark.usefixtures("database")
def test_a_page_does_what_it_says(
    page: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder, path = home(page, tmp_path, request), peers(page)
    at = tmp_path / ".at"
    at.write_text(str(folder))
    said: str | None = None
    for block in blocks(page):
        if block.kind in RUNNABLE:
            if not set(_commands(block.body)) <= ELSEWHERE:
                said = run(block, tmp_path, path)
        elif block.kind == COMPARED and said is not None:
            place = f"{page}:{block.line}"
            if not agrees(block.body, said) and os.environ.get("HEADGATE_REWRITE_DOCS"):
                rewrite(page, block, said)
            else:
                assert agrees(block.body, said), f"{place} says\n{block.body}\nbut saw\n{said}"
            said = None


def _commands(body: str) -> list[str]:
    return [line.partition("#")[0].strip() for line in body.splitlines() if line.strip()]


def test_what_is_not_run_here_is_run_by_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [command for command in ELSEWHERE if command not in script] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_checked(page: str) -> None:
    kinds = {block.kind for block in blocks(page)}
    assert kinds <= RUNNABLE | UNDERSTOOD | {COMPARED}


@pytest.mark.parametrize("page", PAGES)
def test_declarations_are_understood(page: str) -> None:
    for block in blocks(page):
        place = f"{page}:{block.line}"
        if block.kind == "yaml" and (body := read_yaml(block.body, place).data):
            assert isinstance(body, dict)
            _declare(body, place)
        elif block.kind == "json":
            assert read_suite(block.body, place)
            assert json.loads(block.body)


def _declare(body: Mapping[str, object], place: str) -> None:
    """The block as a part of a pipeline file, or of the settings."""
    settings = set(body) <= set(Settings.model_fields)
    model: type[Declaration] = Settings if settings else Pipeline
    whole = {} if settings else {"name": "shop", "owner": "sales_team"}
    try:
        model(**(whole | dict(body)))
    except headgate.HeadgateError as error:
        raise AssertionError(f"{place}: {error}") from None


@pytest.mark.parametrize("page", PAGES)
def test_examples_in_python_give_what_they_say(page: str) -> None:
    names = {name: getattr(headgate, name) for name in headgate.__all__}
    for block in blocks(page):
        if block.kind == "pycon":
            parsed = doctest.DocTestParser().get_doctest(
                block.body, dict(names), page, page, block.line
            )
            assert doctest.DocTestRunner(verbose=False).run(parsed).failed == 0


# ------------------------------------------------------------------ the comparison itself


@pytest.mark.parametrize(
    ("promised", "said", "kept"),
    [
        ("✓ shop prod@1 published in 0.40 s", "✓ shop prod@1 published in 0.12 s\n", True),
        ("✓ shop prod@2 published in 0.40 s", "✓ shop prod@1 published in 0.12 s\n", False),
        ("run 0123abcd, 2 days ago", "run 99ff0011, 1 second ago", True),
        ("Step 1: Validating raw data...", "Step 1: Validating raw data!!!", False),
        ("first\n...\nlast", "first\nmiddle\nmiddle\nlast", True),
        ("first\n...\nlast", "first\nlast\nmore", False),
        ("one", "one\ntwo", False),
        ("by ... at", "by ann at", True),
        ("4 rows", "5 rows", False),
    ],
)
def test_what_is_promised_is_compared_with_all_that_was_said(
    promised: str, said: str, kept: bool
) -> None:
    assert agrees(promised, said) is kept


def test_most_of_what_is_shown_is_run() -> None:
    assert len(DONE) >= 10
    compared = sum(block.kind == COMPARED for page in DONE for block in blocks(page))
    assert compared >= 20
