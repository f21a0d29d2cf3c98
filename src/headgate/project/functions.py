"""The code behind checks that name a function of the project."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.checks.functions import Figure, Keeps, PythonFunction
from headgate.checks.metric import Failing, Seen
from headgate.errors import DeclarationError, UnknownNameError, did_you_mean
from headgate.pipelines.bindings import read_module
from headgate.pipelines.fingerprint import fingerprint
from headgate.pipelines.paths import inside
from headgate.pipelines.pipeline import Step
from headgate.pipelines.step import StepCode, load_function


def with_code(check: Check, root: Path) -> Check:
    """The check, with the code of the function that it names; others stay as they are.

    The code is read and not imported. What it reaches is part of what the check is, so that a
    changed function is asked again. Raises DeclarationError, with the place of the check, where
    there is no such function.
    """
    match check.metric:
        case Failing(Keeps(function)):
            return replace(check, metric=Failing(Keeps(_found(function, root, check.where))))
        case Seen(Failing(Keeps(function)), view):
            inner = Failing(Keeps(_found(function, root, check.where)))
            return replace(check, metric=Seen(inner, view))
        case Figure(function):
            return replace(check, metric=Figure(_found(function, root, check.where)))
        case _:
            return check


def _found(function: PythonFunction, root: Path, where: str) -> PythonFunction:
    if function.load is not None:  # it was given in Python
        code = StepCode(function.name, {}, target=function.load(), where=where)
    else:
        file, name = _in_file(function.name, root, where)
        code = StepCode(name, {}, file, name, where=where)
    digest = _digest(code, root)

    def load() -> Callable[..., Any]:
        loaded = load_function(code, root)
        if _digest(code, root) != digest:
            raise DeclarationError(
                f"{function.name} changed while the run was going on", where, "run again"
            )
        return loaded

    return PythonFunction(function.name, digest, load)


def _digest(code: StepCode, root: Path) -> str:
    return fingerprint(code, Step(), root).digest


def _in_file(run: str, root: Path, where: str) -> tuple[Path, str]:
    path, colon, name = run.rpartition(":")
    if not colon or not path.endswith(".py") or not name.isidentifier():
        what = f"python: {run[:80]!r} is no function"
        raise DeclarationError(
            what, where, "name a file and its function: checks/rules.py:plausible"
        )
    file = inside(root, path, where)
    if not file.is_file():
        others = [str(each.relative_to(root)) for each in file.parent.glob("*.py")]
        raise DeclarationError(f"no file {path!r}", where, did_you_mean(path, others))
    names = [
        node.name
        for node in ast.walk(read_module(file, root).tree)
        if isinstance(node, ast.FunctionDef)
    ]
    if name not in names:
        raise UnknownNameError(f"no function {name!r} in {path}", where, did_you_mean(name, names))
    return file, name
