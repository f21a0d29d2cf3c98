"""Many checks of one wide table: a thousand of 200 columns against fifty, as CPU seconds.

    python benchmarks/wide.py [--rows 1000000] [--rounds 3] [--short] [--check]

Each validation is a whole process. `--check` ends with 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from main_job import Runs, timed

COLUMNS = 200
MANY, FEW = 1_000, 50
KINDS = ("whole", "money", "word", "count")
WORDS = ["red", "green", "blue", "grey"]
RATIO_BOUND = 4
"""Twenty times the checks read four times the columns."""
RATIO_BOUND_SHORT = 3
"""Of a tenth of the rows, where starting is most of what few checks take."""
MEMORY_BOUND_MB = 400


def write(path: Path, rows: int) -> None:
    """A table of whole numbers, amounts, words and counts by turns, none of which breaks a check."""
    import polars as pl

    place = pl.int_range(rows)
    columns = []
    for number in range(COLUMNS):
        # spread without a generator, so that every run writes the same
        spread = (place * (7_919 + 2 * number) + number * 104_729) % 99_991
        one = {
            "whole": spread % 1_000,
            "money": (spread % 9_973) / 100,
            "word": (spread % 4).replace_strict(list(range(4)), WORDS),
            "count": spread % 50,
        }[_kind(number)]
        columns.append(one.alias(_name(number)))
    pl.select(columns).write_parquet(path, row_group_size=122_880, compression="zstd")


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def _name(number: int) -> str:
    return f"{_kind(number)}_{number}"


def expectations() -> list[dict[str, object]]:
    """Five checks a column."""
    listed: list[dict[str, object]] = []
    for number in range(COLUMNS):
        name, kind = _name(number), _kind(number)
        ends = {"column": name, "min_value": 0, "max_value": 100_000_000}
        if kind == "word":
            about = [
                ("expect_column_values_to_be_in_set", {"column": name, "value_set": WORDS}),
                ("expect_column_values_to_not_be_in_set", {"column": name, "value_set": ["?"]}),
                ("expect_column_value_lengths_to_be_between", {**ends, "min_value": 3}),
                ("expect_column_proportion_of_non_null_values_to_be_between", ends),
            ]
        else:
            about = [
                ("expect_column_values_to_be_between", ends),
                ("expect_column_values_to_not_be_in_set", {"column": name, "value_set": [-1]}),
                ("expect_column_mean_to_be_between", ends),
                ("expect_column_sum_to_be_between", {**ends, "max_value": 10**12}),
            ]
        about.append(("expect_column_values_to_not_be_null", {"column": name}))
        listed += [{"type": kind_of, "kwargs": kwargs} for kind_of, kwargs in about]
    return listed


def suites(folder: Path) -> dict[str, Path]:
    """The two suites: all checks, and a twentieth of them that speaks of all kinds."""
    every = expectations()
    # the kinds of column and those of check take turns, so that both suites hold the same shares
    some = [every[place * 21 % MANY] for place in range(FEW)]
    found = {}
    for name, listed in ((f"{FEW:,} checks", some), (f"{MANY:,} checks", every)):
        path = folder / f"suite_{len(listed)}.json"
        path.write_text(json.dumps({"name": "wide", "expectations": listed}))
        found[name] = path
    return found


def measure(folder: Path, rows: int, rounds: int) -> dict[str, Runs]:
    """Alternating rounds of both suites; the first warms up and does not count."""
    path = folder / "wide.parquet"
    # in a process of its own: the peak of a child counts what its parent held when it was made
    maker = get_context("spawn").Process(target=write, args=(path, rows))
    maker.start()
    maker.join()
    assert maker.exitcode == 0, "the data could not be written"
    table = suites(folder)
    found = {name: Runs(name) for name in table}
    for number in range(rounds + 1):
        for name, suite in table.items():
            words = [sys.executable, "-m", "headgate", "validate", str(path)]
            into = found[name] if number else Runs(name)
            timed([*words, "--expect", str(suite)], into, folder)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="a tenth of the rows")
    parser.add_argument("--check", action="store_true", help="end with 1 where a bound is broken")
    options = parser.parse_args()
    rows = 100_000 if options.short else options.rows
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        found = measure(Path(folder), rows, options.rounds)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, medians of {options.rounds} runs")
    print(f"\n{rows:,} rows of {COLUMNS} columns\n")
    print("| suite | median | CPU | peak memory |\n|---|---|---|---|")
    for runs in found.values():
        print(
            f"| {runs.name} | {runs.median * 1000:,.0f} ms | {runs.median_cpu * 1000:,.0f} ms "
            f"| {runs.peak_mb:,.0f} MB |"
        )
    few, many = found.values()
    ratio = many.median_cpu / few.median_cpu
    bound = RATIO_BOUND_SHORT if options.short else RATIO_BOUND
    print("\n| what | measured | bound |\n|---|---|---|")
    print(f"| CPU of {MANY:,} checks / of {FEW} | {ratio:.2f} | at most {bound} |")
    print(f"| peak memory, MB | {many.peak_mb:,.0f} | at most {MEMORY_BOUND_MB} |")
    over = ratio > bound or many.peak_mb > MEMORY_BOUND_MB
    return 1 if over and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
