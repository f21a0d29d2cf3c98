"""What a contract says of its tables and columns, whoever wrote it and whatever it leaves out.

The mappings are those of the file. What has another form than the standard's says nothing here:
`headgate contract lint` tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.contracts.formats.document import legal_name

Element = Mapping[str, Any]
"""A table or a column of a contract, as it is written."""


def tables(document: Element) -> list[Element]:
    """The tables of a contract."""
    return [one for one in mappings(document, "schema") if one.get("name")]


def columns(element: Element) -> list[Element]:
    """The columns of a table, or the members of an object."""
    return [one for one in mappings(element, "properties") if one.get("name")]


def everything(document: Element) -> Iterator[tuple[str, Element]]:
    """Every column with its full name, those inside of others too."""
    for table in tables(document):
        for column in columns(table):
            yield from _inside(column, f"{table['name']}.{column['name']}")


def _inside(column: Element, name: str) -> Iterator[tuple[str, Element]]:
    yield name, column
    for inner in columns(column):
        yield from _inside(inner, f"{name}.{inner['name']}")
    if items := item(column):
        yield from _inside(items, f"{name}[]")


def options(column: Element) -> Element:
    """What the values of a column's type keep to."""
    found = column.get("logicalTypeOptions")
    return found if isinstance(found, Mapping) else {}


def item(column: Element) -> Element:
    """What the elements of an array are; empty where nothing says it."""
    found = column.get("items")
    return found if isinstance(found, Mapping) else {}


def sides(column: Element) -> tuple[Element, Element]:
    """What the keys and the values of a map are."""
    found = column.get("map")
    both = found if isinstance(found, Mapping) else {}
    key, value = both.get("key"), both.get("value")
    return (
        key if isinstance(key, Mapping) else {"logicalType": "string"},
        value if isinstance(value, Mapping) else {},
    )


def is_required(column: Element) -> bool:
    """Whether every row has a value: it is said, or the column is of the primary key."""
    never_null = any(
        rule.get("metric") in {"nullValues", "missingValues"} and rule.get("mustBe") == 0
        for rule in mappings(column, "quality")
    )
    return column.get("required") is True or column.get("primaryKey") is True or never_null


def key_of(table: Element) -> list[str]:
    """The columns of the primary key, in its order."""
    found = [column for column in columns(table) if column.get("primaryKey") is True]
    return [str(one["name"]) for one in sorted(found, key=_position)]


def _position(column: Element) -> int:
    place = column.get("primaryKeyPosition")
    return place if isinstance(place, int) else -1


def allowed(column: Element) -> list[Any]:
    """The values that a column may have; empty where it may have any."""
    listed = column.get("enum")
    values = [
        one.get("value") if isinstance(one, Mapping) else one
        for one in (listed if isinstance(listed, list) else [])
    ]
    if values:
        return values
    for rule in mappings(column, "quality"):
        told = rule.get("arguments")
        valid = told.get("validValues") if isinstance(told, Mapping) else None
        if rule.get("metric") == "invalidValues" and rule.get("mustBe") == 0 and valid:
            return list(valid) if isinstance(valid, list) else []
    return []


def rules(element: Element) -> list[Element]:
    """The rules of quality of a table or a column."""
    return mappings(element, "quality")


def unique_sets(table: Element) -> list[list[str]]:
    """The sets of columns that are unique together, beside the primary key."""
    found = []
    for rule in rules(table):
        told = rule.get("arguments")
        names = told.get("properties") if isinstance(told, Mapping) else None
        if rule.get("metric") == "duplicateValues" and rule.get("mustBe") == 0 and names:
            found.append([str(name) for name in names] if isinstance(names, list) else [])
    return [names for names in found if names]


def references(table: Element, document: Element) -> list[tuple[list[str], str, list[str]]]:
    """Columns of a table, and the table and columns that they are the key of."""
    found = []
    for column in columns(table):
        found += [([str(column["name"])], one) for one in mappings(column, "relationships")]
    for one in mappings(table, "relationships"):
        origin = one.get("from")
        listed = origin if isinstance(origin, list) else [origin]
        found.append(([_target(str(text), document)[1] for text in listed], one))
    read = []
    for names, one in found:
        to = one.get("to")
        targets = [_target(str(text), document) for text in (to if isinstance(to, list) else [to])]
        read.append((names, targets[0][0], [key for _, key in targets]))
    return read


def _target(text: str, document: Element) -> tuple[str, str]:
    """The table and the column of an address: by names, or `/schema/<id>/properties/<id>`."""
    words = text.strip("/").split("/")
    if text.startswith("/") and len(words) == 4:
        for table in tables(document):
            if words[1] in {table.get("id"), table["name"]}:
                names = {
                    str(one.get("id", one["name"])): str(one["name"]) for one in columns(table)
                }
                return str(table["name"]), names.get(words[3], words[3])
    table_name, _, column = text.rpartition(".")
    return table_name, column


def described(element: Element) -> str:
    """The description of a contract, a table or a column, in one text."""
    found = element.get("description")
    if isinstance(found, Mapping):
        return "\n\n".join(str(one) for one in found.values() if isinstance(one, str))
    return found if isinstance(found, str) else ""


def texts(element: Element, key: str) -> list[str]:
    """A list of texts, such as `tags`."""
    found = element.get(key)
    return [str(one) for one in found] if isinstance(found, list) else []


def name_of(document: Element) -> str:
    """What a file that a contract becomes is called."""
    named = tables(document)
    return legal_name(str(document.get("name") or (named[0]["name"] if named else "contract")))


def mappings(element: Element, key: str) -> list[Element]:
    """The mappings of a list; empty where it is none."""
    found = element.get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
