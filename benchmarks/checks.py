"""Thirteen checks of the raw sales against other validators: whole processes, as ratios.

    python benchmarks/checks.py [--sizes 1 10] [--rounds 5] [--dirty] [--csv]

The peers are installed into `.venv-peers` by this script. Data is generated: the look-alike of the
Rossmann sales, repeated as often as a size says. What a peer cannot say of the thirteen checks it
is spared; see the scripts in `benchmarks/peers`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
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
PEERS = {
    "Great Expectations 1.24 (pandas)": "gx.py",
    "Pandera 0.35 (polars)": "pandera_polars.py",
    "Pointblank 1.1 (polars)": "pointblank_polars.py",
    "dataframely 3.1": "dataframely_eager.py",
}
LARGEST_FOR_PANDAS = 10  # a hundred million cells as Python objects do not fit this machine


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


def measure(path: Path, rounds: int, size: int) -> dict[str, Runs]:
    """Alternating rounds of all validators; the first warms up and does not count."""
    python = str(peers_python())
    suite = path.parent / "suite.json"
    suite.write_text(SUITE.read_text().replace('"max_value": 2000000', '"max_value": 200000000'))
    ours = [sys.executable, "-m", "headgate", "validate", str(path), "--expect", str(suite)]
    commands = {"headgate validate": ours} | {
        name: [python, str(HERE / "peers" / script), str(path), str(suite)]
        for name, script in PEERS.items()
        if "pandas" not in name or size <= LARGEST_FOR_PANDAS
    }
    found = {name: Runs(name) for name in commands}
    for number in range(rounds + 1):
        for name, words in commands.items():
            into = found[name] if number else Runs(name)
            timed(words, into, path.parent, well=(0, 1))
    return found


def report(path: Path, size: int, found: dict[str, Runs]) -> str:
    """A table in Markdown, slowest last."""
    ours = found["headgate validate"]
    dirt = ", one row of a hundred dirty" if "dirty" in path.name else ""
    lines = [
        f"{path.suffix[1:]}, {size} x (about {size * 1.017:.1f} M rows){dirt}",
        "",
        "| validator | median | x ours | peak memory |",
        "|---|---|---|---|",
    ]
    for runs in sorted(found.values(), key=lambda each: each.median):
        ratio = runs.median / ours.median
        lines.append(
            f"| {runs.name} | {runs.median * 1000:,.0f} ms | {ratio:.1f} | {runs.peak_mb:,.0f} MB |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dirty", action="store_true")
    parser.add_argument("--csv", action="store_true")
    options = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, medians of {options.rounds} runs")
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        for size in options.sizes:
            kind = "csv" if options.csv else "parquet"
            path = data(Path(folder), size, dirty=options.dirty, kind=kind)
            print(f"\n{report(path, size, measure(path, options.rounds, size))}")
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
