"""A comparison of data as one HTML page, which asks for nothing else.

Every value goes through the template's escaping, and nothing in the page is a script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from headgate.cli.amounts import counted
from headgate.cli.colours import printable
from headgate.cli.diff import Compared, called, of_columns, schema_lines
from headgate.errors import StoreError, UsageError
from headgate.observe.difference import Difference
from headgate.runs.tools import Tools
from headgate.store import versions

LONGEST = 300
"""Characters of a value that the page shows."""
DRIFTED, MOVED = 0.25, 0.1
"""From where a population stability index is read as clear, and as some, drift."""


class About(Struct, frozen=True):
    """What the page is of. `withheld` says why values are not in it, where they are not."""

    project: str
    environment: str
    written: datetime
    withheld: str = ""


def write_page(
    path: Path, about: About, found: Sequence[Compared], drift: Mapping[str, Mapping[str, float]]
) -> None:
    """Writes the page, in place of one that is there. `drift` is by dataset and column.

    Raises UsageError for a file of another name, StoreError where it cannot be written.
    """
    require_page(path)
    text = page(about, found, drift)
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StoreError(f"it cannot be written: {error.strerror}", str(path)) from error


def drifts(tools: Tools, found: Sequence[Compared]) -> dict[str, dict[str, float]]:
    """How far each column lies from what it was, where all rows of both versions are in the store."""
    from headgate.observe.drift import drift

    known = {}
    for each in found:
        sides = [side.version for side in (each.before, each.after) if side]
        if len(sides) == 2 and all(versions.present(tools.objects, side) for side in sides):
            old, new = (versions.table(tools.objects, side) for side in sides)
            known[each.dataset] = drift(tools.engine, old, new)
    return known


def require_page(path: Path) -> None:
    """Raises UsageError for a name that is none of a page, or where its folder is not there."""
    if path.suffix not in {".html", ".htm"}:
        raise UsageError(f"cannot write {path.name!r}", hint="name a .html file")
    if not path.parent.is_dir():
        raise UsageError(f"no such folder: {path.parent}", hint="make it, or name another")


def page(about: About, found: Sequence[Compared], drift: Mapping[str, Mapping[str, float]]) -> str:
    """The text of the page."""
    from importlib.metadata import version

    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("headgate", "cli/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = sorted({_between(each) for each in found})
    return environment.get_template("diff.html.j2").render(
        title=f"Data: {names[0] if len(names) == 1 else about.project}",
        project=about.project,
        environment=about.environment,
        written=f"{about.written:%Y-%m-%d %H:%M:%S} UTC",
        release=version("headgate"),
        withheld=about.withheld,
        datasets=[_dataset(each, drift.get(each.dataset, {})) for each in found],
    )


def _between(each: Compared) -> str:
    before, after = (side.name if side else "nothing" for side in (each.before, each.after))
    return f"{before} → {after}"


def _dataset(each: Compared, drift: Mapping[str, float]) -> dict[str, Any]:
    before, after = each.before, each.after
    body: dict[str, Any] = {
        "name": each.dataset,
        "rows_before": f"{before.version.rows:,}" if before else "",
        "rows_after": f"{after.version.rows:,}" if after else "",
        "added": "",
        "removed": "",
        "changed": "",
        "whole": "",
        "between": " → ".join(called(side) if side else "nothing" for side in (before, after)),
    }
    if each.found is None:
        there = before or after
        assert there is not None
        word = "gone" if after is None else "new"
        return body | {"whole": f"It is {word}, {counted(there.version.rows, 'row')}."}
    found = each.found
    return body | {
        "key": list(found.key),
        "added": f"{found.added:,}",
        "removed": f"{found.removed:,}",
        "changed": f"{found.changed:,}" if found.key else "",
        "schema": [printable(line.strip()) for line in schema_lines(found.schema)],
        "columns": list(_columns(each, drift)),
        "samples": list(_samples(found)),
    }


def _columns(each: Compared, drift: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    assert each.after is not None
    types = {column.name: column.type.value for column in each.after.version.schema.columns}
    for name, column in of_columns(each).items():
        psi = drift.get(name)
        yield {
            "name": printable(name),
            "type": types[name],
            "changed": f"{column['changed']:,}",
            "pairs": [(_shown(one), _shown(two)) for one, two in column["values"].values()],
            "drift": None if psi is None else f"{psi:.3f}",
            "role": _role(psi),
            "told": {"bad": "clear", "warn": "some", "good": "hardly any"}[_role(psi)],
        }


def _role(psi: float | None) -> str:
    if psi is None or psi < MOVED:
        return "good"
    return "warn" if psi < DRIFTED else "bad"


def _samples(found: Difference) -> Iterator[dict[str, Any]]:
    for word, rows in (("added", found.added_rows), ("removed", found.removed_rows)):
        if rows:
            header = list(rows[0])
            yield {
                "title": f"First rows {word}",
                "header": [printable(name) for name in header],
                "lines": [[_shown(row[name]) for name in header] for row in rows],
            }
    if found.changed_cells:
        yield {
            "title": "First values changed",
            "header": [*map(printable, found.key), "column", "before", "after"],
            "lines": [
                [
                    *(_shown(cell.key[name]) for name in found.key),
                    printable(cell.column),
                    _shown(cell.before),
                    _shown(cell.after),
                ]
                for cell in found.changed_cells
            ],
        }


def _shown(value: object) -> str | None:
    """A value as the page shows it: signs that steer a screen are spelt out, and None is null."""
    if value is None:
        return None
    text = printable(str(value))  # no separators: a number may be a year or a name
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
