"""Where the promises of contracts are judged: at which gate of a pipeline, and by which types.

A source's are judged where it is read, and those of a step that is not published at the step's own
gate. Those of a published step are for its readers, so they are judged at the last gate, before
anything is published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from headgate.project.contracts import gate_checks
from headgate.project.project import DeclaredPipeline, Project

if TYPE_CHECKING:
    from headgate.checks.check import Check
    from headgate.contracts.contract import Contract
    from headgate.schema.types import LogicalType

Checks = Sequence["Check"]
Redacted = Mapping[str, Collection[str]]
"""The columns of each dataset whose values are not the real ones, as in a sandbox."""
NOTHING: Redacted = MappingProxyType({})


def at_own_gate(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted = NOTHING
) -> tuple[Check, ...]:
    """The promises of a dataset that its own gate judges, but for those of redacted columns."""
    if name in declared.pipeline.steps and name in declared.pipeline.published:
        return ()
    return _promised(project, declared, name, redacted)


def at_last_gate(
    project: Project,
    declared: DeclaredPipeline,
    own: Mapping[str, Checks],
    redacted: Redacted = NOTHING,
) -> dict[str, tuple[Check, ...]]:
    """The promises of published steps, without what their own gates judge already.

    `own` are the checks of the own gates. A table is judged twice by nothing: the last gate sees
    the same version.
    """
    found = {}
    for name in declared.pipeline.steps:
        if name in declared.pipeline.published and name in project.contracts:
            kept = {check.id for check in own.get(name, ()) if _closes(check)}
            promised = _promised(project, declared, name, redacted)
            found[name] = tuple(one for one in promised if one.id not in kept)
    return found


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


def _promised(
    project: Project, declared: DeclaredPipeline, name: str, redacted: Redacted
) -> tuple[Check, ...]:
    contract = project.contracts.get(name)
    if contract is None:
        return ()
    made_up = set(redacted.get(name, ()))
    found = gate_checks(contract, _there(declared, name))
    return tuple(one for one in found if made_up.isdisjoint(_columns(one)))


def _columns(check: Check) -> tuple[str, ...]:
    from headgate.checks.metric import columns_of

    return columns_of(check.metric)


def _there(declared: DeclaredPipeline, name: str) -> list[str]:
    """The datasets that are made when the promises of one are judged."""
    sources, steps = list(declared.pipeline.sources), list(declared.steps)
    if name in declared.pipeline.published:
        return [*sources, *steps] if name in steps else sources
    return [*sources, *steps[: steps.index(name) + 1]] if name in steps else sources
