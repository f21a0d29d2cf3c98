"""The project's own Python files: where a name leads, and how they are imported.

One rule serves reading without running (`locate`) and running (`load`), so that what a
fingerprint covers is what is imported: a module at the project's root comes first, then the
standard library and what is installed, then files beside the one that is run.

Modules are always compiled from their source. A cached byte code file is trusted by its second
and size, and a helper can be edited twice within a second.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import FileFinder, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from threading import RLock
from types import CodeType, ModuleType
from typing import Any

from headgate.errors import HeadgateError, StepError

_LOCK = RLock()


def locate(root: Path, beside: Path, dotted: str) -> Path | None:
    """The project's file behind a dotted module name, as a file in the folder `beside` sees it.

    A package gives its `__init__.py`, or its folder where it has none. None: not the project's.
    """
    top, _, rest = dotted.partition(".")
    if top in sys.stdlib_module_names:
        return None
    found = _file(root / top)
    if found is None:
        found = (_file(beside / top) if beside != root else None) or _folder(root / top)
        if found is not None and _installed(top, found):
            return None
    for name in rest.split(".") if rest else ():
        if found is None or (found.is_file() and found.name != "__init__.py"):
            return None
        folder = found if found.is_dir() else found.parent
        found = _file(folder / name) or _folder(folder / name)
    return found


def load(root: Path, file: Path) -> ModuleType:
    """The module in a file of the project, with the project's other modules importable.

    Raises StepError, at the line of the project's own code, where it cannot be imported.
    """
    with _LOCK:
        _activate(root, file.parent)
        name = ".".join(file.relative_to(root).with_suffix("").parts)
        try:
            if locate(root, file.parent, name) == file:
                return importlib.import_module(name)
            return _load_alone(f"headgate_project.{name}", file)
        except HeadgateError as error:
            place = error.where or place_in_project(error, root)
            raise type(error)(error.what, place, error.hint) from error
        except (Exception, SystemExit) as error:
            raise failure(error, root, f"{file.relative_to(root)} cannot be imported") from error


def failure(error: BaseException, root: Path, what: str) -> StepError:
    """The error of the project's own code as ours, at the last of its own lines."""
    hint = None
    if isinstance(error, ModuleNotFoundError):
        hint = f"is {error.name!r} installed in this environment?"
    text = str(error) if not isinstance(error, SyntaxError) else error.msg
    return StepError(
        f"{what}: {type(error).__name__}{': ' if text else ''}{text}",
        place_in_project(error, root),
        hint,
    )


def place_in_project(error: BaseException, root: Path) -> str | None:
    """File and line of the innermost frame that is the project's own code."""
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        if path.is_relative_to(root):
            return f"{path.relative_to(root)}:{error.lineno or 1}"
    place = None
    trace = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(root) and "site-packages" not in path.parts:
            place = f"{path.relative_to(root)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


# ------------------------------------------------------------------ the import of modules


class _Source(SourceFileLoader):
    """Compiles from source, always, and writes no byte code into the project."""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path)
        _compiled[self.path] = source
        return self.source_to_code(source, self.path)


class _Finder:
    """Finds what `locate` finds, whatever else is on the path that Python searches."""

    def __init__(self) -> None:
        self.root: Path | None = None
        self.beside: list[Path] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        parent, _, name = fullname.rpartition(".")
        if parent:
            ours = [Path(entry) for entry in path or ()] if _is_ours(parent) else []
            return _spec(fullname, name, ours, ours)
        if name in sys.stdlib_module_names or self.root is None:
            return None
        if found := _spec(fullname, name, [self.root], []):
            return found
        found = _spec(fullname, name, self.beside, [self.root])
        if found is None:
            return None
        # not left to Python, even where it looks into the project: it would trust byte code
        place = Path(found.origin) if found.origin else self.root / name
        return None if _installed(name, place) else found


_FINDER = _Finder()
_MARK = "headgate"  # on modules of a project that are folders, and so have no loader of ours
_compiled: dict[str, bytes] = {}


def _spec(
    fullname: str, name: str, folders: Sequence[Path], bare: Sequence[Path]
) -> ModuleSpec | None:
    for folder in folders:
        if _file(folder / name):
            return FileFinder(str(folder), (_Source, [".py"])).find_spec(fullname)
    found = [str(folder / name) for folder in bare if (folder / name).is_dir()]
    if not found:
        return None
    spec = ModuleSpec(fullname, None, loader_state=_MARK, is_package=True)
    spec.submodule_search_locations = found
    return spec


def _is_ours(name: str) -> bool:
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec is not None and (isinstance(spec.loader, _Source) or spec.loader_state == _MARK)


def _activate(root: Path, beside: Path) -> None:
    """Makes the project importable and forgets modules that are another's or were edited."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    if _FINDER.root != root:
        _forget()
        _FINDER.root, _FINDER.beside = root, []
    if beside != root and beside not in _FINDER.beside:
        _FINDER.beside.append(beside)
    if any(source != _bytes(file) for file, source in _compiled.items()):
        _forget()
    importlib.invalidate_caches()


def _forget() -> None:
    for name in [name for name in sys.modules if _is_ours(name)]:
        del sys.modules[name]
    _compiled.clear()


def _bytes(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""


def _load_alone(name: str, file: Path) -> ModuleType:
    loader = _Source(name, str(file))
    spec = ModuleSpec(name, loader, origin=str(file))
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _file(stem: Path) -> Path | None:
    """The regular module of that name: a package with its `__init__.py`, or a file."""
    for candidate in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
        if candidate.is_file():
            return candidate
    return None


def _folder(stem: Path) -> Path | None:
    return stem if stem.is_dir() else None


def _installed(top: str, ours: Path) -> bool:
    spec = PathFinder.find_spec(top)
    return spec is not None and spec.origin not in {None, str(ours)}
