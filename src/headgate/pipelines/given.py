"""The parts of a function that was given in Python, and not named by its file.

Its code is read from its file where it has one; what it carries (arguments of a partial, values
of a closure, defaults) is taken as it is.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from headgate.pipelines.bindings import digest, read_module
from headgate.pipelines.canonical import canonical
from headgate.pipelines.closure import Closure

_PLAIN = (str, bytes, int, float, complex, bool, type(None))
_DEEPEST = 6


def given(target: Any, root: Path) -> tuple[dict[str, str], set[str]]:
    """What a callable is made of, and the libraries it reaches."""
    reader = _Reader(root)
    inner = target
    while isinstance(inner, functools.partial):
        inner = inner.func
    reader.take(target, getattr(inner, "__name__", type(inner).__name__))
    return reader.parts, reader.libraries


class _Reader:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.parts: dict[str, str] = {}
        self.libraries: set[str] = set()
        self._seen: dict[int, Any] = {}

    def take(self, thing: Any, label: str) -> None:
        if id(thing) in self._seen:
            return
        self._seen[id(thing)] = thing  # held, so that no other thing gets its id
        if isinstance(thing, FunctionType) and hasattr(thing, "__wrapped__"):
            self.take(thing.__wrapped__, f"{label} (wrapped)")
        match thing:
            case functools.partial():
                self.parts[f"argument:{label}"] = self._text((thing.args, thing.keywords), 0)
                self.take(thing.func, label)
            case MethodType():
                self.parts[f"argument:{label}"] = self._text(thing.__self__, 0)
                self.take(thing.__func__, label)
            case FunctionType():
                self._function(thing, label)
            case type():
                self._class(thing)
            case _ if type(thing).__module__ == "builtins":
                self.parts[f"argument:{label}"] = repr(getattr(thing, "__qualname__", thing))
            case _:  # an object that can be called
                self.parts[f"argument:{label}"] = self._text(vars(thing), 0)
                self._class(type(thing))

    def _function(self, function: FunctionType, label: str) -> None:
        file = Path(function.__code__.co_filename)
        code = function.__code__
        node = _definition(file, self.root, code) if file.is_file() else None
        if (
            node is not None
            and file.is_relative_to(self.root)
            and "site-packages" not in file.parts
        ):
            closure = Closure(self.root, file.parent)
            closure.definition(file, node, label)
            self.parts.update(closure.parts)
            self.libraries.update(closure.libraries)
        elif node is not None and "site-packages" in file.parts:
            self.libraries.add(function.__module__.partition(".")[0])
        else:
            self._live(function, label)
        names = code.co_freevars
        for name, cell in zip(names, function.__closure__ or (), strict=True):
            try:
                self.parts[f"argument:{label}.{name}"] = self._text(cell.cell_contents, 0)
            except ValueError:  # a cell that is filled later
                continue

    def _live(self, function: FunctionType, label: str) -> None:
        """A function without a file of the project: of a notebook, or typed at a prompt."""
        try:
            tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
            self.parts[f"step::{label}"] = digest(canonical(tree))
        except (OSError, TypeError, SyntaxError):
            self.parts[f"step::{label}"] = digest(_bytecode(function.__code__))
        defaults = (function.__defaults__, function.__kwdefaults__)
        self.parts[f"argument:{label} defaults"] = self._text(defaults, 0)
        for name in _all_names(function.__code__):
            if name in function.__globals__:
                value = function.__globals__[name]
                if isinstance(value, FunctionType):
                    self.take(value, name)
                else:
                    self.parts[f"argument:{name}"] = self._text(value, 0)

    def _class(self, kind: type) -> None:
        for base in kind.__mro__:
            if self._is_library(base):
                self.libraries.add(base.__module__.partition(".")[0])
                continue
            for name, member in sorted(vars(base).items()):
                if isinstance(member, FunctionType):
                    self.take(member, f"{base.__name__}.{name}")
                elif not name.startswith("__"):
                    self.parts[f"argument:{base.__name__}.{name}"] = self._text(member, 0)

    def _is_library(self, kind: type) -> bool:
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if file is None:
            return kind.__module__ != "__main__"
        return not Path(file).is_relative_to(self.root) or "site-packages" in Path(file).parts

    def _text(self, value: Any, depth: int) -> str:
        """A value as text that is the same in every process."""
        if depth > _DEEPEST:
            return "..."
        deeper = depth + 1
        match value:
            case _ if type(value) in _PLAIN:
                return repr(value)
            case ModuleType():
                self.libraries.add(value.__name__.partition(".")[0])
                return value.__name__
            case Mapping():
                entries = [
                    f"{self._text(k, deeper)}: {self._text(v, deeper)}" for k, v in value.items()
                ]
                return f"{type(value).__name__}({', '.join(entries)})"
            case list() | tuple():
                return f"{type(value).__name__}({', '.join(self._text(v, deeper) for v in value)})"
            case AbstractSet():
                return f"set({', '.join(sorted(self._text(v, deeper) for v in value))})"
        if callable(value):
            label = getattr(value, "__qualname__", type(value).__name__)
            self.take(value, label)
            return label
        kept = getattr(value, "__dict__", None)
        return f"{type(value).__qualname__}({self._text(kept, deeper) if kept else repr(value)})"


def _definition(file: Path, root: Path, code: CodeType) -> ast.AST | None:
    """The definition in a file that a code object was compiled from."""
    tree = read_module(file, root).tree
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, functions)
        and getattr(node, "name", "<lambda>") == code.co_name
        and node.lineno >= code.co_firstlineno  # decorators stand above the name
    ]
    nearest = min((node.lineno for node in found), default=0)
    found = [node for node in found if node.lineno == nearest]
    # two lambdas on one line cannot be told apart: then the whole file counts
    return found[0] if len(found) == 1 else tree if found else None


def _bytecode(code: CodeType) -> str:
    inner = [_bytecode(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts[1:]]
    return f"{code.co_code.hex()} {code.co_names} {inner}"


def _all_names(code: CodeType) -> list[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _all_names(constant)
    return list(dict.fromkeys(names))
