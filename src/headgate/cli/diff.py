"""`data diff`: how the data of two releases, or two versions of a dataset, differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from headgate.cli.amounts import counted
from headgate.cli.named import Named, last_two, of_release, release_named, version_named
from headgate.cli.output import Output
from headgate.cli.tables import table
from headgate.cli.withheld import SAID, readable, statistics_withheld
from headgate.errors import UsageError
from headgate.observe.difference import Difference, difference, is_key
from headgate.schema.diff import SchemaDiff
from headgate.schema.statistics import ColumnStatistics
from headgate.store import versions
from headgate.store.diff import unshared
from headgate.store.manifest import Version
from headgate.store.named import number_of
from headgate.store.readers import require_held
from headgate.workspace.declared import declared_key
from headgate.workspace.known import datasets
from headgate.workspace.workspace import Workspace, opened

SHORT = 8
WIDEST = 32
"""Characters of a value that a line shows."""


class Compared(Struct, frozen=True):
    """A dataset at two versions, and how its rows differ; None where one of both is not there."""

    dataset: str
    before: Named | None
    after: Named | None
    found: Difference | None
    parts: int = 0
    """How many parts of both versions are not shared, and so were read."""


@click.command()
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option("--key", multiple=True, metavar="COLUMN", help="Tell rows by it; may be repeated.")
@click.option("--html", metavar="FILE", help="Write it as a page too, with the drift of columns.")
@click.pass_obj
def diff(
    output: Output, before: str | None, after: str | None, key: tuple[str, ...], html: str | None
) -> None:
    """Show how the data of BEFORE became that of AFTER.

    Both are releases (prod@3) or versions of datasets (train, train@3, train@VERSION). Without
    AFTER: what is served now. Without both: the last two releases. Rows are told by the key that
    the project declares, where it is one. Only parts that both do not share are read.
    """
    target = Path(output.directory, html) if html else None
    if target:
        from headgate.cli.diff_page import About, drifts, require_page, write_page

        require_page(target)
    with opened(Path(output.directory), output.environment) as workspace:
        pairs = _pairs(workspace, before, after)
        found = [_compared(workspace, name, *pair, key) for name, pair in pairs.items()]
        hidden = [not _readable(workspace, each) for each in found]
        found = [
            _withheld(each) if hide else each for each, hide in zip(found, hidden, strict=True)
        ]
        said = SAID if any(hidden) else ""
        if target:
            name, now = workspace.settings.name, workspace.tools.now()
            about = About(name, workspace.environment, now, said)
            write_page(target, about, found, drifts(workspace.tools, found))
    if said:
        output.note(said)
    if output.json:
        output.document("headgate.diff/1", {"datasets": [_as_json(each) for each in found]})
        return
    for each in found:
        for line in _lines(each):
            output.echo(line)
    if not found:
        output.echo("✓ no dataset differs")
    if html:
        output.note(f"the page is {html}")


# ------------------------------------------------------------------ what is compared


Pair = tuple[Named | None, Named | None]


def _pairs(workspace: Workspace, before: str | None, after: str | None) -> dict[str, Pair]:
    """The versions to compare by dataset; of releases only those that differ."""
    if before is None:
        old, new = last_two(workspace)
        return _between(of_release(workspace, old), of_release(workspace, new))
    release = release_named(workspace, before)
    if release is None:
        _require_dataset(workspace, before)
        one = version_named(workspace, before)
        two = version_named(workspace, after or one.version.dataset)
        if one.version.dataset != two.version.dataset:
            names = f"{one.version.dataset} and {two.version.dataset}"
            raise UsageError(f"{names} are two datasets", hint="name two versions of one")
        return {one.version.dataset: (one, two)}
    other = release_named(workspace, after) if after else last_two(workspace)[1]
    if other is None:
        raise UsageError(f"{after} is no release", hint=f"{before} is one; name another, as prod@4")
    return _between(of_release(workspace, release), of_release(workspace, other))


def _require_dataset(workspace: Workspace, name: str) -> None:
    """Raises UsageError for the bare number of a release: which environment's, is not said."""
    if number_of(name) is not None and name not in datasets(workspace):
        hint = f"a release is named with its environment: {workspace.environment}@{name}"
        raise UsageError(f"{name!r} is no dataset", None, hint)


def _between(old: Mapping[str, Named], new: Mapping[str, Named]) -> dict[str, Pair]:
    pairs = {name: (old.get(name), new.get(name)) for name in {**old, **new}}
    return {name: pair for name, pair in pairs.items() if _id(pair[0]) != _id(pair[1])}


def _id(named: Named | None) -> str | None:
    return named.version.id if named else None


def _compared(
    workspace: Workspace, name: str, before: Named | None, after: Named | None, key: Sequence[str]
) -> Compared:
    if before is None or after is None:
        return Compared(name, before, after, None)
    engine, objects = workspace.tools.engine, workspace.tools.objects
    require_held(objects, before.version, after.version)
    alone = unshared(before.version, after.version)
    old, new = (versions.table(objects, version) for version in alone)
    known = declared_key(workspace, name)
    there = all(column in side.schema.names for side in (old, new) for column in known)
    if not key and known and there and is_key(engine, (old, new), known):
        key = known
    found = difference(engine, old, new, key)
    return Compared(name, before, after, found, sum(len(version.parts) for version in alone))


def _readable(workspace: Workspace, each: Compared) -> bool:
    sides = [side for side in (each.before, each.after) if side]
    return all(readable(workspace, *side.environments) for side in sides)


def _withheld(each: Compared) -> Compared:
    """The comparison without any value of a row."""
    sides = [
        side
        and replace(
            side, version=dataclasses.replace(side.version, merged=_no_values(side.version))
        )
        for side in (each.before, each.after)
    ]
    found = each.found and replace(each.found, added_rows=(), removed_rows=(), changed_cells=())
    return replace(each, before=sides[0], after=sides[1], found=found)


def _no_values(version: Version) -> Mapping[str, ColumnStatistics]:
    return statistics_withheld(version.statistics)


# ------------------------------------------------------------------ in words


def _lines(each: Compared) -> Iterator[str]:
    before, after = each.before, each.after
    if before is None or after is None or each.found is None:
        there = before or after
        assert there is not None
        word = "is gone" if after is None else "is new"
        yield f"{each.dataset}  {word}, {counted(there.version.rows, 'row')}"
        return
    found = each.found
    names = f"{called(before)} → {called(after)}"
    by = f"told by {', '.join(found.key)}" if found.key else "rows have no key"
    yield f"{each.dataset}  {names}  ({by})"
    counts = [f"{found.added:,} added", f"{found.removed:,} removed"]
    if found.key:
        counts.append(f"{found.changed:,} changed")
    yield f"  rows  {before.version.rows:,} → {after.version.rows:,}  {', '.join(counts)}"
    yield from schema_lines(found.schema)
    yield from _columns(each)
    yield from _samples(found)


def called(named: Named) -> str:
    """A version as people know it: its release with the start of its id, or that alone."""
    short = named.version.id[:SHORT]
    return short if named.name.startswith(short[: len(named.name)]) else f"{named.name} ({short})"


def schema_lines(schema: SchemaDiff) -> Iterator[str]:
    """A line for each thing that became of the columns."""
    for column in schema.added:
        yield f"  + column {column.name} ({column.type})"
    for column in schema.removed:
        yield f"  - column {column.name} ({column.type})"
    for old, new in schema.retyped:
        kinds = (old.type, new.type) if old.type != new.type else (old.physical, new.physical)
        yield f"  ~ column {old.name}: {kinds[0]} → {kinds[1]}"
    if schema.moved:
        yield "  ~ the columns stand in another order"


def _columns(each: Compared) -> Iterator[str]:
    """A line for each column that changed, or whose nulls or extremes did."""
    rows = []
    for name, changed in of_columns(each).items():
        if changed["changed"] or changed["moved"]:
            cells = [f"{_cell(one)} → {_cell(two)}" for one, two in changed["values"].values()]
            rows.append([name, changed["changed"], *cells])
    if rows:
        for line in table(["column", "changed", "nulls", "least", "greatest"], rows):
            yield f"  {line}"


def of_columns(each: Compared) -> dict[str, dict[str, Any]]:
    """What is known of each column that both versions have: what changed, nulls and extremes."""
    assert each.before is not None
    assert each.after is not None
    assert each.found is not None
    old, new = each.before.version.statistics, each.after.version.statistics
    return {
        name: _of_column(old[name], new[name], each.found.columns.get(name, 0))
        for name in new
        if name in old
    }


def _of_column(old: ColumnStatistics, new: ColumnStatistics, changed: int) -> dict[str, Any]:
    values = {
        "nulls": (old.nulls + old.nans, new.nulls + new.nans),
        "least": (old.low, new.low),
        "greatest": (old.high, new.high),
    }
    return {
        "changed": changed,
        "moved": any(one != two for one, two in values.values()),
        "values": values,
    }


def _samples(found: Difference) -> Iterator[str]:
    for word, rows in (("added", found.added_rows), ("removed", found.removed_rows)):
        if rows:
            yield f"  first {word}"
            header = list(rows[0])
            for line in table(header, [[_cell(row[name]) for name in header] for row in rows]):
                yield f"    {line}"
    if found.changed_cells:
        yield "  first changed"
        lines = [
            [
                ", ".join(f"{name} {_cell(value)}" for name, value in cell.key.items()),
                cell.column,
                f"{_cell(cell.before)} → {_cell(cell.after)}",
            ]
            for cell in found.changed_cells
        ]
        for line in table(["row", "column", "before → after"], lines):
            yield f"    {line}"


def _cell(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


# ------------------------------------------------------------------ for machines


def _as_json(each: Compared) -> dict[str, Any]:
    body: dict[str, Any] = {
        "dataset": each.dataset,
        "before": _named(each.before),
        "after": _named(each.after),
    }
    if each.found is None:
        return body
    found, schema = each.found, each.found.schema
    return body | {
        "key": list(found.key),
        "parts_read": each.parts,
        "rows": {"added": found.added, "removed": found.removed, "changed": found.changed},
        "schema": {
            "added": [column.name for column in schema.added],
            "removed": [column.name for column in schema.removed],
            "retyped": {old.name: [old.physical, new.physical] for old, new in schema.retyped},
            "moved": schema.moved,
        },
        "columns": {
            name: {"changed": column["changed"], **column["values"]}
            for name, column in of_columns(each).items()
        },
        "samples": {
            "added": list(found.added_rows),
            "removed": list(found.removed_rows),
            "changed": [
                {"key": cell.key, "column": cell.column, "before": cell.before, "after": cell.after}
                for cell in found.changed_cells
            ],
        },
    }


def _named(named: Named | None) -> dict[str, Any] | None:
    if named is None:
        return None
    return {"name": named.name, "version": named.version.id, "rows": named.version.rows}
