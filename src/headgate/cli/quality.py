"""`quality`: what a dataset or a file holds, and the checks that this speaks for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from headgate.checks.native import read_check
from headgate.checks.phrases import percent
from headgate.checks.suite import read_suite
from headgate.cli.amounts import counted
from headgate.cli.limits import COUNT
from headgate.cli.output import Output
from headgate.cli.reading import as_options, with_reading
from headgate.cli.subject import is_file, suite_of, table_of
from headgate.cli.tables import table
from headgate.errors import UsageError
from headgate.observe.as_yaml import as_yaml
from headgate.observe.backtest import Backtest, Found
from headgate.observe.backtest import backtest as tried_on
from headgate.observe.column import ColumnProfile
from headgate.observe.profile import Profile
from headgate.observe.profile import profile as profile_of
from headgate.observe.suggest import left_out
from headgate.observe.suggest import suggest as suggested_by
from headgate.observe.suggestion import Suggestion, as_suite
from headgate.project.functions import with_code
from headgate.project.suites import YAML
from headgate.project.yaml import read_yaml
from headgate.runs.reading import Reading

WIDEST = 24
"""Characters of a value that a line shows."""
SHOWN = 3
"""Top values and dependencies that a line shows."""


@click.command()
@click.argument("subject")
@with_reading
@click.pass_obj
def profile(output: Output, subject: str, reading: Reading | None) -> None:
    """Show what SUBJECT holds: a dataset as it is held now, or a Parquet, CSV or JSON-lines file.

    Numbers are exact; those that are estimated are marked with ~. Values of columns that are
    likely personal data are not shown.
    """
    with table_of(output, subject, reading) as (engine, found):
        held = profile_of(engine, found)
    if output.json:
        output.document("headgate.profile/1", held.as_json())
        return
    for line in _profile(held):
        output.echo(line)


@click.command()
@click.argument("subject")
@click.option(
    "--write",
    metavar="FILE",
    help="Write them as checks in YAML, or as an expectation suite in JSON.",
)
@with_reading
@click.pass_obj
def suggest(output: Output, subject: str, write: str | None, reading: Reading | None) -> None:
    """Suggest checks for SUBJECT: a dataset as it is held now, or a file.

    Each comes with its evidence and how sure it is, from 0 to 1. Surest ones close a gate when
    they fail, the others warn. Read them before you keep them: what was seen once is no promise.
    """
    target = _target(output, write) if write else None
    with table_of(output, subject, reading) as (engine, found):
        seen = profile_of(engine, found)
    suggestions, left = suggested_by(seen), left_out(seen)
    suite = as_suite(target.stem if target else found.name, suggestions)
    if target:
        text = as_yaml(suggestions)
        if target.suffix == ".json":
            text = json.dumps(suite, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    if output.json:
        body = {
            "subject": subject,
            "rows": found.rows,
            "written": write,
            "suggestions": [one.as_json() for one in suggestions],
            "left_out": left,
        }
        output.document("headgate.suggest/1", body)
        return
    for line in _suggestions(suite, suggestions):
        output.echo(line)
    for why in left:
        output.note(why)
    if write:
        output.note(f"{counted(len(suggestions), 'check')} written: {write}")
        words = ["headgate", "validate", subject, "--expect", write, *as_options(reading)]
        output.note(f"  judge by them: {shlex.join(words)}")


@click.command()
@click.argument("dataset")
@click.option("--expect", metavar="SUITE", help="Try the checks of a suite.")
@click.option(
    "--check",
    "texts",
    metavar="CHECK",
    multiple=True,
    help="Try a check as pipelines declare it, 'between: {column: amount, low: 0}'.",
)
@click.option(
    "--limit",
    type=COUNT,
    default=30,
    show_default=True,
    help="How many versions at the most, the newest first.",
)
@click.pass_obj
def backtest(
    output: Output, dataset: str, expect: str | None, texts: tuple[str, ...], limit: int
) -> None:
    """Try checks on the versions of DATASET that were released, before they gate the next one.

    Without --expect and --check: the checks that the project declares for it now. Each version is
    judged at the time of the release that brought it, beside the other datasets of that release.
    """
    from headgate.workspace.declared import own_checks
    from headgate.workspace.known import known_dataset
    from headgate.workspace.past import past
    from headgate.workspace.workspace import opened

    if is_file(output, dataset):
        raise UsageError(f"{dataset} is a file, which has no past", hint="name a dataset")
    given = suite_of(output, expect) if expect else []
    given += [read_check(read_yaml(text, "--check").data, "--check") for text in texts]
    with opened(Path(output.directory), output.environment) as workspace:
        known_dataset(workspace, dataset)
        given = [with_code(check, workspace.tools.root) for check in given]
        own = not (expect or texts)
        checks, sources = own_checks(workspace, dataset) if own else (given, set())
        if not checks:
            raise UsageError(f"{dataset} has no checks", hint="say which: --expect or --check")
        found, gone = past(workspace, dataset, limit, sources, checks)
        tried = tried_on(workspace.tools.engine, found, checks, workspace.tools.ledger)
    if output.json:
        body = {"dataset": dataset, "gone": gone, **tried.as_json()}
        output.document("headgate.backtest/1", body)
        return
    for line in _backtest(dataset, tried):
        output.echo(line)
    if gone:
        whose = "version is" if gone == 1 else "versions are"
        output.note(f"{gone:,} {whose} left out, because the data is no longer in the store")


def _target(output: Output, write: str) -> Path:
    path = Path(output.directory, write)
    if path.suffix not in {".json", *YAML}:
        what = f"checks are written as .yml, .yaml or .json, not as {write!r}"
        raise UsageError(what, hint="expectations/NAME.yml")
    if path.exists():
        raise UsageError(f"{write} is there already", hint="write to another name, or remove it")
    return path


# ------------------------------------------------------------------ for people


def _suggestions(suite: dict[str, Any], suggestions: Sequence[Suggestion]) -> Iterator[str]:
    checks = read_suite(json.dumps(suite), suite["name"])
    rows = [
        [_short(check.description, 72), one.severity, f"{one.confidence:.2f}", one.evidence]
        for check, one in zip(checks, suggestions, strict=True)
    ]
    yield from table(["check", "severity", "sure", "evidence"], rows)


def _backtest(dataset: str, tried: Backtest) -> Iterator[str]:
    count = len(tried.versions)
    yield f"{dataset}: {counted(len(tried.checks), 'check')} on {counted(count, 'version')}"
    if not count:
        return
    yield f"gate closed on {len(tried.closed)} of {count}"
    yield ""
    rows = [
        [
            _short(one.check.description, 72),
            one.check.severity,
            f"{len(one.fired)} of {count}",
            len(one.unknown),
            "; ".join(_fired(each) for each in one.fired[:SHOWN]),
        ]
        for one in tried.checks
    ]
    yield from table(["check", "severity", "fired", "not judged", "last fired"], rows)
    unknown = [one for one in tried.checks if one.unknown]
    if unknown:
        yield ""
    for one in unknown:
        last = one.unknown[0]
        what = _short(one.check.description, 72)
        yield f"{what}: not judged, last on {last.label.release}: {last.outcome.message}"


def _fired(found: Found) -> str:
    outcome = found.outcome
    what = _value(outcome.observed)
    if outcome.unexpected is not None and outcome.elements is not None:
        judged = outcome.elements - (outcome.missing or 0)
        what = f"{outcome.unexpected:,} of {counted(judged, 'row')}"
    return f"{found.label.release}, {found.label.at:%Y-%m-%d %H:%M}: {what or 'nothing'}"


def _profile(held: Profile) -> Iterator[str]:
    rows = [_row(column) for column in held.columns]
    yield f"{held.name}: {counted(held.rows, 'row')}, {counted(len(held.columns), 'column')}"
    yield ""
    header = ["column", "type", "missing", "distinct", "min", "median", "max", "mean", "stdev"]
    yield from table([*header, "most frequent"], rows)
    notes = list(_notes(held))
    if notes:
        yield ""
        yield from notes


def _row(column: ColumnProfile) -> list[object]:
    about = "~" if "distinct" in column.approximate else ""
    ranked = "~" if "quantiles" in column.approximate else ""
    median = column.quantiles.get("p50")
    most = ", ".join(f"{_value(value)} ({count:,})" for value, count in column.top[:SHOWN])
    return [
        column.name,
        column.type.value,
        _share(column.missing, column.rows) if column.nulls is not None else "?",
        "" if column.distinct is None else f"{about}{column.distinct:,}",
        _value(column.low),
        ranked + _value(median) if median is not None else "",
        _value(column.high),
        _value(column.mean),
        _value(column.stdev),
        most if not column.unique else "(all different)",
    ]


def _notes(held: Profile) -> Iterator[str]:
    for key in held.keys:
        yield f"key: {', '.join(key.columns)}"
    for dependency in held.dependencies:
        yield f"{dependency.column} determines {', '.join(dependency.determines)}"
    for column in held.columns:
        if column.constant:
            yield f"{column.name} has one value"
        if column.order:
            yield f"{column.name} is {column.order.value} down the rows"
        for one, count in column.stand_ins:
            yield f"{column.name} holds {one!r} in {counted(count, 'row')}: a missing value?"
        if column.shapes:
            forms = [f"{one.text!r} {100 * one.share:.3g} %" for one in column.shapes[:SHOWN]]
            yield f"{column.name} looks like {', '.join(forms)}"
        if column.personal:
            kind, why = column.personal.kind, column.personal.evidence
            yield f"{column.name} is likely personal ({kind}): {why}"
        if column.note:
            yield f"{column.name}: {column.note}"


def _share(count: int, rows: int) -> str:
    if not count:
        return "0"
    share = 100 * count / rows
    # two digits would write nearly all as 1e+02
    return f"{count:,} ({f'{share:.2g} %' if share < 99.5 else percent(share)})"


def _value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return _short(str(value), WIDEST)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
