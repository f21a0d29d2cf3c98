"""Whether the schemas of the working tree keep their mode, against those of a branch's history."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from headgate.contracts.avro.agreement import place_of
from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.compatibility import Incompatibility, Version, incompatibilities
from headgate.contracts.avro.contract import avro_contract
from headgate.contracts.avro.mode import DEFAULT, Mode
from headgate.contracts.avro.schema import Schema, read_schema
from headgate.contracts.contract import Contract
from headgate.errors import UsageError
from headgate.pipelines.step import read_text
from headgate.project import contracts, git, schemas
from headgate.project.modes import OwnMode, mode_of, modes_of
from headgate.project.schema_history import History, history, schema_of

NOW = "this version"


class Finding(Struct, frozen=True):
    """Something to be said of a dataset's schema, at the file and line where it stands now."""

    dataset: str
    where: str
    what: str
    severity: Literal["error", "warning", "info"]
    broken: Incompatibility | None = None
    """The mode, the pair of versions, the path, and who would be upgraded first."""
    mode: OwnMode | None = None
    unasked: bool = False
    """Whether it is of an ODCS contract, by a mode that nobody set."""
    with_last: bool = True
    """Whether the last version breaks at the same place; else earlier ones alone do."""

    @property
    def sentence(self) -> str:
        """What it says where neither the dataset nor its mode is named around it."""
        if self.broken is None:
            return self.what
        return (
            f"{self.dataset}{'.' if self.broken.path else ': '}{self.what}, by {self.broken.mode}"
        )


class Judged(Struct, frozen=True):
    """A dataset's schema, beside the versions before it."""

    dataset: str
    where: str
    mode: Mode
    versions: int
    changed: bool
    findings: tuple[Finding, ...] = ()
    broken_before: frozenset[tuple[str, str]] = frozenset()
    """The paths, and what breaks there, that the last version broke with those before it."""


def compatibility_findings(root: Path, base: str) -> list[Finding]:
    """What the schemas of the working tree break, against the history of a base branch.

    What an ODCS contract broke on that branch already is no change of the work's, unless a mode
    is set that forbids it.

    Raises UsageError where Git knows no such branch, DeclarationError for a contract that cannot be
    read now, and MissingExtraError where a schema changed and the package avro is not installed.
    """
    found = history(root, branch_point(root, base))
    said = [Finding("", "", gap, "warning") for gap in found.gaps]
    for each in judged(root, found):
        already = each.broken_before
        said += [one for one in each.findings if not (one.unasked and _what(one) in already)]
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
    modes = modes_of(root, now) if mode is None else dict.fromkeys(now, OwnMode(mode, "--mode"))
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
    own = OwnMode(mode, "--mode") if mode else mode_of(contract) or OwnMode(DEFAULT)
    return _judged(contract, Version(new[1], schema), [before], own)


def _of_avro(schema: Schema, dataset: str, past: History, mode: OwnMode) -> Judged:
    before = past.versions.get((dataset, schemas.FOLDER), [])
    return _judged(avro_contract(schema, dataset), Version(NOW, schema), before, mode)


def _of_odcs(contract: Contract, past: History, mode: OwnMode) -> Judged:
    before = past.versions.get((contract.dataset, contracts.FOLDER), [])
    found = _judged(contract, Version(NOW, schema_of(contract)), before, mode)
    if mode.where or not found.findings:
        return found
    earlier = incompatibilities(before, mode.mode)
    return replace(
        found,
        findings=tuple(replace(one, unasked=True) for one in found.findings),
        broken_before=frozenset((one.path, one.what) for one in earlier),
    )


def _judged(contract: Contract, now: Version, before: list[Version], own: OwnMode) -> Judged:
    changed = bool(before) and as_json(before[-1].schema) != as_json(now.schema)
    broken = incompatibilities([*before, now], own.mode) if changed else []
    last = {one.path for one in broken if one.old == before[-1].name}
    findings = tuple(
        Finding(
            contract.dataset,
            place_of(contract, one.path),
            str(one),
            "error",
            one,
            own,
            with_last=one.path in last,
        )
        for one in broken
    )
    return Judged(contract.dataset, contract.where, own.mode, len(before), changed, findings)


def _what(finding: Finding) -> tuple[str, str]:
    return (finding.broken.path, finding.broken.what) if finding.broken else ("", finding.what)
