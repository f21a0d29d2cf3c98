"""The readers of a project's datasets: `contracts/consumers/`, `consumers:` of pipelines, and steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from headgate.contracts.changes.consumer import Reader
from headgate.contracts.contract import Place
from headgate.errors import DeclarationError
from headgate.pipelines.consumer import Consumer, Reads
from headgate.pipelines.step import read_text
from headgate.project.project import DeclaredPipeline, Project
from headgate.project.yaml import read_yaml, validate

FOLDER = "contracts/consumers"

Columns = Mapping[str, Mapping[str, Sequence[str]]]
"""The columns that steps read, by `pipeline.step` and dataset, where they are known."""


def read_consumers(project: Project, columns: Columns | None = None) -> list[Reader]:
    """Everybody who reads a dataset of the project.

    A step whose columns are not in `columns` is taken to read all. Raises DeclarationError, with
    file and line, for what cannot be understood, and where two consumers have one name.
    """
    found = [*_declared(project.root)]
    for pipeline in project.pipelines.values():
        found += _of_pipeline(pipeline, columns or {})
    names: dict[str, Reader] = {}
    for reader in found:
        if other := names.get(reader.name):
            what = f"two consumers named {reader.name!r}"
            raise DeclarationError(what, reader.place(()), f"the other is at {other.place(())}")
        names[reader.name] = reader
    return found


def columns_by_step(project: Project) -> Columns:
    """The columns that steps read, where their code tells all of them.

    Raises DeclarationError where a suite or a query cannot be understood.
    """
    from headgate.project.columns import columns_read

    pipelines = {
        step: one.pipeline.name for one in project.pipelines.values() for step in one.steps
    }
    return {
        f"{pipelines[step]}.{step}": {
            dataset: sorted(columns) for dataset, columns in reads.items() if columns is not None
        }
        for step, reads in columns_read(project).items()
    }


def _declared(root: Path) -> Iterator[Reader]:
    folder = root / FOLDER
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix in {".yml", ".yaml"} and not file.name.startswith((".", "_")):
            document = read_yaml(read_text(file, root), f"{FOLDER}/{file.name}")
            yield _reader(validate(Consumer, document), document.place)


def _of_pipeline(declared: DeclaredPipeline, columns: Columns) -> Iterator[Reader]:
    pipeline = declared.pipeline
    for n, consumer in enumerate(pipeline.consumers):
        yield _reader(consumer, _within(declared, "consumers", n))
    for name, code in declared.steps.items():
        step = f"{pipeline.name}.{name}"
        known = columns.get(step, {})
        reads = {
            dataset: Reads(columns=list(known.get(dataset, ()))) for dataset in code.inputs.values()
        }
        place = _within(declared, "steps", name)
        yield Reader(step, pipeline.owner, "step", reads, place, is_step=True)


def _within(declared: DeclaredPipeline, *outer: str | int) -> Place:
    return lambda keys: declared.place(*outer, *keys)


def _reader(consumer: Consumer, place: Place) -> Reader:
    return Reader(
        consumer.name, consumer.owner, consumer.type, consumer.reads, place, consumer.contact
    )
