"""Avro schemas (`.avsc`) of files that are read together, as one may name types that another defines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from headgate.contracts.avro.defaults import mismatch
from headgate.contracts.avro.file import AvroFile
from headgate.contracts.avro.json_lines import read_json
from headgate.contracts.avro.types import COMPLEX, PRIMITIVES, Named, Reference, Type
from headgate.errors import DeclarationError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file says, and every named type that it uses, of other files too."""

    type: Type
    names: Mapping[str, Named]
    where: str = field(default="", compare=False)


def read_schema(text: str, where: str) -> Schema:
    """The schema in one text, which names no type of another. Errors are as in `read_schemas`."""
    return read_schemas({where: text})[where]


def read_schemas(texts: Mapping[str, str]) -> dict[str, Schema]:
    """The schemas of files that may use each other's types, by the files' names.

    Raises DeclarationError, with file and line, for the first thing that is not allowed.
    """
    files = {where: _file(text, where) for where, text in texts.items()}
    schemas = {
        where: Schema(file.type, _names(where, files), where) for where, file in files.items()
    }
    for where, file in files.items():
        for owner, keys in file.defaults:
            wrong = mismatch(owner.type, owner.default[0], schemas[where].names)
            if wrong:
                what = f"default of field {owner.name!r}: {wrong}"
                hint = "a default is a value of the field's type, as JSON"
                raise DeclarationError(what, file.document.place((*keys, "default")), hint)
    return schemas


@lru_cache(maxsize=512)
def _file(text: str, where: str) -> AvroFile:
    """A file by itself, remembered: most files of a commit are those of the one before."""
    return AvroFile(read_json(text, where))


def _names(where: str, files: Mapping[str, AvroFile]) -> dict[str, Named]:
    """The named types of a file, and those of others that it uses, directly or not."""
    found = dict(files[where].defined)
    waiting = list(files[where].foreign)
    while waiting:
        reference = waiting.pop()
        if reference.name in found:
            continue
        owner = _owner(reference, files)
        for name, named in owner.defined.items():
            if found.setdefault(name, named) != named:
                raise _ambiguous(name, reference)
        waiting.extend(owner.foreign)
    return found


def _owner(reference: Reference, files: Mapping[str, AvroFile]) -> AvroFile:
    """The other file that defines what a name means."""
    owners = [file for file in files.values() if reference.name in file.defined]
    if not owners:
        known = [*PRIMITIVES, *COMPLEX, *(name for file in files.values() for name in file.defined)]
        raise UnknownNameError.of("type", reference.name, known, reference.where)
    if any(other.defined[reference.name] != owners[0].defined[reference.name] for other in owners):
        raise _ambiguous(reference.name, reference)
    return owners[0]


def _ambiguous(name: str, reference: Reference) -> DeclarationError:
    what = f"several files define {name!r}, each in its own way"
    return DeclarationError(what, reference.where, "define it once, in one file")
