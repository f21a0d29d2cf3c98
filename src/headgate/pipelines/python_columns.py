"""The columns that a Python step reads and writes, as far as its text tells; nothing is imported.

Where a function is a plain chain of methods of frames it is followed. Elsewhere the texts in it
that are names of columns of its inputs are what it reads at least, and the rest is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType

from headgate.errors import HeadgateError
from headgate.pipelines.bindings import Module, read_module
from headgate.pipelines.columns import Columns, Known, Reads, StepColumns, unknown_columns
from headgate.pipelines.modules import locate
from headgate.pipelines.names import Imported
from headgate.pipelines.python_expressions import NotPlain
from headgate.pipelines.python_frames import Frames
from headgate.pipelines.sql_columns import Names, written
from headgate.pipelines.step import StepCode


def function_columns(code: StepCode, root: Path, known: Mapping[str, Columns]) -> StepColumns:
    """What a step's function reads and writes; `known` says what is known of its inputs."""
    found = definition(code, root)
    if found is None:
        return unknown_columns(tuple(code.inputs.values()))
    around, node = found
    words = set(_Reach(root).texts(around, node))
    if told := _followed(code, around, node, known, words):
        return told
    return StepColumns({each: _spoken(known, each, words) for each in code.inputs.values()})


def _followed(
    code: StepCode,
    around: Module,
    node: ast.FunctionDef,
    known: Mapping[str, Columns],
    words: set[str],
) -> StepColumns | None:
    """What a plain chain of Polars' methods reads and writes; None for any other function."""
    if not _is_of_polars(around, node):
        return None
    names = Names(code.inputs, known)
    frames = Frames(names, around, node, {name: names.table(name) for name in code.inputs})
    try:
        result = frames.result()
    except (NotPlain, RecursionError):
        return None
    if frames.expressions.vague:  # what the function hands on may read more
        names.opened(code.inputs.values())
        for name in code.inputs:
            for cell in names.table(name).cells:
                if cell.name in words:
                    names.use(cell, firm=False)
    names.use_all(result)
    problems = () if frames.expressions.vague else tuple(names.problems)
    return StepColumns(names.reads(), written(result), problems=problems)


def _is_of_polars(around: Module, node: ast.FunctionDef) -> bool:
    """Whether a function is given Polars' frames, as it is unless it asks for others."""
    given = [*node.args.args, *node.args.kwonlyargs]
    asked = [ast.unparse(one.annotation) for one in given if one.annotation]
    bound = around.bindings.get("pl", [])
    polars = [isinstance(one, Imported) and one.module == "polars" for one in bound]
    others = [text for text in asked if "Frame" in text and not text.startswith(("pl.", "polars."))]
    return all(polars) and not others


def definition(code: StepCode, root: Path) -> tuple[Module, ast.FunctionDef] | None:
    """The module and the definition of a step's function; None where it has none to read."""
    if code.file is None or not code.file.is_relative_to(root) or code.function is None:
        return None
    around = read_module(code.file, root)
    for statement in around.bindings.get(code.function, ()):
        if isinstance(statement, ast.FunctionDef) and _is_plain(statement, code):
            return around, statement
    return None


def _is_plain(node: ast.FunctionDef, code: StepCode) -> bool:
    """Whether the definition is all that is called, with nothing around it."""
    if node.decorator_list or code.target is None:
        return (
            not node.decorator_list
        )  # that of a pipeline gives the function back, and is left out
    if not isinstance(code.target, FunctionType):
        return False
    last = max(line for _, _, line in code.target.__code__.co_lines() if line)
    return node.lineno <= last <= (node.end_lineno or last)


def _spoken(known: Mapping[str, Columns], dataset: str, words: set[str]) -> Reads:
    """The columns of a dataset that the code names somewhere."""
    named = frozenset(words.intersection(known.get(dataset, Columns()).names))
    return Reads(passed=named, known=Known.AT_LEAST if named else Known.UNKNOWN)


class _Reach:
    """Walks through the project's code that a function reaches by names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seen: set[int] = set()

    def texts(self, around: Module, node: ast.AST) -> Iterator[str]:
        """The texts that stand in a piece of code, and in what it uses of the project."""
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value
        for use in around.uses(node):
            entry = use if isinstance(use, Imported) else use.imported
            if entry is None and not isinstance(use, Imported):
                yield from self._bound(around, use.name)
            elif entry is not None:
                yield from self._imported(around, entry)

    def _bound(self, around: Module, name: str) -> Iterator[str]:
        for entry in around.bindings.get(name, ()):
            if isinstance(entry, Imported):
                yield from self._imported(around, entry)
            else:
                yield from self.texts(around, entry)

    def _imported(self, around: Module, entry: Imported) -> Iterator[str]:
        if entry.name is None:
            return
        beside = around.path.parent
        path = locate(self.root, beside, entry.module) if not entry.level else None
        if entry.level and entry.module:
            path = beside.joinpath(*[".."] * (entry.level - 1), *entry.module.split("."))
            path = path.with_suffix(".py")
        if path is None or not path.is_file():
            return
        try:
            yield from self._bound(read_module(path, self.root), entry.name)
        except HeadgateError:
            return  # it is not Python; running the step says so
