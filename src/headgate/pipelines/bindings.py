"""A file's module-level statements, by the names that they bind; read and never run."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from headgate.errors import DeclarationError
from headgate.pipelines.canonical import canonical
from headgate.pipelines.names import Imported, Use, imports, uses


class Module(Struct):
    """A file's module-level statements, by the names they bind."""

    path: Path
    source: bytes
    tree: ast.Module
    bindings: dict[str, list[ast.stmt | Imported]] = {}
    actions: list[ast.stmt] = []
    """Statements that do something when the module is imported, apart from binding a name."""
    registered: list[str] = []
    """Definitions that may enter themselves somewhere: decorated ones, and subclasses."""
    imported: list[Imported] = []
    """What importing the module imports."""
    digests: dict[int, str] = {}
    used: dict[int, list[Use | Imported]] = {}

    def digest(self, node: ast.AST) -> str:
        """The hash of what a piece of the module does."""
        if id(node) not in self.digests:
            try:
                text = canonical(node)
            except RecursionError:  # a very long expression counts as it is written
                text = repr(self.source)
            self.digests[id(node)] = digest(text)
        return self.digests[id(node)]

    def uses(self, node: ast.AST) -> list[Use | Imported]:
        """What a piece of the module reads from around it."""
        if id(node) not in self.used:
            try:
                self.used[id(node)] = list(uses(node))
            except RecursionError:
                names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name))
                self.used[id(node)] = [Use(name) for name in names]
        return self.used[id(node)]


def digest(text: str) -> str:
    """A short hash of a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_module(path: Path, root: Path) -> Module:
    """The module in a file, read once. Raises DeclarationError where it is not Python."""
    try:
        return _parsed(path, path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        what = f"not Python: {getattr(error, 'msg', None) or 'nested too deeply'}"
        place = path.relative_to(root) if path.is_relative_to(root) else path
        raise DeclarationError(what, f"{place}:{line}") from None


# ------------------------------------------------------------------ reading a file


@lru_cache(maxsize=512)
def _parsed(path: Path, source: bytes) -> Module:
    found = Module(path, source, ast.parse(source))
    pipelines: set[str] = set()
    for statement in found.tree.body:
        _index(found, statement, pipelines)
    return found


def _index(found: Module, statement: ast.stmt, pipelines: set[str]) -> None:
    bindings = found.bindings
    match statement:
        case ast.Import() | ast.ImportFrom():
            if getattr(statement, "module", None) == "__future__":
                return
            for bound, entry in imports(statement):
                found.imported.append(entry)
                bindings.setdefault(bound, []).append(entry)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            statement.decorator_list = [
                entry for entry in statement.decorator_list if not _declares(entry, pipelines)
            ]
            bindings.setdefault(statement.name, []).append(statement)
            makers = [*statement.decorator_list, *getattr(statement, "bases", ())]
            if getattr(statement, "keywords", ()) or not all(_plain(found, m) for m in makers):
                found.registered.append(statement.name)
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            _index_assignment(found, statement, pipelines)
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return
        case ast.If(test=test) if _never_on_import(test):
            for inner in statement.orelse:
                _index(found, inner, pipelines)
        case _:
            found.actions.append(statement)
            _index_inside(found, statement)


def _index_assignment(
    found: Module, statement: ast.Assign | ast.AnnAssign | ast.AugAssign, pipelines: set[str]
) -> None:
    targets = list(_targets(statement))
    names = [name for name in targets if name is not None]
    if len(names) < len(targets) or "_" in names:
        found.actions.append(statement)  # it changes something: CONFIG["x"] = 1
    if _makes_pipeline(statement.value):
        pipelines.update(names)
    for name in names:
        found.bindings.setdefault(name, []).append(statement)


def _index_inside(found: Module, statement: ast.stmt) -> None:
    """Names that are bound under a condition, in a try, or by a loop at module level."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        match node:
            case ast.Import() | ast.ImportFrom():
                for bound, entry in imports(node):
                    found.imported.append(entry)
                    found.bindings.setdefault(bound, []).append(entry)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.bindings.setdefault(name, []).append(node)
            case ast.ClassDef(name=name):
                found.bindings.setdefault(name, []).append(node)
            case ast.Name(id=name, ctx=ast.Store()):
                found.bindings.setdefault(name, []).append(statement)
            case _:
                todo.extend(ast.iter_child_nodes(node))


def _targets(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Iterator[str | None]:
    """The names an assignment binds; None where it changes a thing instead."""
    todo = list(statement.targets if isinstance(statement, ast.Assign) else [statement.target])
    while todo:
        match todo.pop():
            case ast.Name(id=name):
                yield name
            case ast.Tuple(elts=inner) | ast.List(elts=inner):
                todo.extend(inner)
            case ast.Starred(value=value):
                todo.append(value)
            case _:
                yield None


def _never_on_import(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()]):
            return True
    return False


def _plain(found: Module, maker: ast.expr) -> bool:
    """True where a decorator or base is Python's own, and so enters nothing anywhere."""
    base = maker.func if isinstance(maker, ast.Call) else maker
    while isinstance(base, ast.Attribute | ast.Subscript):
        base = base.value
    if not isinstance(base, ast.Name):
        return False
    bound = found.bindings.get(base.id)
    if bound is None:
        return hasattr(builtins, base.id)
    tops = [entry.module.partition(".")[0] for entry in bound if isinstance(entry, Imported)]
    return len(tops) == len(bound) and sys.stdlib_module_names.issuperset(tops)


def _makes_pipeline(value: ast.expr | None) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="Pipeline") | ast.Attribute(attr="Pipeline")):
            return True
    return False


def _declares(decorator: ast.expr, pipelines: set[str]) -> bool:
    """True for `@shop.step(...)`: it gives the function back as it is."""
    inner = decorator.func if isinstance(decorator, ast.Call) else decorator
    match inner:
        case ast.Attribute(value=ast.Name(id=name), attr="step"):
            return name in pipelines
    return False
