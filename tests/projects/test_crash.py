"""kill -9 at random moments: the next run goes on, and readers never see a mix."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.reading import read
from tests.projects.dying import killed
from tests.projects.shop import Shop

HEAD = "store,day,amount,kind\n"


def deliver(shop: Shop, number: int) -> None:
    """A delivery that gives every row of the release its own number."""
    rows = "".join(
        f"{store},2024-01-{day:02d},{number},0\n" for store in range(1, 40) for day in range(1, 29)
    )
    shop.deliver(HEAD + rows, "sales.csv")


def numbers(shop: Shop) -> tuple[set[int], set[int]]:
    """The delivery numbers that a reader of one release finds in both of its datasets."""
    release = shop.newest()
    clean = read("clean", at=release, project=shop.root).collect()
    totals = read("totals", at=release, project=shop.root).collect()
    return (
        set(clean["amount"].to_list()),
        {amount // days for amount, days in zip(totals["amount"], totals["days"], strict=True)},
    )


@contextmanager
def reading(shop: Shop, seen: list[tuple[set[int], set[int]]]) -> Iterator[None]:
    """A reader in a loop beside whatever happens."""
    ended = threading.Event()
    failures: list[BaseException] = []

    def loop() -> None:
        while not ended.is_set():
            try:
                seen.append(numbers(shop))
            except HeadgateError as error:
                failures.append(error)
            time.sleep(0.01)

    reader = threading.Thread(target=loop)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()
    assert not failures, failures


def strays(root: Path) -> list[Path]:
    """Temporary files that a dead run left behind."""
    store = root / ".headgate" / "store"
    left = [path for path in (store / "tmp").rglob("*") if path.is_file()]
    return left + [path for path in (root / "data").rglob("*.headgate") if path.is_file()]


def kill_rounds(shop: Shop, rounds: int, seed: int) -> int:
    """Kills a run at a random moment, `rounds` times, each followed by a run that completes."""
    moments = random.Random(seed)
    started = time.monotonic()
    deliver(shop, 0)
    shop.headgate("run")
    lasts = time.monotonic() - started
    killed = 0
    seen: list[tuple[set[int], set[int]]] = []
    with reading(shop, seen):
        for number in range(1, rounds + 1):
            deliver(shop, number)
            child = subprocess.Popen(
                [sys.executable, "-m", "headgate", "run"],
                cwd=shop.root,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(moments.uniform(0.2 * lasts, 1.1 * lasts))
            os.kill(child.pid, signal.SIGKILL)
            killed += child.wait() == -signal.SIGKILL
            shop.headgate("run")
            assert numbers(shop) == ({number}, {number})
            assert strays(shop.root) == []
    assert seen
    for clean, totals in seen:
        assert clean == totals
        assert len(clean) == 1
    found = shop.headgate("data", "log", "--limit", "1000", "--json").document["releases"]
    assert [release["number"] for release in found] == list(range(rounds + 1, 0, -1))
    return killed


def test_a_killed_run_is_completed_by_the_next(shop: Shop) -> None:
    assert kill_rounds(shop, rounds=4, seed=4) > 0


@pytest.mark.integration
def test_thirty_random_kills_lose_nothing_and_publish_nothing_twice(shop: Shop) -> None:
    assert kill_rounds(shop, rounds=30, seed=30) >= 10


def test_an_interrupted_run_is_named_by_the_one_that_goes_on(shop: Shop) -> None:
    shop.write(
        "transformations/clean.py",
        "import os, signal\n\n\ndef clean(sales, stores):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n",
    )
    shop.suite("clean", [])
    shop.headgate("run", code=-signal.SIGKILL)
    shop.write("transformations/clean.py", "def clean(sales, stores):\n    return sales\n")
    shop.headgate("run")
    first, second = shop.events("run_started")[-2:]
    assert second["resumes"] == first["run"]
    [reused] = [e for e in shop.events("dataset_reused") if e["dataset"] == "sales"]
    assert reused["run"] == second["run"]


def test_a_run_that_is_held_puts_the_files_of_the_release_in_place(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    killed(open_shop, "headgate.runs.outputs:refresh", "before")
    assert open_shop.newest() == 2
    open_shop.deliver(HEAD + "3,2024-01-03,-5,0\n", "sales_3.csv")
    open_shop.headgate("run", code=1)
    import polars as pl

    file = pl.read_parquet(open_shop.root / "data" / "out" / "clean.parquet")
    assert file.height == len(open_shop.served("clean")) == 4


def test_a_full_disk_is_an_error_and_leaves_the_release(open_shop: Shop) -> None:
    rows = open_shop.served("clean")
    open_shop.edit("transformations/clean.py", "RATE = 20", "RATE = 10")
    # the largest file this process may write: the system refuses in the middle of the step's file
    script = (
        "import resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from headgate.engines import write;"
        "from headgate.cli.main import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
        "main(['run'])"
    )
    big = "import polars as pl\n\n\ndef clean(sales, stores):\n    return pl.select(\n        store=pl.int_range(300_000), day=pl.int_range(300_000), amount=1, net=1\n    ).with_columns(store=pl.col('store').hash())\n"
    open_shop.write("transformations/clean.py", big)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=open_shop.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "error" in done.stderr
    assert "Traceback" not in done.stderr
    assert open_shop.served("clean") == rows
    assert strays(open_shop.root) == []
