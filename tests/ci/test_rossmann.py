"""Pull requests on the Rossmann example: what each would do to the data of those who read it."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest

from headgate.project.lookalike import write_lookalike
from headgate.project.scaffold import init
from tests.ci.work import Work, said, stage

FEATURES = "transformations/build_features.py"
SEASON = '(date.month() % 12 // 3).alias("Season")'

ASIDE = "static,plan,run,data"
"""The stages that a changed feature passes before its tests are changed, too."""


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """The example on some months of look-alike data, in Git and released."""
    root = tmp_path_factory.mktemp("example")
    write_lookalike(root / "raw")
    days = pl.scan_csv(root / "raw" / "train.csv", infer_schema=False)
    some = days.filter(pl.col("Date").is_between(pl.lit("2015-01-01"), pl.lit("2015-06-10")))
    some.collect().write_csv(root / "raw" / "train.csv")
    init(root / "rossmann", example="rossmann", data=root / "raw")
    work = Work(root / "rossmann")
    work.git("init", "-q", "-b", "main")
    work.commit("begin")
    work.do("run", "-q")
    work.commit("the first release")
    work.git("switch", "-q", "-c", "feature")
    return work


@pytest.fixture
def example(_served: Work, tmp_path: Path) -> Work:
    return Work(shutil.copytree(_served.root, tmp_path / "rossmann", symlinks=True))


def test_a_changed_feature_shows_its_rows_and_names_who_reads_it(example: Work) -> None:
    example.edit(FEATURES, SEASON, '((date.month() + 1) % 12 // 3).alias("Season")')
    example.commit()
    served, pointers = example.everything(), example.pointers()
    verdict = example.ci("--only", ASIDE)
    assert (example.everything(), example.pointers()) == (served, pointers)
    assert example.git("status", "--porcelain") == ""
    assert "rossmann: computed train_features; reused 3" in said(verdict, "info")
    [features] = verdict["datasets"]
    assert features["dataset"] == "train_features"
    assert (features["rows"]["added"], features["rows"]["removed"]) == (0, 0)
    assert set(features["columns"]) == {"Season"}
    # of these months February, May and later ones belong to another season now
    assert features["columns"]["Season"]["changed"] == features["rows"]["changed"]
    before = {0: {1, 2}, 1: {3, 4, 5}, 2: {6}}
    after = {0: {1}, 1: {2, 3, 4}, 2: {5, 6}}
    table = pl.read_parquet(example.root / "data/features/train_features.parquet")
    months = table["Date"].dt.month()
    expected = sum(
        months.is_in(sorted(which - after[season])).sum() for season, which in before.items()
    )
    assert features["rows"]["changed"] == expected
    assert any("Season: its distribution moved" in what for what in said(verdict, "warning"))
    [change] = stage(verdict, "plan")["findings"]
    assert change["consumers"] == ["trigger model retraining"]


def test_a_change_that_breaks_the_gate_is_annotated_where_the_gate_declares_it(
    example: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    example.edit(FEATURES, SEASON, '(date.month() // 3 - 1).alias("Season")')
    done = example.do("ci", "--only", ASIDE, code=1)
    [error] = [line for line in done.out.splitlines() if line.startswith("::error ")]
    suite = (example.root / "expectations/features.json").read_text().splitlines()
    [line] = [n for n, text in enumerate(suite, 1) if '"column": "Season"' in text]
    place, _, told = error.removeprefix("::error ").partition("::")
    properties = dict(pair.split("=") for pair in place.split(","))
    assert properties["file"] == "expectations/features.json"
    assert 0 <= line - int(properties["line"]) <= 3  # the expectation that the column stands in
    assert "read by trigger model retraining" in told


def test_a_change_of_a_comment_runs_nothing_and_says_so(example: Work) -> None:
    example.edit(FEATURES, '"""Days, both."""', '"""Days, both of them."""')
    example.edit(FEATURES, "# Three letters are enough", "# Three of them are enough")
    verdict = example.ci()
    assert (verdict["status"], verdict["datasets"]) == ("passed", [])
    assert stage(verdict, "tests")["status"] == "passed"
    [ran] = stage(verdict, "run")["findings"]
    assert ran["what"] == "no step changed: nothing to run"
