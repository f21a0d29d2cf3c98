"""A change of a contract: what it does to the promise, and so whom it breaks.

The law: a change has one direction. What it is for who reads the data, what it is for who delivers
it, and the version that it demands all follow from that.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct

from headgate.contracts.changes.rules import RULES
from headgate.pipelines.problems import Path as Keys
from headgate.pipelines.problems import shown


class Direction(StrEnum):
    """What a change does to the promise."""

    TIGHTENS = "tightens"  # more is promised: who delivers has more to keep
    LOOSENS = "loosens"  # less is promised: who reads can count on less
    BOTH = "both"  # another promise, that neither side keeps by keeping the old one
    UNDETERMINED = "undetermined"  # nobody can tell from the contract; taken for both
    NOTICE = "notice"  # the data stays as it is, and people should know
    NONE = "none"  # words for people


class Impact(StrEnum):
    """What a change is for one side."""

    BREAKING = "breaking"
    COMPATIBLE = "compatible"
    COSMETIC = "cosmetic"


class Bump(IntEnum):
    """How much a version grows: the first number, the second, or the third."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Perspective(StrEnum):
    """Whose side is taken: who reads the data, or who delivers it."""

    CONSUMER = "consumer"
    PRODUCER = "producer"


FOLLOWS: dict[Direction, tuple[Impact, Impact, Bump]] = {
    Direction.TIGHTENS: (Impact.COMPATIBLE, Impact.BREAKING, Bump.MINOR),
    Direction.LOOSENS: (Impact.BREAKING, Impact.COMPATIBLE, Bump.MAJOR),
    Direction.BOTH: (Impact.BREAKING, Impact.BREAKING, Bump.MAJOR),
    Direction.UNDETERMINED: (Impact.BREAKING, Impact.BREAKING, Bump.MAJOR),
    Direction.NOTICE: (Impact.COMPATIBLE, Impact.COMPATIBLE, Bump.MINOR),
    Direction.NONE: (Impact.COSMETIC, Impact.COSMETIC, Bump.PATCH),
}
"""What a direction is for consumers and for producers, and the version it demands."""


_CORRECT_FIRST = "See that the data keeps it, and raise the minor version."


class Change(Struct, frozen=True):
    """One thing that differs between two contracts, or between a contract and data.

    `column` is the way to it from the dataset, such as `address.city` or `tags[]`; empty for the
    dataset as a whole. `keys` lead to it in the newer document, or to what stood around it.
    """

    rule: str
    dataset: str
    column: str
    key: str
    old: Any
    new: Any
    direction: Direction
    what: str
    keys: Keys = ()
    announced: date | None = None
    """The day until which it was promised to stay, where that day has passed."""
    is_sudden: bool = False
    """Whether it takes away what was promised, and was never deprecated."""

    @property
    def path(self) -> str:
        """Where it is: dataset, column and key."""
        return ".".join(part for part in (self.dataset, self.column, self.key) if part)

    @property
    def top(self) -> str:
        """The column of the table that it is in or about; empty where it is about none."""
        return self.column.partition(".")[0].partition("[")[0].partition("{")[0]

    @property
    def consumer(self) -> Impact:
        """What it is for who reads the data. What went as announced breaks only named readers."""
        if self.announced:
            return Impact.COMPATIBLE
        return FOLLOWS[self.direction][0]

    @property
    def producer(self) -> Impact:
        """What it is for who delivers the data."""
        return FOLLOWS[self.direction][1]

    @property
    def bump(self) -> Bump:
        """The least that the version has to grow by."""
        return FOLLOWS[self.direction][2]

    def impact(self, perspective: Perspective) -> Impact:
        """What it is for one side."""
        return self.consumer if perspective is Perspective.CONSUMER else self.producer

    @property
    def told(self) -> str:
        """What changed, and that nobody said so before, where that is so."""
        return f"{self.what}, and was never deprecated" if self.is_sudden else self.what

    @property
    def sentence(self) -> str:
        """What changed, whom it breaks, and what to do."""
        rule, broken = RULES[self.rule], []
        if self.consumer is Impact.BREAKING:
            broken.append(f"breaks who reads it: {rule.consumer}")
        if self.producer is Impact.BREAKING:
            broken.append(f"breaks who delivers it: {rule.producer}")
        if not broken:
            said = f"it was announced until {self.announced}" if self.announced else "breaks nobody"
            return f"{self.told}; {said}"
        advice = rule.advice if self.consumer is Impact.BREAKING else _CORRECT_FIRST
        return f"{self.told}; {', and '.join(broken)}. {advice}"

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "dataset": self.dataset,
            "column": self.column,
            "rule": self.rule,
            "old": self.old,
            "new": self.new,
            "direction": self.direction.value,
            "consumer": self.consumer.value,
            "producer": self.producer.value,
            "bump": str(self.bump),
            "announced": self.announced and self.announced.isoformat(),
            "sudden": self.is_sudden,
            "what": self.sentence,
        }


class Element(Struct, frozen=True):
    """A part of two contracts that is compared: its name for people, and where it stands now."""

    dataset: str
    column: str = ""
    keys: Keys = ()

    def __str__(self) -> str:
        return ".".join(part for part in (self.dataset, self.column) if part) or "the contract"

    def inner(self, column: str, *keys: str | int) -> Element:
        """A part of the part."""
        return Element(self.dataset, self.column + column, (*self.keys, *keys))

    def change(
        self, rule: str, key: str, direction: Direction, old: Any, new: Any, what: str = ""
    ) -> Change:
        """A change of one of its keys; `what` unless told is that the key became another."""
        keys = (*self.keys, *(part for part in key.split(".") if part))
        told = what or f"{key.rpartition('.')[2]} of {self} {became(old, new)}"
        return Change(rule, self.dataset, self.column, key, old, new, direction, told, keys)


def became(old: Any, new: Any) -> str:
    """What became of a value, in words."""
    if old is None:
        return f"is new: {shown(new)}"
    if new is None:
        return f"is gone; it was {shown(old)}"
    return f"was {shown(old)} and is {shown(new)}"


def grown_or_shrunk(grew: bool, shrank: bool) -> Direction:
    """The direction of a set of allowed values that grew, shrank, or did both."""
    if grew and shrank:
        return Direction.BOTH
    return Direction.LOOSENS if grew else Direction.TIGHTENS


def came_or_went(old: Any, new: Any, otherwise: Direction = Direction.UNDETERMINED) -> Direction:
    """The direction of a promise that is made or taken back, or `otherwise` where it became another."""
    if old is None:
        return Direction.TIGHTENS
    return Direction.LOOSENS if new is None else otherwise
