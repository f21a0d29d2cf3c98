"""What a branch changes in the contracts of a project, since a commit of Git."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

from msgspec import Struct

from headgate.contracts.changes.comparison import Comparison, Side, compared
from headgate.contracts.changes.consumer import Reader, require_known
from headgate.contracts.changes.finding import NOT_COMPARED, ChangeFinding, Severity
from headgate.contracts.changes.written import well_formed
from headgate.contracts.contract import Contract
from headgate.errors import DeclarationError, UsageError
from headgate.project.consumers import Columns, read_consumers
from headgate.project.contracts import FOLDER, contracts_in, read_contracts
from headgate.project.git import files_at, resolved
from headgate.project.project import Project, load
from headgate.project.yaml import read_yaml


class ContractChange(Struct, frozen=True):
    """A change of a contract, or what is wrong with it, at its place in the working tree."""

    dataset: str
    where: str
    what: str
    severity: Severity
    consumers: tuple[str, ...]
    """Whom it breaks, as `name (owner)`; of a step that may read other columns, `perhaps ...`."""
    rule: str


def contract_changes(
    root: Path, base: str, today: date, columns: Columns | None = None
) -> list[ContractChange]:
    """What changed in the contracts since a commit, the contract's findings behind its changes.

    `columns` are those that steps read, where they are known. Raises UsageError where Git knows no
    such commit, and DeclarationError where a contract or a consumer cannot be understood.
    """
    found: list[ContractChange] = []
    for one in comparisons(load(root), base, today, columns):
        found += _flat(one)
    return found


def comparisons(
    project: Project, base: str, today: date, columns: Columns | None = None
) -> list[Comparison]:
    """Each contract that is another than at a commit, with whom its changes hit.

    One that could not be read at the commit is not compared, and a finding says so. Avro schemas
    are not among them: `compatibility_findings` compares these.
    """
    past, after = contracts_at(project.root, base), _in_odcs(project.root)
    before = past.contracts
    readers = known_readers(project, [*before.values(), *after.values()], columns)
    stay = before.keys() & after.keys()  # whatever file they are in
    return [
        *(_unread(file, what, base, after) for file, what in past.unread.items()),
        *(
            compared(old, new, readers, today, stay)
            for old, new in _pairs(before, _without(after, past.unread))
            if old.document != new.document
        ),
    ]


def known_readers(
    project: Project, contracts: Collection[Contract], columns: Columns | None = None
) -> list[Reader]:
    """The readers of a project. Raises UnknownNameError where one names what there is not."""
    readers = read_consumers(project, columns)
    declared = [reader for reader in readers if not reader.is_step]
    datasets = [
        name
        for one in project.pipelines.values()
        for name in (*one.pipeline.sources, *one.pipeline.steps)
    ]
    require_known(declared, contracts, datasets)
    return readers


class PastContracts(Struct, frozen=True):
    """The contracts of a commit, by dataset, and why those of some files could not be read."""

    contracts: Mapping[str, Contract] = {}
    unread: Mapping[str, DeclarationError] = {}


def contracts_at(root: Path, name: str) -> PastContracts:
    """The contracts of a commit. Raises UsageError where Git knows no such commit."""
    commit = resolved(root, name)
    if commit is None:
        what = f"Git knows no commit {name!r}"
        raise UsageError(what, None, "name a branch, a tag or a commit; git fetch brings others")
    texts = files_at(root, commit, ".yaml", FOLDER) | files_at(root, commit, ".yml", FOLDER)
    found: dict[str, Contract] = {}
    unread: dict[str, DeclarationError] = {}
    for path, text in sorted(texts.items()):
        if Path(path).parent == Path(FOLDER) and not Path(path).name.startswith((".", "_")):
            try:
                found |= {one.dataset: one for one in _once(text, path)}
            except DeclarationError as error:
                unread[path] = error
    return PastContracts(found, unread)


# ------------------------------------------------------------------ what could not be read there


def _in_odcs(root: Path) -> dict[str, Contract]:
    found = read_contracts(root)
    return {name: one for name, one in found.items() if one.where.startswith(f"{FOLDER}/")}


def _without(after: Mapping[str, Contract], files: Collection[str]) -> dict[str, Contract]:
    """The contracts that are not in these files: nothing is known of what they were."""
    return {name: one for name, one in after.items() if _file(after, name) not in files}


def _unread(
    file: str, error: DeclarationError, base: str, after: Mapping[str, Contract]
) -> Comparison:
    """A comparison with nothing, that says why there is none."""
    side = next((Side.of(one) for name, one in after.items() if _file(after, name) == file), None)
    side = side or Side({}, lambda _: f"{file}:1")
    what = f"not compared: at {base} it could not be read: {str(error).splitlines()[0]}"
    finding = ChangeFinding(NOT_COMPARED, Severity.WARNING, what, side.place(()))
    return Comparison(Side({}, side.place), side, (), (), (finding,))


def _once(text: str, path: str) -> Iterator[Contract]:
    """The contracts of a text at a commit.

    One that lint rejects is compared as far as it is well formed: else nobody could mend it.
    Raises DeclarationError for what is no YAML.
    """
    document = read_yaml(text, path)
    try:
        yield from contracts_in(document)
    except DeclarationError:
        given = document.data if isinstance(document.data, Mapping) else {}
        sound = well_formed(given)
        for n, table in enumerate(sound.get("schema", ())):
            where = document.place(("schema", n))
            yield Contract(table["name"], where, {}, (), (), table, sound, document.place)


# ------------------------------------------------------------------ which is compared with which


def _pairs(
    before: Mapping[str, Contract], after: Mapping[str, Contract]
) -> Iterator[tuple[Side, Side]]:
    """Documents that are about one dataset, or else lie in one file; each of them once at least."""
    seen: set[tuple[str, str]] = set()
    for name in (*after, *before):
        old, new = before.get(name), after.get(name)
        first, then = _file(before, name), _file(after, name)
        if old is None:
            old = next((one for key, one in before.items() if _file(before, key) == then), None)
        elif new is None:
            new = next((one for key, one in after.items() if _file(after, key) == first), None)
        pair = (first or then, then or first)
        if pair not in seen:
            seen.add(pair)
            yield _side(old, pair[0]), _side(new, pair[1])


def _side(contract: Contract | None, file: str) -> Side:
    if contract is None:
        return Side({}, lambda _: f"{file}:1")
    return Side.of(contract)


def _file(contracts: Mapping[str, Contract], name: str) -> str:
    """The file of a dataset's contract; empty where it has none."""
    return contracts[name].where.rpartition(":")[0] if name in contracts else ""


# ------------------------------------------------------------------ one list of all


def _flat(one: Comparison) -> Iterator[ContractChange]:
    first = one.datasets[0] if one.datasets else ""
    for change, readers in zip(one.changes, one.hit, strict=True):
        yield ContractChange(
            change.dataset or first,
            one.after.place(change.keys),
            change.sentence,
            one.severity(change, readers),
            tuple(reader.called(change.dataset) for reader in readers),
            change.rule,
        )
    for finding in one.findings:
        dataset = finding.dataset or first
        yield ContractChange(
            dataset, finding.where, finding.what, finding.severity, (), finding.rule
        )
