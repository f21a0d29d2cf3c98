"""A repository, read: its settings and its pipelines with all names resolved.

Reading a project runs none of its steps and imports no data library.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from os.path import normpath
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

from headgate.errors import DeclarationError, HeadgateError, UnknownNameError
from headgate.pipelines.graph import order
from headgate.pipelines.paths import matches
from headgate.pipelines.pipeline import Pipeline
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.step import StepCode, read_text, resolve
from headgate.project.contracts import read_contracts
from headgate.project.settings import Settings, read_settings
from headgate.project.yaml import read_yaml, validate

if TYPE_CHECKING:
    from headgate.contracts.contract import Contract

FOLDER = "pipelines"


class DeclaredPipeline(Struct, frozen=True):
    """A pipeline and where it is written. `steps` stand in execution order."""

    pipeline: Pipeline
    where: str
    lines: Mapping[Keys, int] = {}
    steps: Mapping[str, StepCode] = {}

    def place(self, *keys: str | int) -> str:
        """File and line of a key, for example of `("steps", "clean")`."""
        for length in range(len(keys), -1, -1):
            if line := self.lines.get(keys[:length]):
                return f"{self.where}:{line}"
        return self.where


class Project(Struct, frozen=True):
    """A project as it is written."""

    root: Path
    settings: Settings
    pipelines: Mapping[str, DeclaredPipeline]
    contracts: Mapping[str, Contract] = {}
    """What datasets promise, by their names."""


def load(root: Path) -> Project:
    """The project in a folder.

    Raises DeclarationError, with file and line, for what cannot be understood.
    """
    root = root.resolve()
    settings = read_settings(root)
    pipelines: dict[str, DeclaredPipeline] = {}
    owners: dict[str, str] = {}
    outputs: dict[Path, str] = {}
    for found in _declared(root):
        name = found.pipeline.name
        if name in pipelines:
            hint = f"the other is in {pipelines[name].place('name')}"
            raise DeclarationError(f"two pipelines named {name!r}", found.place("name"), hint)
        for kind in ("sources", "steps"):
            for dataset in getattr(found.pipeline, kind):
                place = found.place(kind, dataset)
                if other := owners.get(dataset.casefold()):
                    hint = f"the other is in {other}"
                    raise DeclarationError(f"two datasets named {dataset!r}", place, hint)
                owners[dataset.casefold()] = place
        _outputs_apart(found, root, outputs)
        pipelines[name] = _resolved(found, root)
    contracts = MappingProxyType(read_contracts(root))
    return Project(root, settings, MappingProxyType(pipelines), contracts)


def _declared(root: Path) -> Iterator[DeclaredPipeline]:
    folder = root / FOLDER
    seen: set[int] = set()
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.name.startswith((".", "_")) or not file.is_file():
            continue
        if file.suffix in {".yml", ".yaml"}:
            yield _from_yaml(file, root)
        elif file.suffix == ".py":
            for found in _from_python(file, root):
                if id(found.pipeline) not in seen:
                    seen.add(id(found.pipeline))
                    yield found


def _from_yaml(file: Path, root: Path) -> DeclaredPipeline:
    where = f"{FOLDER}/{file.name}"
    document = read_yaml(read_text(file, root), where)
    return DeclaredPipeline(validate(Pipeline, document), where, document.lines)


def _from_python(file: Path, root: Path) -> list[DeclaredPipeline]:
    from headgate.pipelines.modules import load as load_module

    where = f"{FOLDER}/{file.name}"
    try:
        module = load_module(root, file)
    except HeadgateError as error:
        raise DeclarationError(error.what, error.where or where, error.hint) from error
    found = {name: value for name, value in vars(module).items() if isinstance(value, Pipeline)}
    lines = _assignments(file, root)
    return [
        DeclaredPipeline(pipeline, where, {(): lines.get(name, 1)})
        for name, pipeline in found.items()
    ]


def _assignments(file: Path, root: Path) -> dict[str, int]:
    """The lines on which a module's names are given values."""
    return {
        target.id: statement.lineno
        for statement in ast.parse(read_text(file, root)).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _resolved(found: DeclaredPipeline, root: Path) -> DeclaredPipeline:
    """The pipeline with the code of its steps, in execution order."""
    pipeline = found.pipeline
    known = [*pipeline.sources, *pipeline.steps]
    codes = {
        name: resolve(name, step, root, found.place("steps", name), known)
        for name, step in pipeline.steps.items()
    }
    for position, name in enumerate(pipeline.publish):
        if name not in known:
            raise UnknownNameError.of("dataset", name, known, found.place("publish", position))
    for position, check in enumerate(pipeline.quality_checks):
        for name in check.on:
            if name not in known:
                place = found.place("quality_checks", position, "on")
                raise UnknownNameError.of("dataset", name, known, place)
    inputs = {name: list(code.inputs.values()) for name, code in codes.items()}
    ordered = order(inputs, list(pipeline.sources), found.place("steps"))
    steps = MappingProxyType({name: codes[name] for name in ordered})
    return DeclaredPipeline(pipeline, found.where, found.lines, steps)


def _outputs_apart(found: DeclaredPipeline, root: Path, outputs: dict[Path, str]) -> None:
    """No linked output overwrites a delivery, another output, or what the project is made of.

    `outputs` are those of the pipelines before, and grow. What a source of the pipeline itself
    reads is no place either: each run would take its own output for a delivery.
    """
    for name, step in found.pipeline.steps.items():
        if step.path is None:
            continue
        place = found.place("steps", name, "path")
        path = (root / step.path).resolve()
        if not path.is_relative_to(root) or path == root:
            hint = "name a file inside it, such as data/processed/x.parquet"
            raise DeclarationError(f"path {step.path!r} leads out of the project", place, hint)
        if path.relative_to(root).parts[0] in {".git", ".headgate", ".dvc"}:
            raise DeclarationError(f"path {step.path!r} is not for outputs", place)
        if path.suffix not in {".parquet", ".pq"}:
            hint = "an output is a Parquet file; end its path in .parquet"
            raise DeclarationError(f"path {step.path!r} does not say Parquet", place, hint)
        readers = [
            f"source {source!r}"
            for source, declared in found.pipeline.sources.items()
            if path == (root / declared.path).resolve()
            or matches(str(path.relative_to(root)), normpath(declared.path))
        ]
        if taken := outputs.get(path) or next(iter(readers), None):
            raise DeclarationError(f"path {step.path!r} is that of {taken} already", place)
        # an output of several files is a folder, in which nothing else may lie
        if near := [o for o in outputs if path in o.parents or o in path.parents]:
            what = f"path {step.path!r} and that of {outputs[near[0]]} lie in each other"
            raise DeclarationError(what, place, "give each output a place of its own")
        outputs[path] = f"step {name!r}"
