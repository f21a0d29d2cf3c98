"""The same verdicts and counts as Great Expectations, which judges the same data beside us."""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from headgate.checks.check import Outcome, Status
from headgate.checks.differences import DIFFERENCES, FAR
from headgate.checks.evaluate import evaluate
from headgate.checks.expectations import EXPECTATIONS
from headgate.checks.great_expectations import as_gx_result
from headgate.checks.metric import columns_of
from headgate.checks.suite import read_suite
from headgate.engines.embedded import EmbeddedEngine
from headgate.errors import DeclarationError
from headgate.schema.table import Table
from tests.checks import gx_cases, gx_database_cases, gx_differences, gx_more_cases
from tests.checks.conftest import unknown

if TYPE_CHECKING:
    import polars as pl

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("HEADGATE_TEST_DATA", ROOT.parent / "shared" / "data")) / "rossmann"
EXAMPLE = ROOT / "src" / "headgate" / "project" / "examples" / "rossmann"
IN_DATABASES = {"expect_table_row_count_to_equal_other_table"}
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


def oracle(gx: Path, folder: Path, jobs: list[dict[str, Any]]) -> list[list[Verdict]]:
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

COMPARED = (
    "element_count",
    "missing_count",
    "unexpected_count",
    "unexpected_percent",
    "observed_value",
)
NAMED_OTHERWISE = {
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
}
"""Expectations that observe a type, which has another name in pandas than here."""


def differences(outcome: Outcome, verdict: Verdict) -> list[str]:
    """What Great Expectations says otherwise, in words."""
    ours, theirs = as_gx_result(outcome), verdict["result"]
    found = []
    if ours["success"] != verdict["success"]:
        found.append(f"we: {outcome.status}, they: {verdict['success']} ({verdict['raised']})")
    if outcome.status is Status.ERROR and not verdict["raised"]:
        found.append(f"we cannot judge it: {outcome.message}")
    if verdict["raised"] and outcome.status is not Status.ERROR:
        found.append(f"they cannot judge it: {verdict['raised']}")
    if verdict["raised"] or outcome.status is Status.ERROR:
        return found
    for name in COMPARED:
        seen = theirs.get(name)
        if name == "observed_value" and outcome.check.kind in NAMED_OTHERWISE:
            continue
        # in a database, the sum of no row is no number
        if seen is not None and not same(ours["result"].get(name), seen):
            found.append(f"{name}: we {ours['result'].get(name)}, they {seen}")
    return found


def same(ours: object, theirs: object) -> bool:
    match ours, theirs:
        case list(), list():
            return len(ours) == len(theirs) and all(map(same, ours, theirs))
        case dict(), dict():
            return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
        case ((int() | float()), (int() | float())):
            return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
        case str(), float():
            return float(ours) == theirs  # infinity, which JSON does not hold
        case None, "NaT":
            return True
        case str(), str():
            return ours == theirs.replace(" ", "T").removesuffix("T00:00:00") or ours == theirs
        case _:
            return ours == theirs


def infinite(table: Table) -> set[str]:
    """The columns that hold an infinite value."""
    import polars as pl

    numbers = pl.read_parquet(table.paths[0]).select(pl.col(pl.Float32, pl.Float64))
    return {column.name for column in numbers if column.is_infinite().any()}


def compared(outcomes: list[Outcome], verdicts: list[Verdict], table: Table) -> list[str]:
    beyond = infinite(table)
    return [
        f"{table.name}: {outcome.check.kind}: {outcome.check.description}: {difference}"
        for outcome, verdict in zip(outcomes, verdicts, strict=True)
        if outcome.check.kind not in FAR or beyond.isdisjoint(columns_of(outcome.check.metric))
        for difference in differences(outcome, verdict)
    ]


# ------------------------------------------------------------------ generated data


def held_against(
    gx: Path,
    folder: Path,
    cases: list[gx_cases.Expectation],
    frames: dict[str, pl.DataFrame],
    *,
    database: bool = False,
) -> list[str]:
    """How the verdicts differ, with statistics and without, on every table."""
    engine = EmbeddedEngine()
    suite = folder / "suite.json"
    listed = [{"type": kind, "kwargs": keywords} for kind, keywords in cases]
    suite.write_text(json.dumps({"name": "all", "expectations": listed}), encoding="utf-8")
    checks = read_suite(suite.read_text(encoding="utf-8"), "suite.json")
    tables = [write(engine, frame, folder / f"{name}.parquet") for name, frame in frames.items()]
    jobs: list[dict[str, Any]] = [
        {"data": str(table.paths[0]), "suite": str(suite)} for table in tables
    ]
    beside = {"other": write(engine, frames["dirty"], folder / "other.parquet")}
    if database:
        paths = {name: str(table.paths[0]) for name, table in beside.items()}
        jobs = [{**job, "beside": paths} for job in jobs]
    found: list[str] = []
    for table, verdicts in zip(tables, oracle(gx, folder, jobs), strict=True):
        proved = evaluate(engine, table, checks, beside=beside)
        scanned = evaluate(engine, unknown(table), checks, beside=beside)
        found += compared(proved, verdicts, table) + compared(scanned, verdicts, table)
    return found


def test_every_expectation_agrees_with_great_expectations(gx: Path, tmp_path: Path) -> None:
    found = held_against(gx, tmp_path, gx_cases.EXPECTATIONS, gx_cases.frames())
    assert not found, "\n".join(found)


def test_every_other_expectation_agrees_with_great_expectations(gx: Path, tmp_path: Path) -> None:
    found = held_against(gx, tmp_path, gx_more_cases.PANDAS, gx_more_cases.frames())
    assert not found, "\n".join(found)


def test_what_it_judges_in_databases_agrees_too(gx: Path, tmp_path: Path) -> None:
    frames = gx_more_cases.frames()
    found = held_against(gx, tmp_path, gx_database_cases.SQLITE, frames, database=True)
    assert not found, "\n".join(found)


def test_every_expectation_is_compared() -> None:
    listed = [*gx_cases.EXPECTATIONS, *gx_more_cases.PANDAS, *gx_database_cases.SQLITE]
    assert {kind for kind, _ in listed} == set(EXPECTATIONS)


def test_every_difference_on_purpose_is_still_one(gx: Path, tmp_path: Path) -> None:
    engine = EmbeddedEngine()
    table = write(engine, gx_differences.frame(), tmp_path / "data.parquet")
    listed = [
        {"type": kind, "kwargs": keywords} for kind, keywords, _ in gx_differences.CASES.values()
    ]
    suite = tmp_path / "suite.json"
    suite.write_text(json.dumps({"name": "all", "expectations": listed}), encoding="utf-8")
    job = {"data": str(table.paths[0]), "suite": str(suite)}
    [verdicts] = oracle(gx, tmp_path, [job])
    agreed = []
    for (name, (_, _, they)), one, verdict in zip(
        gx_differences.CASES.items(), listed, verdicts, strict=True
    ):
        try:
            [check] = read_suite(json.dumps({"expectations": [one]}), "suite.json")
        except DeclarationError:
            assert not verdict["raised"], name
            continue
        [outcome] = evaluate(engine, table, [check])
        said = "raises" if verdict["raised"] else verdict["success"]
        if not differences(outcome, verdict) or said != they:
            agreed.append(f"{name}: {outcome.status}, {verdict}")
    assert not agreed, "\n".join(agreed)


def test_every_difference_has_a_case() -> None:
    assert list(gx_differences.CASES) == [one.name for one in DIFFERENCES]
    for one in DIFFERENCES:
        assert set(one.kinds) <= set(EXPECTATIONS) or one.kinds[0].startswith("every type")


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
    for (name, table), listed in zip(tables.items(), oracle(gx, tmp_path, jobs), strict=True):
        checks = read_suite(suites[name].read_text(encoding="utf-8"), f"{name}.json")
        here = [place for place, one in enumerate(checks) if one.kind not in IN_DATABASES]
        checks, verdicts = [checks[one] for one in here], [listed[one] for one in here]
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
    frame = gx_cases.frames()["clean"]
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
