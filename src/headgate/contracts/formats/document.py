"""A contract that is made here: its head, its names, and what its source said that it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from msgspec import Struct

from headgate.contracts.formats.type_options import misfits
from headgate.contracts.values import misfits as impossible
from headgate.pipelines.problems import Path

VERSION = "v3.2.0"
LONGEST_NAME = 100
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

ORDER = (
    "id", "name", "physicalName", "businessName", "logicalType", "physicalType",
    "logicalTypeOptions", "description", "deprecated", "primaryKey", "primaryKeyPosition",
    "required", "unique", "classification", "tags", "enum", "examples", "properties", "items",
    "map", "relationships", "quality", "customProperties",
)  # fmt: skip
"""The keys of a table or a column, in the order of the standard's examples; others follow."""


class Imported(Struct, frozen=True):
    """A contract that was made of something else.

    `notes` say what of that the contract does not say. `remarks` are for people who read the
    contract, by the keys of what they stand above.
    """

    document: dict[str, Any]
    notes: tuple[str, ...] = ()
    remarks: Mapping[Path, str] = {}


def draft(
    name: str,
    tables: Sequence[Mapping[str, Any]],
    notes: Sequence[str] = (),
    remarks: Mapping[Path, str] | None = None,
    **more: Any,
) -> Imported:
    """A draft of a contract about these tables. What is empty in `more` is left out.

    The standard wants a type of every column. Where nothing tells it, it is a guess, with a remark.
    """
    listed = [ordered(table) for table in tables]
    told, lost = dict(remarks or {}), list(notes)
    for place, table in enumerate(listed):
        for path, column in _columns(table, ("schema", place)):
            lost += _fitted(column, f"{table['name']}.{column.get('name', path[-1])}")
            if "logicalType" not in column:
                guess, why = _guess(column)
                if why:
                    remark = f"{why}: {guess} is a guess"
                    told[path] = "\n".join(filter(None, [told.get(path), remark]))
                kept = {key: column.pop(key) for key in [*column]}
                column.update(ordered({"logicalType": guess} | kept))
            lost += _possible(column, f"{table['name']}.{column.get('name', path[-1])}")
    document = {
        "apiVersion": VERSION,
        "kind": "DataContract",
        "id": str(uuid4()),
        "name": name,
        "version": "1.0.0",
        "status": "draft",
        **{key: value for key, value in more.items() if value},
        "schema": listed,
    }
    return Imported(document, tuple(lost), told)


def _columns(element: dict[str, Any], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every column with its place, those inside of others too."""
    inner = [((*path, "properties", n), one) for n, one in enumerate(element.get("properties", ()))]
    if "items" in element:
        inner.append(((*path, "items"), element["items"]))
    inner += [((*path, "map", side), one) for side, one in element.get("map", {}).items()]
    for place, column in inner:
        yield place, column
        yield from _columns(column, place)


def _fitted(column: dict[str, Any], name: str) -> Iterator[str]:
    """Takes out what a type cannot be told, and says so."""
    for key in misfits(column):
        value = column["logicalTypeOptions"].pop(key)
        yield f"{name}: {key} {value!r} is none for the type {column['logicalType']}"
    if column.get("logicalTypeOptions") == {}:
        del column["logicalTypeOptions"]


def _possible(column: dict[str, Any], name: str) -> Iterator[str]:
    """Takes out the values that a column of its type cannot have, and says so."""
    for keys, what, _ in reversed(list(impossible(column))):
        if keys[0] == "enum":
            del column["enum"][keys[1]]
        else:
            column["logicalTypeOptions"].pop(keys[1], None)
        yield f"{name}: {what}"
    for key in ("enum", "logicalTypeOptions"):
        if column.get(key) in ([], {}):
            del column[key]


def _guess(column: Mapping[str, Any]) -> tuple[str, str]:
    """The type that a column is given, and why that is a guess; empty where its values tell it."""
    kinds = {type(one["value"]) for one in column.get("enum", ())}
    by_value = {int: "integer", bool: "boolean", float: "number", str: "string"}
    if kinds == {int, float}:
        return "number", ""
    if len(kinds) == 1 and (found := by_value.get(kinds.pop())):
        return found, ""
    written = column.get("physicalType")
    known = f"the standard has no word for {written}" if written else "its type is not known"
    return "string", known


def ordered(element: Mapping[str, Any]) -> dict[str, Any]:
    """A table or a column with its keys in the order of the standard, without what is empty."""
    keys = [key for key in ORDER if key in element] + [key for key in element if key not in ORDER]
    return {key: _inside(key, element[key]) for key in keys if element[key] not in (None, [], {})}


def _inside(key: str, value: Any) -> Any:
    if key == "properties" and isinstance(value, list):
        return [ordered(column) for column in value if column.get("name")]
    if key == "items" and isinstance(value, Mapping):
        return ordered(value)
    if key == "map" and isinstance(value, Mapping):
        return {side: ordered(column) for side, column in value.items()}
    return value


def is_legal(name: str) -> bool:
    """Whether a dataset may have that name."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None and len(name) <= LONGEST_NAME


def legal_name(text: str) -> str:
    """The name of a dataset that is nearest to a text.

    >>> legal_name("2024 Sales (raw)"), legal_name("orders"), legal_name("é")
    ('data_2024_Sales_raw', 'orders', 'dataset')
    """
    if is_legal(text):
        return text
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    name = f"data_{name}" if name[:1].isdigit() else name
    return name[:LONGEST_NAME] or "dataset"


# ------------------------------------------------------------------ references


def refer(
    tables: Sequence[dict[str, Any]],
    origin: str,
    columns: Sequence[str],
    to: str,
    keys: Sequence[str],
) -> str:
    """Says in a table that some columns are the key of another, or of itself.

    Gives what is wrong where the standard has no words for it, as for the odd name of a column in a
    table that is not here, or a column that its table here does not list; nothing is said then.
    """
    own = next(table for table in tables if table["name"] == origin)
    targets = [_address(tables, to, key) for key in keys]
    origins = [_address(tables, origin, column) for column in columns]
    if None in targets or None in origins or len(targets) != len(origins) or not targets:
        told = f"{origin}({', '.join(columns)}) refers to {to}({', '.join(keys)})"
        return f"{told}: a column is not listed, or its name is none in the standard"
    if len(targets) == 1:
        place = next(one for one in own["properties"] if one["name"] == columns[0])
        told = place.setdefault("relationships", [])
        one = {"type": "foreignKey", "to": targets[0]}
        if one not in told:  # a constraint and a test may say the same
            told.append(one)
    else:
        relation = {"type": "foreignKey", "from": origins, "to": targets}
        own.setdefault("relationships", []).append(relation)
    return ""


def _address(tables: Sequence[dict[str, Any]], table: str, column: str) -> str | None:
    """What the standard calls a column: by names where they are plain, else by ids given here.

    None for a column that a table here does not list, and for an odd name of a table elsewhere.
    """
    found = next((one for one in tables if one["name"] == table), None)
    beside = found["properties"] if found else []
    target = next((one for one in beside if one["name"] == column), None)
    if (target or not beside) and _PLAIN.fullmatch(table) and _PLAIN.fullmatch(column):
        return f"{table}.{column}"
    if found is None or target is None:
        return None
    return f"/schema/{_id(found, tables)}/properties/{_id(target, beside)}"


def _id(element: dict[str, Any], beside: Sequence[dict[str, Any]]) -> str:
    """The id of an element, given to it where it has none yet."""
    if "id" not in element:
        taken = {one.get("id", one["name"]) for one in beside if one is not element}
        element["id"] = next(one for one in _candidates(element["name"]) if one not in taken)
    return str(element["id"])


def _candidates(name: str) -> Iterator[str]:
    word = legal_name(name)
    yield word
    number = 2
    while True:
        yield f"{word}_{number}"
        number += 1
