"""A process in which everything is imported, and from which others are forked in milliseconds.

It does nothing itself, so that no thread and no connection stands in the way of a fork.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 120
# bytecode is kept: hundreds of processes need not compile everything again
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
USUAL = {"NO_COLOR": "1", "HEADGATE_USER": "ada"}

Call = tuple[str, ...]
"""A function of `tests.crash.children`, and what it is called with."""


@dataclass(frozen=True)
class Child:
    """A forked process. `output` and `errors` are files with what it printed."""

    warm: Warm
    pid: int
    output: Path
    errors: Path

    def wait(self) -> int | None:
        """How it ended; None where it stopped itself."""
        until = time.monotonic() + PATIENCE_SECONDS
        while (found := self.warm.ask("look", self.pid)) == "running":
            if time.monotonic() > until:
                os.kill(self.pid, 9)
            time.sleep(0.001)
        assert found is None or isinstance(found, int)
        return found

    def stops(self) -> bool:
        """Whether it came to where it stops itself."""
        return self.wait() is None

    def said(self) -> str:
        """All that it printed, errors last."""
        return self.output.read_text() + self.errors.read_text()


class Warm:
    """Asks the warm process to fork."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._count = 0
        self._one = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", self._folder.name],
            cwd=ROOT,
            env={**ENVIRONMENT, "TQDM_DISABLE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, folder: Path, *calls: Call, environ: Mapping[str, str] | None = None) -> Child:
        """A process that makes the calls, one after the other, in a folder."""
        with self._one:
            self._count += 1
            output = Path(self._folder.name) / str(self._count)
        errors = output.with_suffix(".errors")
        told = {**ENVIRONMENT, **USUAL, **(environ or {})}
        pid = self.ask("fork", str(folder), str(output), str(errors), told, calls)
        assert isinstance(pid, int)
        return Child(self, pid, output, errors)

    def headgate(self, folder: Path, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """What a command says, which must end so."""
        child = self.fork(folder, ("command", *words))
        code, said = child.wait(), child.said()
        assert code in codes, f"headgate {' '.join(words)} ended with {code}\n{said}"
        assert "Traceback" not in said, said
        return said

    def ask(self, *request: Any) -> object:
        """What the warm process answers; several threads may ask."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the warm process; its children, if any, go on."""
        self._process.communicate("")
        self._folder.cleanup()


@cache
def warm() -> Warm:
    """The one that all tests of this process share, started when it is first asked for."""
    found = Warm()
    atexit.register(found.close)
    return found


# ------------------------------------------------------------------ in the warm process


def _serve() -> None:
    learnt = _import_everything()
    for line in sys.stdin:
        answer: int | str | None = None
        match json.loads(line):
            case ["fork", folder, output, errors, environ, calls]:
                _learn(learnt)
                answer = os.fork()
                if answer == 0:
                    _be_child(folder, (output, errors), environ, calls, learnt)
            case ["look", pid]:
                found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
                if not found:
                    answer = "running"
                elif not os.WIFSTOPPED(status):
                    answer = os.waitstatus_to_exitcode(status)
        print(json.dumps(answer), flush=True)


def _import_everything() -> str:
    """Imports all commands. Gives a file in which children say what they imported besides."""
    from headgate.cli import commands

    for name in dir(commands):
        if name.endswith("COMMANDS"):
            for address, _ in getattr(commands, name).values():
                importlib.import_module(address.partition(":")[0])
    outside = ("duckdb", "jinja2", "jsonschema", "polars", "psycopg", "rich.live", "sqlglot")
    for heavy in (*outside, "tests.crash.children"):
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


def _be_child(
    folder: str,
    streams: tuple[str, str],
    environ: dict[str, str],
    calls: list[list[str]],
    learnt: str,
) -> None:
    code = 70
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        time.tzset()
        for number, path in enumerate(streams, start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        children = importlib.import_module("tests.crash.children")
        known = set(sys.modules)
        for name, *arguments in calls:
            getattr(children, name)(*arguments)
        code = 0
        with suppress(OSError), Path(learnt).open("a") as file:
            file.write("\n".join([*filter(_is_ours, set(sys.modules) - known), ""]))
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - it must end here, whatever happened
        import traceback

        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(code)


def _is_ours(name: str) -> bool:
    """Whether a module is one of Headgate, and not of the project that a command was called in."""
    return name.startswith("headgate.")


if __name__ == "__main__":
    _serve()
