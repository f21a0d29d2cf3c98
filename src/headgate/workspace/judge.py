"""The judgements of what is held now."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.checks.check import Check
from headgate.checks.evaluate import evaluate
from headgate.checks.verify import Verify, engine_for, table_for
from headgate.runs.gate import Judgement, judgement
from headgate.runs.job import checks_of_gates
from headgate.store import refs
from headgate.workspace.held import held_tables, nothing_of
from headgate.workspace.known import known_dataset
from headgate.workspace.past import compared_with
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace


def judge_served(
    workspace: Workspace,
    names: Sequence[str],
    suite: Sequence[Check] | None = None,
    verify: Verify = Verify.QUICK,
) -> list[Judgement]:
    """The judgements of datasets as they are held now, by a suite or else by the checks of all gates.

    Without names: of every dataset that has checks. Raises UnknownNameError for a name that is no
    dataset, or of which nothing has been released.
    """
    for name in names:
        known_dataset(workspace, name)
    tools = workspace.tools
    engine = engine_for(verify, tools.engine)
    held = held_tables(workspace)
    tables = {name: table_for(verify, engine, table) for name, table in held.items()}
    judged = []
    for pipeline in workspace.project.pipelines:
        for name, checks in checks_of_gates(job(workspace, pipeline)).items():
            if name not in names and (names or not checks):
                continue
            if name not in tables:
                raise nothing_of(name)
            # the last gate may ask what the own one asked
            asked = tuple(dict.fromkeys(checks)) if suite is None else suite
            with tools.ledger.snapshot() as tx:
                version = refs.held(tx, workspace.environment)[name]
                earlier = compared_with(tx, workspace, name, version, asked)
            outcomes = evaluate(
                engine,
                tables[name],
                asked,
                beside=tables | earlier,
                now=tools.now(),
                ledger=tools.ledger,
            )
            judged.append(judgement(name, name, outcomes))
    return judged
