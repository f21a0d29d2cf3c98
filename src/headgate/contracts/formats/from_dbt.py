"""A contract of what a dbt project says of its models, sources, seeds and snapshots.

The tests and constraints that the standard has words for become those words. Every other one is a
rule of quality of the engine `dbt`, as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from headgate.contracts.formats.document import Imported, draft, legal_name, refer
from headgate.contracts.formats.elements import mappings
from headgate.contracts.formats.sql_types import parsed_type, type_of
from headgate.errors import DeclarationError
from headgate.pipelines.problems import Path

_TO = re.compile(r"""\s*(?:ref|source)\(\s*(?:["'][^"']*["']\s*,\s*)?["']([^"']+)["']\s*\)\s*""")
_PLAIN_TESTS = frozenset({"not_null", "unique", "accepted_values", "relationships"})
READ = frozenset(
    [
        "name",
        "description",
        "columns",
        "tests",
        "data_tests",
        "constraints",
        "meta",
        "tags",
        "config",
    ]
)
"""The keys of a model that are read."""
READ_COLUMN = READ - {"columns"} | {"data_type"}


def contract_of_dbt(given: Any, name: str, where: str, dialect: str) -> Imported:
    """The contract of the tables in a `schema.yml`. Raises DeclarationError where it names none."""
    reader = _Reader(dialect)
    for path, entry in _entries(given):
        reader.take(entry, path)
    reader.notes += _around(given)
    if not reader.tables:
        hint = "a schema.yml of dbt has models: or sources:, each with a name"
        raise DeclarationError("no model and no source is described", f"{where}:1", hint)
    reader.link()
    called = reader.tables[0]["name"] if len(reader.tables) == 1 else name
    return draft(called, reader.tables, reader.notes)


def _entries(given: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The descriptions of tables, with where they stand."""
    body = given if isinstance(given, Mapping) else {}
    for kind in ("models", "seeds", "snapshots"):
        for place, entry in enumerate(mappings(body, kind)):
            yield (kind, place), entry
    for place, source in enumerate(mappings(body, "sources")):
        for number, entry in enumerate(mappings(source, "tables")):
            yield ("sources", place, "tables", number), entry


def _around(given: Any) -> Iterator[str]:
    """What is said beside the tables: at the top of the file, and of whole sources."""
    body = given if isinstance(given, Mapping) else {}
    for key in body:
        if key not in {"version", "models", "seeds", "snapshots", "sources"}:
            yield f"{key} is not said in a contract"
    for source in mappings(body, "sources"):
        for key in source:
            if key not in {"name", "tables"}:
                yield f"source {source.get('name')}: {key} is not said in a contract"


class _Reader:
    """Takes one description after another into tables."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.tables: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.references: list[tuple[str, list[str], str, list[str]]] = []

    def take(self, entry: Mapping[str, Any], path: Path) -> None:
        """Takes in what is said of a table."""
        written = entry.get("name")
        if not isinstance(written, str) or not written:
            self.notes.append(f"{_dotted(path)}: without a name, left out")
            return
        name = legal_name(written)
        if name != written:
            self.notes.append(f"{written!r} is no name of a dataset: it is called {name}")
        if any(one["name"] == name for one in self.tables):
            self.notes.append(f"{name} is described twice: the first one counts")
            return
        table: dict[str, Any] = {"name": name, "properties": [], **_told(entry)}
        if name != written:
            table["physicalName"] = written
        self.tables.append(table)
        self._unread(entry, READ, name)
        for column in mappings(entry, "columns"):
            called = column.get("name")
            if not isinstance(called, str):
                self.notes.append(f"{name}: a column without a name, left out")
            elif any(one["name"] == called for one in table["properties"]):
                self.notes.append(f"{name}.{called} is described twice: the first one counts")
            else:
                table["properties"].append(self._column(table, column))
        for one in mappings(entry, "constraints"):
            self._constraint(table, one)
        for one in _tests(entry):
            table.setdefault("quality", []).append(_custom(one))

    def link(self) -> None:
        """Says the references, when all tables are known."""
        for origin, columns, to, keys in self.references:
            if told := refer(self.tables, origin, columns, legal_name(to), keys):
                self.notes.append(told)

    def _unread(self, entry: Mapping[str, Any], read: frozenset[str], name: str) -> None:
        for key in entry:
            if key not in read:
                self.notes.append(f"{name}: {key} is not said in a contract")

    # -------------------------------------------------------------- columns

    def _column(self, table: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{table['name']}.{given['name']}"
        column: dict[str, Any] = {"name": given["name"], **_told(given)}
        self._unread(given, READ_COLUMN, name)
        written = given.get("data_type")
        if isinstance(written, str):
            kind = parsed_type(written, self.dialect)
            column |= type_of(kind, written) if kind else {"physicalType": written}
        for one in mappings(given, "constraints"):
            self._of_column(table, column, one)
        for test in _tests(given):
            if not self._test(table, column, test):
                column.setdefault("quality", []).append(_custom(test))
        return column

    def _of_column(
        self, table: dict[str, Any], column: dict[str, Any], given: Mapping[str, Any]
    ) -> None:
        match given.get("type"):
            case "not_null":
                column["required"] = True
            case "unique":
                column["unique"] = True
            case "primary_key":
                column |= {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
            case "foreign_key" if isinstance(given.get("to"), str):
                keys = given.get("to_columns")
                named = [str(one) for one in keys] if isinstance(keys, list) else []
                self._refer(table, [column["name"]], given["to"], named or [column["name"]])
            case _:
                column.setdefault("quality", []).append(_custom({"constraint": dict(given)}))

    def _constraint(self, table: dict[str, Any], given: Mapping[str, Any]) -> None:
        names = given.get("columns")
        named = [str(one) for one in names] if isinstance(names, list) else []
        known = {one["name"]: one for one in table["properties"]}
        there = bool(named) and all(name in known for name in named)
        match given.get("type"):
            case "primary_key" if there:
                for place, name in enumerate(named, start=1):
                    told = {"primaryKey": True, "primaryKeyPosition": place, "required": True}
                    known[name] |= told
            case "not_null" if there:
                for name in named:
                    known[name]["required"] = True
            case "unique" if there:
                rule = {"type": "library", "metric": "duplicateValues", "mustBe": 0}
                rules = table.setdefault("quality", [])
                rules.append(rule | {"arguments": {"properties": named}})
            case "foreign_key" if there and isinstance(given.get("to"), str):
                keys = given.get("to_columns")
                targets = [str(one) for one in keys] if isinstance(keys, list) else named
                self._refer(table, named, given["to"], targets)
            case _:
                table.setdefault("quality", []).append(_custom({"constraint": dict(given)}))

    def _refer(self, table: dict[str, Any], columns: list[str], to: str, keys: list[str]) -> None:
        found = _TO.fullmatch(to)
        target = found[1] if found else to.rpartition(".")[2].strip('"`')
        self.references.append((table["name"], columns, target, keys))

    def _test(self, table: dict[str, Any], column: dict[str, Any], test: Any) -> bool:
        """Whether the standard has words for a test, which are then said."""
        kind, told = _named(test)
        match kind, told:
            case "not_null", {**rest} if not rest:
                column["required"] = True
            case "unique", {**rest} if not rest:
                column["unique"] = True
            case "accepted_values", {"values": [*values], **rest} if not set(rest) - {"quote"}:
                if not values or not all(isinstance(one, str | int | float) for one in values):
                    return False
                column["enum"] = [{"value": one} for one in values]
            case "relationships", {"to": str(to), "field": str(key), **rest} if not rest:
                self._refer(table, [column["name"]], to, [key])
            case _:
                return False
        return True


def _named(test: Any) -> tuple[str, dict[str, Any]]:
    """The name of a test and its arguments, which dbt lets stand in two ways."""
    if isinstance(test, str):
        return test, {}
    if isinstance(test, Mapping) and len(test) == 1:
        [(kind, told)] = test.items()
        if kind in _PLAIN_TESTS and (told is None or isinstance(told, Mapping)):
            found = dict(told or {})
            inner = found.pop("arguments", None)
            return kind, found | (dict(inner) if isinstance(inner, Mapping) else {})
    return "", {}


def _custom(test: Any) -> dict[str, Any]:
    implementation = dict(test) if isinstance(test, Mapping) else {"test": test}
    return {"type": "custom", "engine": "dbt", "implementation": implementation}


def _tests(entry: Mapping[str, Any]) -> list[Any]:
    found = []
    for key in ("data_tests", "tests"):
        listed = entry.get(key)
        found += listed if isinstance(listed, list) else []
    return found


def _told(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Description, tags and meta, which may stand in `config`."""
    found = entry.get("config")
    config = found if isinstance(found, Mapping) else {}
    said: dict[str, Any] = {}
    if isinstance(entry.get("description"), str):
        said["description"] = entry["description"].strip()
    tags = entry.get("tags", config.get("tags"))
    if tags:
        said["tags"] = [str(one) for one in tags] if isinstance(tags, list) else [str(tags)]
    meta = entry.get("meta", config.get("meta"))
    body = dict(meta) if isinstance(meta, Mapping) else {}
    # dbt has no word for it; a table of the standard has none either
    if "columns" not in entry and isinstance(body.get("classification"), str):
        said["classification"] = body.pop("classification")
    custom = [{"property": str(key), "value": value} for key, value in body.items()]
    rest = {key: value for key, value in config.items() if key not in {"tags", "meta", "contract"}}
    custom += [{"property": f"dbt.{key}", "value": value} for key, value in rest.items()]
    return said | ({"customProperties": custom} if custom else {})


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
