"""Rows that keep to a contract, for tests and for who wants to see what a dataset will look like."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.contracts.contract import Contract
from headgate.environments.synthetic import Columns, synthetic
from headgate.errors import DataError, UnknownNameError


def example(
    contracts: Mapping[str, Contract], dataset: str, rows: int, seed: str
) -> dict[str, Columns]:
    """So many rows of a dataset, and of those that it refers to, the dataset itself last.

    Raises UnknownNameError for a dataset without a contract, DeclarationError where no value can
    keep to what it says, and DataError where there are not as many different rows.
    """
    if dataset not in contracts:
        raise UnknownNameError.of("contract", dataset, contracts, "contracts")
    made = synthetic(_referred(contracts, dataset), rows, seed)
    columns = made.pop(dataset)
    found = len(next(iter(columns.values()), []))
    if found < rows:
        raise DataError(
            f"only {found} different rows of {dataset} were found, not {rows}",
            contracts[dataset].where,
            f"--rows {found}, or let its key or its unique columns have more values",
        )
    return {**made, dataset: columns}


def _referred(contracts: Mapping[str, Contract], dataset: str) -> dict[str, Contract]:
    """The contract of a dataset, and those of all that it refers to, in their order."""
    waiting, found = [dataset], {dataset}
    while waiting:
        for one in contracts[waiting.pop()].references:
            if one.to in contracts and one.to not in found:
                found.add(one.to)
                waiting.append(one.to)
    return {name: contract for name, contract in contracts.items() if name in found}
