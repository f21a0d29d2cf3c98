"""What is known of each dataset of a project: its contract or last version, checks and lineage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.checks.metric import columns_of as columns_judged
from headgate.contracts.contract import Contract
from headgate.contracts.formats.documentation import ColumnPage, DatasetPage, pages
from headgate.contracts.formats.from_table import columns_of
from headgate.project.contracts import read_contracts
from headgate.runs.job import Job, checks_of_gates
from headgate.store import holdings, refs
from headgate.store.manifest import Version
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace


class _Declared(Struct):
    """What pipelines say of a dataset."""

    pipeline: str = ""
    description: str = ""
    file: str = ""
    inputs: list[str] = []
    readers: list[str] = []
    checks: list[Check] = []


def dataset_pages(workspace: Workspace) -> list[DatasetPage]:
    """A page for each dataset that is declared, promised or held, by name."""
    contracts = read_contracts(workspace.tools.root)
    declared = _declared(job(workspace, name) for name in workspace.project.pipelines)
    held = _held(workspace)
    return [
        _page(name, contracts.get(name), declared.get(name), held.get(name))
        for name in sorted({*contracts, *declared, *held}, key=str.casefold)
    ]


def _held(workspace: Workspace) -> dict[str, Version]:
    with workspace.tools.ledger.snapshot() as tx:
        known = {
            name: holdings.find(tx, workspace.environment, name, version)
            for name, version in refs.held(tx, workspace.environment).items()
        }
    return {name: version for name, version in known.items() if version}


def _declared(jobs: Iterable[Job]) -> dict[str, _Declared]:
    found: dict[str, _Declared] = {}
    for each in jobs:
        for name, source in each.sources.items():
            told = found.setdefault(name, _Declared())
            told.description, told.file = source.source.description, source.source.path
            told.pipeline = f"source of {each.pipeline.name}"
        for name, step in each.steps.items():
            told = found.setdefault(name, _Declared())
            told.description, told.file = step.step.description, step.step.path or ""
            told.pipeline = f"step of {each.pipeline.name}"
            told.inputs = list(dict.fromkeys(step.code.inputs.values()))
            for other in told.inputs:
                found.setdefault(other, _Declared()).readers.append(name)
        for name, checks in checks_of_gates(each).items():
            told = found.setdefault(name, _Declared())
            told.checks += dict.fromkeys(checks)
    return found


def _page(
    name: str, contract: Contract | None, declared: _Declared | None, held: Version | None
) -> DatasetPage:
    [page] = pages(_document(name, contract, held))
    if held:
        page = replace(page, columns=tuple(_as_seen(one, held) for one in page.columns))
    told = declared or _Declared()
    facts = {
        "pipeline": told.pipeline,
        "file": told.file,
        "contract": contract.where if contract else "none",
        "rows": f"{held.rows:,}" if held else "",
        "last changed": f"{held.created_at:%Y-%m-%d %H:%M} UTC" if held else "never released",
    }
    whole = [check for check in told.checks if not columns_judged(check.metric)]
    return replace(
        page,
        facts=(*page.facts, *((label, text) for label, text in facts.items() if text)),
        description=page.description or told.description,
        columns=_with_checks(page.columns, told.checks),
        rules=(*page.rules, *(_text(check) for check in whole)),
        inputs=tuple(told.inputs),
        readers=tuple(dict.fromkeys(told.readers)),
    )


def _as_seen(column: ColumnPage, held: Version) -> ColumnPage:
    """The column, and whether the version that is held misses a value, where none is promised."""
    known = held.statistics.get(column.name)
    whole = known is not None and known.nulls == 0 and held.rows > 0
    if "required" in column.marks or not whole:
        return column
    return replace(column, marks=(*column.marks, "no nulls"))


def _document(name: str, contract: Contract | None, held: Version | None) -> Mapping[str, Any]:
    if contract:
        return {**contract.document, "schema": [contract.declared]}
    columns = columns_of(held.schema, {}, 0) if held else []  # what was seen is no promise
    return {"schema": [{"name": name, "properties": columns}]}


def _with_checks(columns: Sequence[ColumnPage], checks: Sequence[Check]) -> tuple[ColumnPage, ...]:
    """The columns with the checks that are about them; a column that only checks name, too."""
    by_name = {column.name: column for column in columns}
    for check in checks:
        for name in columns_judged(check.metric):
            column = by_name.get(name, ColumnPage(name, ""))
            if (told := _text(check)) not in column.rules:
                by_name[name] = replace(column, rules=(*column.rules, told))
    return tuple(by_name.values())


def _text(check: Check) -> str:
    return f"{check.description} [{check.severity}]"
