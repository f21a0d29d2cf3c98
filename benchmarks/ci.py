"""What a verdict costs beside the run itself, on the Rossmann example.

    python benchmarks/ci.py                      # on a look-alike
    python benchmarks/ci.py FOLDER               # on the real train.csv and store.csv

Processes are started as people start them; each figure is the least of three. The verdict is on a
pull request that changes a feature, one that changes the clean table and so all that follows, one
that edits a comment, and the second again on a machine that has data and no record.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 3
CHANGES = {
    "a feature": ("build_features.py", "% 12 // 3)", "% 12 // 4)"),
    "the clean table": ("make_dataset.py", "fill_null(NO_COMPETITOR)", "fill_null(NO_COMPETITOR) + 1"),
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
        print(f"{'run, from nothing':<44}{run:6.1f} s")
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


def told(name: str, seconds: float, run: float) -> None:
    print(f"{name:<44}{seconds:6.1f} s  {seconds / run:5.2f} x the run")


def verdict(root: Path) -> None:
    headgate(root, "ci", "--head", "-q", "--html", "../verdict.html")


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


def least(timed: Callable[[], None], before: Callable[[], None]) -> float:
    found = []
    for _ in range(RUNS):
        before()
        started = time.perf_counter()
        timed()
        found.append(time.perf_counter() - started)
    return min(found)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "change")


def git(root: Path, *words: str) -> None:
    own = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(["git", *own, *words], cwd=root, check=True)


def headgate(root: Path, *words: str) -> None:
    environ = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "headgate", *words], cwd=root, env=environ, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        sys.exit(
            f"headgate {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        )


if __name__ == "__main__":
    sys.exit(main())
