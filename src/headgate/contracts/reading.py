"""The contracts of a document that the standard's schema has accepted, read from plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.contracts.anonymization import PROPERTY, Anonymization, read_anonymization
from headgate.contracts.contract import Contract, Place, Property
from headgate.contracts.relationships import Names, references_of
from headgate.pipelines.problems import Path as Keys
from headgate.schema.statistics import Scalar
from headgate.schema.types import LogicalType

Written = Mapping[str, Any]

MOMENTS = ("timestamp", "datetime")
"""Physical types of what 3.0, which has no other word for it, calls a date."""
KINDS = {"map": "object", "vector": "array"}
"""Logical types of the standard that are a case of one of ours."""


def contracts_of(document: Written, place: Place) -> list[Contract]:
    """The contracts of the tables in a document that lint has accepted."""
    names = Names(document)
    return [
        Contract(
            table["name"],
            place(("schema", n, "name")),
            {
                name: _property(one, ("schema", n, "properties", m), place)
                for name, m, one in properties_of(table)
            },
            tuple(references_of(table, ("schema", n), names, place)),
            _key(table),
            table,
            document,
            place,
        )
        for n, table in enumerate(document.get("schema") or ())
    ]


def properties_of(table: Written) -> Iterator[tuple[str, int, Written]]:
    """The name, the position and the declaration of each column of a table."""
    for place, one in enumerate(table.get("properties") or ()):
        yield one["name"], place, one


def anonymization_of(one: Written, path: Keys, place: Place) -> Anonymization | None:
    """What becomes of the values of a column in a sandbox, where its contract says so.

    Raises DeclarationError for what is no strategy.
    """
    asked = None
    for n, custom in enumerate(one.get("customProperties") or ()):
        if custom.get("property") == PROPERTY:
            where = place((*path, "customProperties", n, "value"))
            asked = read_anonymization(custom.get("value"), where)
    return asked


def values_of(one: Written) -> list[Scalar]:
    """The values that `enum` names; a missing value among them is none."""
    listed = (entry["value"] for entry in one.get("enum") or ())
    return [value for value in listed if value is not None]


def kind_of(one: Written) -> str | None:
    """The logical type of a column. A date that is stored as a timestamp is one."""
    kind: str | None = one.get("logicalType")
    if kind == "date" and str(one.get("physicalType")).casefold().startswith(MOMENTS):
        return "timestamp"
    return kind


def options_of(one: Written) -> Written:
    """The options of a column's type, as 3.1 and later say them.

    In 3.0 `exclusiveMinimum: true` says of the minimum that it is not reached.
    """
    options = dict(one.get("logicalTypeOptions") or {})
    for end in ("minimum", "maximum"):
        exclusive = f"exclusive{end.capitalize()}"
        if isinstance(options.get(exclusive), bool) and options.pop(exclusive) and end in options:
            options[exclusive] = options.pop(end)
    return options


def is_column(one: Written) -> bool:
    """Whether a property is a column. Measures and dimensions are computed from columns."""
    return bool(one.get("semanticType", "column") == "column")


# ------------------------------------------------------------------ inside


def _key(table: Written) -> tuple[str, ...]:
    keys = [one for _, _, one in properties_of(table) if one.get("primaryKey")]
    ordered = sorted(keys, key=lambda one: one.get("primaryKeyPosition", -1))
    return tuple(one["name"] for one in ordered)


def _property(one: Written, path: Keys, place: Place) -> Property:
    options = options_of(one)
    values, pattern = values_of(one), options.get("pattern")
    none_of: Sequence[Written] = [
        rule for rule in one.get("quality") or () if _is_zero(rule.get("mustBe"))
    ]
    for rule in none_of:
        if rule.get("metric") == "invalidValues":
            arguments: Written = rule.get("arguments") or {}
            values = values or [v for v in arguments.get("validValues") or () if v is not None]
            pattern = pattern or arguments.get("pattern")
    metrics = {rule.get("metric") for rule in none_of}
    kind = kind_of(one)
    return Property(
        one["name"],
        place((*path, "name")),
        LogicalType(KINDS.get(str(kind), str(kind))) if kind else None,
        bool(
            one.get("required")
            or one.get("primaryKey")
            or metrics & {"nullValues", "missingValues"}
        ),
        bool(one.get("unique") or "duplicateValues" in metrics),
        bool(one.get("primaryKey")),
        one.get("classification"),
        tuple(one.get("tags") or ()),
        anonymization_of(one, path, place),
        tuple(values),
        options.get("minimum"),
        options.get("maximum"),
        options.get("exclusiveMinimum"),
        options.get("exclusiveMaximum"),
        options.get("minLength"),
        options.get("maxLength"),
        pattern,
        one,
    )


def _is_zero(value: object) -> bool:
    return value == 0 and not isinstance(value, bool)
