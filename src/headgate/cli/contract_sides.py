"""The two sides of `contract diff`: files, contracts of the project at a commit, and data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from headgate.cli.output import Output
from headgate.contracts.contract import Contract
from headgate.errors import UnknownNameError, UsageError, did_you_mean
from headgate.pipelines.step import read_text
from headgate.project.contract_changes import contracts_at
from headgate.project.contracts import FOLDER, contracts_in, read_contracts
from headgate.project.git import resolved
from headgate.project.root import find_root
from headgate.project.yaml import read_yaml
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.types import LogicalType

_CONTRACTS = frozenset({".yaml", ".yml"})
_DATA = frozenset({".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson"})


class Data(Struct, frozen=True):
    """Columns that are there, and what is known of their values."""

    schema: Schema
    statistics: Mapping[str, ColumnStatistics]
    is_text: bool = False
    """Whether each value is written as text, so that a column of texts may look like numbers."""

    def seen_by(self, contract: Contract) -> Schema:
        """Its columns, those of texts that happen to look like numbers as the texts they are."""
        if not self.is_text:
            return self.schema
        texts = {one.name for one in contract.properties.values() if one.type is LogicalType.STRING}
        return Schema(
            tuple(
                Column(each.name, LogicalType.STRING, "VARCHAR") if each.name in texts else each
                for each in self.schema.columns
            )
        )


def side(output: Output, word: str) -> list[Contract] | Data:
    """What a word of the command line stands for.

    A file is a contract or data. Any other is a dataset of the project: its contract as it is
    written now, `DATASET@COMMIT` as it was, or `DATASET@3` the data of a release.
    """
    if is_file(word):
        return _file(word, Path(output.directory, word))
    root = find_root(Path(output.directory))
    dataset, _, at = word.partition("@")
    if not at:
        return [_contract(read_contracts(root), dataset)]
    if not at.isdecimal() and resolved(root, at):
        return [_contract_at(root, at, dataset)]
    try:
        return released(output, word)
    except UnknownNameError as error:
        if at.isdecimal() or "@" in at:
            raise
        what = f"{at!r} is no commit and no release of {dataset}"
        raise UnknownNameError(what, None, error.hint) from None


def is_file(word: str) -> bool:
    """Whether a word is meant as a file; any other is a dataset."""
    return Path(word).suffix.lower() in _CONTRACTS | _DATA


def released(output: Output, name: str) -> Data:
    """The data of a release: that of a dataset as it is served, or of an earlier one.

    Raises UnknownNameError where there is none. Who may not read the rows is told no extremes.
    """
    from headgate.cli.named import version_named
    from headgate.cli.withheld import readable, statistics_withheld
    from headgate.workspace.workspace import opened

    with opened(Path(output.directory), output.environment) as workspace:
        named = version_named(workspace, name)
        known: Mapping[str, ColumnStatistics] = named.version.statistics
        if not readable(workspace, *named.environments):
            known = statistics_withheld(known)
        return Data(named.version.schema, known)


def _file(word: str, path: Path) -> list[Contract] | Data:
    if not path.is_file():
        beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(f"no such file: {word}", hint=did_you_mean(path.name, beside))
    if path.suffix.lower() in _CONTRACTS:
        found = contracts_in(read_yaml(read_text(path, path.parent), word))
        if not found:
            raise UsageError(f"{word} has no dataset", hint="list one under schema:")
        return found
    from headgate.engines.embedded import EmbeddedEngine
    from headgate.engines.engine import PARQUET
    from headgate.runs.validation import read_file

    with read_file(EmbeddedEngine(Path.cwd()), path) as file:
        is_text = path.suffix.lower() not in PARQUET
        return Data(file.table.schema, file.table.statistics, is_text)


def _contract_at(root: Path, at: str, dataset: str) -> Contract:
    """The contract of a commit. Where some could not be read there, one of them may be meant."""
    past = contracts_at(root, at)
    if dataset not in past.contracts and past.unread:
        raise next(iter(past.unread.values()))
    return _contract(past.contracts, dataset)


def _contract(contracts: Mapping[str, Contract], dataset: str) -> Contract:
    if dataset not in contracts:
        hint = did_you_mean(dataset, contracts) or f"write {FOLDER}/{dataset}.yaml"
        raise UnknownNameError(f"no contract of a dataset named {dataset!r}", None, hint)
    return contracts[dataset]
