"""kill -9 at each border of a run: the next run goes on, and what is seen is of one release."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from tests.projects.shop import ENVIRONMENT, Shop

HEAD = "store,day,amount,kind\n"
BORDERS = [
    "headgate.runs.execute:begin",
    "headgate.runs.execute:plan",
    "headgate.runs.stages:_ingest",
    "headgate.runs.stages:_judge_delivery",
    "headgate.runs.stages:result",
    "headgate.runs.going:Going.record",
    "headgate.runs.judging:_record",
    "headgate.runs.publish:pass_publish_gate",
    "headgate.runs.publish:_move",
    "headgate.runs.outputs:refresh",
    "headgate.store.dvc:write_pointer",
    "headgate.store.checkout:_note",
    "headgate.runs.execute:pay_triggers",
    "headgate.runs.execute:close",
    "headgate.store.objects:Objects.keep",
    "headgate.store.releases:append",
    "headgate.store.versions:record",
    "headgate.store.holdings:adopt",
]


def killed(shop: Shop, place: str, moment: str, *words: str) -> None:
    """A run, or another command, that dies when it comes to a function, or when it comes back from it."""
    module, _, name = place.partition(":")
    *owner, name = name.split(".")
    script = f"""
import importlib, os
where = importlib.import_module({module!r})
for part in {owner!r}:
    where = getattr(where, part)
real = getattr(where, {name!r})
def dying(*args, **keywords):
    if {moment!r} == "after":
        real(*args, **keywords)
    os._exit(9)
setattr(where, {name!r}, dying)
from headgate.cli.main import main
main({list(words) or ["run"]!r})
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=shop.root, env=ENVIRONMENT, capture_output=True, check=False)
    assert done.returncode == 9, done.stderr.decode()


def seen(shop: Shop) -> tuple[int, int]:
    """How many rows readers get of each dataset."""
    return len(shop.served("clean")), len(shop.served("totals"))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", BORDERS)
def test_a_run_that_dies_there_is_completed_and_published_once(
    open_shop: Shop, place: str, moment: str
) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    killed(open_shop, place, moment)
    assert seen(open_shop) in {(3, 2), (4, 3)}
    open_shop.headgate("run")
    assert seen(open_shop) == (4, 3)
    assert open_shop.newest() == 2
    left = [p for p in open_shop.root.rglob("*") if p.name.endswith(".headgate") and p.is_file()]
    left += (open_shop.root / ".headgate" / "store" / "tmp").rglob("*")
    assert [path for path in left if path.is_file()] == []
    assert "nothing changed" in open_shop.headgate("run").out


def test_a_run_that_is_held_puts_the_files_of_the_release_in_place(open_shop: Shop) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    killed(open_shop, "headgate.runs.outputs:refresh", "before")
    assert open_shop.newest() == 2
    open_shop.deliver(HEAD + "3,2024-01-03,-5,0\n", "sales_3.csv")
    open_shop.headgate("run", code=1)
    import polars as pl

    file = pl.read_parquet(open_shop.root / "data" / "out" / "clean.parquet")
    assert file.height == len(open_shop.served("clean")) == 4


def test_a_run_that_slept_while_another_published_does_not_put_its_files_back(
    open_shop: Shop,
) -> None:
    open_shop.deliver(HEAD + "3,2024-01-03,5,0\n", "sales_2.csv")
    script = """
import os, signal
from headgate.runs import execute
real = execute.publish
def sleeping(*args):
    release = real(*args)
    os.kill(os.getpid(), signal.SIGSTOP)
    return release
execute.publish = sleeping
from headgate.cli.main import main
main({list(words) or ["run"]!r})
"""
    sleeper = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=open_shop.root,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
    )
    try:
        os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED | os.WNOWAIT)
        with sqlite3.connect(open_shop.root / ".headgate" / "state.db") as state:
            state.execute("update lease set expires = '2000-01-01T00:00:00.000000+00:00'")
        open_shop.deliver(HEAD + "3,2024-01-04,6,0\n", "sales_3.csv")
        open_shop.headgate("run")
        assert open_shop.newest() == 3
        before = open_shop.tree()
        sleeper.send_signal(signal.SIGCONT)
        sleeper.wait(60)
        assert open_shop.tree() == before
    finally:
        sleeper.kill()
        sleeper.wait()
