"""What it costs to move pointers, and to collect what they left: over 100 datasets, in this process.

    python benchmarks/store.py [--datasets 100] [--times 40] [--short] [--check]
    python benchmarks/store.py --days 60 [--data FOLDER]

Each publish gives every dataset a new version, and so does each promotion. `--check` ends with 1
where the median of a verb is above 20 ms; with `--short` too, of the processor, which says something
on a machine that others load. With `--days`: the sales of so many days, appended one day after another by
whole runs of a project; those of a folder with the `train.csv` of Rossmann, or else generated.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.engines.find import find as engine
from headgate.environments import life
from headgate.environments.collect import collect, find
from headgate.environments.retention import Rules
from headgate.ledger.sqlite import open_ledger
from headgate.runs.tools import Tools
from headgate.schema.schema import Schema
from headgate.store import publishing, rollbacks, versions
from headgate.store.manifest import Part, Release, Version
from headgate.store.objects import Objects
from headgate.store.readers import Lease

if TYPE_CHECKING:
    import polars as pl

BOUND = 20.0
"""Milliseconds that each of these may take, in the median."""

BOUNDED = ("publish", "rollback", "branch", "promote")

Took = dict[str, list[tuple[float, float]]]
"""Milliseconds of each time: on the wall, and of the processor, which others leave alone."""

PROJECT = """
name: sales
owner: bench
sources:
  train: {path: data/raw/day_*.csv, arrives: append, key: [Date, Store],
          types: {Store: integer, Date: date, StateHoliday: string}}
steps:
  clean: {run: transformations/clean.sql, path: data/out/clean.parquet, key: [Date, Store],
          partition_by: month(Date)}
"""


def main() -> int:
    arguments = _arguments()
    if arguments.days:
        return _days(arguments.days, arguments.data)
    times = 8 if arguments.short else arguments.times
    with tempfile.TemporaryDirectory() as folder:
        took = _moves(Path(folder), arguments.datasets, times)
    late = []
    for name, measured in took.items():
        wall, processor = (statistics.median(each) for each in zip(*measured, strict=True))
        most = max(wall for wall, _ in measured)
        _say(
            f"{name:20} {wall:8.1f} ms  (processor {processor:.1f}, at the most {most:.1f},"
            f" {len(measured)} times)"
        )
        if name in BOUNDED and (processor if arguments.short else wall) > BOUND:
            late.append(name)
    if arguments.check and late:
        _say(f"above {BOUND:g} ms: {', '.join(late)}")
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=100)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--days", type=int, default=0)
    parser.add_argument("--data", type=Path)
    return parser.parse_args()


# ------------------------------------------------------------------ pointers


def _moves(root: Path, datasets: int, times: int) -> Took:
    """How long each verb took, each time. A further verb is one more entry here."""
    tools = _tools(root)
    took: Took = {}
    made = [_made(tools, datasets, n) for n in range(times + 1)]
    _publish(tools, made[0])
    for each in made[1:]:
        _clocked(took, "publish", partial(_publish, tools, each))
        _clocked(took, "rollback", partial(_roll_back, tools))
        _publish(tools, each)
        name = f"branch{len(took['publish'])}"
        _clocked(took, "branch", partial(life.create, tools, name, "prod"))
        life.drop(tools, name, "prod")
        _clocked(took, "promote", partial(_promote, tools, each))
    _age(tools)
    rules = Rules(0, 0, frozenset({"prod"}), grace=timedelta(0))
    _clocked(took, "gc, dry run", partial(find, tools, rules, frozenset))
    gone = len(find(tools, rules, frozenset).digests)
    _clocked(took, f"gc of {gone} objects", partial(collect, tools, rules, frozenset, "prod"))
    tools.ledger.close()
    return took


def _tools(root: Path) -> Tools:
    ledger = open_ledger(root / "state.db")
    return Tools(root, ledger, engine("embedded", root), Objects(root / "store"), "bench")


def _made(tools: Tools, datasets: int, number: int) -> list[Version]:
    """A version of each dataset, in the store and in the record."""
    found = []
    for n in range(datasets):
        temporary = tools.objects.temporary("bench")
        temporary.write_text(f"{n} {number}")
        kept = tools.objects.keep(temporary)
        part = Part(kept.digest, kept.size, 1)
        at = datetime.now(UTC)
        found.append(Version(kept.digest, f"d{n}", Schema(()), (part,), at, "bench"))
    with tools.ledger.transaction() as tx:
        for version in found:
            versions.record(tx, version)
    return found


def _publish(tools: Tools, made: Sequence[Version]) -> None:
    """One publish as a run does it: held, then moved in one durable transaction."""
    moves = {version.dataset: version.id for version in made}
    with Lease(tools.objects) as lease:
        lease.require(made)
        with tools.ledger.transaction(durable=True) as tx:
            draft = Release("prod", 0, moves, datetime.now(UTC), "bench", "bench")
            publishing.publish(tx, draft)


def _roll_back(tools: Tools) -> None:
    with Lease(tools.objects) as lease, tools.ledger.transaction(durable=True) as tx:
        release = rollbacks.rollback(
            tx, environment="prod", run="bench", to=None, dataset=None, user="bench",
            at=datetime.now(UTC), because="",
        )  # fmt: skip
        lease.require(versions.find_each(tx, release.versions).values())


def _promote(tools: Tools, made: Sequence[Version]) -> None:
    """The move of a promotion, once its gates opened: held, then moved as a publish is."""
    moves = {version.dataset: version.id for version in made}
    with Lease(tools.objects) as lease:
        lease.require(made)
        with tools.ledger.transaction(durable=True) as tx:
            draft = Release("stage", 0, moves, datetime.now(UTC), "bench", "bench", origin="prod@1")
            publishing.promote(tx, [draft])


def _age(tools: Tools) -> None:
    for path in (tools.objects.root / "files").rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))


def _clocked(took: Took, name: str, work: Callable[[], object]) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    taken = (time.perf_counter() - wall, time.process_time() - processor)
    took.setdefault(name, []).append((1000 * taken[0], 1000 * taken[1]))


# ------------------------------------------------------------------ days


def _days(days: int, data: Path | None) -> int:
    """Seconds of each daily run, and bytes on disk beside those of the plain files."""
    import polars as pl

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        frames = _by_day(data, days, Path(folder))
        _project(root)
        took, plain = [], 0
        for number, frame in enumerate(frames):
            frame.write_csv(root / "data" / "raw" / f"day_{number:03d}.csv")
            beside = Path(folder) / "plain.parquet"
            pl.concat(frames[: number + 1]).write_parquet(beside)
            plain += beside.stat().st_size
            started = time.perf_counter()
            command = [sys.executable, "-m", "headgate", "-C", str(root), "run", "--quiet"]
            subprocess.run(command, check=True, capture_output=True)
            took.append(time.perf_counter() - started)
        _compare(root, [frame.height for frame in frames])
        first, last = (statistics.median(some) for some in (took[1:11], took[-10:]))
        store = sum(p.stat().st_size for p in (root / ".headgate/store").rglob("*") if p.is_file())
        record = sum(p.stat().st_size for p in (root / ".headgate").glob("state.db*"))
        newest = (Path(folder) / "plain.parquet").stat().st_size
    _say(f"seconds a day: first ten {first:.2f}, last ten {last:.2f} ({last / first:.2f} times)")
    _say(f"on disk: objects {store / 1e6:.1f} MB, record {record / 1e6:.1f} MB")
    _say(f"plain files: the newest {newest / 1e6:.1f} MB, one for each day {plain / 1e6:.1f} MB")
    return 0


def _compare(root: Path, rows: Sequence[int]) -> None:
    """Compares releases near and far, and ends where the rows that were added are not those."""
    last = len(rows)
    for before, after in ((1, 2), (last // 2, last // 2 + 7), (1, last)):
        names = [f"prod@{min(number, last)}" for number in (before, after)]
        command = [sys.executable, "-m", "headgate", "-C", str(root), "--json", "data", "diff"]
        started = time.perf_counter()
        done = subprocess.run([*command, *names], check=True, capture_output=True)
        seconds = time.perf_counter() - started
        told = {each["dataset"]: each for each in json.loads(done.stdout)["datasets"]}["train"]
        added, read = sum(rows[before : min(after, last)]), told["parts_read"]
        if told["rows"] != {"added": added, "removed": 0, "changed": 0}:
            sys.exit(f"{' and '.join(names)} differ by {told['rows']}, not {added} added rows")
        _say(f"{' and '.join(names)}: {added:,} rows added, {read} parts read, {seconds:.2f} s")


def _by_day(data: Path | None, days: int, folder: Path) -> list[pl.DataFrame]:
    """The rows of each of the last days, and before them the whole history as the first."""
    import polars as pl

    if data is None:
        from headgate.project.lookalike import write_lookalike

        data = folder / "generated"
        data.mkdir()
        write_lookalike(data)
    train = next(data.rglob("train.csv"))
    sales = pl.read_csv(train, schema_overrides={"StateHoliday": pl.String})
    sales = sales.with_columns(pl.col("Date").str.to_date())
    every = sales["Date"].unique().sort().to_list()
    first = sales.filter(pl.col("Date") < every[-days])
    return [first, *(sales.filter(pl.col("Date") == day) for day in every[-days:])]


def _project(root: Path) -> None:
    for folder in ("data/raw", "pipelines", "transformations"):
        (root / folder).mkdir(parents=True)
    (root / "headgate.yml").write_text("name: sales\n")
    (root / "pipelines" / "sales.yml").write_text(PROJECT)
    (root / "transformations" / "clean.sql").write_text("select * from train where Open = 1\n")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
