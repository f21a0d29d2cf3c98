"""The main job against a plain Polars script: medians of alternating runs, as ratios.

    python benchmarks/main_job.py [--data DIR] [--rounds 7] [--short] [--check]

Compared, each as a whole process: (a) the plain script, (b) the first `headgate run` in a fresh
project, (c) `headgate run` with nothing changed, (d) `headgate --help`, (e) `python -c pass`.
`--check` ends with 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HEADGATE = [sys.executable, "-m", "headgate"]
PLAIN = Path(__file__).parent / "plain_rossmann.py"
MEMORY_BOUND_MB = 1200
# bytecode is kept, as it is for everybody who runs a command twice
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Runs:
    """The runs of one command: wall and CPU seconds, and peak memory in MB."""

    name: str
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


def timed(words: Sequence[str], runs: Runs, cwd: Path, *, well: Collection[int] = (0,)) -> None:
    """Runs a command once; its time and the peak memory of that one process are added.

    `well` are the exit codes of a command that did its work.
    """
    started = time.perf_counter()
    child = subprocess.Popen(
        words,
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    _, status, usage = os.wait4(child.pid, 0)
    runs.seconds.append(time.perf_counter() - started)
    runs.cpu.append(usage.ru_utime + usage.ru_stime)
    runs.peak_mb = max(runs.peak_mb, usage.ru_maxrss / 1024)
    if os.waitstatus_to_exitcode(status) not in well:
        assert child.stderr is not None
        raise SystemExit(f"{' '.join(words)} failed:\n{child.stderr.read().decode()}")


def measure(rounds: int, data: Path | None, folder: Path) -> dict[str, Runs]:
    """Alternating rounds of all commands; the first round warms up and does not count."""
    project = folder / "project"
    given = ["--data", str(data)] if data else []
    subprocess.run(
        [*HEADGATE, "init", str(project), "--example", "rossmann", *given],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (project / "models" / "retrain.py").write_text("")  # what a team's training costs is its own
    table = {name: Runs(name) for name in ("plain", "first", "again", "help", "python")}
    for number in range(rounds + 1):
        into = table if number else {name: Runs(name) for name in table}
        for action in _round(project, into):
            action()
    return table


def _round(project: Path, runs: dict[str, Runs]) -> list[Callable[[], None]]:
    return [
        lambda: timed([sys.executable, str(PLAIN), str(project)], runs["plain"], project),
        lambda: _forget(project),
        lambda: timed([*HEADGATE, "run"], runs["first"], project),
        lambda: timed([*HEADGATE, "run"], runs["again"], project),
        lambda: timed([*HEADGATE, "--help"], runs["help"], project),
        lambda: timed([sys.executable, "-c", "pass"], runs["python"], project),
    ]


def _forget(project: Path) -> None:
    for path in (".headgate", "data/processed", "data/features"):
        shutil.rmtree(project / path, ignore_errors=True)


def rows(table: dict[str, Runs]) -> list[tuple[str, float, float | None]]:
    """Each bound of the design: what, the ratio or figure measured, and what is allowed."""
    plain, bare = table["plain"].median, table["python"].median
    return [
        ("first run / plain script", table["first"].median / plain, 1.5),
        ("nothing changed / plain script", table["again"].median / plain, 0.25),
        ("nothing changed / python -c pass", table["again"].median / bare, 40),
        ("headgate --help / python -c pass", table["help"].median / bare, 12),
        ("peak memory of the first run, MB", table["first"].peak_mb, MEMORY_BOUND_MB),
        ("peak memory of the plain script, MB", table["plain"].peak_mb, None),
    ]


def report(table: dict[str, Runs], rounds: int, data: Path | None) -> str:
    """The tables in Markdown, with the date and the machine's shape."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    read = f"{'real' if data else 'look-alike'} data"
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}, {read}, medians of {rounds} alternating runs",
        "",
        "| command | median | lowest | highest | peak memory |",
        "|---|---|---|---|---|",
    ]
    names = {
        "plain": "plain Polars script",
        "first": "`headgate run`, first",
        "again": "`headgate run`, nothing changed",
        "help": "`headgate --help`",
        "python": "`python -c pass`",
    }
    lines += [
        f"| {names[runs.name]} | {runs.median * 1000:,.0f} ms | {min(runs.seconds) * 1000:,.0f} ms"
        f" | {max(runs.seconds) * 1000:,.0f} ms | {runs.peak_mb:,.0f} MB |"
        for runs in table.values()
    ]
    lines += ["", "| what | measured | bound |", "|---|---|---|"]
    lines += [
        f"| {what} | {value:,.2f} | {f'{bound:g}' if bound else ''} |"
        for what, value, bound in rows(table)
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder with the real train.csv and store.csv")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--short", action="store_true", help="two rounds, to see that it works")
    parser.add_argument("--check", action="store_true", help="end with 1 where a bound is broken")
    options = parser.parse_args()
    rounds = 2 if options.short else options.rounds
    data = options.data.resolve() if options.data else None
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        table = measure(rounds, data, Path(folder))
    print(report(table, rounds, data))
    broken = [what for what, value, bound in rows(table) if bound and value > bound]
    for what in broken:
        print(f"over its bound: {what}", file=sys.stderr)
    return 1 if broken and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
