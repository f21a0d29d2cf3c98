"""Relationships: which columns of a table stand for the key of a row in another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.contracts.contract import Place, Reference
from headgate.errors import DeclarationError, UnknownNameError
from headgate.pipelines.problems import Path as Keys

Written = Mapping[str, Any]


class Names:
    """What `stores.Store` and `/schema/<id>/properties/<id>` mean in a document."""

    def __init__(self, document: Written) -> None:
        self.tables: dict[str, Written] = {}
        for table in document.get("schema") or ():
            self.tables.setdefault(table["name"], table)
            self.tables.setdefault(table.get("id", table["name"]), table)

    def target(self, text: str, where: str) -> tuple[str, str]:
        """The table and the column that a relationship leads to.

        Raises DeclarationError for what is neither, and UnknownNameError for a column that the
        document does not have. A table that stands in no document here is another contract's.
        """
        if "/" not in text:
            table, _, column = text.partition(".")
            if table in self.tables:
                self._column(table, column.partition(".")[0], where)
            return table, column
        words = text.strip("/").split("/")
        if len(words) != 4 or (words[0], words[2]) != ("schema", "properties"):
            hint = "write planes.tailnum, or /schema/planes/properties/tailnum"
            raise DeclarationError(f"{text!r} is no column of a table", where, hint)
        if words[1] not in self.tables:
            raise UnknownNameError.of("schema", words[1], self.tables, where)
        return self.tables[words[1]]["name"], self._column(words[1], words[3], where)

    def _column(self, table: str, name: str, where: str) -> str:
        columns: dict[str, str] = {}
        for one in self.tables[table].get("properties") or ():
            columns.setdefault(one["name"], one["name"])
            columns.setdefault(one.get("id", one["name"]), one["name"])
        if not columns:
            return name  # it does not say which columns it has
        if name not in columns:
            raise UnknownNameError.of("property", name, columns, where)
        return columns[name]


def relations_of(
    table: Written, path: Keys
) -> Iterator[tuple[Keys, Sequence[str] | None, Written]]:
    """Each relationship of a table with its path and the column that has it; None for the table's."""
    for m, one in enumerate(table.get("properties") or ()):
        for n, relation in enumerate(one.get("relationships") or ()):
            yield (*path, "properties", m, "relationships", n), [one["name"]], relation
    for n, relation in enumerate(table.get("relationships") or ()):
        yield (*path, "relationships", n), None, relation


def is_elsewhere(relation: Written) -> bool:
    """Whether a relationship leads to a file or an address, which is not read from here."""
    return any("#" in text for text in _listed(relation["to"]))


def references_of(table: Written, path: Keys, names: Names, place: Place) -> Iterator[Reference]:
    """The references of a table to tables of the project."""
    for at, columns, relation in relations_of(table, path):
        if not is_elsewhere(relation):
            yield reference(table, columns, relation, names, place(at))


def reference(
    table: Written, columns: Sequence[str] | None, relation: Written, names: Names, where: str
) -> Reference:
    """One relationship as a reference.

    Raises DeclarationError where it leads to nothing, or to keys of several tables.
    """
    if columns is None:
        columns = [_own(text, table, names, where) for text in _listed(relation["from"])]
    targets = [names.target(text, where) for text in _listed(relation["to"])]
    tables = list(dict.fromkeys(name for name, _ in targets))
    if len(tables) != 1:
        raise DeclarationError(f"the keys are of {len(tables)} tables", where, "name one table")
    if len(targets) != len(columns):
        what = f"{len(columns)} columns refer to {len(targets)} keys"
        raise DeclarationError(what, where, "name as many in from as in to")
    keys = tuple(key for _, key in targets)
    return Reference(table["name"], tuple(columns), tables[0], keys, where)


def _own(text: str, table: Written, names: Names, where: str) -> str:
    """The name of a column of the table itself, which is written with the table's."""
    of, column = names.target(text, where)
    if of != table["name"]:
        what = f"{text!r} is no column of {table['name']!r}"
        raise DeclarationError(what, where, "from: names columns of the table that it stands in")
    return column


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names
