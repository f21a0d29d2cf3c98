"""`ci`: one verdict on a change, before it is merged."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from click.core import ParameterSource

from headgate.ci.record import record
from headgate.ci.subject import opened_subject
from headgate.ci.trial import Wish
from headgate.ci.verdict import StageResult, Status, Verdict, chosen, judge
from headgate.cli.ci_lines import data_lines, stage_lines, verdict_lines
from headgate.cli.ci_sample import sampled
from headgate.cli.lines import Printer
from headgate.cli.output import Output
from headgate.cli.stopping import ended_in_order
from headgate.errors import StoreError, UsageError
from headgate.project import git
from headgate.workspace.workspace import opened


@click.command()
@click.option(
    "--base",
    default="main",
    show_default=True,
    metavar="REV",
    help="The branch that the change goes to, or a commit: what they have in common is the base.",
)
@click.option("--head", "committed", is_flag=True, help="Judge the commit, not what is edited.")
@click.option("--only", metavar="STAGE,...", help="Only these stages; such a verdict is not kept.")
@click.option("--sample", metavar="SHARE", help="Run on a sample of the release, such as 5%.")
@click.option("--keep", is_flag=True, help="Keep the environment that the changed steps ran in.")
@click.option("--junit", metavar="FILE", help="Write JUnit XML, a suite for each stage.")
@click.option("--html", metavar="FILE", help="Write one page that loads nothing.")
@click.option("--comment", metavar="FILE", help="Write Markdown, for a comment on the change.")
@click.option("--code-quality", metavar="FILE", help="Write GitLab's code quality report.")
@click.pass_obj
def command(
    output: Output,
    *,
    base: str,
    committed: bool,
    only: str | None,
    sample: str | None,
    keep: bool,
    junit: str | None,
    html: str | None,
    comment: str | None,
    code_quality: str | None,
) -> int:
    """Judge a change, by its code and by what it makes of the data; touch nothing that is served.

    What changed since --base, and what depends on it, is run in an environment that is thrown away,
    begun from the release that is served; then its data is compared. Ends with 1 where the verdict
    is failed. A verdict on a commit is kept, for `headgate deploy`.
    """
    wanted = tuple(name.strip() for name in only.split(",") if name.strip()) if only else ()
    chosen(wanted)
    named = {"junit": junit, "html": html, "comment": comment, "code_quality": code_quality}
    targets = {kind: Path(output.directory, name) for kind, name in named.items() if name}
    for target in targets.values():
        _require_folder(target)
    with ended_in_order(), opened(Path(output.directory), output.environment) as workspace:
        said = click.get_current_context().get_parameter_source("base")
        if (committed or said is ParameterSource.COMMANDLINE) and not git.commit(
            workspace.tools.root
        ):
            raise UsageError("there is no commit to judge", None, "git init, and commit")
        begin = sampled(sample) if sample else None
        with opened_subject(workspace, base, Wish(keep, begin), committed=committed) as subject:
            verdict = judge(subject, wanted, _teller(output))
        kept = record(workspace.tools.ledger, verdict)
    _write(verdict, targets)
    _tell_github(output, verdict)
    if output.json:
        output.document("headgate.ci/1", {**verdict.as_json(), "recorded": kept})
    else:
        show = Printer(sys.stdout, plain=output.plain, without=())
        data = () if output.quiet else data_lines(verdict)
        for line in (*data, *verdict_lines(verdict, kept=kept)):
            show(line)
    return 1 if verdict.status is Status.FAILED else 0


def _teller(output: Output) -> Callable[[StageResult], None]:
    show = Printer(sys.stdout, plain=output.plain, without=())

    def tell(stage: StageResult) -> None:
        if not output.json:
            for line in stage_lines(stage, output.verbosity):
                show(line)

    return tell


# ------------------------------------------------------------------ files


def _write(verdict: Verdict, targets: dict[str, Path]) -> None:
    from headgate.ci.reports import code_quality, junit, markdown, page

    writers = {
        "junit": junit.junit,
        "html": page.page,
        "comment": markdown.markdown,
        "code_quality": code_quality.code_quality,
    }
    for kind, target in targets.items():
        beside = target.with_name(f".{target.name}.part")
        with _writable(target):
            beside.write_text(writers[kind](verdict), encoding="utf-8", errors="replace")
            beside.replace(target)


def _tell_github(output: Output, verdict: Verdict) -> None:
    """What GitHub shows beside the change, where this is a job of GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from headgate.ci.reports.annotations import workflow_commands
    from headgate.ci.reports.markdown import markdown

    # with --json standard output is one document; GitHub reads commands from both streams
    for line in workflow_commands(verdict):
        click.echo(line, err=bool(output.json))
    if name := os.environ.get("GITHUB_STEP_SUMMARY"):
        with (
            _writable(Path(name)),
            Path(name).open("a", encoding="utf-8", errors="replace") as summary,
        ):
            summary.write(markdown(verdict) + "\n")


def _require_folder(target: Path) -> None:
    """Raises UsageError where a report could not be written once all is judged."""
    if not target.parent.is_dir():
        raise UsageError(f"no such folder: {target.parent}", hint="make it, or name another")
    if target.is_dir():
        raise UsageError(f"{target} is a folder", hint="name a file in it")


@contextmanager
def _writable(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"it cannot be written: {error.strerror}", str(target)) from error
