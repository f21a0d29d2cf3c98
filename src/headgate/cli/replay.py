"""`quality replay`: rows that were set aside, judged again and let in where they pass now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from headgate.cli.amounts import counted
from headgate.cli.exit_codes import exit_code
from headgate.cli.output import Output
from headgate.cli.run import require_rights, run_pipelines
from headgate.errors import SourceError, UsageError
from headgate.runs.execute import Request
from headgate.runs.job import Job
from headgate.runs.plan import Compute, Plan, Refuse, plan
from headgate.runs.replay import by_check, checks_of, forecast, set_aside, still_aside
from headgate.store import releases
from headgate.store.manifest import Version
from headgate.workspace.known import known_dataset
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened

TAKEN_BACK = "a rollback took back what a run makes of them (headgate run --force publishes it)"


class Replayed(Struct, frozen=True):
    """What is said of a replay. `stay` are rows that were set aside before and are so still.

    It is None where nobody knows, because the dataset was computed again and has other rows.
    """

    dataset: str
    before: int
    before_by_check: Mapping[str, int]
    stay: int | None
    after: int | None
    after_by_check: Mapping[str, int]
    status: str
    release: str | None
    because: str = ""

    @property
    def passed(self) -> int | None:
        """How many rows that were set aside are so no more."""
        return None if self.stay is None else self.before - self.stay

    def as_json(self) -> dict[str, Any]:
        """The body of `headgate.replay/1`."""
        return {
            "dataset": self.dataset,
            "status": self.status,
            "release": self.release,
            "because": self.because,
            "before": {"rows": self.before, "by_check": dict(self.before_by_check)},
            "after": {"rows": self.after, "by_check": dict(self.after_by_check)},
            "passed": self.passed,
            "stay": self.stay,
        }


@click.command()
@click.argument("dataset")
@click.option("--dry-run", is_flag=True, help="Only say what would come of it.")
@click.pass_obj
def command(output: Output, dataset: str, dry_run: bool) -> int:
    """Judge the rows of DATASET that are set aside again, and let in those that pass now.

    It is a run of the pipeline of DATASET, through all its gates: rows that pass under the checks
    and declarations of now are in the next release, once. Where nothing changed, nothing is done.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        known_dataset(workspace, dataset)
        before = set_aside(workspace.tools, workspace.environment, dataset)
        if before is None:
            replayed = Replayed(dataset, 0, {}, 0, 0, {}, "unchanged", _serving(workspace))
        else:
            replayed = _replayed(output, workspace, dataset, before, dry_run=dry_run)
    if output.json:
        output.document("headgate.replay/1", replayed.as_json())
    for line in _lines(replayed):
        output.echo(line)
    return 0 if dry_run else exit_code(replayed.status)


def _replayed(
    output: Output, workspace: Workspace, dataset: str, before: Version, *, dry_run: bool
) -> Replayed:
    tools = workspace.tools
    found, planned = _planned(workspace, dataset)
    checks = checks_of(found, dataset)
    counts = by_check(tools, before, checks)
    if planned.changes_nothing:
        return Replayed(
            dataset, before.rows, counts, before.rows, before.rows, counts, "unchanged",
            _serving(workspace), "nothing changed since they were set aside",
        )  # fmt: skip
    _require_there(planned, dataset, before)
    if dry_run and planned.taken_back:
        return Replayed(
            dataset, before.rows, counts, before.rows, None, {}, "planned",
            _serving(workspace), TAKEN_BACK,
        )  # fmt: skip
    if dry_run:
        said = forecast(found, tools, planned, dataset, before)
        return Replayed(
            dataset, before.rows, counts, said.stay, None, {}, "planned",
            _serving(workspace), said.because,
        )  # fmt: skip
    request = Request(replays=dataset)
    require_rights(workspace, request)
    [(ending, _)] = run_pipelines(output, workspace, [found.pipeline.name], request)
    if ending == "unchanged" and plan(found, tools).taken_back:
        return Replayed(
            dataset, before.rows, counts, before.rows, before.rows, counts, "unchanged",
            _serving(workspace), TAKEN_BACK,
        )  # fmt: skip
    after = set_aside(tools, workspace.environment, dataset)
    rows, stay = after.rows if after else 0, still_aside(tools, before, after)
    # where other values stand in its rows now, none of them is known again
    known = stay == rows or not _is_computed(planned, dataset)
    return Replayed(
        dataset,
        before.rows,
        counts,
        stay if known else None,
        rows,
        by_check(tools, after, checks) if after else {},
        ending,
        _serving(workspace),
    )


def _is_computed(planned: Plan, dataset: str) -> bool:
    actions = [action for action in planned.actions if action.dataset == dataset]
    return any(isinstance(action, Compute) for action in actions)


def _planned(workspace: Workspace, dataset: str) -> tuple[Job, Plan]:
    """The pipeline that has the dataset, and what a run of it would do now."""
    for name in workspace.project.pipelines:
        found = job(workspace, name)
        if dataset in found.datasets:
            return found, plan(found, workspace.tools)
    raise UsageError(f"no pipeline has {dataset} any more, so it cannot be replayed")


def _require_there(planned: Plan, dataset: str, before: Version) -> None:
    """Raises SourceError where files are gone that the rows would be read from again."""
    for action in planned.actions:
        if isinstance(action, Refuse) and action.dataset == dataset:
            rows = counted(before.rows, "row")
            what = f"{rows} of {dataset} cannot be replayed: {action.because}"
            raise SourceError(what, None, action.hint)


def _serving(workspace: Workspace) -> str | None:
    with workspace.tools.ledger.snapshot() as tx:
        release = releases.current(tx, workspace.environment)
    return release.name if release else None


def _lines(replayed: Replayed) -> list[str]:
    """The replay in words."""
    dataset, rows = replayed.dataset, counted(replayed.before, "row")
    if not replayed.before:
        return [f"no row of {dataset} is in quarantine"]
    match replayed.status:
        case "unchanged" if replayed.because:
            told = [f"{rows} of {dataset} in quarantine; {replayed.because}:"]
            return [*told, *_counts(replayed.before_by_check)]
        case "planned":
            told = [f"{rows} of {dataset} in quarantine:", *_counts(replayed.before_by_check)]
            return [*told, _planned_words(replayed)]
        case "published" | "unchanged":
            return _outcome(replayed)
        case _:
            return [f"nothing was published: {rows} of {dataset} in quarantine, as before"]


def _planned_words(replayed: Replayed) -> str:
    if replayed.stay is None:
        return f"a run would judge them again; {replayed.because}"
    because = f": {replayed.because}" if replayed.because else ""
    return f"a run would let in {replayed.passed:,} of them{because}"


def _outcome(replayed: Replayed) -> list[str]:
    rows = counted(replayed.before, "row")
    told = [
        f"{rows} of {replayed.dataset} {'was' if replayed.before == 1 else 'were'} in quarantine"
    ]
    if replayed.stay is None:
        now = f"{counted(replayed.after or 0, 'row')} {'is' if replayed.after == 1 else 'are'}"
        line = f"{told[0]}; it was computed again, and of {replayed.release} {now}:"
        return [line, *_counts(replayed.after_by_check)]
    verb = "passes" if replayed.passed == 1 else "pass"
    told.append(f"{replayed.passed:,} of them {verb} now, in {replayed.release}")
    if new := (replayed.after or 0) - replayed.stay:
        told.append(f"{new:,} more {'was' if new == 1 else 'were'} set aside")
    told.append(f"{replayed.stay:,} left" if replayed.stay else "none is left")
    line = "; ".join(told)
    return [line + ":" if replayed.after else line, *_counts(replayed.after_by_check)]


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [f"  {rows:>6,}  {check}" for check, rows in counts.items()]
