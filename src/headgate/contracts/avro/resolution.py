"""Whether readers of one Avro schema can read what another wrote, and what they cannot read.

The verdict is that of the Avro project's own checker (the extra `avro`), to which our rule for
logical types is added where it compares two types, so that unions choose their branches by it too.
Where the verdict is no, both schemas are walked to tell each field that is the reason.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.logical_compatibility import clash
from headgate.contracts.avro.schema import Schema
from headgate.contracts.avro.types import LOGICAL, Logical
from headgate.errors import MissingExtraError


class Unreadable(Struct, frozen=True):
    """A field that a reader cannot read, and why. The path of the whole record is empty."""

    path: str
    what: str


def unreadable(reader: Schema, writer: Schema) -> list[Unreadable]:
    """What readers of one schema do not understand of what the other wrote; mostly nothing.

    Raises MissingExtraError where the package avro is not installed.
    """
    checker, read, written = _checker()(), _parsed(reader), _parsed(writer)
    if _is_read(checker, read, written):
        return []
    found = list(dict.fromkeys(_reasons(checker, read, written, "", set())))
    # whatever the walk does not find is still what the checker said
    return found or [Unreadable("", f"{_words(written)} cannot be read as {_words(read)}")]


# ------------------------------------------------------------------ the package's checker


@cache
def _checker() -> Any:
    """The package's checker, which knows logical types too."""
    try:
        from avro import compatibility as package
    except ImportError:
        hint = "pip install 'headgate[avro]'"
        raise MissingExtraError("schemas are compared by avro", hint=hint) from None

    class Checker(package.ReaderWriterCompatibilityChecker):
        """Compares what values mean where the types alone would do."""

        def calculate_compatibility(self, reader: Any, writer: Any, location: list[str]) -> Any:
            found = super().calculate_compatibility(reader, writer, location)
            if "union" in {reader.type, writer.type}:
                return found  # its branches were compared, each by itself
            if wrong := clash(_logical(reader), _logical(writer)):
                kind = package.SchemaIncompatibilityType.type_mismatch
                return package.merge(found, package.incompatible(kind, wrong, location))
            return found

    return Checker


def _parsed(schema: Schema) -> Any:
    """The schema as the package knows it."""
    from avro.schema import parse

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of logical types that the package does not know
        return parse(json.dumps(as_json(schema)))


def _is_read(checker: Any, reader: Any, writer: Any) -> bool:
    return bool(checker.get_compatibility(reader, writer).compatibility.name == "compatible")


def _logical(schema: Any) -> Logical | None:
    name = schema.props.get("logicalType")
    if name not in LOGICAL:
        return None
    return Logical(name, schema.props.get("precision", 0), schema.props.get("scale", 0))


# ------------------------------------------------------------------ the reasons


def _reasons(
    checker: Any, reader: Any, writer: Any, path: str, seen: set[tuple[int, int]]
) -> Iterator[Unreadable]:
    """Each part that cannot be read, by the way that leads to it."""
    pair = (id(reader), id(writer))
    if pair in seen or _is_read(checker, reader, writer):
        return
    seen.add(pair)
    if "union" in {reader.type, writer.type}:
        yield from _of_unions(checker, reader, writer, path, seen)
    elif reader.type != writer.type or reader.type not in {"record", "array", "map"}:
        yield Unreadable(path, _why(reader, writer))
    elif reader.type == "record":
        yield from _of_records(checker, reader, writer, path, seen)
    else:
        part = "items" if reader.type == "array" else "values"
        inside = (getattr(reader, part), getattr(writer, part))
        yield from _reasons(checker, *inside, _joined(path, part), seen)


def _of_records(
    checker: Any, reader: Any, writer: Any, path: str, seen: set[tuple[int, int]]
) -> Iterator[Unreadable]:
    from avro.compatibility import lookup_writer_field, schema_name_equals

    if not schema_name_equals(reader, writer):
        yield Unreadable(path, f"the record is named {writer.name!r}, readers know {reader.name!r}")
    for field in reader.fields:
        at = _joined(path, field.name)
        there = lookup_writer_field(writer, field)
        if there is not None:
            yield from _reasons(checker, field.type, there.type, at, seen)
        elif not field.has_default:
            yield Unreadable(at, "is not written, and readers have no default for it")


def _of_unions(
    checker: Any, reader: Any, writer: Any, path: str, seen: set[tuple[int, int]]
) -> Iterator[Unreadable]:
    """Each type of the writer that no branch fits; told further inside where only one could."""
    read, written = _branches(reader), _branches(writer)
    for each in written:
        if any(_is_read(checker, branch, each) for branch in read):
            continue
        alike = [branch for branch in read if branch.type != "null"]
        if each.type == "null":
            yield Unreadable(path, "may be null, and readers take no null")
        elif len(alike) == 1:
            yield from _reasons(checker, alike[0], each, path, seen)
        else:
            yield Unreadable(path, f"{_words(each)} is none of {', '.join(map(_words, read))}")


def _branches(schema: Any) -> list[Any]:
    return list(schema.schemas) if schema.type == "union" else [schema]


def _why(reader: Any, writer: Any) -> str:
    """Why two types that have no parts to look into do not fit."""
    from avro.compatibility import schema_name_equals

    if reader.type == writer.type == "enum":
        unknown = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
        if unknown:
            return f"{', '.join(map(repr, unknown))} may be written, and readers do not know it"
    if reader.type == writer.type == "fixed" and reader.size != writer.size:
        return f"written in {writer.size} bytes, read in {reader.size}"
    if reader.type == writer.type in {"enum", "fixed"} and not schema_name_equals(reader, writer):
        return f"the {writer.type} is named {writer.name!r}, readers know {reader.name!r}"
    if wrong := clash(_logical(reader), _logical(writer)):
        return wrong
    return f"written as {_words(writer)}, read as {_words(reader)}"


def _words(schema: Any) -> str:
    return str(_logical(schema) or schema.type)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)
