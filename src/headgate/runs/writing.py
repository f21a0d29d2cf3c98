"""A frame in the store: as one object, or as parts that are written side by side."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from headgate.engines.engine import Frame
from headgate.pipelines.pipeline import Rows
from headgate.runs.tools import Tools
from headgate.schema.partition import Partition, partitions
from headgate.schema.schema import Schema
from headgate.schema.statistics import ColumnStatistics, together
from headgate.store import versions
from headgate.store.manifest import Part, Version

_NAME = "part-{:06d}.parquet"
_NUMBERED = re.compile(r"part-(\d+)\.parquet")
_FIRST = _NAME.format(1)


class Layout(Struct, frozen=True):
    """How rows lie in files: how they are sorted, and divided by columns or into so many `rows`.

    `path` is that of the first file, where no column says it. `kept` are parts of an earlier version
    that stand beside them as they are.
    """

    sort_by: tuple[str, ...] = ()
    partition_by: tuple[Partition, ...] = ()
    path: str = ""
    kept: tuple[Part, ...] = ()
    rows: int | None = None


def layout_of(key: Sequence[str], by: Sequence[str] | Rows) -> Layout:
    """The layout that a pipeline declares."""
    if isinstance(by, Rows):
        return Layout(tuple(key), rows=by.rows)
    return Layout(tuple(key), partitions(by))


class Draft(Struct, frozen=True):
    """What is known of a version before its rows are written."""

    fingerprint: str = ""
    inputs: Mapping[str, str] = {}
    code: Mapping[str, str] = {}
    layout: Layout = Layout()
    held: Version | None = None
    """The version whose parts are kept, where some are."""


class Fresh(Struct, frozen=True):
    """What of a dataset was new to the store."""

    files: int
    size: int


class Stored(Struct, frozen=True):
    """A part that is in the store now. `new` is False where the same bytes were there before."""

    part: Part
    schema: Schema
    new: bool


def write_version(
    tools: Tools, run: str, dataset: str, frame: Frame, draft: Draft
) -> tuple[Version, Fresh]:
    """The frame as a version that nobody sees yet, beside the parts that are kept."""
    stored = store(tools, run, frame, draft.layout)
    fresh = [each.part for each in stored]
    parts = joined(draft.layout.kept, fresh)
    there = {part.digest for part in parts}
    new = [each.part.size for each in stored if each.new and each.part.digest in there]
    version = Version(
        id=versions.gather(tools.objects, run, parts),
        dataset=dataset,
        schema=stored[0].schema,
        parts=parts,
        created_at=tools.now(),
        run=run,
        fingerprint=draft.fingerprint,
        inputs=draft.inputs,
        code=draft.code,
        unique=_unique(draft.layout, parts),
        merged=_statistics(draft, fresh, parts),
    )
    return version, Fresh(len(new), sum(new))


def store(tools: Tools, run: str, frame: Frame, layout: Layout) -> list[Stored]:
    """The frame's rows as parts in the store, in the order of their paths.

    As many parts are written at once as there are cores, and only these are taken out of the
    frame.
    """
    return store_each(tools, run, pieces(tools, frame, layout), layout.sort_by)


def store_each(
    tools: Tools, run: str, taken: Mapping[str, Callable[[], Frame]], sort_by: Sequence[str]
) -> list[Stored]:
    """What gives the rows of each path, as parts in the store, in the order of the paths given."""
    if len(taken) == 1:
        return [_stored(tools, run, *each, sort_by) for each in taken.items()]
    from concurrent.futures import ThreadPoolExecutor  # a run with nothing to write starts sooner

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        writing = [
            pool.submit(_stored, tools, run, path, take, sort_by) for path, take in taken.items()
        ]
        try:
            return [stored.result() for stored in writing]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def pieces(tools: Tools, frame: Frame, layout: Layout) -> Mapping[str, Callable[[], Frame]]:
    """The paths of the parts that a frame becomes, sorted, each with what takes its rows out."""
    if layout.partition_by:
        return tools.engine.split(frame, layout.partition_by)
    if layout.rows is None:
        return {layout.path: lambda: frame}
    taken = tools.engine.cut(frame, layout.rows, layout.sort_by)
    if len(taken) == 1:
        return {layout.path: taken[0]}
    first = _number(layout.path)
    return {_NAME.format(number): take for number, take in enumerate(taken, first)}


def joined(kept: Sequence[Part], fresh: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of a version, in the order of their paths; those without rows only where alone.

    A part that was alone until now gets a name.
    """
    every = (*kept, *fresh)
    parts = [part for part in every if part.rows] or every[:1]
    if len(parts) > 1:
        parts = [part if part.path else replace(part, path=_FIRST) for part in parts]
    return tuple(sorted(parts, key=lambda part: part.path))


def next_path(held: Sequence[Part]) -> str:
    """The path of a part that is appended to those held."""
    return _NAME.format(max((_number(part.path) for part in held), default=1) + 1)


def _number(path: str) -> int:
    """The place of a part among those that have no other name; one that is alone is the first."""
    found = _NUMBERED.fullmatch(path)
    return int(found[1]) if found else 1


def _unique(layout: Layout, parts: Sequence[Part]) -> tuple[str, ...]:
    """The key in which no two rows of divided parts agree: it says in which part a row is."""
    columns = {partition.column for partition in layout.partition_by}
    kept = all(part.unique == layout.sort_by for part in parts)
    return layout.sort_by if kept and columns and columns <= set(layout.sort_by) else ()


def _statistics(
    draft: Draft, fresh: Sequence[Part], parts: Sequence[Part]
) -> Mapping[str, ColumnStatistics]:
    """Those of all parts together; what is held is not gone through where parts only joined it."""
    if draft.held is not None and len(draft.layout.kept) == len(draft.held.parts):
        return together([draft.held.statistics, *(part.statistics for part in fresh)])
    return together(part.statistics for part in parts)


def _stored(
    tools: Tools, run: str, path: str, take: Callable[[], Frame], sort_by: Sequence[str]
) -> Stored:
    from concurrent.futures import ThreadPoolExecutor

    frame = take()
    temporary = tools.objects.temporary(run)
    written = tools.engine.write(frame, temporary, sort_by=sort_by)
    with ThreadPoolExecutor(1) as beside:  # the file is hashed while its frame is described
        keeping = beside.submit(tools.objects.keep, temporary)
        statistics = tools.engine.describe(frame)
    kept = keeping.result()
    part = Part(kept.digest, kept.size, written.rows, statistics, path, written.unique)
    return Stored(part, written.schema, kept.new)
