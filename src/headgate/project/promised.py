"""Where the promises of contracts are judged: at which gate of a pipeline, and by which types.

A source's are judged where it is read, and those of a step that is not published at the step's own
gate. Those of a published step are for its readers, so they are judged at the last gate, before
anything is published. So is what compares with a dataset that is made later. What compares with a
dataset of another pipeline is judged at no gate, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from headgate.errors import did_you_mean
from headgate.project.contracts import contract_checks, gate_checks, parse
from headgate.project.project import DeclaredPipeline, Project

if TYPE_CHECKING:
    from headgate.checks.check import Check
    from headgate.contracts.contract import Contract
    from headgate.contracts.finding import Finding
    from headgate.schema.types import LogicalType

Checks = Sequence["Check"]
Redacted = Mapping[str, Collection[str]]
"""The columns of each dataset whose values are not the real ones, as in a sandbox."""
NOTHING: Redacted = MappingProxyType({})


def at_own_gate(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted = NOTHING
) -> tuple[Check, ...]:
    """The promises of a dataset that its own gate judges, but for those of redacted columns."""
    if _is_for_readers(declared, name):
        return ()
    return _promised(project, _there(declared, name), name, redacted)


def at_last_gate(
    project: Project,
    declared: DeclaredPipeline,
    own: Mapping[str, Checks],
    redacted: Redacted = NOTHING,
) -> dict[str, tuple[Check, ...]]:
    """The promises of published steps, and of others what compares with what is made after them.

    `own` are the checks of the steps' own gates. A table is judged twice by nothing: the last gate
    sees the same version.
    """
    found = {}
    every = [*declared.pipeline.sources, *declared.steps]
    for name in every:
        if name not in project.contracts:
            continue
        kept = {check.id for check in own.get(name, ()) if _closes(check)}
        if not _is_for_readers(declared, name):
            kept |= {check.id for check in at_own_gate(project, declared, name, redacted)}
        promised = _promised(project, every, name, redacted)
        if promised := tuple(one for one in promised if one.id not in kept):
            found[name] = promised
    return found


def beyond_gates(project: Project, contract: Contract) -> dict[str, str]:
    """Why no gate judges a check of a contract, by the check's id."""
    from headgate.checks.metric import tables_of
    from headgate.contracts.promises import checks_of

    owner = _owner(project, contract.dataset)
    if owner is None:
        why = f"no pipeline reads or makes {contract.dataset}"
        return {check.id: why for check in checks_of(contract, parse)}
    every = {*owner.pipeline.sources, *owner.steps}
    found = {}
    for check in contract_checks(contract, every)[1]:
        others = ", ".join(sorted({*tables_of(check.metric)} - every))
        found[check.id] = f"{others} is no dataset of pipeline {owner.pipeline.name}"
    return found


def unjudged(project: Project) -> Iterator[Finding]:
    """What contracts promise and no gate judges, as findings at their lines."""
    from headgate.contracts.finding import Finding, Level
    from headgate.contracts.promises import OVER, checks_of

    for contract in project.contracts.values():
        if contract.status in OVER:
            continue
        name = contract.dataset
        if _owner(project, name) is None:
            what = f"no pipeline reads or makes {name!r}, so no gate judges its contract"
            hint = did_you_mean(name, _datasets(project))
            yield Finding(Level.WARNING, contract.where, what, hint)
        elif beyond := beyond_gates(project, contract):
            for check in checks_of(contract, parse):
                if why := beyond.get(check.id):
                    what = f"no gate judges that {check.description}: {why}"
                    hint = f"headgate contract check {name} judges it"
                    yield Finding(Level.WARNING, check.where or contract.where, what, hint)


def _owner(project: Project, name: str) -> DeclaredPipeline | None:
    """The pipeline that reads or makes a dataset."""
    each = project.pipelines.values()
    return next((one for one in each if name in one.pipeline.sources or name in one.steps), None)


def _datasets(project: Project) -> list[str]:
    each = project.pipelines.values()
    return [name for one in each for name in (*one.pipeline.sources, *one.steps)]


def promised_types(project: Project, name: str) -> dict[str, LogicalType]:
    """The types that a contract gives to the columns of a dataset."""
    contract = project.contracts.get(name)
    return types_of(contract) if contract else {}


def types_of(contract: Contract) -> dict[str, LogicalType]:
    """The types of columns that a contract says, as far as text can be read as them."""
    columns = contract.properties.values()
    return {one.name: one.type for one in columns if one.type and one.type in READABLE}


READABLE = frozenset(["string", "integer", "number", "boolean", "date", "timestamp", "time"])
"""The types that the text of a delivery can be read as."""


def _closes(check: Check) -> bool:
    from headgate.checks.check import OnFail, Severity

    return check.severity is Severity.ERROR and check.on_fail is OnFail.BLOCK


def _is_for_readers(declared: DeclaredPipeline, name: str) -> bool:
    return name in declared.pipeline.steps and name in declared.pipeline.published


def _promised(
    project: Project, there: Collection[str], name: str, redacted: Redacted
) -> tuple[Check, ...]:
    """What a dataset promises, as far as it can be judged beside the datasets that are there."""
    contract = project.contracts.get(name)
    if contract is None:
        return ()
    made_up = redacted.get(name, ())
    found = gate_checks(contract, there)
    return tuple(one for one in found if not _speaks_of(one, made_up)) if made_up else found


def _speaks_of(check: Check, columns: Collection[str]) -> bool:
    """Whether a check measures one of some columns, picks rows by it, or names it in a query."""
    from headgate.checks.conditions import columns_in
    from headgate.checks.metric import QueryRows, QueryValue, Seen, columns_of

    metric = check.metric
    about = set(columns_of(metric))
    if isinstance(metric, Seen):
        about |= {*columns_in(metric.view.only)} if metric.view.only else set()
        metric = metric.metric
    if isinstance(metric, QueryValue | QueryRows):
        words = metric.query.casefold()
        about |= {one for one in columns if _is_word(one.casefold(), words)}
    return not about.isdisjoint(columns)


def _is_word(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _there(declared: DeclaredPipeline, name: str) -> list[str]:
    """The datasets that are made when the own gate of one judges it."""
    sources, steps = list(declared.pipeline.sources), list(declared.steps)
    return [*sources, *steps[: steps.index(name) + 1]] if name in steps else sources
