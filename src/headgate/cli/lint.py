"""`lint`: what is wrong with the project, found in its text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.amounts import counted
from headgate.cli.colours import printable
from headgate.cli.failures import MARKS
from headgate.cli.output import Output

if TYPE_CHECKING:
    from headgate.project.static import Finding


@click.command()
@click.pass_obj
def command(output: Output) -> int:
    """Look for mistakes in the project, without opening data or running a step.

    What pipelines, contracts, suites and queries say of columns is held against each other. Ends
    with 1 where there is an error; warnings and remarks change nothing, and remarks are printed
    with -v.
    """
    from headgate.project.contract_changes import known_readers
    from headgate.project.policies import static_strays
    from headgate.project.project import load
    from headgate.project.root import find_root
    from headgate.project.static import static_findings

    project = load(find_root(Path(output.directory)))
    known_readers(project, project.contracts.values())
    findings = [*static_findings(project), *static_strays(project.root, project.settings)]
    if output.json:
        output.document("headgate.lint/1", {"findings": [one.as_json() for one in findings]})
    _show(output, findings)
    return 1 if any(one.severity == "error" for one in findings) else 0


def _show(output: Output, findings: list[Finding]) -> None:
    for one in findings:
        if one.severity == "info" and not output.verbose:
            continue
        mark, role = MARKS[one.severity.value]
        place = output.paint(one.where, "place")
        output.echo(f"{place}: {output.paint(one.severity.value, role)}: {one.what}")
        if one.hint:
            output.echo(f"  {printable(one.hint)}")
    numbers = {word: sum(one.severity == word for one in findings) for word in MARKS}
    mark, role = MARKS["error"] if numbers["error"] else ("✓", "good")
    told = [counted(numbers["error"], "error"), counted(numbers["warn"], "warning")]
    remarks = counted(numbers["info"], "remark")
    hidden = "" if output.verbose or not numbers["info"] else " (-v shows them)"
    output.echo(f"{output.paint(mark, role)} {', '.join((*told, remarks))}{hidden}")
