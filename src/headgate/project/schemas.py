"""The Avro schemas of a project, `schemas/*.avsc`, as contracts of its datasets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from headgate.contracts.avro.agreement import agreed
from headgate.contracts.avro.contract import avro_contract
from headgate.contracts.avro.schema import Schema, read_schemas
from headgate.contracts.avro.types import Record
from headgate.contracts.contract import Contract
from headgate.errors import DeclarationError
from headgate.pipelines.step import read_text

FOLDER = "schemas"
SUFFIX = ".avsc"


def read_avro_contracts(root: Path) -> dict[str, Contract]:
    """The contract that each Avro schema is, by its dataset.

    Raises DeclarationError, with file and line, for a schema that is not valid, and where two are
    about one dataset.
    """
    found = read_schemas_in(root)
    return {dataset: avro_contract(schema, dataset) for dataset, schema in found.items()}


def read_schemas_in(root: Path) -> dict[str, Schema]:
    """The Avro schema of each dataset that has one. Errors are as in `read_avro_contracts`."""
    return schemas_of(_texts(root))


def schemas_of(texts: Mapping[str, str]) -> dict[str, Schema]:
    """The schemas that are records, by the dataset that each is about.

    That is the `dataset` that a record names, or else what its file is called: `trips.avsc` is of
    `trips`, whatever its record's name. A file whose schema is no record holds types for others.
    """
    found: dict[str, Schema] = {}
    for where, schema in read_schemas(texts).items():
        if not isinstance(schema.type, Record):
            continue
        dataset = schema.type.attributes.get("dataset", PurePosixPath(where).stem)
        if not isinstance(dataset, str) or not dataset:
            raise DeclarationError("dataset is the name of a dataset", schema.type.where)
        if other := found.get(dataset):
            what = f"two Avro schemas of {dataset!r}"
            raise DeclarationError(what, schema.type.where, f"the other is {other.where}")
        found[dataset] = schema
    return found


def with_schemas(
    contracts: Mapping[str, Contract], schemas: Mapping[str, Contract]
) -> dict[str, Contract]:
    """One contract for each dataset.

    Raises DeclarationError where a dataset's contract and its Avro schema do not agree.
    """
    found = {**schemas, **contracts}
    for dataset in contracts.keys() & schemas.keys():
        found[dataset] = agreed(contracts[dataset], schemas[dataset])
    return found


def _texts(root: Path) -> dict[str, str]:
    folder = root / FOLDER
    return {
        f"{FOLDER}/{file.name}": read_text(file, root)
        for file in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if file.suffix == SUFFIX and not file.name.startswith((".", "_"))
    }
