"""The columns of every dataset of a project, by its declarations and the code of its steps.

No data is opened and no step is run: what is known comes from declared types, from what gates and
contracts hold columns to, and from what the steps before are found to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from headgate.checks.check import Check, Match, Names, Severity
from headgate.checks.metric import ColumnNames
from headgate.checks.schemas import SchemaDifference
from headgate.contracts.contract import Contract
from headgate.pipelines.columns import Column, Columns, Known, StepColumns
from headgate.pipelines.step import StepCode
from headgate.project.checks import declared_checks
from headgate.project.project import DeclaredPipeline, Project
from headgate.schema.types import logical_type


class ProjectColumns(Struct, frozen=True):
    """What is known of the columns of each dataset, and what each step reads and writes."""

    datasets: Mapping[str, Columns]
    steps: Mapping[str, StepColumns]


def project_columns(project: Project) -> ProjectColumns:
    """The columns of a project's datasets, each after what it is made of.

    Raises DeclarationError where a suite or a query cannot be understood.
    """
    contracts, checks = (
        project.contracts,
        declared_checks(project),
    )  # behind a gate there are the columns that it lists
    datasets: dict[str, Columns] = {}
    steps: dict[str, StepColumns] = {}
    for declared in project.pipelines.values():
        for name in declared.pipeline.sources:
            datasets[name] = _of_source(declared, name, contracts.get(name), checks.get(name, ()))
        for name, code in declared.steps.items():
            steps[name] = step_columns(code, project, datasets)
            written = steps[name].writes
            if written.known is not Known.EXACTLY:
                told = _together(written.columns, _promised(contracts.get(name)))
                written = _held(checks.get(name, ()), told) or _some(told)
            datasets[name] = written
    return ProjectColumns(datasets, steps)


def step_columns(code: StepCode, project: Project, known: Mapping[str, Columns]) -> StepColumns:
    """What a step reads and writes, where so much is known of the datasets before it."""
    if code.query is not None:
        from headgate.pipelines.sql_columns import query_columns

        assert code.file is not None
        where = str(code.file.relative_to(project.root))
        return query_columns(code.query, where, code.inputs, known)
    from headgate.pipelines.python_columns import function_columns

    return function_columns(code, project.root, known)


def columns_read(project: Project) -> dict[str, dict[str, frozenset[str] | None]]:
    """The columns that each step reads of each dataset; None where others may be read, too.

    `project_columns` says which of them are known even then, and without which a step fails.
    """
    return {
        step: {
            dataset: reads.names if reads.known is Known.EXACTLY else None
            for dataset, reads in columns.reads.items()
        }
        for step, columns in project_columns(project).steps.items()
    }


# ------------------------------------------------------------------ what is declared


def _of_source(
    declared: DeclaredPipeline, name: str, contract: Contract | None, checks: Sequence[Check]
) -> Columns:
    """The columns of a source: all of them only where a gate lists them, or no header does."""
    source = declared.pipeline.sources[name]
    place = declared.place("sources", name, "types")
    typed = tuple(Column(each, logical_type(kind, place)) for each, kind in source.types.items())
    told = _together(typed, _promised(contract))
    if held := _held(checks, told):
        return held
    if typed and not source.csv.header:
        return Columns(typed, Known.EXACTLY)
    return _some(told)  # more may arrive than anybody speaks of


def _together(first: tuple[Column, ...], more: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns, and those of others that have another name."""
    told = {column.name.casefold() for column in first}
    return (*first, *(one for one in more if one.name.casefold() not in told))


def _some(columns: tuple[Column, ...]) -> Columns:
    """These columns, beside which there may be others."""
    return Columns(columns, Known.AT_LEAST if columns else Known.UNKNOWN)


def _promised(contract: Contract | None) -> tuple[Column, ...]:
    properties = contract.properties.values() if contract else ()
    return tuple(Column(one.name, one.type) for one in properties)


def _held(checks: Sequence[Check], known: Sequence[Column]) -> Columns | None:
    """The columns that a gate holds a dataset to, if one of its checks lists all of them."""
    types = {column.name: column.type for column in reversed(known)}
    for check in checks:
        if check.severity is not Severity.ERROR:
            continue
        match check.metric, check.bound:
            case ColumnNames(), Names(names, how) if how in {Match.ORDERED, Match.SAME}:
                listed = tuple(names)
            case SchemaDifference(declared, exact=True), _:
                listed = tuple(name for name, _ in declared)
            case _:
                continue
        return Columns(tuple(Column(name, types.get(name)) for name in listed), Known.EXACTLY)
    return None
