"""A project whose steps say who ran them and when, and the workers that work on it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headgate.ledger import history
from headgate.runs import queue
from headgate.runs.queue import RunRequest
from headgate.store import releases
from headgate.workspace.workspace import opened
from tests.projects.shop import Shop
from tests.warm import ENVIRONMENT

STEPS = """
import os
import time
import uuid
from pathlib import Path

import polars as pl


def called(name):
    with open("calls.log", "a") as file:
        file.write(f"{name} {os.getpid()}\\n")


def slow(name):
    called(name)
    Path(f"{name}.began").touch()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until or Path("wait").exists():
        time.sleep(0.01)


def left(numbers):
    slow("left")
    return numbers.with_columns(n=pl.col("n") + 1)


def right(numbers):
    slow("right")
    return numbers.with_columns(n=pl.col("n") * 10)


def both(left, right):
    called("both")
    return pl.concat([left.collect(), right.collect()])


def chance(numbers):
    called("chance")
    return numbers.with_columns(id=pl.lit(uuid.uuid4().hex))
"""

DIAMOND = """
name: diamond
owner: yard_team
sources:
  numbers: data/raw/numbers.csv
steps:
  left: {run: transformations/steps.py:left}
  right: {run: transformations/steps.py:right}
  both: {run: transformations/steps.py:both}
publish: [both]
"""

CHANCE = """
name: chance_NAME
owner: yard_team
sources:
  numbers_NAME: data/raw/numbers.csv
steps:
  picked_NAME: {run: "transformations/chance_NAME.py:chance_NAME"}
publish: [picked_NAME]
"""

CHANCE_STEP = """
import uuid

import polars as pl


def chance_NAME(numbers_NAME):
    with open("calls.log", "a") as file:
        file.write("chance_NAME\\n")
    return numbers_NAME.with_columns(id=pl.lit(uuid.uuid4().hex))
"""


def diamond(root: Path, seconds: float, state: str | Path) -> Yard:
    """A project whose steps `left` and `right` take so long, and know nothing of each other."""
    shop = Shop(root)
    shop.write("headgate.yml", f"name: yard\nstate: {json.dumps(str(state))}\n")
    shop.write("data/raw/numbers.csv", "n\n1\n2\n")
    shop.write("pipelines/diamond.yml", DIAMOND)
    shop.write("transformations/steps.py", STEPS.replace("SECONDS", str(seconds)))
    return Yard(shop)


def chances(root: Path, names: str, state: str | Path) -> Yard:
    """A project with a pipeline for each letter, whose step never gives the same twice."""
    shop = Shop(root)
    shop.write("headgate.yml", f"name: yard\nstate: {json.dumps(str(state))}\n")
    shop.write("data/raw/numbers.csv", "n\n1\n2\n")
    for name in names:
        shop.write(f"pipelines/chance_{name}.yml", CHANCE.replace("NAME", name))
        shop.write(f"transformations/chance_{name}.py", CHANCE_STEP.replace("NAME", name))
    return Yard(shop)


@dataclass
class Yard:
    """A project, and the workers that were started in it."""

    shop: Shop
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def worker(self, *words: str, before: str = "") -> subprocess.Popen[str]:
        """A worker in a process of its own; `before` is Python that its process begins with."""
        script = f"{before}\nfrom headgate.cli.main import main\nmain()"
        process = subprocess.Popen(
            [sys.executable, "-c", script, "worker", "--poll", "0.05", *words],
            cwd=self.shop.root,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def ask(self, *words: str) -> list[int]:
        """The numbers of the requests that `run --queue` made."""
        found = self.shop.headgate("run", "--queue", "--json", *words).document["requests"]
        return [each["request"] for each in found]

    def request(self, number: int) -> RunRequest:
        with opened(self.shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            return queue.find(tx, number)

    def is_done(self, *numbers: int) -> bool:
        return all(self.request(number).status == queue.DONE for number in numbers)

    def statement(self, text: str, *parameters: Any) -> None:
        """Changes the state as no command does."""
        with opened(self.shop.root) as workspace, workspace.tools.ledger.transaction() as tx:
            tx.execute(text, parameters)

    def expire(self, kind: str) -> None:
        """Lets the leases pass whose names begin so."""
        past = "2000-01-01T00:00:00.000000+00:00"
        self.statement(
            "update lease set expires = ? where substr(name, 1, ?) = ?", past, len(kind), kind
        )

    def began(self, step: str) -> Callable[[], bool]:
        """Whether a slow step was begun by anybody."""
        return (self.shop.root / f"{step}.began").exists

    def calls(self) -> list[str]:
        """Which steps were called, in order, each by the process that called it."""
        log = self.shop.root / "calls.log"
        return log.read_text().splitlines() if log.exists() else []

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        with opened(self.shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            return [event.as_json() for _, event in history.events(tx, kinds=kinds)]

    def published(self) -> list[int]:
        """The numbers of all releases, oldest first."""
        return [event["number"] for event in self.events("release_published")]

    def newest(self) -> int:
        with opened(self.shop.root) as workspace, workspace.tools.ledger.snapshot() as tx:
            release = releases.current(tx, "prod")
        return release.number if release else 0

    def strays(self) -> list[Path]:
        store = self.shop.root / ".headgate" / "store"
        return [path for path in (store / "tmp").rglob("*") if path.is_file()]

    def stop(self) -> None:
        """Ends what still runs, that which was stopped too."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def until(true: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Waits until something is so, which must be within a minute."""
    end = time.monotonic() + 60
    while not true():
        if process is not None and process.poll() is not None:
            raise AssertionError(process.communicate()[0])
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


@contextmanager
def asleep(process: subprocess.Popen[str]) -> Iterator[None]:
    """The process is stopped until the block ends."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def said(process: subprocess.Popen[str], seconds: float = 60) -> str:
    """What a process that is about to end said in all."""
    return process.communicate(timeout=seconds)[0]
