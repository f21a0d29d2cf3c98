"""`contract show`: what a dataset promises, and how each promise is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from headgate.cli.contract_named import contract_named
from headgate.cli.output import Output
from headgate.cli.subject import in_project
from headgate.cli.tables import data_table
from headgate.errors import HeadgateError
from headgate.project.contracts import parse
from headgate.project.root import find_root

if TYPE_CHECKING:
    from headgate.contracts.contract import Contract, Property
    from headgate.contracts.promises import Promise


@click.command()
@click.argument("dataset")
@click.pass_obj
def command(output: Output, dataset: str) -> None:
    """Show what DATASET promises by its contract: columns, keys, rules, service levels, owner.

    DATASET may also be a contract's file; FILE:TABLE where it holds several.
    """
    from headgate.contracts.promises import promises

    contract = contract_named(output, dataset)
    found = _at_gates(output, contract, promises(contract, parse))
    if output.json:
        output.document("headgate.contract/1", as_json(contract, found))
        return
    for line in lines(output, contract, found):
        output.echo(line)


def _at_gates(output: Output, contract: Contract, found: list[Promise]) -> list[Promise]:
    """The promises, those that no gate of the project judges with the reason."""
    from headgate.project.project import load
    from headgate.project.promised import beyond_gates

    if not in_project(output):
        return found
    try:
        project = load(find_root(Path(output.directory)))
    except HeadgateError as error:
        output.note(f"which gate judges what is not known: {error.what}")
        return found
    beyond = beyond_gates(project, contract)
    return [
        replace(one, check=None, text=one.said, aside=beyond[one.check.id])
        if one.check and one.check.id in beyond
        else one
        for one in found
    ]


# ------------------------------------------------------------------ for people


def lines(output: Output, contract: Contract, found: list[Promise]) -> Iterator[str]:
    """A contract for people."""
    yield from _head(output, contract)
    yield ""
    rows = [_row(one) for one in contract.properties.values()]
    yield from data_table(["column", "type", "required", "class", "description"], rows)
    yield ""
    yield output.paint(f"judged at the gate{_how(contract)}", "head")
    for promise in _each_once(found):
        if promise.check:
            yield f"  {promise.said}  {output.paint(_short(promise.where), 'place')}"
        if promise.problem:
            yield f"    cannot be judged: {promise.problem.what}"
    if aside := [one for one in _each_once(found) if not one.check]:
        yield output.paint("not judged", "head")
        for promise in aside:
            place = output.paint(_short(promise.where), "place")
            yield f"  {promise.said}: {promise.aside}  {place}"
    if levels := contract.document.get("slaProperties"):
        yield output.paint("service levels", "head")
        yield from (f"  {_level(level)}" for level in levels)


def _each_once(found: list[Promise]) -> list[Promise]:
    """The promises without what another key has promised in the same words."""
    each: dict[tuple[object, ...], Promise] = {}
    for one in found:
        each.setdefault((one.said, one.aside, one.column, str(one.problem)), one)
    return list(each.values())


def _head(output: Output, contract: Contract) -> Iterator[str]:
    document = contract.document
    title = f"{contract.dataset}  {document.get('version', '')} ({contract.status})"
    yield f"{output.paint(title, 'head')}  {output.paint(contract.where, 'place')}"
    for text in (contract.declared.get("description"), _purpose(document)):
        if text:
            yield f"  {' '.join(str(text).split())}"
    for word, text in (("owner", owner_of(document)), ("domain", document.get("domain"))):
        if text:
            yield f"  {word}: {text}"
    if contract.key:
        yield f"  key: {', '.join(contract.key)}"
    for reference in contract.references:
        yield f"  reference: {reference}"


def _how(contract: Contract) -> str:
    from headgate.contracts.promises import AS_WARNING, OVER

    if contract.status in OVER:
        return f": nothing, as the contract is {contract.status}"
    return f", as warnings ({contract.status})" if contract.status in AS_WARNING else ""


def _short(where: str) -> str:
    return f"line {where.rpartition(':')[2]}"


def _row(one: Property) -> list[str]:
    declared = one.declared
    kind = str(declared.get("logicalType") or "")
    physical = declared.get("physicalType")
    if physical and physical != kind:
        kind = f"{kind} ({physical})" if kind else str(physical)
    words = " ".join(str(declared.get("description") or "").split())
    return [one.name, kind, "yes" if one.required else "", one.classification or "", words]


def _purpose(document: Mapping[str, Any]) -> str | None:
    described = document.get("description")
    return described.get("purpose") if isinstance(described, Mapping) else None


def owner_of(document: Mapping[str, Any]) -> str | None:
    """The team that answers for a contract, or its members where the team has no name."""
    team = document.get("team")
    if isinstance(team, Mapping):
        if team.get("name"):
            return str(team["name"])
        team = team.get("members")
    names = [str(one.get("name") or one.get("username")) for one in team or ()]
    return ", ".join(names) or None


def _level(level: Mapping[str, Any]) -> str:
    unit = f" {level['unit']}" if level.get("unit") else ""
    about = f" of {level['element']}" if level.get("element") else ""
    return f"{level['property']}{about}: {level['value']}{unit}"


# ------------------------------------------------------------------ for machines


def as_json(contract: Contract, found: list[Promise]) -> dict[str, Any]:
    """A contract for machines, with what is judged of it."""
    document = contract.document
    return {
        "dataset": contract.dataset,
        "where": contract.where,
        "id": document.get("id"),
        "version": document.get("version"),
        "status": contract.status,
        "owner": owner_of(document),
        "team": document.get("team"),
        "key": list(contract.key),
        "columns": [dict(one.declared) for one in contract.properties.values()],
        "references": [
            {"columns": list(one.columns), "to": one.to, "keys": list(one.keys)}
            for one in contract.references
        ],
        "service_levels": [dict(one) for one in document.get("slaProperties") or ()],
        "promises": [
            {
                "key": one.key,
                "column": one.column,
                "where": one.where,
                "said": one.said,
                "judged": one.check is not None,
                "severity": one.check.severity.value if one.check else None,
                "why_not": one.aside or (one.problem.what if one.problem else None),
            }
            for one in found
        ],
    }
