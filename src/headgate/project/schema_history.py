"""The versions of every dataset's schema: in the first-parent history of a branch, oldest first.

An ODCS contract has versions too: each is turned into Avro, and judged in the same way. A dataset's
versions are all of one language; those before it changed the other way are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from headgate.contracts.avro_export import avro_of
from headgate.contracts.avro_json import as_json
from headgate.contracts.avro_schema import Schema, read_schema
from headgate.contracts.compatibility import Version
from headgate.contracts.contract import Contract, contracts_of
from headgate.contracts.odcs import Odcs
from headgate.errors import DeclarationError
from headgate.project import contracts, git, schemas
from headgate.project.yaml import read_yaml, validate

Key = tuple[str, str]
"""A dataset, and the language of its schema: the folder that it is in."""


@dataclass(frozen=True, slots=True)
class History:
    """The versions of each dataset's schema, and what could not be read of them, by its commit."""

    versions: Mapping[Key, list[Version]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


def history(root: Path, branch: str) -> History:
    """The versions that the commits of a branch hold. What cannot be read in one is left out."""
    folders = (schemas.FOLDER, contracts.FOLDER)
    versions: dict[Key, list[Version]] = {}
    unread: dict[str, str] = {}
    texts: dict[str, str] = {}
    for commit in git.commits_of(root, *folders, branch=branch):
        name = f"{commit.id[:8]} of {commit.day}"
        blobs = git.blobs_at(root, commit.id, *folders)
        texts |= {id_: git.blob(root, id_) for id_ in blobs.values() if id_ not in texts}
        for read in _readers({path: texts[id_] for path, id_ in blobs.items()}):
            try:
                found = read()
            except DeclarationError as error:
                unread[name] = str(error).splitlines()[0]
                continue
            for key, schema in found.items():
                known = versions.setdefault(key, [])
                if not known or as_json(known[-1].schema) != as_json(schema):
                    known.append(Version(name, schema))
    return History(versions, unread)


def schema_of(contract: Contract) -> Schema:
    """The schema of an ODCS contract, as the export writes it."""
    return read_schema(json.dumps(avro_of(contract)), contract.where)


# ------------------------------------------------------------------ inside


class _Avro:
    """Reads the Avro schemas of a commit; together, as they name each other's types."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __call__(self) -> dict[Key, Schema]:
        found = schemas.schemas_of(self.texts)
        return {(dataset, schemas.FOLDER): schema for dataset, schema in found.items()}


class _Odcs:
    """Reads one ODCS file of a commit."""

    def __init__(self, where: str, text: str) -> None:
        self.where, self.text = where, text

    def __call__(self) -> dict[Key, Schema]:
        document = read_yaml(self.text, self.where)
        found = contracts_of(validate(Odcs, document), document.place, document.data)
        return {(one.dataset, contracts.FOLDER): schema_of(one) for one in found if one.properties}


def _readers(texts: Mapping[str, str]) -> Iterator[_Avro | _Odcs]:
    """What reads the files of a commit. One that is damaged leaves the others."""
    ours = {path: text for path, text in texts.items() if _is_declared(path)}
    avro = {path: text for path, text in ours.items() if path.endswith(schemas.SUFFIX)}
    if avro:
        yield _Avro(avro)
    for path, text in ours.items():
        if path not in avro:
            yield _Odcs(path, text)


def _is_declared(path: str) -> bool:
    """Whether a file is read as a contract: right in its folder, by the end of its name."""
    file = PurePosixPath(path)
    suffixes = {schemas.FOLDER: {schemas.SUFFIX}, contracts.FOLDER: {".yml", ".yaml"}}
    allowed = suffixes.get(str(file.parent), set())
    return file.suffix in allowed and not file.name.startswith((".", "_"))
