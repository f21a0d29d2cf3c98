"""One step of a project, run on rows that a test gives: the code and the types are those of a run."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from headgate.engines.engine import Engine
from headgate.engines.find import find
from headgate.errors import DeclarationError, HeadgateError, StepError, UnknownNameError
from headgate.pipelines.modules import place_in_project
from headgate.pipelines.pipeline import Step
from headgate.pipelines.step import StepCode, load_function, resolve
from headgate.project.contracts import read_contracts
from headgate.project.project import DeclaredPipeline, Project, load
from headgate.project.root import find_root
from headgate.schema.table import Table
from headgate.schema.types import LogicalType, logical_type
from headgate.testing.clock import Moment, frozen_clock, frozen_query
from headgate.testing.given import Given, Typing, empty, frame_of
from headgate.workspace.resolve import source_job

if TYPE_CHECKING:
    import polars as pl

Types = Mapping[str, Mapping[str, str]]
"""Dataset to column to type."""


def run_step(
    step: Any,
    inputs: Mapping[str, Given],
    *,
    params: Mapping[str, Any] | None = None,
    clock: Moment | None = None,
    types: Types | None = None,
    project: Path | str = ".",
) -> pl.DataFrame:
    """What a step gives for these inputs, with the types that a run would write.

    `step` is the name of a step, `file.py:function`, `file.sql`, or a function. An input is a frame
    of Polars, pandas or Arrow, a list of rows, the text of a CSV file, or a Path. One that is left
    out is computed where its own inputs are given, and empty where its types are known.
    """
    root = Path(project).resolve() if callable(step) else find_root(Path(project))
    found = ProjectSteps(root)
    return found.run(step, inputs, params=params, clock=clock, types=types)


class ProjectSteps(Struct, frozen=True, dict=True):
    """The steps of the project in a folder, to be run on given rows."""

    root: Path

    @cached_property
    def project(self) -> Project:
        """What the repository declares."""
        return load(self.root)

    @cached_property
    def engine(self) -> Engine:
        """The engine of all its tests."""
        return find("embedded", self.root)

    @cached_property
    def _contract_types(self) -> dict[str, dict[str, LogicalType]]:
        contracts = read_contracts(self.root)
        return {
            name: {one.name: one.type for one in contract.properties.values() if one.type}
            for name, contract in contracts.items()
        }

    def run(
        self,
        step: Any,
        inputs: Mapping[str, Given],
        *,
        params: Mapping[str, Any] | None = None,
        clock: Moment | None = None,
        types: Types | None = None,
    ) -> pl.DataFrame:
        """What a step gives for these inputs, as `run_step` says."""
        asked = self.found(step, tuple(inputs), params or {})
        bench = Bench(self, dict(inputs), types or {}, clock)
        with tempfile.TemporaryDirectory(prefix="headgate-test-") as folder:
            bench.prepare(asked, Path(folder))
            return bench.result(asked, Path(folder))

    def found(
        self, step: Any, given: tuple[str, ...] = (), params: Mapping[str, Any] | None = None
    ) -> Asked:
        """The step of a name, of a file, or of a function. Raises UnknownNameError for no step."""
        more = dict(params or {})
        if callable(step) or ".py:" in step or step.endswith(".sql"):
            label = getattr(step, "__name__", None) or Path(step.partition(":")[0]).stem
            alone = Step(run=step, params=more)
            return Asked(alone, resolve(label, alone, self.root, str(label), given))
        pipeline, _, name = step.rpartition("/")
        for declared in self.project.pipelines.values():
            if name in declared.steps and pipeline in {"", declared.pipeline.name}:
                own = declared.pipeline.steps[name]
                return _with_params(Asked(own, declared.steps[name], declared), more, self.root)
        names = [one for each in self.project.pipelines.values() for one in each.steps]
        raise UnknownNameError.of("step", step, names)

    def reachable(self, asked: Asked) -> list[str]:
        """The datasets that a step is made of, directly or through others."""
        found: dict[str, None] = {}
        waiting = list(asked.code.inputs.values())
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = None
                steps = asked.declared.steps if asked.declared else {}
                waiting += steps[name].inputs.values() if name in steps else ()
        return list(found)

    def typing(self, dataset: str, declared: DeclaredPipeline | None, types: Types) -> Typing:
        """What is known of a dataset's columns: said by the test, its source, or its contract."""
        told = {column: logical_type(name) for column, name in types.get(dataset, {}).items()}
        known = dict(self._contract_types.get(dataset, {}))
        if declared and dataset in declared.pipeline.sources:
            source = source_job(self.project, declared, dataset)
            form = source.form
            if form.kind == "csv":
                return Typing(dataset, known | dict(source.types) | told, form)
            known |= dict(source.types)
        return Typing(dataset, known | told)


class Asked(Struct, frozen=True):
    """A step to be run; `declared` is its pipeline, where it is one of the project's."""

    step: Step
    code: StepCode
    declared: DeclaredPipeline | None = None


class Bench(Struct, frozen=True):
    """The inputs of one test, and what was computed of them so far."""

    steps: ProjectSteps
    inputs: Mapping[str, Given]
    types: Types
    clock: Moment | None
    typings: Mapping[str, Typing] = {}
    """What a test says itself of the typing of its inputs."""
    kept: dict[str, Table] = {}
    """What is written already, by dataset."""

    def prepare(self, asked: Asked, folder: Path) -> None:
        """Writes the inputs of a step, and those of steps before it that are computed from them.

        Raises DataError for a value that does not fit its type, and DeclarationError for an input
        that is not given and of which no types are known.
        """
        for dataset in asked.code.inputs.values():
            path = folder / f"{dataset}.parquet"
            if dataset in self.kept:
                continue
            if dataset not in self.inputs and self._is_computable(dataset, asked.declared):
                self.prepare(self.steps.found(dataset), folder)
            else:
                self._keep(dataset, self._given(dataset, asked), path)

    def result(self, asked: Asked, folder: Path) -> pl.DataFrame:
        """The output of a step as its readers see it, once its inputs are prepared."""
        import polars as pl

        return pl.read_parquet(self._computed(asked, folder), glob=False, hive_partitioning=False)

    def _given(self, dataset: str, asked: Asked) -> pl.DataFrame:
        typing = self.typings.get(dataset)
        typing = typing or self.steps.typing(dataset, asked.declared, self.types)
        frame = frame_of(self.inputs[dataset], typing) if dataset in self.inputs else None
        if frame is not None and frame.width:
            return frame
        if typing.types:
            return empty(typing.types)
        raise DeclarationError(
            f"step {asked.code.name!r} reads {dataset!r}, "
            + ("which is not given" if frame is None else "whose columns are not known"),
            typing.place(0) or asked.code.where or None,
            f"give its rows, or its columns: types: {{{dataset}: {{id: integer}}}}",
        )

    def _computed(self, asked: Asked, folder: Path) -> Path:
        tables = {}
        for name, dataset in asked.code.inputs.items():
            if dataset not in self.kept:
                self._computed(self.steps.found(dataset), folder)
            tables[name] = self.kept[dataset]
        frame = called(self.steps.engine, asked, tables, self.steps.root, self.clock)
        path = folder / f"{asked.code.name}.parquet"
        self._keep(asked.code.name, frame, path, asked.step.key)
        return path

    def _keep(self, name: str, frame: pl.DataFrame, path: Path, key: Sequence[str] = ()) -> None:
        written = self.steps.engine.write(frame, path, sort_by=key)
        self.kept[name] = Table(name, (path,), written.schema, written.rows)

    def _is_computable(self, dataset: str, declared: DeclaredPipeline | None) -> bool:
        """Whether a dataset is a step's, and something that it is made of is given."""
        if declared is None or dataset not in declared.steps:
            return False
        made_of = declared.steps[dataset].inputs.values()
        return any(one in self.inputs or self._is_computable(one, declared) for one in made_of)


def called(
    engine: Engine, asked: Asked, tables: Mapping[str, Table], root: Path, clock: Moment | None
) -> pl.DataFrame:
    """What the code gives. Whatever it raises becomes an error that names the project's line."""
    code = asked.code
    place = code.where if code.file is None else code.file.relative_to(root).as_posix()
    try:
        with redirect_stdout(sys.stderr):
            if code.query is not None:
                query = code.query if clock is None else frozen_query(code.query, clock)
                selected: pl.DataFrame = engine.select(query, tables)
                return selected
            function = load_function(code, root)
            with nullcontext() if clock is None else frozen_clock(clock, root):
                made: pl.DataFrame = engine.call(function, tables, asked.step.params)
                return made
    except HeadgateError as error:
        raise type(error)(error.what, error.where or place, error.hint) from error
    except (Exception, SystemExit) as error:
        text = str(error).split("\n\n")[0]
        what = f"step {code.name!r} failed: {type(error).__name__}: {text}"
        raise StepError(what, place_in_project(error, root) or place) from error


def _with_params(asked: Asked, params: dict[str, Any], root: Path) -> Asked:
    """The step with some of its parameters changed. Raises UnknownNameError for one it has not."""
    if not params or asked.declared is None:
        return asked
    step = asked.step.model_copy(update={"params": asked.step.params | params})
    known = [*asked.declared.pipeline.sources, *asked.declared.pipeline.steps]
    name = asked.code.name
    where = asked.declared.place("steps", name)
    return Asked(step, resolve(name, step, root, where, known), asked.declared)
