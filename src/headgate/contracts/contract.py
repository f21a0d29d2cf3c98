"""What a dataset promises of its columns: types, keys, references, values, and who may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from headgate.contracts.anonymization import PROPERTY, Anonymization, read_anonymization
from headgate.contracts.odcs import Odcs, OdcsProperty, OdcsTable, Relationship
from headgate.errors import DeclarationError, UnknownNameError
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


def contracts_of(document: Odcs, place: Place, written: Mapping[str, Any]) -> list[Contract]:
    """The contracts of the tables in a document; `written` is the document as it stands there.

    Raises DeclarationError, with file and line, for a name that stands twice, and for a
    relationship or a strategy that cannot be understood.
    """
    ids = _Ids(document)
    return [
        replace(
            _contract(table, ids, _within(place, "schema", n), written["schema"][n]),
            document=written,
            place=place,
        )
        for n, table in enumerate(document.tables)
    ]


# ------------------------------------------------------------------ inside


def _within(place: Place, *outer: str | int) -> Place:
    """The places of keys that stand inside of others."""
    return lambda keys: place((*outer, *keys))


def _contract(table: OdcsTable, ids: _Ids, place: Place, written: Mapping[str, Any]) -> Contract:
    properties: dict[str, Property] = {}
    references = []
    for n, one in enumerate(table.properties):
        where = place(("properties", n, "name"))
        if one.name in properties:
            hint = f"the other is at {properties[one.name].where}"
            raise DeclarationError(f"two properties named {one.name!r}", where, hint)
        declared = written["properties"][n]
        properties[one.name] = _property(one, where, _within(place, "properties", n), declared)
        for m, relation in enumerate(one.relationships):
            at = place(("properties", n, "relationships", m))
            references.append(_reference(table.name, [one.name], relation, ids, at))
    for m, relation in enumerate(table.relationships):
        at = place(("relationships", m))
        origin = relation.origin
        if origin is None:
            raise DeclarationError("key 'from' is missing", at, "name the columns that refer")
        columns = [_own(text, properties, ids, at) for text in _listed(origin)]
        references.append(_reference(table.name, columns, relation, ids, at))
    ordered = sorted(
        (one for one in table.properties if one.primary_key), key=lambda p: p.primary_key_position
    )
    key = tuple(one.name for one in ordered)
    return Contract(table.name, place(("name",)), properties, tuple(references), key, written)


def _property(one: OdcsProperty, where: str, place: Place, declared: Mapping[str, Any]) -> Property:
    options, asked = one.options, None
    for n, custom in enumerate(one.custom):
        if custom.property == PROPERTY:
            asked = read_anonymization(custom.value, place(("customProperties", n, "value")))
    values = [entry if not hasattr(entry, "value") else entry.value for entry in one.enum]
    pattern = options.pattern
    for rule in one.quality:
        if rule.metric == "invalidValues" and rule.must_be == 0:
            values = values or list(rule.arguments.valid_values or [])
            pattern = pattern or rule.arguments.pattern
    nothing_missing = any(
        rule.metric in {"nullValues", "missingValues"} and rule.must_be == 0 for rule in one.quality
    )
    no_duplicates = any(
        rule.metric == "duplicateValues" and rule.must_be == 0 for rule in one.quality
    )
    kind = {"map": "object", "vector": "array"}.get(one.logical_type or "", one.logical_type)
    return Property(
        one.name,
        where,
        LogicalType(kind) if kind else None,
        one.required or one.primary_key or nothing_missing,
        one.unique or no_duplicates,
        one.primary_key,
        one.classification,
        tuple(one.tags),
        asked,
        tuple(values),
        options.minimum,
        options.maximum,
        options.exclusive_minimum,
        options.exclusive_maximum,
        options.min_length,
        options.max_length,
        pattern,
        declared,
    )


class _Ids:
    """What `/schema/<id>/properties/<id>` means in a document: a table and a column by name."""

    def __init__(self, document: Odcs) -> None:
        self.tables = {(table.id or table.name): table for table in document.tables}

    def target(self, text: str, where: str) -> tuple[str, str]:
        """The table and the column that a relationship leads to."""
        if text.startswith("/"):
            words = text.strip("/").split("/")
            if len(words) == 4 and (words[0], words[2]) == ("schema", "properties"):
                return self._named(words[1], words[3], where)
        else:
            table, _, column = text.partition(".")
            if table and column:
                return table, column
        hint = "write planes.tailnum, or /schema/planes/properties/tailnum"
        raise DeclarationError(f"{text!r} is no column of a table", where, hint)

    def _named(self, table: str, column: str, where: str) -> tuple[str, str]:
        found = self.tables.get(table)
        if found is None:
            raise UnknownNameError.of("schema", table, self.tables, where)
        columns = {(one.id or one.name): one.name for one in found.properties}
        if column not in columns:
            raise UnknownNameError.of("property", column, columns, where)
        return found.name, columns[column]


def _own(text: str, properties: Mapping[str, Property], ids: _Ids, where: str) -> str:
    """The name of a column of the table itself, which may be written with the table's."""
    name = text if text in properties else _column(text, ids, where)
    if name not in properties:
        raise UnknownNameError.of("property", name, properties, where)
    return name


def _column(text: str, ids: _Ids, where: str) -> str:
    return ids.target(text, where)[1] if "." in text or text.startswith("/") else text


def _reference(
    dataset: str, columns: list[str], relation: Relationship, ids: _Ids, where: str
) -> Reference:
    targets = [ids.target(text, where) for text in _listed(relation.to)]
    tables = list(dict.fromkeys(table for table, _ in targets))
    if len(tables) != 1:
        raise DeclarationError(f"the keys are of {len(tables)} tables", where, "name one table")
    if len(targets) != len(columns):
        what = f"{len(columns)} columns refer to {len(targets)} keys"
        raise DeclarationError(what, where, "name as many in from as in to")
    return Reference(dataset, tuple(columns), tables[0], tuple(key for _, key in targets), where)


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names
