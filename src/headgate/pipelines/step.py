"""A step's code: the function or query behind it, and what that reads, found without running it."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from msgspec import Struct

from headgate.errors import DeclarationError, UnknownNameError, did_you_mean
from headgate.pipelines.bindings import read_module
from headgate.pipelines.modules import load
from headgate.pipelines.paths import inside
from headgate.pipelines.pipeline import Step
from headgate.pipelines.sql import tables


class StepCode(Struct, frozen=True):
    """What a step runs: a function of a file, a query of a file, or a callable given in Python.

    `inputs` maps each parameter, or each table of the query, to the dataset it is given.
    """

    name: str
    inputs: Mapping[str, str]
    file: Path | None = None
    function: str | None = None
    query: str | None = None
    target: Any = None
    where: str = ""


class _Parameters(Struct, frozen=True):
    """The parameters of a function: those that must be given, and those that may be."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    any_keyword: bool
    unnamed: str | None = None
    """A parameter that cannot be given by its name."""


def resolve(name: str, step: Step, root: Path, where: str, known: Collection[str]) -> StepCode:
    """The code of a step and its inputs; `known` are the datasets of its pipeline.

    Nothing of the project is imported. Raises DeclarationError for a missing file or function,
    and UnknownNameError for an input that is no dataset.
    """
    if callable(step.run):
        label = getattr(step.run, "__name__", name)
        inputs = _function_inputs(name, label, step, _of_callable(step.run, where), where, known)
        return StepCode(name, inputs, _source_file(step.run), label, None, step.run, where)
    if not isinstance(step.run, str):
        hint = "write transformations/file.py:function or transformations/file.sql"
        raise DeclarationError(f"step {name!r} has no code to run", where, hint)
    if step.run.endswith(".sql"):
        file = _existing(step.run, root, where)
        query = read_text(file, root)
        inputs = _query_inputs(name, step, query, str(file.relative_to(root)), known)
        return StepCode(name, inputs, file, None, query, None, where)
    path, colon, function = step.run.rpartition(":")
    if not colon or not path.endswith(".py") or not function.isidentifier():
        raise _unreadable(name, step.run, root, where)
    file = _existing(path, root, where)
    parameters = _of_file(file, function, root, where, step)
    inputs = _function_inputs(name, function, step, parameters, where, known)
    return StepCode(name, inputs, file, function, None, None, where)


def load_function(code: StepCode, root: Path) -> Callable[..., Any]:
    """The step's function, imported from the project as it is now.

    Raises StepError, with the line of the project's own code, where importing it fails.
    """
    if code.target is not None:
        return code.target  # type: ignore[no-any-return]
    assert code.file is not None
    assert code.function is not None
    function = getattr(load(root, code.file), code.function, None)
    if not callable(function):
        what = f"{code.function!r} is not a function once {code.file.name} is imported"
        raise DeclarationError(what, code.where)
    return function  # type: ignore[no-any-return]


def read_text(file: Path, root: Path) -> str:
    """The text of a file of the project. Raises DeclarationError where it is not UTF-8."""
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        place = f"{file.relative_to(root)}:{line}"
        raise DeclarationError("not UTF-8 text", place, "save the file as UTF-8") from None


# ------------------------------------------------------------------ finding the code


def _existing(relative: str, root: Path, where: str) -> Path:
    path = inside(root, relative, where)
    if path.is_file():
        return path
    if path.is_dir():
        raise DeclarationError(f"{relative!r} is a folder, not a file", where)
    suffix = path.suffix
    others = [str(p.relative_to(root)) for p in path.parent.glob(f"*{suffix}") if p.is_file()]
    raise DeclarationError(f"no file {relative!r}", where, did_you_mean(relative, others))


def _unreadable(name: str, run: str, root: Path, where: str) -> DeclarationError:
    hint = "write transformations/file.py:function or transformations/file.sql"
    if run.endswith(".py"):
        file = _existing(run, root, where)
        tree = read_module(file, root).tree
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        hint = f"name its function: {run}:{functions[0] if functions else 'function'}"
    elif " " in run.strip():
        hint = "put a query into a file: transformations/" + f"{name}.sql"
    return DeclarationError(f"step {name!r} cannot run {run[:80]!r}", where, hint)


def _of_file(file: Path, function: str, root: Path, where: str, step: Step) -> _Parameters:
    tree = read_module(file, root).tree
    place = str(file.relative_to(root))
    found: ast.FunctionDef | None = None
    names: set[str] = set()
    for statement in tree.body:
        compound = isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While)
        for node in ast.walk(statement) if compound else [statement]:
            match node:
                case ast.FunctionDef():
                    names.add(node.name)
                    found = node if node.name == function else found
                case ast.AsyncFunctionDef(name=name) if name == function:
                    what = f"{function}() in {place} is async: a step is a plain function"
                    raise DeclarationError(what, f"{place}:{node.lineno}")
                case ast.Assign(targets=targets):
                    names.update(t.id for t in targets if isinstance(t, ast.Name))
                case ast.ImportFrom(names=aliases):
                    names.update(alias.asname or alias.name for alias in aliases)
    if found is not None:
        return _of_definition(found)
    if function not in names:
        hint = did_you_mean(function, names)
        raise UnknownNameError(f"no function {function!r} in {place}", where, hint)
    if step.inputs is None:
        hint = "name its inputs with inputs:, or write it there with def"
        raise DeclarationError(f"{function!r} is not defined by def in {place}", where, hint)
    return _Parameters((), (), any_keyword=True)


def _of_definition(node: ast.FunctionDef) -> _Parameters:
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    bare = len(positional) - len(given.defaults)
    keyword = list(zip(given.kwonlyargs, given.kw_defaults, strict=True))
    unnamed = given.posonlyargs[0].arg if given.posonlyargs else None
    return _Parameters(
        (*(a.arg for a in positional[:bare]), *(a.arg for a, d in keyword if d is None)),
        (*(a.arg for a in positional[bare:]), *(a.arg for a, d in keyword if d is not None)),
        any_keyword=given.kwarg is not None,
        unnamed=f"*{given.vararg.arg}" if given.vararg else unnamed,
    )


def _of_callable(function: Callable[..., Any], where: str) -> _Parameters:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        hint = "wrap it in a function of your own"
        raise DeclarationError(f"{function!r} does not tell its parameters", where, hint) from None
    named = [p for p in parameters if p.kind in {p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY}]
    unnamed = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.VAR_POSITIONAL}]
    return _Parameters(
        tuple(p.name for p in named if p.default is p.empty),
        tuple(p.name for p in named if p.default is not p.empty),
        any_keyword=any(p.kind is p.VAR_KEYWORD for p in parameters),
        unnamed=str(unnamed[0]) if unnamed else None,
    )


def _source_file(function: Any) -> Path | None:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType):
        return None
    path = Path(function.__code__.co_filename)
    return path if path.is_file() else None


# ------------------------------------------------------------------ what it reads


def _function_inputs(
    name: str,
    function: str,
    step: Step,
    parameters: _Parameters,
    where: str,
    known: Collection[str],
) -> dict[str, str]:
    if parameters.unnamed and not parameters.any_keyword:
        what = f"{function}() takes {parameters.unnamed} without a name"
        raise DeclarationError(what, where, "a step's inputs are passed by name")
    named = [*parameters.required, *parameters.optional]
    given = step.inputs
    if given is None:
        read = [p for p in parameters.required if p not in step.params]
        read += [p for p in parameters.optional if p in known and p not in step.params]
        inputs = {parameter: parameter for parameter in named if parameter in read}
    else:
        inputs = dict(given) if isinstance(given, dict) else {entry: entry for entry in given}
    for key in [*inputs, *step.params]:
        if key not in named and not parameters.any_keyword:
            hint = did_you_mean(key, named)
            raise UnknownNameError(f"{function}() has no parameter {key!r}", where, hint)
    for parameter in parameters.required:
        if parameter not in inputs and parameter not in step.params:
            hint = f"name it under inputs: or params: of step {name!r}"
            raise DeclarationError(f"{function}() is not given {parameter!r}", where, hint)
    if twice := [key for key in inputs if key in step.params]:
        what = f"{twice[0]!r} of step {name!r} is both an input and a parameter"
        raise DeclarationError(what, where, "take it out of inputs: or of params:")
    _all_known(name, inputs, where, known)
    return inputs


def _query_inputs(
    name: str, step: Step, query: str, file: str, known: Collection[str]
) -> dict[str, str]:
    if step.params:
        advice = "write the values into the query, or use a function"
        raise DeclarationError(f"step {name!r} runs a query, which takes no params", file, advice)
    folded = {dataset.casefold(): dataset for dataset in known}
    read = tables(query, file)
    given = step.inputs if isinstance(step.inputs, dict) else {}
    named = {table.casefold(): dataset for table, dataset in given.items()}
    inputs: dict[str, str] = {}
    for table in read:
        dataset = named.get(table.casefold()) or folded.get(table.casefold(), table)
        inputs[dataset if table.casefold() == dataset.casefold() else table] = dataset
    unread = [
        entry for entry in step.inputs or () if entry.casefold() not in map(str.casefold, read)
    ]
    if unread:
        hint = did_you_mean(unread[0], read)
        raise UnknownNameError(f"the query does not read {unread[0]!r}", file, hint)
    _all_known(name, inputs, file, known)
    return inputs


def _all_known(name: str, inputs: Mapping[str, str], where: str, known: Collection[str]) -> None:
    for dataset in inputs.values():
        if dataset not in known:
            what = f"step {name!r} reads {dataset!r}, which is neither a source nor a step"
            raise UnknownNameError(what, where, did_you_mean(dataset, known))
