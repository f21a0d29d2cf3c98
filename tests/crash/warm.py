"""A process in which everything is imported, and from which others are forked in milliseconds.

It does nothing itself, so that no thread and no connection stands in the way of a fork.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.projects.shop import ENVIRONMENT

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120

Call = tuple[str, ...]
"""A function of `children`, and what it is called with."""


@dataclass(frozen=True)
class Child:
    """A forked process."""

    warm: Warm
    pid: int
    output: Path

    def wait(self) -> int | None:
        """How it ended; None where it stopped itself."""
        found = self.warm.ask("wait", self.pid)
        assert found is None or isinstance(found, int)
        return found

    def stops(self) -> bool:
        """Whether it came to where it stops itself."""
        return self.wait() is None

    def said(self) -> str:
        return self.output.read_text()


class Warm:
    """Asks the warm process to fork."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.warm", self._folder.name],
            cwd=ROOT,
            env={**ENVIRONMENT, "NO_COLOR": "1", "HEADGATE_USER": "ada", "TQDM_DISABLE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, folder: Path, *calls: Call) -> Child:
        """A process that makes the calls, one after the other, in a folder."""
        self._count += 1
        output = Path(self._folder.name) / str(self._count)
        pid = self.ask("fork", str(folder), str(output), calls)
        assert isinstance(pid, int)
        return Child(self, pid, output)

    def headgate(self, folder: Path, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """What a command says, which must end so."""
        child = self.fork(folder, ("command", *words))
        code, said = child.wait(), child.said()
        assert code in codes, f"headgate {' '.join(words)} ended with {code}\n{said}"
        assert "Traceback" not in said, said
        return said

    def ask(self, *request: Any) -> object:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate("")
        self._folder.cleanup()


# ------------------------------------------------------------------ in the warm process


def _serve() -> None:
    learnt = _import_everything()
    for line in sys.stdin:
        match json.loads(line):
            case ["fork", folder, output, calls]:
                _learn(learnt)
                answer: int | None = os.fork()
                if answer == 0:
                    _be_child(folder, output, calls, learnt)
            case ["wait", pid]:
                answer = _waited(pid)
        print(json.dumps(answer), flush=True)


def _import_everything() -> str:
    """Imports all commands. Gives a file in which children say what they imported besides."""
    from headgate.cli import main

    for name in dir(main):
        if name.endswith("COMMANDS"):
            for address, _ in getattr(main, name).values():
                importlib.import_module(address.partition(":")[0])
    for heavy in ("duckdb", "polars", "psycopg", "tests.crash.children"):
        importlib.import_module(heavy)
    return f"{sys.argv[1]}/learnt"


def _learn(learnt: str) -> None:
    """Imports what children had to import by themselves, so that the next need not."""
    with suppress(OSError):
        for name in Path(learnt).read_text().split():
            if name not in sys.modules:
                with suppress(Exception):
                    importlib.import_module(name)
        Path(learnt).write_text("")


def _be_child(folder: str, output: str, calls: list[list[str]], learnt: str) -> None:
    code = 70
    try:
        os.chdir(folder)
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(handle, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        children = importlib.import_module("tests.crash.children")
        known = set(sys.modules)
        for name, *arguments in calls:
            getattr(children, name)(*arguments)
        code = 0
        new = [name for name in set(sys.modules) - known if not name.startswith("transformations")]
        with suppress(OSError), Path(learnt).open("a") as file:
            file.write("\n".join([*new, ""]))
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - it must end here, whatever happened
        import traceback

        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def _waited(pid: int) -> int | None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(pid, 9)
        time.sleep(0.001)


if __name__ == "__main__":
    _serve()
