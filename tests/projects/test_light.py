"""The libraries that `validate` leaves alone where they are not needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from headgate.cli.main import main

try:
    main(["validate", sys.argv[1], "--expect", "suite.json"])
except SystemExit as ended:
    libraries = {"duckdb", "_duckdb", "polars", "pyarrow"} & set(sys.modules)
    print(ended.code, sorted(libraries))
"""
ROWS = "shop,day,kind\n" + "1,2024-01-01,a\n2,2024-01-02,b\n,2024-01-03,\n"


def expectation(kind: str, **kwargs: object) -> dict[str, object]:
    return {"type": kind, "kwargs": kwargs}


PROVED = [
    expectation("expect_table_row_count_to_be_between", min_value=1, max_value=9),
    expectation("expect_column_values_to_be_between", column="shop", min_value=1, max_value=2),
    expectation("expect_column_values_to_be_between", column="day", min_value="2024-01-01"),
    expectation("expect_column_values_to_not_be_null", column="day"),
    expectation("expect_column_values_to_be_in_set", column="kind", value_set=["a", "b", "c"]),
]
COUNTED = expectation("expect_column_values_to_be_unique", column="shop")


def imported(folder: Path, name: str, *expectations: dict[str, object]) -> str:
    """The exit code of `validate`, and the libraries that it imported."""
    suite = {"name": "s", "expectations": list(expectations)}
    (folder / "suite.json").write_text(json.dumps(suite))
    words = [sys.executable, "-c", PROGRAM, name]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import polars as pl

    (tmp_path / "a.csv").write_text(ROWS)
    frame = pl.read_csv(tmp_path / "a.csv").with_columns(pl.col("day").str.to_date())
    frame.write_parquet(tmp_path / "a.parquet")
    return tmp_path


def test_a_csv_file_that_its_statistics_prove_good_needs_no_duckdb(folder: Path) -> None:
    assert imported(folder, "a.csv", *PROVED) == "0 ['polars']"
    assert imported(folder, "a.csv", *PROVED, COUNTED) == "0 ['_duckdb', 'polars']"


def test_a_parquet_file_needs_duckdb_and_none_of_what_its_package_adds(folder: Path) -> None:
    assert imported(folder, "a.parquet", *PROVED, COUNTED) == "0 ['_duckdb']"
