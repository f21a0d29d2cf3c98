"""`init`: a new project, empty or with a working example."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.project.scaffold import init


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--example", type=click.Choice(["rossmann"]), help="Write a working example.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A folder with the example's real files; a look-alike is made without it.",
)
@click.pass_obj
def command(output: Output, folder: Path, example: str | None, data: Path | None) -> None:
    """Write a new project into FOLDER (default: here)."""
    target = Path(output.directory) / folder
    written = init(target, example=example, data=data)
    if output.json:
        body = {"folder": str(target), "files": [str(path) for path in written]}
        output.document("headgate.init/1", body)
    output.echo(f"✓ Wrote {counted(len(written), 'file')} to {folder}")
    inside = "" if str(folder) == "." else f"cd {folder} && "
    output.echo(f"  next: {inside}headgate {'run' if example else 'plan'}")
