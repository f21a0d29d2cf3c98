"""The contracts of a project's datasets: ODCS files in `contracts/`, Avro in `schemas/`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.errors import DeclarationError, did_you_mean
from headgate.pipelines.step import read_text
from headgate.project.accepted import remember, was_accepted
from headgate.project.yaml import Document, read_yaml

if TYPE_CHECKING:
    from headgate.checks.check import Check
    from headgate.contracts.contract import Contract
    from headgate.contracts.finding import Finding

FOLDER = "contracts"
SUFFIXES = (".yml", ".yaml")


def contract_files(root: Path) -> list[Path]:
    """The files of a project that hold contracts, in the order of their names."""
    folder = root / FOLDER
    return [
        file
        for file in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if file.suffix in SUFFIXES and not file.name.startswith((".", "_")) and file.is_file()
    ]


def read_contracts(root: Path) -> dict[str, Contract]:
    """The contract of each dataset that has one, by the dataset's name.

    Raises DeclarationError, with file and line, for whatever lint calls an error, and where two
    contracts are about one dataset.
    """
    files = contract_files(root)
    found = _written(root, files) if files else {}
    if not any((root / "schemas").glob("*.avsc")):
        return found
    from headgate.project.schemas import read_avro_contracts, with_schemas  # few projects have any

    return with_schemas(found, read_avro_contracts(root))


def _written(root: Path, files: Sequence[Path]) -> dict[str, Contract]:
    from headgate.contracts.reading import contracts_of

    found: dict[str, Contract] = {}
    for file in files:
        text = read_text(file, root)
        document = read_yaml(text, f"{FOLDER}/{file.name}")
        if not was_accepted(root, text):
            require_accepted(document)
            remember(root, text)
        for contract in contracts_of(document.data, document.place):
            if other := found.get(contract.dataset):
                what = f"two contracts about {contract.dataset!r}"
                raise DeclarationError(what, contract.where, f"the other is at {other.where}")
            found[contract.dataset] = contract
    return found


def contracts_in(document: Document) -> list[Contract]:
    """The contracts that a document holds. Raises DeclarationError where lint finds an error."""
    from headgate.contracts.reading import contracts_of

    require_accepted(document)
    return contracts_of(document.data, document.place)


def require_accepted(document: Document) -> None:
    """Raises DeclarationError, which lists them all, where lint finds an error."""
    from headgate.contracts.finding import as_error, errors_of

    if errors := errors_of(lint_document(document)):
        raise as_error(errors)


def lint_document(document: Document) -> list[Finding]:
    """All findings about a document, by line."""
    from headgate.contracts.lint import lint

    found = lint(document.data, document.place, parse)
    return sorted(dict.fromkeys(found), key=lambda one: document.line(one.path))


def lint_file(file: Path, where: str) -> list[Finding]:
    """All findings about a file; where it cannot be read as YAML, that is the one."""
    from headgate.contracts.finding import Finding, Level

    try:
        return lint_document(read_yaml(read_text(file, file.parent), where))
    except DeclarationError as error:
        return [Finding(Level.ERROR, error.where or where, error.what, error.hint, standard=True)]


def lint_together(root: Path) -> Iterator[Finding]:
    """What is wrong in the contracts of a project: two of one dataset, references to nothing.

    Nor may a service level be one that no run understands, though the standard accepts it.
    Contracts that cannot be read are passed over; they have findings of their own.
    """
    from headgate.contracts.finding import Finding, Level

    known: dict[str, Contract] = {}
    for file in contract_files(root):
        try:
            document = read_yaml(read_text(file, root), f"{FOLDER}/{file.name}")
            contracts = contracts_in(document)
        except DeclarationError:
            continue
        for contract in contracts:
            if other := known.get(contract.dataset):
                what = f"two contracts about {contract.dataset!r}"
                yield Finding(Level.ERROR, contract.where, what, f"the other is at {other.where}")
            known.setdefault(contract.dataset, contract)
    for contract in known.values():
        yield from _dangling(contract, known)
    # what is about the whole of a file is said once
    yield from dict.fromkeys(one for contract in known.values() for one in _unserved(contract))


def _dangling(contract: Contract, known: dict[str, Contract]) -> Iterator[Finding]:
    from headgate.contracts.finding import Finding, Level

    for one in contract.references:
        other = known.get(one.to)
        if other is None:
            what = f"the reference leads to {one.to!r}, which no contract here is about"
            yield Finding(Level.WARNING, one.where, what, did_you_mean(one.to, known))
            continue
        for key in one.keys:
            if other.properties and key.partition(".")[0] not in other.properties:
                what = f"no property named {key!r} in the contract of {one.to!r}"
                yield Finding(Level.ERROR, one.where, what, did_you_mean(key, other.properties))


def _unserved(contract: Contract) -> Iterator[Finding]:
    """What is wrong with the service levels, without which no run begins."""
    from headgate.contracts.finding import Finding, Level
    from headgate.contracts.service_levels.reading import service_levels

    try:
        service_levels(contract)
    except DeclarationError as error:
        yield Finding(Level.ERROR, error.where or contract.where, error.what, error.hint)


def parse(text: str, where: str) -> Any:
    """YAML that stands as text in a contract."""
    return read_yaml(text, where).data


def gate_checks(contract: Contract, datasets: Collection[str]) -> tuple[Check, ...]:
    """The checks of a contract that a gate judges, where `datasets` are those it can see.

    A reference to another dataset is left out.
    """
    from headgate.contracts.promises import in_force

    return tuple(in_force(contract, contract_checks(contract, datasets)[0]))


def contract_checks(
    contract: Contract, datasets: Collection[str]
) -> tuple[list[Check], list[Check]]:
    """The checks of a contract that can be judged beside these datasets, and those that cannot."""
    from headgate.checks.metric import tables_of
    from headgate.contracts.promises import checks_of

    found: list[Check] = []
    lacking: list[Check] = []
    for check in checks_of(contract, parse):
        there = {*datasets, contract.dataset}.issuperset(tables_of(check.metric))
        (found if there else lacking).append(check)
    return found, lacking
