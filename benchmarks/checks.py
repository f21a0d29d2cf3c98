"""Thirteen checks of the raw sales against other validators: whole processes, as ratios.

    python benchmarks/checks.py [--sizes 1 10 50] [--rounds 5] [--dirty] [--csv] [--check]

The peers are installed into `.venv-peers` by this script. Data is generated: the look-alike of the
Rossmann sales, repeated as often as a size says. What a peer cannot say of the thirteen checks it
is spared; see the scripts in `benchmarks/peers`. With `--dirty`, ours judges the clean data too.
`--check` ends with 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from main_job import Runs, timed

HERE = Path(__file__).parent
HOME = HERE.parent / ".venv-peers"
SUITE = HERE.parent / "src/headgate/project/examples/rossmann/expectations/raw_train.json"
WANTED = (
    "great_expectations==1.24.*",
    "pandera[polars]==0.35.*",
    "pointblank==1.1.*",
    "dataframely==3.1.*",
    "pandas==3.*",
    "polars==2.1.*",
    "pyarrow>=24",
)
OURS = "headgate validate"
CLEAN = "headgate validate, clean data"
GX = "Great Expectations 1.24 (pandas)"
PEERS = {
    GX: "gx.py",
    "Pandera 0.35 (polars)": "pandera_polars.py",
    "Pointblank 1.1 (polars)": "pointblank_polars.py",
    "dataframely 3.1": "dataframely_eager.py",
}
ONCE_FROM = 50
"""The size from which Great Expectations, which then takes most of the time, runs only once."""
MEMORY_OF_GX_MB = 230
"""What Great Expectations needs for each million rows, so that it is not started in vain."""

Bound = tuple[str, float, str, float]
"""What, the figure measured, `at least` or `at most`, and the figure allowed."""


def peers_python() -> Path:
    """The interpreter that the peers are installed for."""
    python = HOME / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *WANTED], check=True)
    return python


def data(folder: Path, size: int, *, dirty: bool, kind: str) -> Path:
    """The sales, `size` times, as one file; with `dirty`, one row of a hundred breaks a rule."""
    path = folder / f"sales_{size}{'_dirty' if dirty else ''}.{kind}"
    # in a process of its own: the peak of a child counts what its parent held when it was made
    maker = get_context("spawn").Process(target=_write, args=(folder, path, size, dirty))
    maker.start()
    maker.join()
    assert maker.exitcode == 0, "the data could not be written"
    return path


def _write(folder: Path, path: Path, size: int, dirty: bool) -> None:
    import polars as pl

    from headgate.project.lookalike import write_lookalike

    raw = folder / "raw"
    if not raw.exists():
        raw.mkdir()
        write_lookalike(raw)
    once = pl.read_csv(raw / "train.csv", schema_overrides={"StateHoliday": pl.String})
    if dirty:
        bad = pl.int_range(pl.len()) % 100 == 0
        once = once.with_columns(Sales=pl.when(bad).then(-1).otherwise("Sales"))
    whole = pl.concat([once.lazy()] * size)
    if path.suffix == ".parquet":
        whole.sink_parquet(path, row_group_size=122_880, compression="zstd")
    else:
        whole.sink_csv(path)


def suite(folder: Path) -> Path:
    """The thirteen checks, with a bound of rows that every size keeps."""
    path = folder / "suite.json"
    path.write_text(SUITE.read_text().replace('"max_value": 2000000', '"max_value": 200000000'))
    return path


def ours(path: Path) -> list[str]:
    """The command that judges a file."""
    expect = str(suite(path.parent))
    return [sys.executable, "-m", "headgate", "validate", str(path), "--expect", expect]


def measure(path: Path, clean: Path | None, rounds: int, size: int) -> dict[str, Runs]:
    """Alternating rounds of all validators; the first warms up and does not count."""
    python = str(peers_python())
    commands = {OURS: ours(path)}
    if clean:
        commands[CLEAN] = ours(clean)
    for name, script in PEERS.items():
        if name == GX and not _fits(size):
            print(f"{GX} is left out: it needs more memory than is free", file=sys.stderr)
            continue
        commands[name] = [python, str(HERE / "peers" / script), str(path), str(suite(path.parent))]
    found = {name: Runs(name) for name in commands}
    for number in range(rounds + 1):
        for name, words in commands.items():
            if name == GX and size >= ONCE_FROM and number != 1:
                continue
            into = found[name] if number else Runs(name)
            timed(words, into, path.parent, well=(0, 1))
    return found


def _fits(size: int) -> bool:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**2
    return free > size * MEMORY_OF_GX_MB


def bounds(path: Path, size: int, found: dict[str, Runs]) -> list[Bound]:
    """What is promised of this data, and what was measured."""
    mine = found[OURS]
    promised: list[Bound] = []
    if CLEAN in found:
        ratio = mine.median / found[CLEAN].median
        # of so many rows, counting those of one column is most of the work, and clean data spare it
        return [("dirty data / clean data", ratio, "at most", 2 if size < ONCE_FROM else 3)]
    next_best = min(
        (runs.median for name, runs in found.items() if name not in {OURS, GX}),
    )
    if path.suffix == ".csv":
        return [("next best / ours", next_best / mine.median, "at least", 1)] if size == 1 else []
    least = {1: (15.0, 3.0), 10: (30.0, 4.0), 50: (50.0, 5.0)}.get(size)
    if least is None:
        return []
    if GX in found:
        promised.append(
            ("Great Expectations / ours", found[GX].median / mine.median, "at least", least[0])
        )
    promised.append(("next best / ours", next_best / mine.median, "at least", least[1]))
    promised.append(("our peak memory, MB", mine.peak_mb, "at most", 200))
    return promised


def report(path: Path, size: int, found: dict[str, Runs]) -> str:
    """A table in Markdown, slowest last."""
    mine = found[OURS]
    dirt = ", one row of a hundred dirty" if "dirty" in path.name else ""
    lines = [
        f"{path.suffix[1:]}, {size} x (about {size * 1.017:.1f} M rows){dirt}",
        "",
        "| validator | median | x ours | CPU | x ours | peak memory |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {runs.name} | {runs.median * 1000:,.0f} ms | {runs.median / mine.median:.1f} "
        f"| {runs.median_cpu * 1000:,.0f} ms | {runs.median_cpu / mine.median_cpu:.1f} "
        f"| {runs.peak_mb:,.0f} MB |"
        for runs in sorted(found.values(), key=lambda each: each.median)
    ]
    return "\n".join(lines)


def broken(listed: Sequence[Bound]) -> list[str]:
    """Prints the bounds beside what was measured, and gives those that do not hold."""
    if not listed:
        return []
    print("\n| what | measured | bound |\n|---|---|---|")
    for what, value, side, limit in listed:
        print(f"| {what} | {value:,.2f} | {side} {limit:g} |")
    return [
        what
        for what, value, side, limit in listed
        if (value < limit if side == "at least" else value > limit)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dirty", action="store_true")
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--check", action="store_true", help="end with 1 where a bound is broken")
    options = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, medians of {options.rounds} runs")
    over = []
    kind = "csv" if options.csv else "parquet"
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        for size in options.sizes:
            path = data(Path(folder), size, dirty=options.dirty, kind=kind)
            clean = data(Path(folder), size, dirty=False, kind=kind) if options.dirty else None
            found = measure(path, clean, options.rounds, size)
            print(f"\n{report(path, size, found)}", flush=True)
            over += broken(bounds(path, size, found))
            path.unlink()
    for what in over:
        print(f"over its bound: {what}", file=sys.stderr)
    return 1 if over and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
