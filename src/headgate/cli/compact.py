"""`data compact`: the same rows in fewer files, as a release of their own."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.exit_codes import exit_code
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.cli.run import require_rights, run_pipelines
from headgate.errors import UsageError
from headgate.ledger.events import DatasetReused, Event
from headgate.runs.compact import ROWS, Compaction, small
from headgate.runs.execute import Request
from headgate.store import releases
from headgate.workspace.known import known_dataset
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("dataset", required=False)
@click.option(
    "--rows",
    type=COUNT,
    default=ROWS,
    show_default=True,
    help="How many rows a file has at the most.",
)
@click.pass_obj
def command(output: Output, dataset: str | None, rows: int) -> int:
    """Join the small files of DATASET, or of all sources that are appended to.

    It is a run of the pipeline in which the source has the same rows in fewer files: all gates judge
    it, and a release is published. Where a gate stays closed, nothing changes.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        asked = _asked(workspace, dataset, rows)
        for compaction in asked.values():
            require_rights(workspace, Request(compacts=compaction))
        endings: list[str] = []
        events: list[Event] = []
        for pipeline, compaction in asked.items():
            [(ending, told)] = run_pipelines(
                output, workspace, [pipeline], Request(compacts=compaction)
            )
            endings.append(ending)
            events += told
        with workspace.tools.ledger.snapshot() as tx:
            serving = releases.current(tx, workspace.environment)
    names = {name for compaction in asked.values() for name in compaction.datasets}
    done = {e.dataset: e.because for e in events if isinstance(e, DatasetReused)}
    told_of = {name: because for name, because in done.items() if name in names}
    release = serving.name if serving else None
    if output.json:
        body = {"release": release, "runs": endings, "datasets": told_of}
        output.document("headgate.compact/1", body)
    worst = next((ending for ending in endings if ending != "published"), "published")
    for name, because in told_of.items():
        said = f"✓ {release}" if worst == "published" else f"nothing was published ({worst})"
        output.echo(f"{said}: {name} {because}")
    return exit_code(worst)


def _asked(workspace: Workspace, dataset: str | None, rows: int) -> dict[str, Compaction]:
    """What to join in which pipeline.

    Raises UnknownNameError for a name that is no dataset, and UsageError where there is nothing.
    """
    jobs = [job(workspace, name) for name in workspace.project.pipelines]
    if dataset is None:
        found = {each.pipeline.name: tuple(small(each, workspace.tools, rows)) for each in jobs}
    else:
        known_dataset(workspace, dataset)
        found = {each.pipeline.name: (dataset,) for each in jobs if dataset in each.datasets}
    asked = {name: Compaction(datasets, rows) for name, datasets in found.items() if datasets}
    if not asked:
        raise UsageError(
            f"nothing to compact: no pipeline has {dataset} any more"
            if dataset
            else "nothing to compact: no source has more files than its rows need",
            None,
            "headgate show DATASET says how many files it has",
        )
    return asked
