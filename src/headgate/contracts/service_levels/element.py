"""What a service level is about: the `element` of the standard, `table.column` or a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.contracts.contract import Contract
from headgate.errors import DeclarationError, did_you_mean


def applies(contract: Contract, element: object, where: str) -> tuple[str, ...]:
    """The columns of the contract's dataset that an element names; empty text for the dataset.

    Without an element it is about every table of the document. Nothing where it is about others.
    Raises DeclarationError for an element that is nothing of the document.
    """
    if element is None or element == "":
        return ("",)
    if not isinstance(element, str):
        raise DeclarationError("an element is a text", where, "write table.column, or a table")
    found = (_split(contract, one.strip(), where) for one in element.split(","))
    return tuple(column for table, column in found if table == contract.dataset)


def _split(contract: Contract, text: str, where: str) -> tuple[str, str]:
    """The table and the column of one element, by their names."""
    tables = _named(contract.document.get("schema"))
    words = text.strip("/").split("/")
    if text.startswith("/") and words[0] == "schema" and len(words) in {2, 4}:
        first, second = words[1], words[3] if len(words) == 4 else ""
    elif text in tables:
        first, second = text, ""
    else:
        first, dot, second = text.partition(".")
        if not dot and contract.document.get("schema") == [contract.declared]:
            first, second = contract.dataset, text
    table = tables.get(first)
    if table is None:
        raise _unknown(text, tables, where)
    columns = _named(table.get("properties"))
    if second and second not in columns:
        raise _unknown(text, [f"{first}.{one}" for one in columns], where)
    return table["name"], columns[second]["name"] if second else ""


def _named(entries: object) -> dict[str, Mapping[str, Any]]:
    """Tables or columns by every name that they have."""
    found: dict[str, Mapping[str, Any]] = {}
    for key in ("physicalName", "id", "name"):  # the name has the last word
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get(key), str):
                found[entry[key]] = entry
    return found


def _unknown(text: str, known: object, where: str) -> DeclarationError:
    names = list(known) if isinstance(known, dict | list) else []
    advice = did_you_mean(text, names) or "write table.column, or a table"
    return DeclarationError(f"no element named {text!r} in the contract", where, advice)
