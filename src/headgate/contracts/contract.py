"""What a dataset promises of its columns: types, keys, references, values, and who may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from headgate.contracts.anonymization import Anonymization
from headgate.pipelines.problems import Path as Keys
from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType

Place = Callable[[Keys], str]
"""The file and line of a key."""

PUBLIC = frozenset({"public", "internal"})
"""Classifications of what is nobody's secret. Any other word asks for redaction."""
PERSONAL_TAGS = frozenset({"pii", "personal"})


@dataclass(frozen=True, slots=True)
class Reference:
    """The values of some columns are those of the key of a row in another table, or the same."""

    dataset: str
    columns: tuple[str, ...]
    to: str
    keys: tuple[str, ...]
    where: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.dataset}({', '.join(self.columns)}) -> {self.to}({', '.join(self.keys)})"


@dataclass(frozen=True, slots=True)
class Property:
    """A column, and what its values keep to. `above` and `below` are bounds that are not reached."""

    name: str
    where: str
    type: LogicalType | None = None
    required: bool = False
    unique: bool = False
    key: bool = False
    classification: str | None = None
    tags: tuple[str, ...] = ()
    anonymization: Anonymization | None = None
    values: tuple[Scalar, ...] = ()
    low: Scalar | None = None
    high: Scalar | None = None
    above: Scalar | None = None
    below: Scalar | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    declared: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What the standard's keys say of it, as it is written."""

    @property
    def is_classified(self) -> bool:
        """Whether somebody said who may see it."""
        return bool(self.classification or self.anonymization or self.is_personal)

    @property
    def is_personal(self) -> bool:
        """Whether its values are to be redacted: any class but public and internal, or a tag."""
        told = self.classification is not None and self.classification.casefold() not in PUBLIC
        return told or not PERSONAL_TAGS.isdisjoint(tag.casefold() for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Contract:
    """What one dataset promises."""

    dataset: str
    where: str
    properties: Mapping[str, Property] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    key: tuple[str, ...] = ()
    """Its primary key, in order; empty where it names none."""
    declared: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The element of `schema` that it is, as it is written."""
    document: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The whole file: version, status, team, service levels and what else stands there."""
    place: Place = field(default=str, compare=False, repr=False)
    """The file and line of a key of the document: `place(("slaProperties", 0))`."""

    @property
    def path(self) -> Keys:
        """The keys that lead to its element of `schema` in the document."""
        tables = self.document.get("schema") or ()
        return next((("schema", n) for n, one in enumerate(tables) if one is self.declared), ())

    @property
    def status(self) -> str:
        """Where it is in its life: `draft`, `active`, `retired`; `active` where it does not say."""
        return str(self.document.get("status") or "active").casefold()
