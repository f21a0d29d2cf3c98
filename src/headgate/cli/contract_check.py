"""`contract check`: whether data keeps a contract: a dataset as it is held, or any file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from headgate.checks.verify import Verify
from headgate.cli.contract_named import contract_named
from headgate.cli.output import Output
from headgate.cli.reading import require_file, with_reading
from headgate.cli.subject import in_project, is_file
from headgate.cli.validate import as_json, show
from headgate.cli.verifying import verify_option
from headgate.errors import UnknownNameError, UsageError
from headgate.project.contracts import contract_checks
from headgate.project.promised import types_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.checks.check import Check
    from headgate.contracts.contract import Contract
    from headgate.runs.gate import Judgement
    from headgate.runs.reading import Reading
    from headgate.schema.table import Table


@click.command()
@click.argument("contract")
@click.argument("file", required=False)
@verify_option
@with_reading
@click.pass_obj
def command(
    output: Output, contract: str, file: str | None, verify: str, reading: Reading | None
) -> int:
    """Judge data by CONTRACT, which is a dataset's name or a contract's file, and publish nothing.

    The data is the dataset as it is held, or FILE (CSV, Parquet or JSON lines). Whatever the
    status of the contract, all that it promises is judged. Ends with 1 where it does not hold.
    """
    promised = contract_named(output, contract)
    how = Verify(verify)
    if file is None:
        require_file(reading, promised.dataset)
        judged = _held(output, contract, promised, how)
    else:
        judged = _file(output, promised, file, how, reading)
    if output.json:
        output.document("headgate.validate/1", {"judged": [as_json(judged)]})
    show(output, judged)
    return 0 if judged.verdict.lets_through else 1


def _held(output: Output, word: str, contract: Contract, verify: Verify) -> Judgement:
    """The judgement of the dataset as the environment holds it.

    Raises UnknownNameError where it holds none, as before the first release: a file can be judged.
    """
    from headgate.cli.withheld import SAID, judgement_withheld, readable
    from headgate.workspace.held import held_tables
    from headgate.workspace.judge import judge_served
    from headgate.workspace.known import known_dataset
    from headgate.workspace.workspace import opened

    with opened(Path(output.directory), output.environment) as workspace:
        names = {
            name
            for each in workspace.project.pipelines.values()
            for name in (*each.pipeline.sources, *each.pipeline.steps)
        }
        known_dataset(workspace, contract.dataset)
        if contract.dataset not in held_tables(workspace):
            what = f"nothing of {contract.dataset} has been released"
            hint = f"judge a file of it: headgate contract check {word} FILE"
            raise UnknownNameError(what, None, hint)
        checks = _asked(output, contract, names)
        [judged] = judge_served(workspace, [contract.dataset], checks, verify)
        if readable(workspace):
            return judged
    output.note(SAID)
    return judgement_withheld(judged)


def _file(
    output: Output, contract: Contract, file: str, verify: Verify, reading: Reading | None
) -> Judgement:
    """The judgement of a file; references lead to the datasets of the project, where one is."""
    from headgate.engines.embedded import EmbeddedEngine
    from headgate.engines.engine import PARQUET
    from headgate.runs.reading import AS_NAMED
    from headgate.runs.validation import judge_file

    if not is_file(output, file):
        raise UsageError(f"no such file: {file}", hint="name a CSV, Parquet or JSON-lines file")
    path = Path(output.directory, file)
    beside = _beside(output)
    how = reading or AS_NAMED
    if path.suffix.lower() not in PARQUET:
        how = replace(how, promised=types_of(contract))
    checks = _asked(output, contract, beside)
    engine = EmbeddedEngine(Path.cwd())
    return judge_file(engine, path, checks, verify, how, beside)


def _asked(
    output: Output, contract: Contract, datasets: Mapping[str, Table] | set[str]
) -> list[Check]:
    """The checks of a contract; what refers to data that is not at hand is said and left out."""
    checks, lacking = contract_checks(contract, datasets)
    for one in lacking:
        output.note(f"not judged: {one.description}, as there is no such dataset here")
    return checks


def _beside(output: Output) -> dict[str, Table]:
    if not in_project(output):
        return {}
    from headgate.workspace.held import held_tables
    from headgate.workspace.workspace import opened

    with opened(Path(output.directory), output.environment) as workspace:
        return dict(held_tables(workspace))
