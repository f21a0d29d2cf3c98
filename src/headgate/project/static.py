"""What the text of a project shows to be wrong with columns, before anything is run.

A finding is an error only where all columns are known: what is unknown is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from msgspec import Struct

from headgate.checks.check import Check, Match, Names, Severity
from headgate.checks.metric import ColumnNames, columns_of, tables_of
from headgate.contracts.contract import Contract
from headgate.errors import did_you_mean
from headgate.pipelines.columns import Columns, Kind, Known
from headgate.project.checks import declared_checks
from headgate.project.columns import ProjectColumns, project_columns
from headgate.project.consumers import read_consumers
from headgate.project.project import DeclaredPipeline, Project
from headgate.schema.partition import partitions
from headgate.schema.types import LogicalType

_SEVERITIES = {
    Kind.MISSING: Severity.ERROR,
    Kind.AMBIGUOUS: Severity.ERROR,
    Kind.JOIN: Severity.WARN,
    Kind.CLOCK: Severity.INFO,
    Kind.UNNAMED: Severity.INFO,
    Kind.STAR: Severity.INFO,
}
_FAMILIES = (
    {LogicalType.STRING},
    {LogicalType.INTEGER, LogicalType.NUMBER},
    {LogicalType.BOOLEAN},
    {LogicalType.DATE, LogicalType.TIMESTAMP},
)
"""Types of one family may stand for each other; those of two never do."""


class Finding(Struct, frozen=True):
    """Something about a dataset that the text of the project shows, and where it stands."""

    dataset: str
    where: str
    what: str
    severity: Severity
    hint: str | None = None

    def as_json(self) -> dict[str, str | None]:
        return {
            "dataset": self.dataset,
            "where": self.where,
            "severity": self.severity.value,
            "what": self.what,
            "hint": self.hint,
        }


def static_findings(project: Project) -> list[Finding]:
    """What is found in all pipelines, the worst first, then by place.

    Raises DeclarationError where a suite, a query or a consumer cannot be understood.
    """
    contracts, checks = project.contracts, declared_checks(project)
    found = project_columns(project)
    findings = [
        *_of_checks(found, checks, contracts),
        *_of_contracts(found, contracts),
        *_of_consumers(project, found, contracts),
        *_of_reads(project, found, contracts),
    ]
    compared = {name for each in checks.values() for one in each for name in tables_of(one.metric)}
    for declared in project.pipelines.values():
        findings += _of_queries(project, declared, found)
        findings += _of_keys(declared, found)
        findings += _unused(declared, found, compared)
    order = list(reversed(Severity))
    return sorted(
        dict.fromkeys(findings), key=lambda one: (order.index(one.severity), _place(one.where))
    )


# ------------------------------------------------------------------ queries


def _of_queries(
    project: Project, declared: DeclaredPipeline, found: ProjectColumns
) -> Iterator[Finding]:
    """What the queries of steps show by themselves."""
    published = declared.pipeline.published
    for name, code in declared.steps.items():
        for problem in found.steps[name].problems:
            if problem.kind is Kind.STAR and name not in published:
                continue
            assert code.file is not None
            where = f"{code.file.relative_to(project.root)}:{problem.line}"
            what, hint = problem.what, problem.hint
            if problem.kind is Kind.STAR:
                what = f"{name} is published, and {what}"
                hint = "a column that arrives is published, too; name those that readers need"
            yield Finding(name, where, what, _SEVERITIES[problem.kind], hint)


def _of_reads(
    project: Project, found: ProjectColumns, contracts: Mapping[str, Contract]
) -> Iterator[Finding]:
    """Columns that a step reads and that the contract of its input does not name."""
    for declared in project.pipelines.values():
        for name, code in declared.steps.items():
            for dataset, reads in found.steps[name].reads.items():
                contract = contracts.get(dataset)
                if contract is None or not contract.properties:
                    continue
                promised = {each.casefold() for each in contract.properties}
                for column in sorted(reads.needed):
                    if column.casefold() in promised:
                        continue
                    what = f"{name} reads {dataset}.{column}, which its contract does not name"
                    hint = did_you_mean(column, contract.properties)
                    where = declared.place("steps", name)
                    if code.query is not None and code.file is not None:
                        from headgate.pipelines.sql_columns import line_naming

                        file = str(code.file.relative_to(project.root))
                        where = f"{file}:{line_naming(code.query, file, column)}"
                    yield Finding(name, where, what, Severity.WARN, hint)


# ------------------------------------------------------------------ contracts and checks


def _of_contracts(found: ProjectColumns, contracts: Mapping[str, Contract]) -> Iterator[Finding]:
    """What contracts promise and steps do not write, and what they write beside it."""
    for name, contract in contracts.items():
        if name not in found.datasets:
            what = f"no pipeline has a dataset {name!r}, so nothing is judged by this contract"
            hint = did_you_mean(name, found.datasets)
            yield Finding(name, contract.where, what, Severity.WARN, hint)
        columns = found.datasets.get(name)
        if columns is None or not contract.properties:
            continue
        has = "its step writes" if name in found.steps else "its source is declared with"
        yield from _broken(contract, columns, has)
        promised = {each.casefold() for each in contract.properties}
        for column in columns.names:
            if column.casefold() not in promised:
                what = f"{name} has a column {column!r} that its contract does not name"
                yield Finding(name, contract.where, what, Severity.INFO)


def _of_consumers(
    project: Project, found: ProjectColumns, contracts: Mapping[str, Contract]
) -> Iterator[Finding]:
    """Columns that consumers name, and that a dataset without a contract of them does not have."""
    for reader in read_consumers(project):
        for name, reads in () if reader.is_step else reader.reads.items():
            columns, contract = found.datasets.get(name), contracts.get(name)
            if columns is None or columns.known is not Known.EXACTLY:
                continue
            if contract and contract.properties:  # who reads contracts looks there
                continue
            for column in dict.fromkeys((*reads.columns, *reads.needs)):
                if columns.find(column) is None:
                    what = f"{reader} reads {name}.{column}, which there is not"
                    hint = did_you_mean(column, columns.names)
                    yield Finding(name, reader.place(("reads", name)), what, Severity.ERROR, hint)


def _broken(contract: Contract, columns: Columns, has: str) -> Iterator[Finding]:
    """Promises that cannot be kept. A source has the columns that its gate lets through."""
    name = contract.dataset
    for promised in contract.properties.values():
        written = columns.find(promised.name)
        if written is None and columns.known is Known.EXACTLY:
            what = f"{name} is promised a column {promised.name!r}, and {has} none"
            hint = did_you_mean(promised.name, columns.names)
            yield Finding(name, promised.where, what, Severity.ERROR, hint)
        elif written and _apart(written.type, promised.type):
            what = (
                f"{name}.{promised.name} is promised as {promised.type}, and {has} {written.type}"
            )
            hint = "correct one of the two; a step changes a type with cast"
            yield Finding(name, promised.where, what, Severity.ERROR, hint)


def _apart(written: LogicalType | None, promised: LogicalType | None) -> bool:
    """Whether values of one type are never values of the other."""
    families = [next((f for f in _FAMILIES if kind in f), None) for kind in (written, promised)]
    return None not in families and families[0] is not families[1]


def _of_checks(
    found: ProjectColumns,
    checks: Mapping[str, Sequence[Check]],
    contracts: Mapping[str, Contract],
) -> Iterator[Finding]:
    """Checks that name columns which their dataset does not have.

    Of the columns that a contract promises `_of_contracts` speaks.
    """
    for name, declared in checks.items():
        columns = found.datasets[name]
        listed = contracts[name].properties if name in contracts else {}
        if columns.known is not Known.EXACTLY:
            continue
        for check in declared:
            for column in _named(check):
                if columns.find(column) is None and column not in listed:
                    what = f"a check of {name} names a column {column!r} that it does not have"
                    hint = did_you_mean(column, columns.names)
                    yield Finding(name, check.where, what, Severity.ERROR, hint)


def _named(check: Check) -> tuple[str, ...]:
    match check.metric, check.bound:
        case ColumnNames(), Names(names, Match()):
            return names
    return columns_of(check.metric)


def _of_keys(declared: DeclaredPipeline, found: ProjectColumns) -> Iterator[Finding]:
    """Keys and divisions of datasets that name columns which these do not have."""
    for kind in ("sources", "steps"):
        for name in getattr(declared.pipeline, kind):
            columns = found.datasets[name]
            for word, each in _keys(declared, name):
                if columns.known is Known.EXACTLY and columns.find(each) is None:
                    what = f"{word} of {name} names a column {each!r} that it does not have"
                    hint = did_you_mean(each, columns.names)
                    where = declared.place(kind, name, word)
                    yield Finding(name, where, what, Severity.ERROR, hint)


def _keys(declared: DeclaredPipeline, name: str) -> list[tuple[str, str]]:
    """The columns that order and divide a dataset, each with the key that says so."""
    pipeline = declared.pipeline
    dataset = pipeline.sources.get(name) or pipeline.steps[name]
    divided = dataset.partition_by
    divisions = partitions(divided) if isinstance(divided, list) else ()
    return [
        *(("key", each) for each in dataset.key),
        *(("partition_by", one.column) for one in divisions),
    ]


# ------------------------------------------------------------------ what nothing reads


def _unused(
    declared: DeclaredPipeline, found: ProjectColumns, compared: Set[str]
) -> Iterator[Finding]:
    """Columns and datasets that nothing reads and readers do not see.

    `compared` are those that checks of others look at.
    """
    pipeline = declared.pipeline
    for kind in ("sources", "steps"):
        for name in getattr(pipeline, kind):
            readers = [
                reads
                for step in declared.steps
                if (reads := found.steps[step].reads.get(name)) is not None
            ]
            if name in pipeline.published or name in compared:
                continue
            if not readers:
                where = declared.place(kind, name)
                what = f"nothing reads {name}, and it is not published"
                yield Finding(name, where, what, Severity.WARN)
            elif all(reads.known is Known.EXACTLY for reads in readers):
                used = {each.casefold() for reads in readers for each in reads.names}
                used |= {each.casefold() for _, each in _keys(declared, name)}
                for column in found.datasets[name].names:
                    if column.casefold() not in used:
                        where = declared.place(kind, name, "types", column)
                        what = f"no step reads {name}.{column}"
                        yield Finding(name, where, what, Severity.INFO)


def _place(where: str) -> tuple[str, int]:
    file, _, line = where.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (where, 0)
