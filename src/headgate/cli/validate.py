"""`validate`: the gates alone, of datasets or of any file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from headgate.checks.verify import Verify
from headgate.cli.failures import failures
from headgate.cli.output import Output
from headgate.cli.reading import require_file, with_reading
from headgate.cli.subject import in_project, is_file, suite_of
from headgate.cli.verifying import verify_option
from headgate.errors import UsageError

if TYPE_CHECKING:
    from headgate.runs.gate import Judgement
    from headgate.runs.reading import Reading


@click.command()
@click.argument("subjects", nargs=-1)
@click.option(
    "--expect",
    metavar="SUITE",
    help="A suite, or checks in YAML, to judge by in place of the declared ones.",
)
@click.option(
    "--gx-results",
    metavar="FILE",
    help="Write the results of one subject to a .json file, in the shape of Great Expectations.",
)
@verify_option
@with_reading
@click.pass_obj
def command(
    output: Output,
    subjects: tuple[str, ...],
    expect: str | None,
    gx_results: str | None,
    verify: str,
    reading: Reading | None,
) -> int:
    """Judge SUBJECTS, which are datasets as they are served or files, and publish nothing.

    A file (Parquet, CSV, JSON lines) needs no project, and a suite to judge it by. One that a
    source of the project takes in is read and judged as the source declares. A dataset is judged
    by the checks of all gates that a run has for it, those that its contract makes too. Without
    SUBJECTS: every dataset of the project that has any. Ends with 1 where a gate is closed.
    """
    if gx_results is not None:
        _require_one(subjects, gx_results)
    files = [subject for subject in subjects if is_file(output, subject)]
    datasets = [subject for subject in subjects if subject not in files]
    how = Verify(verify)
    judged = [_file(output, subject, expect, how, reading) for subject in files]
    if datasets or not subjects:
        require_file(reading, datasets[0] if datasets else "each subject")
        judged += _datasets(output, datasets, expect, how)
    if gx_results is not None:
        [one] = judged
        _write_gx(Path(output.directory, gx_results), one, Path(expect or one.dataset).stem)
    if output.json:
        output.document("headgate.validate/1", {"judged": [as_json(each) for each in judged]})
    for each in judged:
        show(output, each)
    return 0 if all(each.verdict.lets_through for each in judged) else 1


def _require_one(subjects: tuple[str, ...], gx_results: str) -> None:
    if len(subjects) != 1:
        raise UsageError("--gx-results is about one subject", hint="name one dataset or file")
    if not gx_results.endswith(".json"):
        raise UsageError(f"results are a .json file, not {gx_results!r}")


def _write_gx(path: Path, judged: Judgement, suite: str) -> None:
    import json

    from headgate.checks.great_expectations import as_gx_validation
    from headgate.cli.contract_export import write_text

    found = as_gx_validation(suite, judged.outcomes)
    write_text(path, json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _file(
    output: Output, subject: str, expect: str | None, verify: Verify, reading: Reading | None
) -> Judgement:
    if in_project(output) and (judged := _delivery(output, subject, expect, verify, reading)):
        return judged
    if expect is None:
        raise UsageError(
            f"{subject} is a file; say what it must keep",
            hint="--expect SUITE.json, or a file of checks in YAML; headgate quality suggest "
            f"{shlex.quote(subject)} --write checks.yml finds some",
        )
    from headgate.engines.embedded import EmbeddedEngine
    from headgate.engines.engine import PARQUET

    engine = EmbeddedEngine(Path.cwd())
    if Path(subject).suffix.lower() in PARQUET:
        engine.open_ahead()  # what judges is imported meanwhile
    from headgate.runs.reading import AS_NAMED
    from headgate.runs.validation import judge_file

    path = Path(output.directory, subject)
    return judge_file(engine, path, suite_of(output, expect), verify, reading or AS_NAMED)


def _delivery(
    output: Output, subject: str, expect: str | None, verify: Verify, reading: Reading | None
) -> Judgement | None:
    """The judgement of a file that a source of the project takes in; None where none does."""
    from headgate.cli.delivery import judge_delivery, source_of
    from headgate.runs.reading import AS_NAMED
    from headgate.workspace.workspace import opened

    path = Path(output.directory, subject)
    with opened(Path(output.directory), output.environment) as workspace:
        # a link to the project's folder is followed, one to data is not
        source = source_of(workspace, Path(output.directory).resolve() / subject)
        if source is None:
            return None
        suite = suite_of(output, expect) if expect else None
        how = replace(reading or AS_NAMED, source=source)
        return judge_delivery(workspace, path, suite, verify, how)


def _datasets(
    output: Output, names: list[str], expect: str | None, verify: Verify
) -> list[Judgement]:
    from headgate.cli.withheld import SAID, judgement_withheld, readable
    from headgate.workspace.judge import judge_served
    from headgate.workspace.workspace import opened

    suite = suite_of(output, expect) if expect else None
    with opened(Path(output.directory), output.environment) as workspace:
        judged = judge_served(workspace, names, suite, verify)
        if readable(workspace):
            return judged
    output.note(SAID)
    return [judgement_withheld(each) for each in judged]


def show(output: Output, judged: Judgement) -> None:
    """A judgement for people: the verdict, and what failed."""
    passed = judged.verdict.lets_through
    word = "PASSED" if passed else "FAILED"
    count = f"({judged.passed}/{len(judged.outcomes)} expectations)"
    mark = output.paint("✓", "good") if passed else output.paint("✗", "bad")
    output.echo(f"{mark} {output.paint(word, 'head')} {count}  {judged.dataset}")
    if not judged.outcomes:
        output.note(f"{judged.dataset} has no checks: nothing was judged")
    outcomes = [outcome.as_json() for outcome in judged.outcomes]
    for line in failures(outcomes, [], verbosity=output.verbosity):
        output.echo("".join(output.paint(text, role) for text, role in line))


def as_json(judged: Judgement) -> dict[str, Any]:
    """A judgement for machines."""
    return {
        "dataset": judged.dataset,
        "verdict": judged.verdict.value,
        "passed": judged.passed,
        "total": len(judged.outcomes),
        "outcomes": [outcome.as_json() for outcome in judged.outcomes],
    }
