"""Mistakes made on purpose in the example: which its tests catch, and which its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from headgate.checks.check import Check, Status
from headgate.checks.evaluate import evaluate
from headgate.errors import HeadgateError
from headgate.pipelines import modules
from headgate.pipelines.quality import as_checks
from headgate.project.lookalike import write_lookalike
from headgate.project.scaffold import init
from headgate.project.suites import suite
from headgate.testing.logic import run_logic_tests
from headgate.testing.steps import Bench, ProjectSteps
from headgate.testing.with_pytest import run_pytest
from tests.example.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
SUITES = {"train_clean": "processed", "train_features": "features"}
STORES = 12
NAMES = {mutation.name: mutation for mutation in MUTATIONS}
SAMPLE = [
    "a join from the wrong side",
    "a lag into the future",
    "a window that is a day too long",
    "a fill that is left out",
    "rows doubled",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example with a look-alike of a few stores."""
    root = tmp_path_factory.mktemp("mutated") / "rossmann"
    raw = root / "data" / "raw"
    write_lookalike(raw, stores=STORES)
    init(root, example="rossmann")
    yield root
    modules._forget()  # the mutated transformations are no others'
    modules._FINDER.root = None


@pytest.fixture(scope="module")
def usual(project: Path) -> set[str]:
    """The checks that a few stores break as the code is: there are fewer rows than a table has."""
    return broken(project)


def caught_by_tests(root: Path) -> bool:
    """Whether a test of the example does not pass: those in YAML first, else those of pytest."""
    if any(one.status != "passed" for one in run_logic_tests(root)):
        return True
    return any(one.status != "passed" for one in run_pytest(root))


def broken(root: Path) -> set[str]:
    """The checks that do not pass on the look-alike, or the step that fails."""
    steps = ProjectSteps(root)
    raw = {name: root / "data" / "raw" / f"{name}.csv" for name in ("train", "store")}
    bench = Bench(steps, raw, {}, None)
    asked = steps.found("train_features")
    checks = dict(checks_of(steps, root))
    with TemporaryDirectory() as folder:
        bench.prepare(asked, Path(folder))
        try:
            bench.result(asked, Path(folder))
        except HeadgateError as error:
            return {error.what}
        found = [
            outcome
            for name, some in checks.items()
            for outcome in evaluate(steps.engine, bench.kept[name], some, beside=bench.kept)
        ]
    return {one.check.description for one in found if one.status is not Status.PASSED}


def checks_of(steps: ProjectSteps, root: Path) -> Iterator[tuple[str, list[Check]]]:
    declared = steps.project.pipelines["rossmann"].pipeline
    quality: Mapping[str, list[Check]] = as_checks(declared, ["" for _ in declared.quality_checks])
    for name, file in SUITES.items():
        yield name, [*suite(root, f"expectations/{file}.json"), *quality.get(name, ())]


def test_the_code_as_it_is_passes(project: Path, usual: set[str]) -> None:
    assert not caught_by_tests(project)
    assert len(usual) == 1
    assert "rows" in min(usual)


def judged(mutation: Mutation, project: Path, usual: set[str]) -> tuple[bool, bool]:
    """Whether tests catch a mistake, and whether checks do."""
    before = mutation.apply(project)
    try:
        return caught_by_tests(project), bool(broken(project) - usual)
    finally:
        (project / mutation.file).write_text(before)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mistake_is_caught(name: str, project: Path, usual: set[str]) -> None:
    assert judged(NAMES[name], project, usual) == (True, NAMES[name].seen_by_checks)


@pytest.mark.integration
def test_every_mistake_is_caught_by_tests_and_some_by_checks_too(
    project: Path, usual: set[str]
) -> None:
    found = {one.name: judged(one, project, usual) for one in MUTATIONS}
    expected = {one.name: (True, one.seen_by_checks) for one in MUTATIONS}
    assert found == expected


def test_the_documentation_tells_how_many_are_caught() -> None:
    page = (ROOT / "docs" / "explanation" / "tests-and-checks.md").read_text(encoding="utf-8")
    seen = sum(one.seen_by_checks for one in MUTATIONS)
    assert f"{len(MUTATIONS)} mistakes" in page
    assert f"catch all {len(MUTATIONS)}" in page
    assert f"the checks {seen}" in page
