"""`quality dismiss`: rows that could not be read, let go once they are not missed any more."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.errors import UsageError
from headgate.project.access import Right, require
from headgate.runs.dismiss import dismiss
from headgate.workspace.known import known_dataset
from headgate.workspace.resolve import job
from headgate.workspace.workspace import opened


@click.command()
@click.argument("dataset")
@click.option("--file", required=True, help="The file that the rows are from, as they are listed.")
@click.option("--reason", default="", help="Why, for those who read the record.")
@click.pass_obj
def command(output: Output, dataset: str, file: str, reason: str) -> None:
    """Let go of the rows of a FILE of DATASET that are in quarantine and could not be read.

    Do it when they were delivered again, under another name. No data changes: such rows never
    were in a version. Where the file is read again, they are set aside again.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        require(workspace.settings, workspace.tools, Right.OVERRIDE, workspace.environment)
        known_dataset(workspace, dataset)
        for name in workspace.project.pipelines:
            found = job(workspace, name)
            if source := found.sources.get(dataset):
                rows = dismiss(found, workspace.tools, source, file, reason)
                break
        else:
            raise UsageError(f"{dataset} is no source, so all of its rows could be read")
    if output.json:
        body = {"dataset": dataset, "file": file, "rows": rows, "reason": reason}
        output.document("headgate.dismissed/1", body)
    output.echo(f"✓ {counted(rows, 'row')} of {file} dismissed from the quarantine of {dataset}")
