"""What one more day costs, as history grows: in this process, from the frame to the record.

    python benchmarks/appends.py [--parts 100 300 1000] [--times 50] [--rounds 9]

The history is generated: the look-alike of the Rossmann sales, each of its days repeated fifty
times, as one part a day; 1,000 parts are 53 million rows. Then, for each length of the history, a
day is added that is not in it: once to a source that appends, once to one that is divided by day.
Nothing is added to what the next round starts from, and each round adds another day. The time of the
processor stands in brackets.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headgate.engines.embedded import EmbeddedEngine
from headgate.engines.engine import Frame
from headgate.ledger.sqlite import open_ledger
from headgate.pipelines.pipeline import Source
from headgate.runs.arriving import arrange
from headgate.runs.tools import Tools
from headgate.runs.writing import Draft, Layout, write_version
from headgate.schema.statistics import together
from headgate.store import versions
from headgate.store.manifest import Version
from headgate.store.objects import Objects

if TYPE_CHECKING:
    import polars as pl

KEY = ["Date", "Store"]
SOURCES = {
    "append": Source(path="sales.csv", arrives="append", key=KEY),
    "append, partition_by: Date": Source(
        path="sales.csv", arrives="append", key=KEY, partition_by=["Date"]
    ),
}
RUN = "bench"
WHOLE = "all of it"
DAYS = 942
"""The days of the look-alike; a longer history begins anew behind the last of them."""


@dataclass(frozen=True, slots=True)
class Time:
    """Milliseconds on the wall, and those of the processor, which others on a machine leave alone."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} ms ({self.processor:.1f})"


@dataclass
class Clock:
    """How long each named piece of work took, over all rounds."""

    took: dict[str, list[Time]] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        wall, processor = time.perf_counter(), time.process_time()
        yield
        taken = (time.perf_counter() - wall, time.process_time() - processor)
        self.took.setdefault(name, []).append(Time(*(1000 * each for each in taken)))

    def medians(self) -> dict[str, Time]:
        return {
            name: Time(
                statistics.median(one.wall for one in each),
                statistics.median(one.processor for one in each),
            )
            for name, each in self.took.items()
        }


# ------------------------------------------------------------------ the history


@contextmanager
def workplace(folder: Path) -> Iterator[Tools]:
    """A store and a ledger below a folder, with nothing in them."""
    ledger = open_ledger(folder / "state.db")
    try:
        yield Tools(folder, ledger, EmbeddedEngine(), Objects(folder / "store"), "bench")
    finally:
        ledger.close()


def sales(folder: Path) -> pl.DataFrame:
    """The look-alike's sales, typed as a source would be, in the order of the days."""
    import polars as pl

    from headgate.project.lookalike import write_lookalike

    raw = folder / "raw"
    write_lookalike(raw)
    text = {"StateHoliday": pl.String}
    read = pl.read_csv(raw / "train.csv", schema_overrides=text, try_parse_dates=True)
    shutil.rmtree(raw)
    return read.sort(KEY)


def day(sold: pl.DataFrame, number: int, times: int) -> pl.DataFrame:
    """All rows of a day, so many times, each time of other stores."""
    import polars as pl

    rounds, place = divmod(number, DAYS)
    first = sold.get_column("Date").min()
    assert first is not None
    one = sold.filter(pl.col("Date") == first + timedelta(days=place))  # type: ignore[operator]
    again = pl.concat([one.with_columns(pl.col("Store") + 1115 * n) for n in range(times)])
    return again.with_columns(pl.col("Date").dt.offset_by(f"{rounds * DAYS}d"))


def history(tools: Tools, sold: pl.DataFrame, days: int, times: int) -> Version:
    """A version of so many days, a part each, written and not recorded yet."""

    def write(number: int) -> Version:
        frame = day(sold, number, times)
        path = f"part-{number + 1:06d}.parquet"
        layout = Layout(tuple(KEY), path=path)
        return write_version(tools, RUN, "sales", frame, Draft(layout=layout))[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(write, range(days)))
    parts = tuple(part for version in made for part in version.parts)
    return dataclasses.replace(
        made[0], parts=parts, merged=together(part.statistics for part in parts)
    )


def recorded(tools: Tools, whole: Version, source: Source, parts: int) -> str:
    """The id of the version of the first parts of a history, recorded as that source's."""
    some = whole.parts[:parts]
    if source.partition_by:
        named = (f"Date={part.statistics['Date'].low}/part.parquet" for part in some)
        some = tuple(replace(part, path=path) for part, path in zip(some, named, strict=True))
    known = together(part.statistics for part in some)
    id_ = versions.gather(tools.objects, RUN, some)
    with tools.ledger.transaction() as tx:
        versions.record(tx, dataclasses.replace(whole, id=id_, parts=some, merged=known))
    return id_


# ------------------------------------------------------------------ one more day


def append(tools: Tools, source: Source, held: str, delivery: Frame, clock: Clock) -> Version:
    """A day on top of what is held: found, arranged, written and recorded as a run does it."""
    with clock.of(WHOLE):
        with clock.of("find what is held"), tools.ledger.snapshot() as tx:
            found = versions.find(tx, "sales", held)
        assert found is not None
        with clock.of("see that it is there"):
            assert versions.present(tools.objects, found)
        with clock.of("arrange"):
            arrival = arrange(tools, source, found, delivery)
        with clock.of("write the part and the list"):
            draft = Draft(layout=arrival.layout, held=found)
            version, _ = write_version(tools, RUN, "sales", arrival.frame, draft)
        with clock.of("record"), tools.ledger.transaction() as tx:
            versions.record(tx, version)
    with clock.of("(then: as a table)"):
        versions.table(tools.objects, version)
    return version


def measured(tools: Tools, source: Source, held: str, deliveries: Sequence[Frame]) -> Clock:
    """Each delivery on top of the same held version; the first warms up and does not count."""
    clock = Clock()
    for number, delivery in enumerate(deliveries):
        version = append(tools, source, held, delivery, clock if number else Clock())
        assert version.rows > 0
    return clock


def table(title: str, lengths: Sequence[int], clocks: Sequence[Clock]) -> str:
    """The medians, one column for each length, and how much they grow."""
    found = [clock.medians() for clock in clocks]
    heads = [f"{length:,} parts" for length in lengths]
    lines = [
        f"| {title} | {' | '.join(heads)} | {heads[-1]} / {heads[0]} |",
        f"|{'---|' * (len(lengths) + 2)}",
    ]
    for name, first in found[0].items():
        last = found[-1][name]
        growth = f"{last.wall / first.wall:.1f} ({last.processor / first.processor:.1f})"
        cells = [str(each[name]) for each in found]
        lines.append(f"| {name} | {' | '.join(cells)} | {growth} |")
    return "\n".join(lines)


def elapsed(what: str, work: Callable[[], Version]) -> Version:
    started = time.perf_counter()
    made = work()
    print(f"{what} in {time.perf_counter() - started:.1f} s", flush=True)
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--parts", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    lengths = sorted(options.parts)
    needed = max(lengths) * options.times * 20_000 * 2  # bytes, generously
    if shutil.disk_usage(tempfile.gettempdir()).free < needed:
        print(f"needs {needed / 1e9:.1f} GB in {tempfile.gettempdir()}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as name:
        folder = Path(name)
        with workplace(folder) as tools:
            sold = sales(folder)
            longest = max(lengths)
            whole = elapsed(
                f"{longest:,} parts generated",
                lambda: history(tools, sold, longest, options.times),
            )
            print(f"{whole.rows:,} rows, {whole.size / 1e6:,.0f} MB\n")
            print(
                f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, medians of {options.rounds}"
            )
            held = {
                title: [recorded(tools, whole, source, length) for length in lengths]
                for title, source in SOURCES.items()
            }
            del whole
            new = count(longest)
            for title, source in SOURCES.items():
                clocks = []
                for each in held[title]:
                    numbers = islice(new, options.rounds + 1)
                    deliveries = [day(sold, number, options.times) for number in numbers]
                    clocks.append(measured(tools, source, each, deliveries))
                print(f"\n{table(title, lengths, clocks)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
