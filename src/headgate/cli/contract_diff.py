"""`contract diff`: what changed in a contract, whom it breaks, and which version it demands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from headgate.cli.amounts import counted
from headgate.cli.colours import Role
from headgate.cli.contract_sides import Data, is_file, released, side
from headgate.cli.output import Output
from headgate.cli.subject import in_project
from headgate.contracts.changes.change import Change, Direction, Impact, Perspective
from headgate.contracts.changes.comparison import Comparison, Side, compared
from headgate.contracts.changes.consumer import Reader
from headgate.contracts.changes.data import data_changes
from headgate.contracts.changes.finding import NOT_COMPARED, Severity
from headgate.contracts.changes.impact import hits
from headgate.contracts.changes.semver import read_version
from headgate.contracts.contract import Contract
from headgate.errors import UnknownNameError, UsageError
from headgate.project.consumers import columns_by_step
from headgate.project.contract_changes import comparisons, known_readers
from headgate.project.project import load
from headgate.project.root import find_root

SIGNS = {
    Direction.TIGHTENS: "+",
    Direction.LOOSENS: "-",
    Direction.BOTH: "~",
    Direction.UNDETERMINED: "?",
    Direction.NOTICE: "i",
    Direction.NONE: " ",
}
_ROLES: dict[Impact, Role] = {
    Impact.BREAKING: "bad",
    Impact.COMPATIBLE: "good",
    Impact.COSMETIC: "dim",
}

_DEPRECATE = "never deprecated: first mark what is to go `deprecated: true`, with a removalDate"


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--base", metavar="COMMIT", help="Compare with the contracts of a commit or branch.")
@click.option(
    "--perspective",
    type=click.Choice([each.value for each in Perspective]),
    default=Perspective.CONSUMER.value,
    show_default=True,
    help="Whose side decides: who reads the data, or who delivers it.",
)
@click.pass_obj
def command(
    output: Output, before: str | None, after: str | None, base: str | None, perspective: str
) -> int:
    """Show what changed from BEFORE to AFTER, whom it breaks, and which version it demands.

    Both are contract files, or datasets: `rides` is its contract as it is written, `rides@main`
    that of a commit. AFTER may be data too: a CSV or Parquet file, or `rides@3`, a release.
    Without AFTER: BEFORE against the data that is served. With --base: every contract, or that of
    BEFORE alone, against the one of a commit. Ends with 1 where it breaks that side, or where the
    version does not say so.
    """
    today, whose = datetime.now(UTC).date(), Perspective(perspective)
    if base is not None:
        found = _since(output, base, before, after, today)
    elif before is None:
        raise UsageError("name a contract, or --base COMMIT", None, "contract diff --base main")
    else:
        found = _between(output, before, after, today)
    if output.json:
        body = {"perspective": whose.value, "contracts": [_as_json(one, whose) for one in found]}
        output.document("headgate.contract-diff/1", body)
    for one in found:
        for line in _lines(output, one, whose):
            output.echo(line)
    if not found:
        output.echo("✓ no contract differs")
    return 1 if any(_is_wrong(one, whose) for one in found) else 0


def _is_wrong(one: Comparison, whose: Perspective) -> bool:
    errors = [found for found in one.findings if found.severity is Severity.ERROR]
    return bool(errors) or one.sudden is Severity.ERROR or one.breaks(whose)


# ------------------------------------------------------------------ what is compared


def _since(
    output: Output, base: str, dataset: str | None, after: str | None, today: date
) -> list[Comparison]:
    if after is not None:
        raise UsageError(
            f"--base {base} is one side, and {after} is a third", None, "leave one out"
        )
    root = find_root(Path(output.directory))
    project = load(root)
    columns = columns_by_step(project)
    found = comparisons(project, base, today, columns)
    if dataset is None:
        return found
    if dataset not in project.contracts and not any(dataset in c.datasets for c in found):
        raise UnknownNameError.of("contract of a dataset", dataset, project.contracts)
    return [_about(one, {dataset}) for one in found if dataset in one.datasets]


def _between(output: Output, before: str, after: str | None, today: date) -> list[Comparison]:
    old = side(output, before)
    if isinstance(old, Data):
        raise UsageError(
            f"{before} is data", hint=f"name the contract first: diff CONTRACT {before}"
        )
    if after is None:
        if len(old) != 1:
            raise UsageError(f"{before} has {len(old)} datasets", hint="name one of them")
        new: list[Contract] | Data = released(output, old[0].dataset)
    else:
        new = side(output, after)
    readers = _readers(output, [*old, *(new if isinstance(new, list) else [])])
    if isinstance(new, Data):
        if len(old) != 1:
            raise UsageError(f"{before} has {len(old)} datasets, and {after} is the data of one")
        return [_with_data(old[0], new, readers)]
    found = compared(Side.of(old[0]), Side.of(new[0]), readers, today)
    named = {word.partition("@")[0] for word in (before, after) if word and not is_file(word)}
    return [_about(found, named or {one.dataset for one in (*old, *new)})]


def _readers(output: Output, contracts: Sequence[Contract]) -> list[Reader]:
    """The readers of the project around; none where there is no project."""
    if not in_project(output):
        return []
    project = load(find_root(Path(output.directory)))
    columns = columns_by_step(project)
    return known_readers(project, [*contracts, *project.contracts.values()], columns)


def _with_data(contract: Contract, data: Data, readers: list[Reader]) -> Comparison:
    found = data_changes(contract, data.seen_by(contract), data.statistics)
    hit = tuple(hits(change, readers, {contract.dataset}) for change in found)
    return Comparison(Side.of(contract), Side.of(contract), tuple(found), hit)


def _about(one: Comparison, datasets: set[str]) -> Comparison:
    """The comparison for some datasets of a contract alone, and for what concerns all of them."""
    kept = [
        (change, readers)
        for change, readers in zip(one.changes, one.hit, strict=True)
        if not change.dataset or change.dataset in datasets
    ]
    return replace(
        one,
        changes=tuple(change for change, _ in kept),
        hit=tuple(readers for _, readers in kept),
        findings=tuple(f for f in one.findings if not f.dataset or f.dataset in datasets),
    )


# ------------------------------------------------------------------ in words


def _lines(output: Output, one: Comparison, whose: Perspective) -> Iterator[str]:
    names = ", ".join(one.datasets) or "the contract"
    yield output.paint(f"{names}  {_versions(one)}", "head")
    for change, readers in zip(one.changes, one.hit, strict=True):
        impact = change.impact(whose)
        if impact is Impact.COSMETIC and output.quiet:
            continue
        word = output.paint(f"{impact.value:<10}", _ROLES[impact])
        yield f"  {SIGNS[change.direction]} {word}  {change.told}"
        if impact is Impact.BREAKING and output.verbose:
            yield f"      {change.sentence.partition('; ')[2]}"
        if readers:
            yield f"      hits {', '.join(reader.called(change.dataset) for reader in readers)}"
    if one.sudden:
        yield f"  {_painted(output, one.sudden)}  {_DEPRECATE}"
    for finding in one.findings:
        yield f"  {_painted(output, finding.severity)}  {finding.what}"
        yield f"      --> {finding.where}"
    yield _verdict(output, one, whose)


def _painted(output: Output, severity: Severity) -> str:
    role: Role = "bad" if severity is Severity.ERROR else "warn"
    return output.paint(severity.value, role)


def _versions(one: Comparison) -> str:
    old, new = one.before.version or "none", one.after.version or "none"
    return f"{old} → {new}" if old != new else old


def _verdict(output: Output, one: Comparison, whose: Perspective) -> str:
    if any(finding.rule == NOT_COMPARED for finding in one.findings):
        return "- nothing to compare with"
    if not one.changes:
        return "✓ nothing changed in what is promised"
    broken = [change for change in one.changes if change.impact(whose) is Impact.BREAKING]
    said = f"{counted(len(broken), 'breaking change')} of {len(one.changes)} for {whose.value}s"
    declared = any(not reader.is_step for readers in one.hit for reader in readers)
    if broken and not declared:
        said += "; no declared consumer is hit"
    before = read_version(one.before.version)
    if before is not None and one.demanded:
        said += f"; demands {before.after(one.demanded)} ({one.demanded})"
    wrong = _is_wrong(one, whose)
    return f"{output.paint('✗', 'bad') if wrong else output.paint('✓', 'good')} {said}"


def _as_json(one: Comparison, whose: Perspective) -> dict[str, Any]:
    return {
        "datasets": list(one.datasets),
        "before": one.before.version,
        "after": one.after.version,
        "demanded": str(one.demanded),
        "breaking": one.breaks(whose),
        "changes": [
            _change(one, change, readers)
            for change, readers in zip(one.changes, one.hit, strict=True)
        ],
        "findings": [finding.as_json() for finding in one.findings],
    }


def _change(one: Comparison, change: Change, readers: Sequence[Reader]) -> dict[str, Any]:
    return change.as_json() | {
        "where": one.after.place(change.keys),
        "severity": one.severity(change, readers).value,
        "consumers": [
            reader.as_json() | {"sure": not change.dataset or reader.is_sure(change.dataset)}
            for reader in readers
        ],
    }
