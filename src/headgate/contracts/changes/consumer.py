"""Who reads a dataset: what people declared, and the steps of pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from headgate.contracts.changes.finding import ChangeFinding, Severity
from headgate.contracts.changes.semver import in_range, read_version
from headgate.contracts.contract import Contract, Place
from headgate.errors import UnknownNameError
from headgate.pipelines.consumer import Reads
from headgate.pipelines.problems import Path as Keys


@dataclass(frozen=True, slots=True)
class Reader:
    """A consumer, and where it is written. A step reads columns that nobody had to declare."""

    name: str
    owner: str
    type: str
    reads: Mapping[str, Reads]
    place: Place = field(compare=False, repr=False)
    """The file and line of one of its keys."""
    contact: str | None = None
    is_step: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.owner})"

    def is_sure(self, dataset: str) -> bool:
        """Whether it is known which columns it reads: it says so, or its code does."""
        return not self.is_step or bool(dataset in self.reads and self.reads[dataset].columns)

    def called(self, dataset: str) -> str:
        """Its name and owner, with a word where it may be reading other columns."""
        return str(self) if not dataset or self.is_sure(dataset) else f"perhaps {self}"

    def as_json(self) -> dict[str, str | None]:
        return {
            "name": self.name,
            "owner": self.owner,
            "type": self.type,
            "contact": self.contact,
            "where": self.place(()),
        }


def require_known(
    readers: Iterable[Reader], contracts: Iterable[Contract], datasets: Iterable[str]
) -> None:
    """Raises UnknownNameError where a reader names a dataset, or a column, that there is not.

    Columns are known of a dataset whose contract has any. Several contracts of one dataset, such
    as an earlier one beside the present one, are known by the columns of all.
    """
    columns: dict[str, set[str]] = {}
    for contract in contracts:
        columns.setdefault(contract.dataset, set()).update(contract.properties)
    known = {*datasets, *columns}
    for reader in readers:
        for dataset, reads in reader.reads.items():
            if dataset not in known:
                place = reader.place(("reads", dataset))
                raise UnknownNameError.of("dataset", dataset, known, place)
            if columns.get(dataset):
                for keys, column in _named(reads):
                    if column not in columns[dataset]:
                        place = reader.place(("reads", dataset, *keys))
                        raise UnknownNameError.of("column", column, columns[dataset], place)


def _named(reads: Reads) -> Iterator[tuple[Keys, str]]:
    for n, column in enumerate(reads.columns):
        yield ("columns", n), column
    for column in reads.needs:
        yield ("needs", column), column


def range_findings(
    readers: Iterable[Reader], datasets: Iterable[str], version: object
) -> list[ChangeFinding]:
    """The readers that cannot read a version of some datasets, by what they say themselves."""
    read = read_version(version)
    if read is None:
        return []
    found = []
    for dataset, reader in product(datasets, readers):
        said = reader.reads[dataset].version if dataset in reader.reads else None
        if said is None:
            continue
        place = reader.place(("reads", dataset, "version"))
        try:
            fits = in_range(read, said)
        except ValueError as error:
            found.append(
                ChangeFinding("range-unreadable", Severity.ERROR, str(error), place, dataset)
            )
            continue
        if not fits:
            what = f"{reader} reads {dataset} {said}, and it is {read} now"
            found.append(ChangeFinding("range-left", Severity.ERROR, what, place, dataset))
    return found
