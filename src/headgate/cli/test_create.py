"""`test --create`: a test that is made of real rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headgate.checks.conditions import All, RowCondition
from headgate.checks.sql_conditions import of_sql
from headgate.cli.amounts import counted
from headgate.cli.output import Output
from headgate.environments.sandbox import is_demanded
from headgate.errors import DeclarationError, UnknownNameError, UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.project.access import Right, require
from headgate.store import releases
from headgate.testing.create import Created, create
from headgate.testing.found import FOLDER
from headgate.testing.rows_chosen import Few
from headgate.workspace.workspace import Workspace, opened

ROWS = 10


def made_of_rows(output: Output, step: str, where: Sequence[str], rows: int | None) -> None:
    """Writes `tests/<step>.yml`. Raises UsageError where it is there already."""
    with opened(Path(output.directory), output.environment) as workspace:
        name = step.rpartition("/")[2]
        if not name.isidentifier():
            raise UsageError(f"{step!r} is no step of a pipeline", hint="name a step")
        path = workspace.tools.root / FOLDER / f"{name}.yml"
        if path.exists():
            hint = "rename it, or add to it by hand: nothing was written"
            raise UsageError(f"{FOLDER}/{path.name} is there already", hint=hint)
        require(workspace.settings, workspace.tools, Right.READ_RAW, workspace.environment)
        release, demanded = _release(workspace)
        named, bare = _conditions(where)
        made = create(workspace, step, Few(rows or ROWS, named), release, bare)
        if demanded and made.doubtful:
            raise DeclarationError(
                f"columns are not classified that are likely personal: {', '.join(made.doubtful)}",
                None,
                "say classification: restricted of them in contracts/*.yaml, or public",
            )
        _note(workspace, step, path)
        path.parent.mkdir(exist_ok=True)
        path.write_text(made.text, encoding="utf-8")
    _show(output, made, f"{FOLDER}/{path.name}")


def _release(workspace: Workspace) -> tuple[str, bool]:
    """The release that is served, and whether a policy demands that its rows are redacted."""
    demanding = {name: one.redact for name, one in workspace.settings.environments.items()}
    with workspace.tools.ledger.snapshot() as tx:
        found = releases.current(tx, workspace.environment)
        if found is None:
            what = f"{workspace.environment} has no release, so there are no rows"
            raise UnknownNameError(what, None, "headgate run, or write the test by hand")
        return found.name, is_demanded(tx, found, demanding)


def _conditions(given: Sequence[str]) -> tuple[dict[str, RowCondition], list[RowCondition]]:
    """Conditions by the input that they name; and those that name none."""
    named: dict[str, RowCondition] = {}
    bare: list[RowCondition] = []
    for text in given:
        name, colon, condition = text.partition(":")
        if colon and name.strip().isidentifier():
            one, key = of_sql(condition), name.strip()
            named[key] = All((named[key], one)) if key in named else one
        else:
            bare.append(of_sql(text))
    return named, [All(tuple(bare))] if len(bare) > 1 else bare


def _note(workspace: Workspace, step: str, path: Path) -> None:
    """Says in the audit log that rows are about to leave the store."""
    tools = workspace.tools
    body = {"file": path.relative_to(tools.root).as_posix()}
    act = Act(tools.now(), tools.user, "export", workspace.environment, step, body)
    with tools.ledger.transaction(durable=True) as tx:
        audit.record(tx, act)


def _show(output: Output, made: Created, file: str) -> None:
    if output.json:
        body = {"file": file, "rows": dict(made.rows), "redacted": list(made.redacted)}
        output.document("headgate.fixture/1", body)
    told = ", ".join(f"{counted(count, 'row')} of {name}" for name, count in made.rows.items())
    output.echo(f"✓ {file} has {told}")
    if made.redacted:
        output.echo(f"redacted: {', '.join(made.redacted)}")
    for column in made.doubtful:
        output.note(f"! not classified, and not redacted: {column} is likely personal")
    output.note(f"  it says what the step gives today: read it, then headgate test {file}")
