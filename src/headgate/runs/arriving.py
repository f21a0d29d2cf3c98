"""What arrives, beside what is held: which rows are written, and which parts stay as they are.

Cost follows the delivery: appended rows are a part of their own, and of a source that is divided
by `partition_by` only those parts are read and written anew in which delivered rows belong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from headgate.engines.engine import Frame
from headgate.pipelines.pipeline import Source
from headgate.runs.tools import Tools
from headgate.runs.writing import Layout, layout_of, next_path, pieces
from headgate.schema.table import Table
from headgate.store import versions
from headgate.store.manifest import Part, Version


class Arrival(Struct, frozen=True):
    """Rows to be written, and how they lie beside the parts of `held` that stay."""

    frame: Frame
    layout: Layout
    held: Version | None = None


def merge_keys(source: Source) -> list[str]:
    """The columns by which a later row takes the place of an earlier one."""
    return source.key if source.arrives == "upsert" else []


def arrange(tools: Tools, source: Source, held: Version | None, delivery: Frame) -> Arrival:
    """A delivery on top of what is held; alone where nothing is held, or it replaces it.

    Raises SourceError where the delivery does not fit what is held, StepError where its rows
    cannot be divided.
    """
    layout = layout_of(source.key, source.partition_by)
    if held is None:
        return Arrival(delivery, layout)
    keys = merge_keys(source)
    fitting = tools.engine.conform(_example(tools, held), delivery)
    if fitting is None:  # what is held takes another type, in all of its parts
        whole = versions.table(tools.objects, held)
        return Arrival(tools.engine.merge(whole, delivery, keys), layout, held)
    if source.arrives == "append" and layout.rows is not None:
        return _filled(tools, held, fitting, layout, layout.rows)
    if source.arrives == "append" and not layout.partition_by:
        added = replace(layout, path=next_path(held.parts), kept=held.parts)
        return Arrival(fitting, added, held)
    if not _apart(layout, keys):
        whole = versions.table(tools.objects, held)
        return Arrival(tools.engine.merge(whole, fitting, keys), layout, held)
    touched = tools.engine.split(fitting, layout.partition_by).keys()
    inside = _table(tools, held, [part for part in held.parts if part.path in touched])
    kept = tuple(part for part in held.parts if part.path not in touched)
    return Arrival(tools.engine.merge(inside, fitting, keys), replace(layout, kept=kept), held)


def rows_in_order(tools: Tools, arrival: Arrival) -> Frame:
    """All rows of the version that an arrival becomes, in the order of its parts."""
    layout = arrival.layout
    found: dict[str, Frame | Table] = {
        path: take() for path, take in pieces(tools, arrival.frame, layout).items()
    }
    if arrival.held is not None:
        found |= {part.path: _table(tools, arrival.held, [part]) for part in layout.kept}
    return tools.engine.stack([found[path] for path in sorted(found)], layout.sort_by)


def _filled(tools: Tools, held: Version, added: Frame, layout: Layout, rows: int) -> Arrival:
    """Rows that fill up the last part, where it has room, and then parts of their own."""
    *full, last = held.parts
    if last.rows >= rows:
        path = next_path(held.parts)
        return Arrival(added, replace(layout, path=path, kept=held.parts), held)
    frame = tools.engine.merge(_table(tools, held, [last]), added, [])
    return Arrival(frame, replace(layout, path=last.path, kept=tuple(full)), held)


def _apart(layout: Layout, keys: Sequence[str]) -> bool:
    """Whether a delivered row can only touch rows of its own part.

    An appended row touches none. A row that replaces its elder is in the same part where the key
    says which part that is.
    """
    columns = {partition.column for partition in layout.partition_by}
    return bool(columns) and (not keys or columns <= set(keys))


def _example(tools: Tools, held: Version) -> Table:
    """What is held, with the path of one of its parts: all of them have the same types."""
    first = versions.table(tools.objects, dataclasses.replace(held, parts=held.parts[:1]))
    return replace(first, rows=held.rows)


def _table(tools: Tools, held: Version, parts: Sequence[Part]) -> Table:
    """Some of the parts of what is held."""
    return versions.table(tools.objects, dataclasses.replace(held, parts=tuple(parts), merged=None))
