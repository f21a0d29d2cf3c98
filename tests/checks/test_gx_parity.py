"""The same verdicts and counts as Great Expectations, which judges the same data beside us."""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from headgate.checks.check import Outcome, Range, Status
from headgate.checks.evaluate import evaluate
from headgate.checks.suite import read_suite
from headgate.engines.embedded import EmbeddedEngine
from headgate.schema.table import Table
from tests.checks.conftest import unknown
from tests.checks.gx_cases import EXPECTATIONS, frames

if TYPE_CHECKING:
    import polars as pl

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HEADGATE_TEST_DATA", ROOT.parent / "shared" / "data")) / "rossmann"
EXAMPLE = ROOT / "src" / "headgate" / "project" / "examples" / "rossmann"
ELSEWHERE = {"expect_table_row_count_to_equal_other_table"}
"""Expectations that Great Expectations judges in SQL databases alone, and not in pandas."""

Verdict = dict[str, Any]


@pytest.fixture(scope="module")
def gx() -> Path:
    """The Python of an environment with Great Expectations."""
    made = subprocess.run(
        ["sh", str(ROOT / "scripts" / "peers.sh"), "gx"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"Great Expectations cannot be installed: {made.stderr}")
        pytest.skip(f"Great Expectations cannot be installed: {made.stderr.strip()[-200:]}")
    return Path(made.stdout.strip())


def oracle(gx: Path, folder: Path, jobs: list[dict[str, str]]) -> list[list[Verdict]]:
    listed = folder / "jobs.json"
    listed.write_text(json.dumps(jobs), encoding="utf-8")
    answer = subprocess.run(
        [str(gx), str(Path(__file__).with_name("gx_oracle.py")), str(listed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    verdicts: list[list[Verdict]] = json.loads(answer.stdout)
    return verdicts


def write(engine: EmbeddedEngine, frame: pl.DataFrame, path: Path) -> Table:
    wrote = engine.write(frame, path)
    return Table(path.stem, (path,), wrote.schema, wrote.rows, engine.describe(frame))


# ------------------------------------------------------------------ how two verdicts differ


def differences(outcome: Outcome, verdict: Verdict) -> list[str]:
    """What Great Expectations says otherwise, in words."""
    theirs = verdict["result"]
    found = []
    if outcome.passed != verdict["success"]:
        found.append(f"we: {outcome.status}, they: {verdict['success']} ({verdict['raised']})")
    if outcome.status is Status.ERROR and not verdict["raised"]:
        found.append(f"we cannot judge it: {outcome.message}")
    if verdict["raised"] and outcome.status is not Status.ERROR:
        found.append(f"they cannot judge it: {verdict['raised']}")
    if outcome.elements is not None and theirs:
        found += [
            f"{name}: we {ours}, they {theirs[name]}"
            for name, ours in (
                ("element_count", outcome.elements),
                ("missing_count", outcome.missing),
                ("unexpected_count", outcome.unexpected),
                ("unexpected_percent", outcome.unexpected_percent),
            )
            if name in theirs and not same(ours, theirs[name])
        ]
    elif isinstance(outcome.check.bound, Range) and "observed_value" in theirs:
        seen = theirs["observed_value"]
        found += [f"observed: we {outcome.observed}, they {seen}"] * (
            not same(outcome.observed, seen)
        )
    return found


def same(ours: object, theirs: object) -> bool:
    if theirs == "NaT":
        return ours is None
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-9)
    if isinstance(ours, str) and isinstance(theirs, float):
        return float(ours) == theirs  # infinity, which JSON does not hold
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs.replace(" ", "T").removesuffix("T00:00:00") or ours == theirs
    return ours == theirs


def compared(outcomes: list[Outcome], verdicts: list[Verdict], table: Table) -> list[str]:
    return [
        f"{table.name}: {outcome.check.description}: {difference}"
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if outcome.check.kind not in ELSEWHERE
        for difference in differences(outcome, verdict)
    ]


# ------------------------------------------------------------------ generated data


def test_every_expectation_agrees_with_great_expectations(
    gx: Path, engine: EmbeddedEngine, tmp_path: Path
) -> None:
    suite = tmp_path / "suite.json"
    listed = [{"type": kind, "kwargs": keywords} for kind, keywords in EXPECTATIONS]
    suite.write_text(json.dumps({"name": "all", "expectations": listed}), encoding="utf-8")
    checks = read_suite(suite.read_text(encoding="utf-8"), "suite.json")
    tables = [
        write(engine, frame, tmp_path / f"{name}.parquet") for name, frame in frames().items()
    ]
    jobs = [{"data": str(table.paths[0]), "suite": str(suite)} for table in tables]
    found: list[str] = []
    for table, verdicts in zip(tables, oracle(gx, tmp_path, jobs), strict=True):
        proved = evaluate(engine, table, checks)
        scanned = evaluate(engine, unknown(table), checks)
        found += compared(proved, verdicts, table) + compared(scanned, verdicts, table)
    assert not found, "\n".join(found)


# ------------------------------------------------------------------ the suites of the example


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data in {DATA}")
@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "dirty"])
def test_the_suites_of_the_example_agree_on_real_data(
    gx: Path,
    engine: EmbeddedEngine,
    tmp_path: Path,
    rossmann: dict[str, pl.DataFrame],
    dirty: bool,
) -> None:
    loaded = {name: dirtied(frame) if dirty else frame for name, frame in rossmann.items()}
    tables = {
        name: write(engine, frame, tmp_path / f"{name}.parquet") for name, frame in loaded.items()
    }
    suites = {name: EXAMPLE / "expectations" / f"{name}.json" for name in tables}
    jobs = [{"data": str(tables[name].paths[0]), "suite": str(suites[name])} for name in tables]
    beside = {"train_clean": tables["processed"]}
    found: list[str] = []
    failed = 0
    for (name, table), verdicts in zip(tables.items(), oracle(gx, tmp_path, jobs), strict=True):
        checks = read_suite(suites[name].read_text(encoding="utf-8"), f"{name}.json")
        outcomes = evaluate(engine, table, checks, beside=beside)
        found += compared(outcomes, verdicts, table)
        found += compared(evaluate(engine, unknown(table), checks, beside=beside), verdicts, table)
        failed += sum(not outcome.passed for outcome in outcomes)
    assert not found, "\n".join(found)
    assert (failed > 15) if dirty else (failed == 0)


@pytest.fixture
def rossmann(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, pl.DataFrame]]:
    """The four datasets of the example, made by its own functions from the real data."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield datasets()
    for name in [name for name in sys.modules if name.split(".")[0] == "transformations"]:
        del sys.modules[name]


def datasets() -> dict[str, pl.DataFrame]:
    import polars as pl

    types = {"StateHoliday": pl.String, "SchoolHoliday": pl.Int64}
    train = pl.read_csv(DATA / "train.csv", schema_overrides=types)
    train = train.with_columns(pl.col("Date").str.to_date())
    store = pl.read_csv(DATA / "store.csv")
    clean = importlib.import_module("transformations.make_dataset").train_clean
    features = importlib.import_module("transformations.build_features").train_features
    processed = clean(train.lazy(), store.lazy()).collect()
    built = features(processed.lazy()).collect()
    return {"raw_train": train, "raw_store": store, "processed": processed, "features": built}


def dirtied(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with rows that break many of its rules, and without one of its columns."""
    import polars as pl

    row = pl.int_range(pl.len())

    def spoilt(name: str, every: int, value: Any) -> pl.Expr:
        broken = pl.when(row % every == every // 2).then(pl.lit(value)).otherwise(pl.col(name))
        return broken.alias(name)

    wrong: dict[str, tuple[int, Any]] = {
        "Store": (201, None),
        "Date": (301, None),
        "Sales": (997, -1),
        "Customers": (17, 20_000),
        "Open": (501, 5),
        "DayOfWeek": (601, 9),
        "StateHoliday": (701, "x"),
        "StoreType": (101, "é"),
        "Assortment": (103, None),
        "CompetitionDistance": (13, 1e6),
        "Month": (809, 13),
        "Sales_Lag_1": (811, math.inf),
        "Sales_RollingMean_7": (813, math.nan),
    }
    present = {name: how for name, how in wrong.items() if name in frame.columns}
    spoilt_frame = frame.with_columns(
        [spoilt(name, every, value) for name, (every, value) in present.items()]
    )
    twice = pl.concat([spoilt_frame, spoilt_frame.head(3)])
    return twice.drop(twice.columns[-1])


def test_a_dirtied_copy_is_not_the_copy_it_was() -> None:
    import polars as pl

    frame = pl.DataFrame({"Store": range(1000), "Sales": range(1000)})
    assert dirtied(frame)["Store"].null_count() > 0


def test_outcomes_that_differ_are_told_apart(engine: EmbeddedEngine, tmp_path: Path) -> None:
    frame = frames()["clean"]
    table = write(engine, frame, tmp_path / "clean.parquet")
    listed = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "z"}}
    [check] = read_suite(json.dumps({"expectations": [listed]}), "suite.json")
    [outcome] = evaluate(engine, table, [check])
    agreed: Verdict = {
        "success": False,
        "raised": None,
        "result": {"element_count": 6, "unexpected_count": 6, "unexpected_percent": 100.0},
    }
    assert differences(outcome, agreed) == []
    assert differences(replace(outcome, unexpected=5), agreed)
