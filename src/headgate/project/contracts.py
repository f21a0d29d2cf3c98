"""The contracts of a project's datasets: ODCS files in `contracts/`, Avro in `schemas/`."""

from __future__ import annotations

from pathlib import Path

from headgate.contracts.contract import Contract, contracts_of
from headgate.contracts.odcs import Odcs
from headgate.errors import DeclarationError
from headgate.pipelines.step import read_text
from headgate.project.schemas import read_avro_contracts, with_schemas
from headgate.project.yaml import read_yaml, validate

FOLDER = "contracts"


def read_contracts(root: Path) -> dict[str, Contract]:
    """The contract of each dataset that has one, by the dataset's name.

    Raises DeclarationError, with file and line, for what cannot be understood, and where two
    contracts are about one dataset.
    """
    folder = root / FOLDER
    found: dict[str, Contract] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix not in {".yml", ".yaml"} or file.name.startswith((".", "_")):
            continue
        document = read_yaml(read_text(file, root), f"{FOLDER}/{file.name}")
        for contract in contracts_of(validate(Odcs, document), document.place, document.data):
            if other := found.get(contract.dataset):
                what = f"two contracts about {contract.dataset!r}"
                raise DeclarationError(what, contract.where, f"the other is at {other.where}")
            found[contract.dataset] = contract
    return with_schemas(found, read_avro_contracts(root))
