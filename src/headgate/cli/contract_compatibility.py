"""`contract compatibility`: what a change of schemas breaks, by the mode of each dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.contracts.avro.mode import Mode
from headgate.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from headgate.project.compatibilities import Finding, Judged


@click.command()
@click.argument("names", nargs=-1, metavar="[DATASET|FILE]...")
@click.option(
    "--base", metavar="REV", default="main", help="The branch whose history counts. [main]"
)
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode], case_sensitive=False),
    help="Judge by this mode, not by the contract's.",
)
@click.pass_obj
def command(output: Output, names: tuple[str, ...], base: str, mode: str | None) -> int:
    """Judge what schemas became of those in the history of a branch, each by its mode.

    Without names: every dataset with a contract or an Avro schema. Two files, OLD.avsc NEW.avsc,
    are compared with each other. The exit code is 1 where a mode is not kept. An ODCS contract is
    judged as the Avro schema that says the same.
    """
    from headgate.project.compatibilities import compared

    asked = Mode(mode.upper()) if mode else None
    here = Path(output.directory)
    files = [here / name for name in names]
    if len(files) == 2 and all(file.is_file() and file.suffix == ".avsc" for file in files):
        told = [compared((files[0], names[0]), (files[1], names[1]), asked)]
        gaps: Sequence[str] = ()
    else:
        told, gaps = _of_project(here, names, base, asked)
    _show(output, told, gaps)
    return 1 if any(each.findings for each in told) else 0


def _of_project(
    here: Path, names: Sequence[str], base: str, asked: Mode | None
) -> tuple[list[Judged], Sequence[str]]:
    """The datasets that are named, or all, and what is missing of their history."""
    from headgate.project.compatibilities import branch_point, judged
    from headgate.project.contracts import read_contracts
    from headgate.project.root import find_root
    from headgate.project.schema_history import history
    from headgate.project.schemas import read_schemas_in

    root = find_root(here)
    known = read_contracts(root)
    if not known:
        hint = "write one: contracts/NAME.yaml, or schemas/NAME.avsc"
        raise UsageError("the project has no contract and no Avro schema", hint=hint)
    written = [(one.where.partition(":")[0], dataset) for dataset, one in known.items()]
    written += [(schema.where, dataset) for dataset, schema in read_schemas_in(root).items()]
    only = [dataset for file, dataset in written for name in names if name in {file, dataset}]
    for name in names:
        if all(name not in pair for pair in written):
            known_names = [each for pair in written for each in pair]
            raise UnknownNameError.of("dataset with a contract", name, known_names)
    past = history(root, branch_point(root, base))
    return judged(root, past, asked, only), past.gaps


# ------------------------------------------------------------------ in words


def _show(output: Output, told: Sequence[Judged], gaps: Sequence[str]) -> None:
    for text in gaps:
        output.note(text)
    if output.json:
        body = {"datasets": [_as_json(each) for each in told], "gaps": list(gaps)}
        output.document("headgate.compatibility/1", body)
    for each in told:
        output.echo(_headline(output, each))
        for finding in each.findings:
            output.echo(f"  {output.paint(finding.where, 'place')}  {finding.what}")
            output.echo(f"    upgrade first: {_first(finding)}")


def _headline(output: Output, each: Judged) -> str:
    mark = output.paint("✗", "bad") if each.findings else output.paint("✓", "good")
    if not each.changed:
        state = "unchanged" if each.versions else "new"
    elif each.findings:
        state = f"{counted(len(each.findings), 'incompatible change')}"
    else:
        state = f"compatible; upgrade first: {each.mode.first}"
    before = counted(each.versions, "version") + " before"
    return f"{mark} {each.dataset}  {each.mode.value}  {before}  {state}"


def _first(finding: Finding) -> str:
    return finding.broken.first if finding.broken else ""


def _as_json(each: Judged) -> dict[str, Any]:
    return {
        "dataset": each.dataset,
        "where": each.where,
        "mode": each.mode.value,
        "versions": each.versions,
        "changed": each.changed,
        "compatible": not each.findings,
        "findings": [_finding_as_json(finding) for finding in each.findings],
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    broken = finding.broken
    told = {"where": finding.where, "what": finding.what, "severity": finding.severity}
    if broken is None:
        return told
    pair = {"old": broken.old, "new": broken.new, "reader": broken.reader}
    return told | pair | {"path": broken.path, "reason": broken.what, "first": broken.first}
