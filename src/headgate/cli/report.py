"""`report`: what is known of every dataset, as one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.amounts import counted
from headgate.cli.contract_export import write_text
from headgate.cli.output import Output


@click.command()
@click.option("--out", metavar="FILE", help="The file. [default: report.html, or report.md]")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["html", "markdown"]),
    help="How it is written; told by the end of FILE unless it is given.",
)
@click.pass_obj
def command(output: Output, out: str | None, kind: str | None) -> None:
    """Write what is known of every dataset of the project as one page.

    Columns, keys, classes, rules and service levels come from the dataset's contract, and without
    one from the version that was last released; checks, files and lineage from the pipelines. No
    value of the data is in it. The page needs no network and no script.
    """
    from headgate.cli.report_datasets import dataset_pages
    from headgate.contracts.formats.to_markdown import to_markdown
    from headgate.workspace.workspace import opened

    markdown = kind == "markdown" or (kind is None and (out or "").endswith((".md", ".markdown")))
    target = out or ("report.md" if markdown else "report.html")
    with opened(Path(output.directory), output.environment) as workspace:
        pages, written = dataset_pages(workspace), workspace.tools.now()
        title = f"Datasets of {workspace.tools.root.name}"
    if markdown:
        text = to_markdown(title, pages)
    else:
        from headgate.cli.report_page import report_page

        text = report_page(title, pages, written)
    write_text(Path(output.directory, target), text)
    if output.json:
        names = [page.name for page in pages]
        output.document("headgate.report/1", {"file": target, "datasets": names})
    output.echo(f"✓ {counted(len(pages), 'dataset')} in {target}")
