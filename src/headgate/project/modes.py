"""The mode of compatibility of each dataset, and where it is set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from headgate.contracts.avro.contract import MODE
from headgate.contracts.avro.export import custom
from headgate.contracts.avro.mode import DEFAULT, PRODUCTS, Mode, mode_named
from headgate.contracts.contract import Contract
from headgate.project import schemas
from headgate.project.project import load
from headgate.project.root import FILE
from headgate.project.settings import read_settings


class OwnMode(Struct, frozen=True):
    """A mode, and the place that sets it. Without a place it is what suits the dataset."""

    mode: Mode
    where: str | None = None

    @property
    def hint(self) -> str:
        """Who asked for it, and how to ask for another."""
        if self.where:
            return f"{self.mode.value} is set at {self.where}"
        kind = "a dataset that is published" if self.mode is PRODUCTS else "a dataset"
        other = f"{MODE} in its schema, or `contracts: {{compatibility: ...}}` in {FILE}"
        return f"{self.mode.value} is the mode of {kind} unless one is set: {other}"


def modes_of(root: Path, now: Mapping[str, Contract]) -> dict[str, OwnMode]:
    """The mode of each dataset: its contract's, or the project's, or what suits the dataset."""
    avro = schemas.read_avro_contracts(root)
    asked = read_settings(root).contracts.compatibility
    pipelines = load(root).pipelines.values() if asked is None else ()
    products = {name for declared in pipelines for name in declared.pipeline.published}
    of_project = OwnMode(asked, f"{FILE}: contracts: compatibility") if asked else None
    return {
        dataset: mode_of(contract)
        or (mode_of(avro[dataset]) if dataset in avro else None)
        or of_project
        or OwnMode(PRODUCTS if dataset in products else DEFAULT)
        for dataset, contract in now.items()
    }


def mode_of(contract: Contract) -> OwnMode | None:
    """The mode that a contract asks for in `customProperties`, of its table or of the whole."""
    for declared, path in ((contract.declared, contract.path), (contract.document, ())):
        if (given := custom(declared, MODE)) is not None:
            where = contract.place((*path, "customProperties"))
            return OwnMode(mode_named(given, contract.where), where)
    return None
