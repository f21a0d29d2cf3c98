"""The Rossmann example: what it declares, and what its transformations make of a whole delivery."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import headgate
from headgate.contracts.service_levels.reading import service_levels
from headgate.project.contracts import read_contracts
from headgate.project.project import load
from headgate.project.scaffold import init

if TYPE_CHECKING:
    import polars as pl

DATA = Path(os.environ.get("HEADGATE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "rossmann"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data in {REAL}")

FEATURES = 32


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "rossmann"
    init(folder, example="rossmann")
    return folder


@pytest.fixture
def steps(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The example's own functions, imported as its own tests import them."""
    monkeypatch.syspath_prepend(str(project))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield (
        importlib.import_module("transformations.make_dataset").train_clean,
        importlib.import_module("transformations.build_features").train_features,
    )
    for name in [name for name in sys.modules if name.split(".")[0] == "transformations"]:
        del sys.modules[name]


def read_raw(folder: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    import polars as pl

    text = {"StateHoliday": pl.String, "SchoolHoliday": pl.Int64}
    train = pl.read_csv(folder / "train.csv", schema_overrides=text)
    store = pl.read_csv(folder / "store.csv")
    return train.lazy().with_columns(pl.col("Date").str.to_date()), store.lazy()


@pytest.mark.parametrize(
    ("suite", "expectations"),
    [("raw_train", 13), ("raw_store", 9), ("processed", 15), ("features", 31)],
)
def test_each_suite_has_its_number_of_expectations(
    project: Path, suite: str, expectations: int
) -> None:
    written = json.loads((project / "expectations" / f"{suite}.json").read_text())
    assert len(written["expectations"]) == expectations


def test_both_forms_of_suites_are_shown(project: Path) -> None:
    forms = {
        path.stem: sorted(json.loads(path.read_text()).keys() & {"name", "expectation_suite_name"})
        for path in (project / "expectations").glob("*.json")
    }
    assert forms["raw_train"] == ["expectation_suite_name"]
    assert forms["features"] == ["name"]


def test_every_float_feature_is_held_between_finite_ends(project: Path) -> None:
    suite = json.loads((project / "expectations" / "features.json").read_text())
    bounded = {
        entry["kwargs"]["column"]
        for entry in suite["expectations"]
        if entry["type"] == "expect_column_values_to_be_between"
        and {"min_value", "max_value"} <= entry["kwargs"].keys()
    }
    windows = {f"Sales_Rolling{kind}_{n}" for kind in ("Mean", "Std") for n in (7, 14, 28, 60)}
    assert windows | {"CompetitionDistance_log"} <= bounded


def test_the_pipeline_says_what_its_stages_are_called(project: Path) -> None:
    pipeline = load(project).pipelines["rossmann"].pipeline
    clean, features = pipeline.steps.values()
    assert [pipeline.sources_title, clean.title, clean.gate_title] == [
        "Validating raw data",
        "Processing raw data",
        "Validating processed data",
    ]
    assert [features.title, features.gate_title] == [
        "Building standard features",
        "Validating features",
    ]
    assert [step.path for step in (clean, features)] == [
        "data/processed/train_clean.parquet",
        "data/features/train_features.parquet",
    ]


def test_a_second_delivery_is_added_by_store_and_date(project: Path) -> None:
    train = load(project).pipelines["rossmann"].pipeline.sources["train"]
    assert (train.arrives, train.key) == ("upsert", ["Store", "Date"])
    assert train.types["StateHoliday"] == "string"
    assert fnmatch("data/raw/train_2015-08-07.csv", train.path)


def test_the_example_promises_nothing_of_time_that_its_data_of_2015_breaks(project: Path) -> None:
    contracts = read_contracts(project).values()
    promised = {one.property for contract in contracts for one in service_levels(contract)}
    assert promised == {"retention", "timeToRepair"}


def test_the_transformations_import_nothing_of_ours(project: Path) -> None:
    files = [*(project / "transformations").glob("*.py"), *(project / "tests").glob("*.py")]
    assert len(files) >= 5
    assert [path.name for path in files if "headgate" in path.read_text()] == []


def test_the_logic_tests_of_the_example_pass_with_plain_pytest(project: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for name in [name for name in environment if name.startswith("PYTEST_")]:
        del environment[name]
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_trigger_trains_a_model_of_the_release_and_reports_it(project: Path) -> None:
    import polars as pl

    for words in (["run"], ["model", "list", "--json"]):
        command = [sys.executable, "-m", "headgate", *words]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    [model] = json.loads(done.stdout)["models"]
    assert (model["model"], model["release"]) == ("sales", "prod@1")
    assert model["location"] == "models/sales.json"
    expected = pl.read_json(project / "models" / "sales.json")
    rows = headgate.read("train_features", at="prod@1", project=project).collect()
    rows = rows.filter(pl.col("Open") == 1).join(expected, on=["Store", "DayOfWeek", "Promo"])
    newest = rows.filter(pl.col("Date") > pl.date(2015, 7, 31) - pl.duration(days=42))
    error = (pl.col("Sales") - pl.col("Expected")) ** 2
    rmse = newest.select(error.mean().sqrt()).item()
    assert model["metrics"]["rmse"] == pytest.approx(rmse, abs=0.06)


def test_the_look_alike_becomes_clean_rows_and_32_features(project: Path, steps: Any) -> None:
    train_clean, train_features = steps
    clean = train_clean(*read_raw(project / "data" / "raw")).collect()
    assert clean.height == 1_017_209
    assert sum(clean.null_count().row(0)) == 0
    features = train_features(clean.lazy()).collect()
    assert features.shape == (clean.height, clean.width + FEATURES)
    assert features.select(clean.columns).equals(clean)


@needs_real_data
def test_the_real_sales_are_all_there_and_lags_are_shifted_rows(steps: Any) -> None:
    import polars as pl

    train_clean, train_features = steps
    clean = train_clean(*read_raw(REAL))
    features = train_features(clean).collect()
    assert features.height == 1_017_209
    assert features["Sales"].sum() == 5_873_180_623
    stores = features.group_by("Store").agg(days=pl.len())
    without_gap = stores.filter(pl.col("days") > 900)["Store"]
    assert without_gap.len() == 935
    rows = features.filter(pl.col("Store").is_in(without_gap.implode()))
    shifted = rows.select(pl.col("Sales").shift(1).over("Store").sum()).item()
    assert rows["Sales_Lag_1"].sum() == shifted


@needs_real_data
@pytest.mark.parametrize("days", [7, 60])
def test_windows_agree_with_a_query_that_says_the_same(steps: Any, days: int) -> None:
    import duckdb
    import polars as pl

    train_clean, train_features = steps
    train, store = read_raw(REAL)
    few = train.filter(pl.col("Store") % 37 == 0)
    ours = train_features(train_clean(few, store)).collect().to_arrow()
    window = f"RANGE BETWEEN INTERVAL {days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING"
    query = f"""
        WITH theirs AS (
            SELECT *, avg(Sales) OVER days AS mean, stddev_samp(Sales) OVER days AS deviation
            FROM ours WINDOW days AS (PARTITION BY Store ORDER BY Date {window})
        )
        SELECT count(*), count(*) FILTER (
            (mean IS NULL) <> (Sales_RollingMean_{days} IS NULL)
            OR (deviation IS NULL) <> (Sales_RollingStd_{days} IS NULL)
            OR abs(mean - Sales_RollingMean_{days}) > 1e-6
            OR abs(deviation - Sales_RollingStd_{days}) > 1e-6
        ) FROM theirs
    """  # noqa: S608 - a number of days
    with duckdb.connect() as connection:
        connection.register("ours", ours)
        rows, different = connection.execute(query).fetchall()[0]
    assert rows > 20_000
    assert different == 0
