"""The columns that a Python step reads and writes, as far as its text tells; nothing is imported.

Where a function is a plain chain of methods of frames it is followed. Elsewhere the texts in it
that are names of columns of its inputs are what it reads at least, and the rest is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.pipelines.closure import Module, read_module
from headgate.pipelines.columns import Columns, Known, Reads, StepColumns, unknown_columns
from headgate.pipelines.modules import locate
from headgate.pipelines.names import Imported
from headgate.pipelines.step import StepCode


def function_columns(code: StepCode, root: Path, known: Mapping[str, Columns]) -> StepColumns:
    """What a step's function reads and writes; `known` says what is known of its inputs."""
    found = definition(code, root)
    if found is None:
        return unknown_columns(tuple(code.inputs.values()))
    around, node = found
    words = set(_Reach(root).texts(around, node))
    return StepColumns({each: _spoken(known, each, words) for each in code.inputs.values()})


def definition(code: StepCode, root: Path) -> tuple[Module, ast.FunctionDef] | None:
    """The module and the definition of a step's function; None where it has none to read."""
    if code.file is None or not code.file.is_file() or code.function is None:
        return None
    around = read_module(code.file, root)
    for statement in around.bindings.get(code.function, ()):
        if isinstance(statement, ast.FunctionDef):
            return around, statement
    return None


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
