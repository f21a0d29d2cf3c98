"""What a verdict costs beside the run itself, on the Rossmann example.

    python benchmarks/ci.py                      # on a look-alike
    python benchmarks/ci.py FOLDER               # on the real train.csv and store.csv

Processes are started as people start them; each figure is the least of three, and the ratios are of
the seconds that processors were at work, which other work on the machine does not change. The verdict
is on a pull request that changes a feature, one that changes the clean table and so all that follows,
one that edits a comment, and the second again on a machine that has data and no record. The example's
own tests fail where they should; all stages are judged nevertheless.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

RUNS = 3
CHANGES = {
    "a feature": ("build_features.py", "% 12 // 3)", "% 12 // 4)"),
    "the clean table": (
        "make_dataset.py",
        "fill_null(NO_COMPETITOR)",
        "fill_null(NO_COMPETITOR) + 1",
    ),
    "a comment": ("build_features.py", "# Three letters", "# Three of them"),
}


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        root = Path(folder, "rossmann")
        data = ["--data", sys.argv[1]] if len(sys.argv) > 1 else []
        headgate(Path(folder), "init", "rossmann", "--example", "rossmann", *data)
        git(root, "init", "-q", "-b", "main")
        commit(root)
        run = least(lambda: headgate(root, "run", "-q"), lambda: forget(root))
        told("run, from nothing", run, run)
        commit(root)
        for name, edit in CHANGES.items():
            git(root, "switch", "-q", "-C", "change", "main")
            change(root, *edit)
            commit(root)
            told(f"ci, of {name}", least(lambda: verdict(root), lambda: unkept(root)), run)
        git(root, "switch", "-q", "-C", "change", "main")
        change(root, *CHANGES["the clean table"])
        commit(root)
        told(
            "ci, of the clean table, from nothing",
            least(lambda: verdict(root), lambda: forget(root)),
            run,
        )
    return 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and seconds that processors were at work."""

    wall: float
    cpu: float


def told(name: str, cost: Cost, run: Cost) -> None:
    ratio = f"{cost.cpu / run.cpu:5.2f} x the run"
    print(f"{name:<42}{cost.wall:6.1f} s{cost.cpu:8.1f} s of work  {ratio}")


def verdict(root: Path) -> None:
    headgate(root, "ci", "--head", "-q", "--html", "../verdict.html", ends=(0, 1))


def forget(root: Path) -> None:
    """A machine with the data and no record."""
    shutil.rmtree(root / ".headgate", ignore_errors=True)


def unkept(root: Path) -> None:
    """What an earlier verdict computed is not there: only what the release of `main` made."""
    kept = root.with_name("kept")
    if not kept.exists():
        shutil.copytree(root / ".headgate", kept)
    forget(root)
    shutil.copytree(kept, root / ".headgate")


def change(root: Path, file: str, old: str, new: str) -> None:
    path = root / "transformations" / file
    text = path.read_text()
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1))


def least(timed: Callable[[], None], before: Callable[[], None]) -> Cost:
    found = []
    for _ in range(RUNS):
        before()
        started, worked = time.perf_counter(), at_work()
        timed()
        found.append(Cost(time.perf_counter() - started, at_work() - worked))
    return Cost(min(one.wall for one in found), min(one.cpu for one in found))


def at_work() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "change")


def git(root: Path, *words: str) -> None:
    own = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(["git", *own, *words], cwd=root, check=True)


def headgate(root: Path, *words: str, ends: Collection[int] = (0,)) -> None:
    environ = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "headgate", *words], cwd=root, env=environ, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode not in ends:
        sys.exit(
            f"headgate {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        )


if __name__ == "__main__":
    sys.exit(main())
