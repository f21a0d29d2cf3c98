"""Whether the schemas of the working tree keep their mode, against those of a branch's history."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headgate.contracts.avro.agreement import place_of
from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.compatibility import Incompatibility, Version, incompatibilities
from headgate.contracts.avro.contract import MODE, avro_contract
from headgate.contracts.avro.export import custom
from headgate.contracts.avro.mode import DEFAULT, PRODUCTS, Mode, mode_named
from headgate.contracts.avro.schema import Schema, read_schema
from headgate.contracts.contract import Contract
from headgate.errors import UsageError
from headgate.pipelines.step import read_text
from headgate.project import contracts, git, schemas
from headgate.project.project import load
from headgate.project.schema_history import History, history, schema_of
from headgate.project.settings import read_settings

NOW = "this version"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be said of a dataset's schema, at the file and line where it stands now."""

    dataset: str
    where: str
    what: str
    severity: Literal["error", "warning", "info"]
    broken: Incompatibility | None = None
    """The mode, the pair of versions, the path, and who would be upgraded first."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A dataset's schema, beside the versions before it."""

    dataset: str
    where: str
    mode: Mode
    versions: int
    changed: bool
    findings: tuple[Finding, ...] = ()


def compatibility_findings(root: Path, base: str) -> list[Finding]:
    """What the schemas of the working tree break, against the history of a base branch.

    Raises UsageError where Git knows no such branch, DeclarationError for a contract that cannot be
    read now, and MissingExtraError where a schema changed and the package avro is not installed.
    """
    found = history(root, branch_point(root, base))
    said = [Finding("", "", gap, "warning") for gap in found.gaps]
    for each in judged(root, found):
        said.extend(each.findings)
    return said


def branch_point(root: Path, base: str) -> str:
    """The commit at which the work began to differ from the base branch.

    What the base got since then is no change of the work's. Raises UsageError where Git knows no
    such branch.
    """
    there = git.resolved(root, base)
    if there is None:
        hint = "name a branch or a commit: --base main; in CI it must be fetched"
        raise UsageError(f"Git knows no {base!r} in this project", hint=hint)
    return git.merge_base(root, there) or there


def judged(
    root: Path, past: History, mode: Mode | None = None, only: Collection[str] = ()
) -> list[Judged]:
    """Each dataset that has a schema, judged by a mode, or else by that which is its own."""
    now = contracts.read_contracts(root)
    avro = schemas.read_schemas_in(root)
    modes = modes_of(root, now) if mode is None else dict.fromkeys(now, mode)
    return [
        _of_avro(avro[dataset], dataset, past, modes[dataset])
        if dataset in avro
        else _of_odcs(contract, past, modes[dataset])
        for dataset, contract in sorted(now.items())
        if contract.properties and (not only or dataset in only)
    ]


def compared(old: tuple[Path, str], new: tuple[Path, str], mode: Mode | None = None) -> Judged:
    """Two files with Avro schemas, each with the name that errors give it.

    Unless a mode is given it is that of the new one, or `BACKWARD_TRANSITIVE`.
    """
    before = Version(old[1], read_schema(read_text(old[0], old[0].parent), old[1]))
    schema = read_schema(read_text(new[0], new[0].parent), new[1])
    contract = avro_contract(schema, Path(new[1]).stem)
    return _judged(
        contract, Version(new[1], schema), [before], mode or mode_of(contract) or DEFAULT
    )


def modes_of(root: Path, now: Mapping[str, Contract]) -> dict[str, Mode]:
    """The mode of each dataset: its contract's, or the project's, or what suits the dataset."""
    avro = schemas.read_avro_contracts(root)
    asked = read_settings(root).contracts.compatibility
    pipelines = load(root).pipelines.values() if asked is None else ()
    products = {name for declared in pipelines for name in declared.pipeline.published}
    return {
        dataset: mode_of(contract)
        or (mode_of(avro[dataset]) if dataset in avro else None)
        or asked
        or (PRODUCTS if dataset in products else DEFAULT)
        for dataset, contract in now.items()
    }


def mode_of(contract: Contract) -> Mode | None:
    """The mode that a contract asks for in `customProperties`, of its table or of the whole."""
    for declared in (contract.declared, contract.document):
        if (given := custom(declared, MODE)) is not None:
            return mode_named(given, contract.where)
    return None


def _of_avro(schema: Schema, dataset: str, past: History, mode: Mode) -> Judged:
    before = past.versions.get((dataset, schemas.FOLDER), [])
    return _judged(avro_contract(schema, dataset), Version(NOW, schema), before, mode)


def _of_odcs(contract: Contract, past: History, mode: Mode) -> Judged:
    before = past.versions.get((contract.dataset, contracts.FOLDER), [])
    return _judged(contract, Version(NOW, schema_of(contract)), before, mode)


def _judged(contract: Contract, now: Version, before: list[Version], mode: Mode) -> Judged:
    changed = bool(before) and as_json(before[-1].schema) != as_json(now.schema)
    broken = incompatibilities([*before, now], mode) if changed else []
    findings = tuple(
        Finding(contract.dataset, place_of(contract, one.path), str(one), "error", one)
        for one in broken
    )
    return Judged(contract.dataset, contract.where, mode, len(before), changed, findings)
