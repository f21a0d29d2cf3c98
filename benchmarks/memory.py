"""What needs all values at once, of 50 million rows: the peak memory, by the limit of DuckDB.

    python benchmarks/memory.py [--size 50] [--limits 50% 1GB]

Uniqueness is judged twice: of the sales, where each key stands 50 times, and of as many different
keys, which are more than a small limit holds. Each check is a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from checks import data

from headgate.checks.check import Bound, Check, Range, Share
from headgate.checks.evaluate import evaluate
from headgate.checks.metric import Aggregate, Failing, Function, Plain, Unique
from headgate.engines.embedded import EmbeddedEngine

SALES: dict[str, tuple[Plain, Bound]] = {
    "unique (Store, Date)": (Failing(Unique(("Store", "Date"))), Share()),
    "median of Sales": (Aggregate(Function.MEDIAN, "Sales"), Range(0)),
    "different values of Customers": (Aggregate(Function.DISTINCT, "Customers"), Range(0)),
}
KEYS: dict[str, tuple[Plain, Bound]] = {
    "unique (id), all different": (Failing(Unique(("id",))), Share())
}


def keys(path: Path, rows: int) -> None:
    """As many different keys as the sales have rows, in no order."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")
        # a hash of 64 bits has no twin among so few
        connection.execute(
            "create table t as select hash(range) as id from range(?)",
            [rows],
        )
        connection.table("t").write_parquet(str(path))


def judge(answer: Connection, path: Path, metric: Plain, bound: Bound, limit: str) -> None:
    """Judges one check and sends the seconds, the peak in MB and the outcome."""
    engine = EmbeddedEngine(path.parent)
    engine._connection().execute("set memory_limit = ?", [limit])  # noqa: SLF001 - it has no setting
    started = time.perf_counter()
    [outcome] = evaluate(engine, engine.table("t", path), [Check("", metric, bound)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send((time.perf_counter() - started, peak, outcome.status.value))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=50)
    parser.add_argument("--limits", nargs="+", default=["50%", "1GB"])
    options = parser.parse_args()
    spawn = get_context("spawn")
    print("| check | limit | seconds | peak memory | outcome |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        sales = data(Path(folder), options.size, dirty=False, kind="parquet")
        keyed = Path(folder, "keys.parquet")
        maker = spawn.Process(target=keys, args=(keyed, options.size * 1_017_209))
        maker.start()
        maker.join()
        for path, table in ((sales, SALES), (keyed, KEYS)):
            for name, (metric, bound) in table.items():
                for limit in options.limits:
                    here, there = spawn.Pipe()
                    child = spawn.Process(target=judge, args=(there, path, metric, bound, limit))
                    child.start()
                    there.close()  # so that a child that dies is noticed
                    seconds, peak, status = here.recv()
                    child.join()
                    print(f"| {name} | {limit} | {seconds:.1f} | {peak:,.0f} MB | {status} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
