"""The contract that a command's argument names: a dataset's, or that of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headgate.cli.output import Output
from headgate.errors import UnknownNameError, UsageError, did_you_mean
from headgate.project.contracts import FOLDER, SUFFIXES, contracts_in, read_contracts
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.contracts.contract import Contract


def contract_named(output: Output, name: str) -> Contract:
    """The contract of a dataset, or the one that a file holds; `FILE:TABLE` where it holds more.

    Raises UsageError for a file that is not there or holds several, UnknownNameError for a dataset
    without a contract, and DeclarationError where the contract cannot be read.
    """
    file, _, table = name.partition(":")
    if Path(file).suffix in SUFFIXES:
        return _of_file(output, file, table)
    contracts = read_contracts(find_root(Path(output.directory)))
    if name not in contracts:
        hint = did_you_mean(name, contracts) or f"write {FOLDER}/{name}.yaml"
        raise UnknownNameError(f"no contract of dataset {name!r}", None, hint)
    return contracts[name]


def _of_file(output: Output, file: str, table: str) -> Contract:
    from headgate.pipelines.step import read_text
    from headgate.project.yaml import read_yaml

    path = Path(output.directory, file)
    if not path.is_file():
        folder = path.parent.iterdir() if path.parent.is_dir() else ()
        beside = [one.name for one in folder if one.suffix in SUFFIXES]
        raise UsageError(f"no such file: {file}", hint=did_you_mean(path.name, beside))
    found = contracts_in(read_yaml(read_text(path, path.parent), file))
    names = [one.dataset for one in found]
    if not found:
        raise UsageError(f"{file} has no table under schema:, so it promises nothing of data")
    if table and table not in names:
        raise UnknownNameError.of("table", table, names, file)
    if not table and len(found) > 1:
        hint = "say which: " + " or ".join(f"{file}:{one}" for one in names[:4])
        raise UsageError(f"{file} holds {len(found)} contracts", hint=hint)
    return next(one for one in found if not table or one.dataset == table)
