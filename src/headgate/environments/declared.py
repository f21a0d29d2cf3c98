"""What a project says of its datasets, as far as samples of them need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from headgate.checks.check import Check
from headgate.checks.metric import Failing, Seen, plainly
from headgate.checks.references import Reference as Rule
from headgate.checks.released import is_release
from headgate.contracts.contract import Contract, Property, Reference
from headgate.runs.job import Job, checks_of_gates


class Declared(Struct, frozen=True):
    """References, keys, contracts, and which datasets each derived one is computed from.

    `partial` are references that hold for some rows alone (`where`), which nothing can follow.
    """

    contracts: Mapping[str, Contract] = {}
    references: tuple[Reference, ...] = ()
    partial: tuple[Reference, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = {}
    inputs: Mapping[str, tuple[str, ...]] = {}
    pipelines: Mapping[str, str] = {}
    """The pipeline that has each dataset."""
    published: frozenset[str] = frozenset()

    def property(self, dataset: str, column: str) -> Property | None:
        """What the contract of a dataset says of a column, if it has one and says something."""
        contract = self.contracts.get(dataset)
        return contract.properties.get(column) if contract else None

    def key(self, dataset: str) -> tuple[str, ...]:
        """The primary key of a dataset: of its contract, else of its source or step."""
        contract = self.contracts.get(dataset)
        return (contract.key if contract else ()) or self.keys.get(dataset, ())


def declared(jobs: Iterable[Job], contracts: Mapping[str, Contract]) -> Declared:
    """What pipelines and contracts say together."""
    references = [one for contract in contracts.values() for one in contract.references]
    partial: list[Reference] = []
    keys: dict[str, tuple[str, ...]] = {}
    inputs: dict[str, tuple[str, ...]] = {}
    pipelines: dict[str, str] = {}
    published: set[str] = set()
    for job in jobs:
        for dataset, check, rule in _rules(job):
            found = Reference(dataset, rule.columns, rule.to, rule.keys, check.where or "")
            (partial if isinstance(check.metric, Seen) else references).append(found)
        keys |= {name: tuple(one.source.key) for name, one in job.sources.items()}
        keys |= {name: tuple(one.step.key) for name, one in job.steps.items()}
        inputs |= {name: tuple(one.code.inputs.values()) for name, one in job.steps.items()}
        pipelines |= dict.fromkeys(job.datasets, job.pipeline.name)
        published |= set(job.published)
    unique = tuple(dict.fromkeys(references))
    return Declared(
        contracts, unique, tuple(partial), keys, inputs, pipelines, frozenset(published)
    )


def _rules(job: Job) -> Iterator[tuple[str, Check, Rule]]:
    for dataset, checks in checks_of_gates(job).items():
        for check in checks:
            metric = plainly(check.metric)
            match metric:
                case Failing(rule=Rule(to=to) as rule) if not is_release(to):
                    yield dataset, check, rule


def followed(
    known: Declared, columns: Mapping[str, tuple[str, ...]], entity: Reference | None = None
) -> tuple[Reference, ...]:
    """The references between tables that are there, and those that derived tables inherit.

    A column that a step hands on under its name refers to what it referred to in the step's input,
    unless the step's own declarations say otherwise, or its inputs disagree. `entity` is a key as
    the reference of itself: columns handed on from there refer to it.
    """
    own = [one for one in known.references if _is_there(one, columns)]
    found = list(own)
    for dataset in in_order(known.inputs):
        if dataset not in columns:
            continue
        spoken = {column for one in own if one.dataset == dataset for column in one.columns}
        sources = [*found, entity] if entity else found
        handed: dict[tuple[str, ...], set[tuple[str, tuple[str, ...]]]] = {}
        for given in known.inputs[dataset]:
            for one in sources:
                if one.dataset == given:
                    handed.setdefault(one.columns, set()).add((one.to, one.keys))
        for names, targets in handed.items():
            clash = any(
                set(names) & set(columns.get(other, ()))
                and not _agrees(other, names, targets, sources)
                for other in known.inputs[dataset]
            )
            if len(targets) > 1 or clash or spoken & set(names):
                continue
            ((to, keys),) = targets
            one = Reference(dataset, names, to, keys)
            if _is_there(one, columns) and (to, keys) != (dataset, names):
                found.append(one)
    return tuple(dict.fromkeys(found))


def _agrees(
    dataset: str,
    names: tuple[str, ...],
    targets: set[tuple[str, tuple[str, ...]]],
    references: Iterable[Reference | None],
) -> bool:
    """Whether columns of those names mean the same in an input: they refer there, or are the key."""
    return any(dataset == to and set(names) == set(keys) for to, keys in targets) or any(
        one and one.dataset == dataset and one.columns == names and (one.to, one.keys) in targets
        for one in references
    )


def _is_there(one: Reference, columns: Mapping[str, tuple[str, ...]]) -> bool:
    return set(one.columns) <= set(columns.get(one.dataset, ())) and set(one.keys) <= set(
        columns.get(one.to, ())
    )


def in_order(inputs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Derived datasets, each after those it is computed from."""
    done: list[str] = []

    def visit(name: str) -> None:
        if name in inputs and name not in done:
            for given in inputs[name]:
                visit(given)
            done.append(name)

    for name in inputs:
        visit(name)
    return done
