"""The main job, from raw files to a gated release, at the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl  # noqa: TID253
import pytest

from tests.projects.shop import Done, Shop

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("HEADGATE_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
REAL = DATA / "rossmann"
needs_data = pytest.mark.skipif(
    not (REAL / "train.csv").is_file(), reason="the real Rossmann files are not beside the project"
)
RULE = "=" * 60
FULL_STORES = 934  # the 180 that closed in 2014 and the one with a missing day are left out
HEAD = (
    '"Store","DayOfWeek","Date","Sales","Customers","Open","Promo","StateHoliday","SchoolHoliday"'
)


def week(start: date, stores: int = 1115) -> list[str]:
    """The lines of a good delivery of one week."""
    return [
        f'{store},{day.isoweekday()},{day},{5000 + store},{500},1,0,"0","0"'
        for day in (start + timedelta(days=n) for n in range(7))
        for store in range(1, stores + 1)
    ]


@pytest.fixture(scope="module")
def lookalike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Done]]:
    """The example on generated data, with what its first run said."""
    root = tmp_path_factory.mktemp("lookalike") / "rossmann"
    shop = Shop(root.parent)
    shop.headgate("init", str(root), "--example", "rossmann")
    shop = Shop(root)
    yield shop, shop.headgate("run")
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The example on the real data, released once."""
    root = tmp_path_factory.mktemp("real") / "rossmann"
    Shop(root.parent).headgate("init", str(root), "--example", "rossmann", "--data", str(REAL))
    shop = Shop(root)
    shop.headgate("run")
    yield shop
    shutil.rmtree(root, ignore_errors=True)


def heading(number: int, title: str) -> str:
    return f"{RULE}\nStep {number}: {title}...\n{RULE}\n"


def test_the_run_prints_the_six_steps_of_the_seed(lookalike: tuple[Shop, Done]) -> None:
    said = lookalike[1].out
    expected = [
        heading(1, "Validating raw data") + "✓ PASSED (13/13 expectations)  train\n"
        "✓ PASSED (9/9 expectations)  store\n",
        heading(2, "Processing raw data") + "✓ Processed 1,017,209 records\n"
        "✓ Saved to: data/processed/train_clean.parquet\n",
        heading(3, "Validating processed data") + "✓ PASSED (15/15 expectations)\n",
        heading(4, "Building standard features") + "✓ Processed 1,017,209 records\n"
        "✓ Saved to: data/features/train_features.parquet\n",
        heading(5, "Validating features") + "✓ PASSED (",
        heading(6, "Versioning data"),
        "✓ Published prod@1 (2 new files",
        "✓ rossmann prod@1 published in",
    ]
    places = [said.find(block) for block in expected]
    assert -1 not in places, said
    assert places == sorted(places)


def test_a_second_run_skips_everything(lookalike: tuple[Shop, Done]) -> None:
    shop, _ = lookalike
    assert "nothing to do" in shop.headgate("plan").out
    assert shop.headgate("run").out == "✓ rossmann: nothing changed, prod@1 is served\n"
    assert len(shop.events("step_finished")) == 2


def test_the_workflow_script_runs_the_same_job(lookalike: tuple[Shop, Done]) -> None:
    shop, _ = lookalike
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "scripts/dataops_workflow.sh"],
        cwd=shop.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing changed" in done.stdout


def test_the_trigger_was_given_the_release(lookalike: tuple[Shop, Done]) -> None:
    shop, _ = lookalike
    [event] = shop.events("trigger_finished")
    assert event["release"] == "prod@1"


@needs_data
def test_the_real_data_gives_the_known_sums(real: Shop) -> None:
    clean = pl.scan_parquet(real.root / "data/processed/train_clean.parquet")
    rows, sales = clean.select(pl.len(), pl.col("Sales").cast(pl.Int64).sum()).collect().row(0)
    assert (rows, sales) == (1_017_209, 5_873_180_623)
    features = pl.scan_parquet(real.root / "data/features/train_features.parquet")
    whole = (
        features.select("Store", "Date", "Sales", "Sales_Lag_1")
        .with_columns(days=pl.len().over("Store"))
        .filter(days=pl.col("days").max())
        .sort("Store", "Date")
        .with_columns(pl.col("Sales").cast(pl.Int64), pl.col("Sales_Lag_1").cast(pl.Int64))
        .with_columns(shifted=pl.col("Sales").shift(1).over("Store"))
    )
    stores, lag, shifted = (
        whole.select(
            pl.col("Store").n_unique(), pl.col("Sales_Lag_1").sum(), pl.col("shifted").sum()
        )
        .collect()
        .row(0)
    )
    assert stores == FULL_STORES
    assert lag == shifted
    assert not whole.filter(pl.col("Sales_Lag_1").ne_missing(pl.col("shifted"))).collect().height


@needs_data
def test_a_new_week_is_added_and_bad_weeks_are_held(real: Shop) -> None:
    def served() -> tuple[int, int]:
        frame = pl.scan_parquet(real.root / "data/features/train_features.parquet")
        sales = pl.col("Sales").cast(pl.Int64)
        found = frame.select(pl.len(), sales.sum()).collect().row(0)
        assert isinstance(found, tuple)
        return found

    good = week(date(2015, 8, 1))
    real.deliver("\n".join([HEAD, *good]) + "\n", "train_2015-08-07.csv")
    real.headgate("run")
    after = served()
    assert after[0] == 1_017_209 + 7 * 1115
    real.deliver("\n".join([HEAD, *good]) + "\n", "train_2015-08-07.csv")
    assert "nothing changed" in real.headgate("run").out

    bad = week(date(2015, 8, 8))
    broken = {
        "a missing column": [line.rsplit(",", 1)[0] for line in [HEAD, *bad]],
        "three sales of 1,250,000": [HEAD]
        + [line.replace(",5001,", ",1250000,") for line in bad[:1]]
        + [line.replace(f",{5000 + n},", ",1250000,") for n, line in enumerate(bad[1:3], 2)]
        + bad[3:],
        "five null stores": [HEAD] + [line[line.index(",") :] for line in bad[:5]] + bad[5:],
    }
    for kind, lines in broken.items():
        real.deliver("\n".join(lines) + "\n", "train_2015-08-14.csv")
        done = real.headgate("run", code=1)
        assert "nothing was published" in done.err, kind
        assert "prod@2" in done.err, kind
        assert served() == after, kind
    (real.root / "data" / "raw" / "train_2015-08-14.csv").unlink()
    assert "nothing changed" in real.headgate("run").out
