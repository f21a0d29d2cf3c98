"""`env sandbox --synthetic`: rows that are made up from contracts."""

from __future__ import annotations

from datetime import timedelta

from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.environments.synthetic_sandbox import MadeUp, synthetic_sandbox
from headgate.workspace.declared import declared_datasets
from headgate.workspace.workspace import Workspace

ROWS = 1_000


def make(
    output: Output,
    workspace: Workspace,
    name: str,
    rows: int | None,
    seed: str,
    lifetime: timedelta | None,
) -> None:
    """Makes the sandbox, and says what is in it."""
    asked = MadeUp(name, workspace.environment, rows or ROWS, seed, lifetime)
    known = declared_datasets(workspace)
    made, release, counts = synthetic_sandbox(workspace.tools, known, asked)
    if output.json:
        body = {
            "environment": made.name,
            "release": release.name,
            "from": made.origin,
            "expires_at": made.expires_at and made.expires_at.isoformat(),
            "sampled": dict(made.sampled),
            "rows": {dataset: {"before": 0, "after": count} for dataset, count in counts.items()},
        }
        output.document("headgate.sandbox/1", body)
    output.echo(f"✓ {release.name} holds rows that are made up from contracts")
    for line in table(["dataset", "rows"], [[n, f"{count:,}"] for n, count in counts.items()]):
        output.echo(line)
    output.note(f"  headgate run --env {made.name}")
