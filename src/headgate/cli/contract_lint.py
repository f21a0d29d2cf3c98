"""`contract lint`: everything that is wrong with contracts, each finding at its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.amounts import counted
from headgate.cli.colours import Role
from headgate.cli.output import Output
from headgate.errors import HeadgateError, UsageError
from headgate.project.contracts import FOLDER, SUFFIXES, contract_files, lint_file, lint_together
from headgate.project.project import load
from headgate.project.promised import unjudged
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.contracts.finding import Finding

ROLES: dict[str, Role] = {"error": "bad", "warning": "warn", "info": "place"}


@click.command()
@click.argument("files", nargs=-1)
@click.pass_obj
def command(output: Output, files: tuple[str, ...]) -> int:
    """List what is wrong with contract FILES; without any, with all of the project's.

    A contract is judged by the JSON Schema of the version of the standard that it names, and then
    for what a schema cannot say. Ends with 1 where there is an error.
    """
    from headgate.contracts.finding import errors_of

    found = _given(output, files) if files else _of_project(output)
    findings = [one for several in found.values() for one in several]
    errors = errors_of(findings)
    if output.json:
        contracts = {where: [one.as_json() for one in several] for where, several in found.items()}
        output.document("headgate.contract-lint/1", {"contracts": contracts})
    for one in findings:
        _show(output, one)
    warnings = sum(one.level.value == "warning" for one in findings)
    words = f"{counted(len(errors), 'error')}, {counted(warnings, 'warning')}"
    mark = output.paint("✗", "bad") if errors else output.paint("✓", "good")
    output.echo(f"{mark} {counted(len(found), 'contract file')}: {words}")
    return 1 if errors else 0


def _given(output: Output, files: Sequence[str]) -> dict[str, list[Finding]]:
    paths = {name: Path(output.directory, name) for name in files}
    for name, path in paths.items():
        _require_file(name, path)
    return {name: lint_file(path, name) for name, path in paths.items()}


def _of_project(output: Output) -> dict[str, list[Finding]]:
    root = find_root(Path(output.directory))
    files = contract_files(root)
    if not files:
        hint = f"write one, such as {FOLDER}/orders.yaml"
        raise UsageError(f"no contract in {FOLDER}/", str(root), hint)
    found = {f"{FOLDER}/{file.name}": lint_file(file, f"{FOLDER}/{file.name}") for file in files}
    for one in lint_together(root):
        found[one.where.rpartition(":")[0]].append(one)
    with suppress(HeadgateError):  # what is wrong with the project itself is said by `lint`
        for one in unjudged(load(root)):
            found.setdefault(one.where.rpartition(":")[0], []).append(one)
    return found


def _require_file(name: str, path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{name} is a folder, not a file", hint=f"name its files: {name}/*.yaml")
    if not path.is_file():
        folder = path.parent.iterdir() if path.parent.is_dir() else ()
        beside = [one.name for one in folder if one.suffix in SUFFIXES]
        near = get_close_matches(path.name, beside, 1)  # what else lies there is no contract
        raise UsageError(
            f"no such file: {name}", hint=f"did you mean {near[0]!r}?" if near else None
        )


def _show(output: Output, one: Finding) -> None:
    level = output.paint(one.level.value, ROLES[one.level.value])
    output.echo(f"{one.where}: {level}: {one.what}")
    if one.hint:
        for line in one.hint.splitlines():
            output.echo(f"  {line}")
