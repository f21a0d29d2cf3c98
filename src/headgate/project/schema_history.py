"""The versions of every dataset's schema: in the first-parent history of a branch, oldest first.

An ODCS contract has versions too: each is turned into Avro, and judged in the same way. A dataset's
versions are all of one language; those before it changed the other way are not compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from msgspec import Struct

from headgate.contracts.avro.as_json import as_json
from headgate.contracts.avro.compatibility import Version
from headgate.contracts.avro.export import avro_of
from headgate.contracts.avro.schema import Schema, read_schema
from headgate.contracts.contract import Contract
from headgate.errors import DeclarationError
from headgate.project import contracts, git, schemas
from headgate.project.yaml import read_yaml

SHALLOW = (
    "this clone is shallow: older versions are not compared; git fetch --unshallow brings them"
)
Key = tuple[str, str]
"""A dataset, and the language of its schema: the folder that it is in."""


class History(Struct, frozen=True):
    """The versions of each dataset's schema, and why some may be missing from them."""

    versions: Mapping[Key, list[Version]] = {}
    gaps: tuple[str, ...] = ()


def history(root: Path, branch: str) -> History:
    """The versions that the commits of a branch hold. What cannot be read in one is left out."""
    folders = (schemas.FOLDER, contracts.FOLDER)
    versions: dict[Key, list[Version]] = {}
    gaps = [SHALLOW] if git.is_shallow(root) else []
    commits = git.commits_of(root, *folders, branch=branch)
    trees = [git.blobs_at(root, commit.id, *folders) for commit in commits]
    texts = git.blobs(root, {id_ for tree in trees for id_ in tree.values()})
    for commit, tree in zip(commits, trees, strict=True):
        name = f"{commit.id[:8]} of {commit.day}"
        for read in _readers({path: texts.get(id_, "") for path, id_ in tree.items()}):
            try:
                found = read()
            except DeclarationError as error:
                gaps.append(f"commit {name} is left out: {str(error).splitlines()[0]}")
                continue
            for key, schema in found.items():
                known = versions.setdefault(key, [])
                if not known or not _same(known[-1].schema, schema):
                    known.append(Version(name, schema))
    return History(versions, tuple(gaps))


def schema_of(contract: Contract) -> Schema:
    """The schema of an ODCS contract, as the export writes it."""
    return read_schema(json.dumps(avro_of(contract)), contract.where)


# ------------------------------------------------------------------ inside


def _same(old: Schema, new: Schema) -> bool:
    """Whether two schemas differ in nothing but what people read. Most are the very same."""
    return old == new or as_json(old) == as_json(new)


def _readers(texts: Mapping[str, str]) -> Iterator[Callable[[], dict[Key, Schema]]]:
    """What reads the files of a commit. One that is damaged leaves the others."""
    ours = {path: text for path, text in texts.items() if _is_declared(path)}
    avro = {path: text for path, text in ours.items() if path.endswith(schemas.SUFFIX)}
    if avro:
        yield partial(_avro, avro)
    for path, text in ours.items():
        if path not in avro:
            yield partial(_odcs, path, text)


def _avro(texts: Mapping[str, str]) -> dict[Key, Schema]:
    """The Avro schemas of a commit; together, as they name each other's types."""
    found = schemas.schemas_of(texts)
    return {(dataset, schemas.FOLDER): schema for dataset, schema in found.items()}


@lru_cache(maxsize=512)
def _odcs(where: str, text: str) -> dict[Key, Schema]:
    """The schemas of one ODCS file, remembered: most commits do not change it."""
    document = read_yaml(text, where)
    found = contracts.contracts_in(document)
    return {(one.dataset, contracts.FOLDER): schema_of(one) for one in found if one.properties}


def _is_declared(path: str) -> bool:
    """Whether a file is read as a contract: right in its folder, by the end of its name."""
    file = PurePosixPath(path)
    suffixes = {schemas.FOLDER: {schemas.SUFFIX}, contracts.FOLDER: {".yml", ".yaml"}}
    allowed = suffixes.get(str(file.parent), set())
    return file.suffix in allowed and not file.name.startswith((".", "_"))
