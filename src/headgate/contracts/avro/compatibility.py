"""What the newest version of a schema breaks, of what its mode of compatibility asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.mode import First, Mode
from headgate.contracts.avro.resolution import Unreadable, unreadable
from headgate.contracts.avro.schema import Schema


class Version(Struct, frozen=True):
    """A schema, and what people call this version of it."""

    name: str
    schema: Schema


class Incompatibility(Struct, frozen=True):
    """What a mode asks for, and two versions do not keep.

    `first` is who would have to be upgraded first if the change is made all the same.
    """

    mode: Mode
    old: str
    new: str
    reader: str
    path: str
    what: str
    first: First

    def __str__(self) -> str:
        told = f"{self.path}: {self.what}" if self.path else self.what
        writer = self.old if self.reader == self.new else self.new
        return f"{told} ({self.reader} reads what {writer} wrote)"


def incompatibilities(history: Sequence[Version], mode: Mode) -> list[Incompatibility]:
    """What the newest version breaks, with the earlier ones that the mode asks for.

    `history` is oldest first. What several pairs break in the same way is told once, of the newest.
    Raises MissingExtraError where the package avro is not installed.
    """
    if not history or mode is Mode.NONE:
        return []
    *earlier, new = history
    found: dict[tuple[bool, str, str], Incompatibility] = {}
    for old in reversed(earlier if mode.transitive else earlier[-1:]):
        for one in _between(old, new, mode):
            found.setdefault((one.reader == new.name, one.path, one.what), one)
    return list(found.values())


def _between(old: Version, new: Version, mode: Mode) -> Iterable[Incompatibility]:
    if as_json(old.schema) == as_json(new.schema):
        return
    backward = unreadable(new.schema, old.schema)
    forward = unreadable(old.schema, new.schema)
    first: First = (
        "both at once" if backward and forward else "producers" if backward else "consumers"
    )

    def told(reader: Version, what: Iterable[Unreadable]) -> Iterable[Incompatibility]:
        return (
            Incompatibility(mode, old.name, new.name, reader.name, one.path, one.what, first)
            for one in what
        )

    yield from told(new, backward if mode.backward else ())
    yield from told(old, forward if mode.forward else ())
