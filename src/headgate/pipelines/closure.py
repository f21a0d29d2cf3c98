"""The code of a project that a function reaches, read and never run.

Whatever is in doubt is included: a step that runs once too often costs time, one that is skipped
wrongly costs the truth. Not seen: names looked up by `getattr` on values, and data that is read
without being declared.
"""

from __future__ import annotations

import ast
from pathlib import Path

from headgate.pipelines.bindings import Module, digest, read_module
from headgate.pipelines.modules import locate
from headgate.pipelines.names import Imported, Use, uses

_LOOKS_UP = {"globals", "eval", "exec", "vars", "locals"}
_KINDS = {ast.FunctionDef: "helper", ast.AsyncFunctionDef: "helper", ast.ClassDef: "class"}
_CODE = ("step", "helper", "class", "constant")
_DEFINING = (*_KINDS, ast.Assign, ast.AnnAssign, ast.AugAssign)


class Closure:
    """Collects the parts of a project that code reaches: `parts` maps what it is to its hash."""

    def __init__(self, root: Path, beside: Path) -> None:
        self.root, self.beside = root, beside
        self.parts: dict[str, str] = {}
        self.libraries: set[str] = set()
        self._seen: set[tuple[str, Path, int]] = set()
        self._opened: dict[Path, Module] = {}
        self._located: dict[tuple[Path, str], Path | None] = {}

    def function(self, file: Path, name: str) -> None:
        """Takes in the module-level function of that name, as the step itself."""
        found = self._open(file)
        self._name(found, name, (), kind="step")
        self._execute(found)
        for entry in found.bindings.get(name, ()):
            self._annotations(found, entry)

    def definition(self, file: Path, node: ast.AST, name: str) -> None:
        """Takes in a definition anywhere in a file, such as a function within another."""
        found = self._open(file)
        self._execute(found)
        self.parts[f"step:{self._label(file)}:{name}"] = found.digest(node)
        self._read(found, node)
        self._annotations(found, node)

    def _annotations(self, around: Module, node: object) -> None:
        """The libraries that a step's annotations name: they shape what it is given."""
        if not isinstance(node, ast.FunctionDef):
            return
        for argument in (*node.args.args, *node.args.kwonlyargs):
            for use in uses(argument.annotation) if argument.annotation else ():
                for entry in around.bindings.get(use.name, ()) if isinstance(use, Use) else ():
                    if isinstance(entry, Imported) and not self._locate(around, entry.module):
                        self._library(entry.module)

    # -------------------------------------------------------------- following names

    def _read(self, around: Module, node: ast.AST) -> None:
        if self._first("read", around.path, id(node)):
            for use in around.uses(node):
                if isinstance(use, Imported):
                    self._load(around, use)
                    self._library_of(around, use)
                elif use.imported is not None:
                    self._imported(around, use.imported, use.attributes)
                else:
                    self._name(around, use.name, use.attributes)

    def _name(
        self, around: Module, name: str, attributes: tuple[str, ...], kind: str | None = None
    ) -> None:
        bound = around.bindings.get(name)
        if bound is None:
            if name in _LOOKS_UP:
                self._whole(around)
            return
        label = f"{self._label(around.path)}:{name}"
        hashes = []
        for entry in bound:
            if isinstance(entry, Imported):
                named = "." * entry.level + entry.module
                self.parts[f"import:{label}"] = f"{named}:{entry.name or ''}"
                self._imported(around, entry, attributes)
            elif isinstance(entry, _DEFINING):
                hashes.append(around.digest(entry))
                kind = kind or _KINDS.get(type(entry), "constant")
        if hashes and not any(f"{other}:{label}" in self.parts for other in _CODE):
            self.parts[f"{kind}:{label}"] = hashes[0] if len(hashes) == 1 else digest(str(hashes))
        for entry in bound:
            if isinstance(entry, ast.stmt):
                self._read(around, entry)

    def _imported(self, around: Module, entry: Imported, attributes: tuple[str, ...]) -> None:
        """What is reached through an imported name, and the attributes taken of it."""
        names = (*((entry.name,) if entry.name is not None else ()), *attributes)
        self._reach(around, self._absolute(around, entry, entry.module), names)

    def _reach(self, around: Module, dotted: str, names: tuple[str, ...]) -> None:
        path = self._locate(around, dotted)
        if path is None:
            self._library(dotted)
            return
        target = self._open(path) if path.is_file() else None
        if target is not None:
            self._execute(target)
            if names and names[0] in target.bindings:
                self._name(target, names[0], names[1:])
                return
        if names and self._locate(around, f"{dotted}.{names[0]}"):
            self._reach(around, f"{dotted}.{names[0]}", names[1:])
        elif target is not None:
            self._whole(target)
        else:
            for file in sorted(path.glob("*.py")):
                self._whole(self._open(file))

    def _load(self, around: Module, entry: Imported) -> None:
        """An import statement runs the module it names, and the packages around that."""
        dotted = self._absolute(around, entry, entry.loads)
        for name in (dotted, f"{dotted}.{entry.name}"):
            path = self._locate(around, name)
            if path is not None and path.is_file():
                self._execute(self._open(path))
        if entry.name == "*":
            self._reach(around, dotted, ())

    def _execute(self, target: Module) -> None:
        """What happens when a module is imported, whatever is used of it afterwards."""
        if not self._first("execute", target.path, 0):
            return
        for folder in target.path.parents:
            if not folder.is_relative_to(self.root) or folder == self.root:
                break
            if (folder / "__init__.py").is_file():
                self._execute(self._open(folder / "__init__.py"))
        if target.actions:
            key = f"statements:{self._label(target.path)}"
            self.parts[key] = digest(str([target.digest(action) for action in target.actions]))
            for action in target.actions:
                self._read(target, action)
        for name in target.registered:
            self._name(target, name, ())
        for entry in target.imported:
            self._load(target, entry)

    def _whole(self, target: Module) -> None:
        if self._first("whole", target.path, 0):
            self._execute(target)
            self.parts[f"module:{self._label(target.path)}"] = target.digest(target.tree)
            for name in target.bindings:
                self._name(target, name, ())

    # -------------------------------------------------------------- places

    def _first(self, what: str, path: Path, node: int) -> bool:
        key = (what, path, node)
        known = key in self._seen
        self._seen.add(key)
        return not known

    def _label(self, path: Path) -> str:
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else path.name

    def _absolute(self, around: Module, entry: Imported, dotted: str) -> str:
        """The module's full name, where the import counts from its own package."""
        if not entry.level:
            return dotted
        package = around.path.parent
        for _ in range(entry.level - 1):
            package = package.parent
        if not package.is_relative_to(self.root):
            return dotted
        return ".".join([*package.relative_to(self.root).parts, *([dotted] if dotted else [])])

    def _locate(self, around: Module, dotted: str) -> Path | None:
        """The project's file behind a module name, as the code there sees it."""
        key = (around.path.parent, dotted)
        if key not in self._located:
            folders = dict.fromkeys((around.path.parent, self.beside))
            found = (locate(self.root, folder, dotted) for folder in folders)
            self._located[key] = next((path for path in found if path is not None), None)
        return self._located[key]

    def _library(self, dotted: str) -> None:
        self.libraries.add(dotted.partition(".")[0])

    def _library_of(self, around: Module, entry: Imported) -> None:
        dotted = self._absolute(around, entry, entry.loads)
        if self._locate(around, dotted) is None:
            self._library(dotted)

    def _open(self, path: Path) -> Module:
        if path not in self._opened:
            self._opened[path] = read_module(path, self.root)
        return self._opened[path]
