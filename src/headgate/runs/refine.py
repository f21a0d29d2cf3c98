"""What goes on of a version when rows of it are set aside, and where these are kept.

The gate is a function of the version that was read or computed, the whole, and of its checks. What
is left of it is another version, which later steps read and readers see; what is held of a source
is the whole, so that the next delivery comes on top of all its rows. Rows in are rows that go on
and rows that are set aside, always.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.checks.quarantine import unread_rows
from headgate.checks.set_aside import (
    Sifted,
    joined,
    kept_rows,
    marks_of,
    newly,
    of_files,
    placed,
    rows_aside,
    without,
)
from headgate.engines.engine import Frame, Malformed
from headgate.runs.going import Going
from headgate.runs.left import what_is_left
from headgate.runs.verdicts import Left
from headgate.runs.writing import Draft, Fresh, Layout, Stored, store
from headgate.schema.table import Table
from headgate.store import holdings, versions
from headgate.store.manifest import Part, Version


class Refined(Struct, frozen=True):
    """What goes on of a whole, with the rows set aside of it; `new` are versions to record."""

    whole: Version
    good: Version
    aside: Version | None = None
    new: tuple[Version, ...] = ()

    @property
    def left(self) -> Left:
        """What a verdict remembers of it."""
        good = self.good.id if self.good is not self.whole else ""
        return Left(good, self.good.aside)


def refine(
    going: Going,
    whole: Version,
    sifted: Sifted,
    trace: Callable[[], Frame] | None,
    beside: Mapping[str, Table] | None = None,
) -> Refined:
    """The version without the rows that its checks set aside, and these rows as a version.

    `beside` holds the other tables that the checks compare with.
    """
    aside = _quarantined(going, whole)
    if not sifted.places:
        return Refined(whole, whole, aside)
    table = versions.table(going.tools.objects, whole)
    rows = rows_aside(going.tools.engine, table, sifted, trace, beside)
    if before := _kept_before(going, whole.dataset):
        rows = placed(rows, versions.table(going.tools.objects, before))
    unread = [marks_of(versions.table(going.tools.objects, aside))] if aside else []
    kept = _keep(going, whole, joined(table, rows, *unread))
    good = _lesser(going, whole, sifted.places)
    good = dataclasses.replace(good, whole=whole.id, aside=kept.id)
    return Refined(whole, good, kept, (kept, good))


def recalled(going: Going, whole: Version, left: Left) -> Refined | None:
    """What an earlier run left of a version; None where it is not in the store any more."""
    if not left.good:
        return Refined(whole, whole, _quarantined(going, whole))
    with going.tools.ledger.snapshot() as tx:
        found = what_is_left(tx, going.tools.objects, whole, left)
        return Refined(whole, found, versions.quarantined(tx, found)) if found else None


def with_unread(
    going: Going,
    whole: Version,
    malformed: Sequence[Malformed],
    check: Check,
    held: Version | None,
) -> Version:
    """A version that was read, with all rows of its files that could not be read kept beside it.

    What a delivery comes on top of has such rows too: those of the files that are as they were.
    """
    before = _quarantined(going, held) if held else None
    if not malformed and not before:
        return whole
    arrived = held.inputs if held else {}
    same = [name for name, digest in arrived.items() if digest == whole.inputs.get(name)]
    table = versions.table(going.tools.objects, whole)
    frames = [unread_rows(check.id, malformed)] if malformed else []
    if before:
        frames.append(of_files(versions.table(going.tools.objects, before), same))
    rows = joined(table, *frames)
    if not rows.height:
        return whole
    kept = _keep(going, whole, rows)
    going.record(kept)
    return dataclasses.replace(whole, aside=kept.id)


def newly_aside(going: Going, refined: Refined) -> int:
    """How many of the rows that are set aside were not so beside what is held."""
    aside, before = refined.aside, _kept_before(going, refined.whole.dataset)
    if aside is None or before is None:
        return aside.rows if aside else 0
    if aside.id == before.id:
        return 0
    elder, younger = (versions.table(going.tools.objects, each) for each in (before, aside))
    return newly(elder, kept_rows(younger))


def unread_rows_of(going: Going, whole: Version) -> int:
    """How many rows of its deliveries could not be read, and are kept."""
    unread = _quarantined(going, whole)
    return unread.rows if unread else 0


# ------------------------------------------------------------------ inside


def _quarantined(going: Going, version: Version) -> Version | None:
    with going.tools.ledger.snapshot() as tx:
        return versions.quarantined(tx, version)


def _kept_before(going: Going, dataset: str) -> Version | None:
    """The rows that are set aside beside the version that is held, if they are in the store."""
    if dataset not in going.plan.held:
        return None
    with going.tools.ledger.snapshot() as tx:
        held = holdings.find(tx, going.job.environment, dataset, going.plan.held[dataset])
        kept = versions.quarantined(tx, held) if held else None
    return kept if kept and versions.present(going.tools.objects, kept) else None


def _keep(going: Going, whole: Version, rows: Frame) -> Version:
    draft = Draft(inputs={whole.dataset: whole.id})
    return going.keep(versions.quarantine_of(whole.dataset), rows, draft)


def _lesser(going: Going, whole: Version, places: Sequence[int]) -> Version:
    """The version without the rows at these places. Parts that have none of them are shared."""
    parts: list[Part] = []
    new: list[int] = []
    start = 0
    for part in whole.parts:
        low, high = bisect_left(places, start), bisect_left(places, start + part.rows)
        lesser = part
        if low < high:
            stored = _rest(going, part, [place - start for place in places[low:high]])
            new += [stored.part.size] if stored.new else []
            # rows keep their order, so that a key which no two rows shared is still one
            lesser = replace(stored.part, unique=part.unique)
        parts.append(lesser)
        start += part.rows
    going.fresh[whole.dataset] = Fresh(len(new), sum(new))
    kept = [part for part in parts if part.rows] or parts[:1]
    return dataclasses.replace(
        whole,
        id=versions.gather(going.tools.objects, going.id, kept),
        parts=tuple(kept),
        merged=None,
        fingerprint="",
        run=going.id,
    )


def _rest(going: Going, part: Part, places: Sequence[int]) -> Stored:
    """A part without the rows at these places."""
    frame = without(going.tools.objects.path(part.digest), places)
    [stored] = store(going.tools, going.id, frame, Layout(path=part.path))
    return stored
