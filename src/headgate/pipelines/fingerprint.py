"""What a step is, as a hash: equal hashes mean that equal inputs give an equal result.

The parts are kept beside the hash, so that a change can be named and not only noticed. Owners,
descriptions, schedules and suites are no part of it: they change no result.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from glob import escape
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from headgate.errors import DeclarationError, did_you_mean
from headgate.pipelines.bindings import digest
from headgate.pipelines.closure import Closure
from headgate.pipelines.paths import files, within
from headgate.pipelines.pipeline import Step
from headgate.pipelines.step import StepCode

if TYPE_CHECKING:
    from collections.abc import Iterable

# Names that differ from those they are installed by; asking every distribution takes 0.1 s
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "PyYAML", "dateutil": "python-dateutil"}
SCHEME = "1"  # raised when equal code would get another hash; every step then runs once more


class Fingerprint(Struct, frozen=True):
    """The hash of a step's code and parameters. `parts` maps what it is made of to its hash."""

    digest: str
    parts: Mapping[str, str] = {}


def fingerprint(code: StepCode, step: Step, root: Path) -> Fingerprint:
    """The fingerprint of a step in the project as it is now; nothing of it is imported.

    Raises DeclarationError where a file of the project cannot be read.
    """
    parts = {"scheme": SCHEME, **_code_parts(code, root)}
    for name, value in step.params.items():
        parts[f"param:{name}"] = json.dumps(value, sort_keys=True, default=repr)
    for name, dataset in code.inputs.items():
        parts[f"input:{name}"] = dataset
    if step.key:
        parts["key"] = ", ".join(step.key)
    if step.partition_by:
        by = step.partition_by
        parts["partition_by"] = ", ".join(by) if isinstance(by, list) else f"{by.rows} rows"
    for pattern in step.depends_on:
        for file in _named(root, pattern, code.where):
            parts[f"file:{file.relative_to(root)}"] = sha256(file.read_bytes()).hexdigest()[:16]
    text = json.dumps(sorted(parts.items()))
    return Fingerprint(sha256(text.encode()).hexdigest()[:20], parts)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What differs between the parts of two fingerprints, in words, what matters most first.

    >>> changes({"param:days": "7"}, {"param:days": "14"})
    ["parameter 'days' changed"]
    """
    names = sorted(before.keys() | after.keys(), key=_rank)
    return [
        _words(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


# ------------------------------------------------------------------ parts


def _code_parts(code: StepCode, root: Path) -> dict[str, str]:
    if code.query is not None:
        from headgate.pipelines.sql import canonical

        place = str(code.file.relative_to(root)) if code.file else code.where
        return {"query": digest(canonical(code.query, place)), **_libraries({"duckdb"})}
    if code.target is not None:
        from headgate.pipelines.given import given

        parts, libraries = given(code.target, root)
    else:
        assert code.file is not None
        assert code.function is not None
        closure = Closure(root, code.file.parent)
        closure.function(code.file, code.function)
        parts, libraries = closure.parts, closure.libraries
    # Polars is the form of an input that names no other, and so part of what the code does
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {**parts, **_libraries({"polars", *libraries}), "python": python}


def _libraries(names: Iterable[str]) -> dict[str, str]:
    return {
        f"lib:{name}": _version(name)
        for name in sorted(names)
        if name and name not in sys.stdlib_module_names and name != "headgate"
    }


@lru_cache(maxsize=256)
def _version(name: str) -> str:
    """Major and minor version of an installed library, by the name it is imported by."""
    from importlib import metadata

    try:
        version = metadata.version(_DISTRIBUTIONS.get(name, name))
    except metadata.PackageNotFoundError:
        distributions = sorted(set(metadata.packages_distributions().get(name, ())))
        if not distributions:
            return "none"
        version = metadata.version(distributions[0])
    return ".".join(version.split(".")[:2])


def _named(root: Path, pattern: str, where: str) -> list[Path]:
    """The files that a step says it depends on: a file, all files of a folder, or a glob."""
    path = within(root, pattern, where)
    if path.is_file():
        return [path]
    relative = str(path.relative_to(root))
    names = files(root, f"{escape(relative)}/**" if path.is_dir() else relative)
    found = [root / name for name in names if "__pycache__" not in Path(name).parts]
    if not found:
        others = [entry.name for entry in path.parent.glob("*")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, others)
        raise DeclarationError(f"depends_on: no file {pattern!r}", where, hint)
    return found


# ------------------------------------------------------------------ words

_RANKS = ("query", "step", "helper", "class", "constant", "import", "statements", "module")


def _rank(name: str) -> tuple[int, str]:
    kind = name.partition(":")[0]
    return (_RANKS.index(kind) if kind in _RANKS else len(_RANKS), name)


def _words(name: str, before: str | None, after: str | None) -> str:
    kind, _, rest = name.partition(":")
    verb = "is new" if before is None else "is gone" if after is None else "changed"
    if kind in {"lib", "python"}:
        label = rest or "Python"
        return f"{label} {before} -> {after}" if before and after else f"{label} {verb}"
    if kind == "input" and after:
        return f"input {rest!r} is {after!r} now"
    file, _, thing = rest.rpartition(":")
    subject = {
        "query": "the query",
        "step": f"{thing}() in {file}",
        "helper": f"helper {thing}() in {file}",
        "class": f"class {thing} in {file}",
        "constant": f"constant {thing} in {file}",
        "import": f"import {thing} in {file}",
        "statements": f"module-level code of {rest}",
        "argument": f"argument {rest}",
        "param": f"parameter {rest!r}",
        "input": f"input {rest!r}",
        "key": "the sort key",
        "partition_by": "the partition of its rows",
        "scheme": "the way fingerprints are taken",
    }.get(kind, rest)
    return f"{subject} {verb}"
