"""What judging costs after one more day, as history grows: by parts, and by reading all of it.

    python benchmarks/partials.py [--parts 100 300 1000] [--times 50] [--rounds 9] [--check]

The history is that of `appends.py`: a part a day, 53 million rows in 1,000 parts. It is judged once,
which remembers what is measured of each part. Then days are added one after another, and each time
the whole is judged: thirteen checks of the raw sales, and mean, deviation, median, quantiles, number
of different stores, and no day of a store twice.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from appends import WHOLE, Clock, append, day, elapsed, history, recorded, sales, table, workplace

from headgate.checks.check import Check, Outcome
from headgate.checks.evaluate import evaluate
from headgate.checks.native import read_check
from headgate.checks.suite import read_suite
from headgate.pipelines.pipeline import Source
from headgate.runs.tools import Tools
from headgate.schema.table import Table
from headgate.store import versions

SUITE = Path(__file__).parents[1] / (
    "src/headgate/project/examples/rossmann/expectations/raw_train.json"
)
WIDER = {
    '"max_value": 2000000': '"max_value": 200000000',
    '"max_value": 1200': '"max_value": 200000',
}
"""The bounds of the suite that fifty times as many stores do not keep."""

ALL_ROWS = (
    {"unique": ["Store", "Date"]},
    {"mean": {"column": "Sales", "low": 1, "high": 100_000}},
    {"stdev": {"column": "Sales", "low": 1, "high": 100_000}},
    {"median": {"column": "Sales", "low": 1, "high": 100_000}},
    {"distinct": {"column": "Store", "low": 1, "high": 100_000}},
    {"median": {"column": "Customers", "low": 1, "high": 100_000}},
)
JUDGE = "judge all of it by its parts"
BOUND_MS = 50.0
FLAT = 1.5
"""How much longer judging may take with ten times as many parts."""


def checks() -> list[Check]:
    text = SUITE.read_text()
    for narrow, wide in WIDER.items():
        text = text.replace(narrow, wide)
    return [*read_suite(text, SUITE.name), *(read_check(each, "benchmark") for each in ALL_ROWS)]


def judged(tools: Tools, whole: Table, wanted: Sequence[Check]) -> list[Outcome]:
    found = evaluate(tools.engine, whole, wanted, ledger=tools.ledger)
    failed = [f"{one.check.description}: {one.message}" for one in found if not one.passed]
    assert not failed, failed
    return found


def measured(
    tools: Tools, held: str, deliveries: Sequence[object], wanted: Sequence[Check]
) -> Clock:
    """Each delivery on top of the one before, and all of it judged; the first does not count."""
    source = Source(path="sales.csv", arrives="append", key=["Date", "Store"])
    clock = Clock()
    for number, delivery in enumerate(deliveries):
        this = clock if number else Clock()
        version = append(tools, source, held, delivery, this)
        with this.of(JUDGE):
            judged(tools, versions.table(tools.objects, version), wanted)
        held = version.id
    return clock


def read_whole(tools: Tools, held: str, wanted: Sequence[Check]) -> float:
    """Seconds that judging takes without what is remembered."""
    with tools.ledger.snapshot() as tx:
        version = versions.find(tx, "sales", held)
    assert version is not None
    started = time.perf_counter()
    evaluate(tools.engine, versions.table(tools.objects, version), wanted)
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--parts", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true", help="end with 1 where a bound is broken")
    options = parser.parse_args()
    lengths, wanted = sorted(options.parts), checks()
    source = Source(path="sales.csv", arrives="append", key=["Date", "Store"])
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as name:
        folder = Path(name)
        with workplace(folder) as tools:
            sold = sales(folder)
            whole = elapsed(
                f"{max(lengths):,} parts generated",
                lambda: history(tools, sold, max(lengths), options.times),
            )
            print(f"{whole.rows:,} rows, {whole.size / 1e6:,.0f} MB")
            clocks = []
            for length in lengths:
                held = recorded(tools, whole, source, length)
                with tools.ledger.snapshot() as tx:
                    version = versions.find(tx, "sales", held)
                assert version is not None
                started = time.perf_counter()
                judged(tools, versions.table(tools.objects, version), wanted)
                print(f"{length:,} parts judged first in {time.perf_counter() - started:.1f} s")
                numbers = range(length, length + options.rounds + 1)
                days = [day(sold, number, options.times) for number in numbers]
                clocks.append(measured(tools, held, days, wanted))
            seconds = read_whole(tools, held, wanted)
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, medians of {options.rounds}\n")
    print(table(f"{len(wanted)} checks", lengths, clocks))
    medians = [clock.medians() for clock in clocks]
    last, first = medians[-1][JUDGE].wall, medians[0][JUDGE].wall
    print(f"\n{lengths[-1]:,} parts read whole in {seconds:.1f} s: {1000 * seconds / last:,.0f} x")
    both = last + medians[-1][WHOLE].wall
    kept = last <= BOUND_MS and last / first <= FLAT
    print(f"judging {last:.1f} ms (bound {BOUND_MS:.0f}), with the append {both:.1f} ms")
    return 1 if options.check and not kept else 0


if __name__ == "__main__":
    sys.exit(main())
