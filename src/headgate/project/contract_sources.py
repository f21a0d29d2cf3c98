"""A file of another format, read as a contract: which format it is, and who reads it.

Tables are not read here: a sample is read as any other file is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from headgate.contracts.formats.document import Imported, draft, legal_name
from headgate.errors import DeclarationError, UnknownNameError
from headgate.pipelines.problems import Path as Keys
from headgate.project.yaml import read_yaml

LARGEST = 20_000_000
"""Bytes of a schema. What is larger is data."""


class Source(StrEnum):
    """What a contract can be made of."""

    AVRO = "avro"
    DBT = "dbt"
    DDL = "ddl"
    GX = "gx"
    JSON_SCHEMA = "jsonschema"
    TABLE = "table"


BY_SUFFIX = {
    **dict.fromkeys((".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson"), Source.TABLE),
    **dict.fromkeys((".sql", ".ddl"), Source.DDL),
    **dict.fromkeys((".yml", ".yaml"), Source.DBT),
    ".avsc": Source.AVRO,
}


def source_of(path: Path, where: str) -> Source:
    """What a file is, by the end of its name, and a `.json` file by what stands in it.

    Raises DeclarationError where neither tells.
    """
    if found := BY_SUFFIX.get(path.suffix.lower()):
        return found
    if path.suffix.lower() != ".json":
        kinds = ", ".join(Source)
        hint = f"say it: --format, one of {kinds}"
        raise DeclarationError(f"the name does not say what {path.name!r} is", where, hint)
    given = _json(text_of(path, where), where)
    if isinstance(given, dict) and "expectations" in given:
        return Source.GX
    if isinstance(given, dict) and given.get("type") == "record" and "fields" in given:
        return Source.AVRO
    return Source.JSON_SCHEMA


def read_source(path: Path, where: str, source: Source, dialect: str) -> Imported:
    """The contract of a file that describes tables.

    Raises DeclarationError, with file and line, for what cannot be understood.
    """
    text, name = text_of(path, where), legal_name(path.stem)
    match source:
        case Source.DDL:
            from headgate.contracts.formats.from_ddl import contract_of_ddl

            return contract_of_ddl(text, name, where, dialect)
        case Source.DBT:
            from headgate.contracts.formats.from_dbt import contract_of_dbt

            return contract_of_dbt(_of_dbt(text, where), name, where, dialect)
        case Source.GX:
            from headgate.contracts.formats.from_gx import contract_of_gx

            return contract_of_gx(text, name, where)
        case Source.AVRO:
            from headgate.contracts.avro.contract import contract_of_avro

            [table] = contract_of_avro(text, where)["schema"]
            called = legal_name(str(table["name"]))
            return draft(called, [{**table, "name": called}])
    from headgate.contracts.formats.from_json_schema import contract_of_json_schema

    given = _json(text, where)
    if not isinstance(given, dict):
        hint = "a schema is an object, with 'type' and 'properties'"
        raise DeclarationError("not a JSON Schema", f"{where}:1", hint)
    return contract_of_json_schema(given, name, where)


def of_dataset(found: Imported, dataset: str | None) -> Imported:
    """The contract about one dataset: its only table under that name, or the one that has it.

    Raises UnknownNameError where there are several, and none has the name.
    """
    listed = found.document["schema"]
    if dataset is None:
        return found
    named = [table for table in listed if table["name"] == dataset]
    if len(listed) > 1 and not named:
        raise UnknownNameError.of("table", dataset, [table["name"] for table in listed])
    [table] = named or listed
    old = str(table["name"])
    kept = _renamed(table, old, dataset)
    document = {**found.document, "name": dataset, "schema": [kept]}
    return Imported(document, found.notes, _of_table(found.remarks, listed.index(table)))


def _of_table(remarks: Mapping[Keys, str], place: int) -> dict[Keys, str]:
    """The remarks on one table, which is then the first and only one."""
    return {
        ("schema", 0, *keys[2:]): told
        for keys, told in remarks.items()
        if keys[:2] == ("schema", place)
    }


def _renamed(value: Any, old: str, new: str) -> Any:
    """A table under another name; what refers to the table itself follows it."""
    if old == new:
        return value
    table = json.loads(json.dumps(value).replace(f'"{old}.', f'"{new}.'))
    return table | {"name": new}


def text_of(path: Path, where: str) -> str:
    """The text of a file. Raises DeclarationError where it holds none that can be read."""
    try:
        if path.stat().st_size > LARGEST:
            hint = "name a sample by its own ending: .csv, .parquet, .jsonl"
            raise DeclarationError("too large for a description of tables", where, hint)
        data = path.read_bytes()
    except OSError as error:
        raise DeclarationError(f"cannot be read: {error.strerror}", where) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DeclarationError(
            "not UTF-8 text", f"{where}:{line}", "save the file as UTF-8"
        ) from None
    if not text.strip():
        raise DeclarationError("the file is empty", f"{where}:1")
    return text


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        what = f"not valid JSON: {error.msg}, column {error.colno}"
        raise DeclarationError(what, f"{where}:{error.lineno}") from None
    except (ValueError, RecursionError) as error:
        raise DeclarationError(f"not valid JSON: {error}"[:100], where) from None


def _of_dbt(text: str, where: str) -> Any:
    document = read_yaml(text, where)
    if isinstance(document.data, dict) and document.data.get("kind") == "DataContract":
        hint = "it needs no import: copy it into contracts/"
        raise DeclarationError("it is a data contract already", f"{where}:1", hint)
    return document.data
