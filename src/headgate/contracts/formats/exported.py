"""What a contract becomes in another format, and what of it that format cannot say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from msgspec import Struct

from headgate.contracts.formats.elements import Element, everything, options, tables

ABOUT = {
    "slaProperties": "service levels",
    "team": "the team",
    "support": "support channels",
    "roles": "roles",
    "servers": "servers",
    "price": "the price",
}
"""What stands at the top of a contract and is about more than its columns."""
COLUMN = (
    "required", "unique", "primaryKey", "classification", "tags", "enum", "quality",
    "relationships", "deprecated", "description", "businessName", "examples", "customProperties",
    "partitioned", "encryptedName", "transformLogic",
)  # fmt: skip
"""What a contract says of a column beside its type, that some formats have no word for."""


class Exported(Struct, frozen=True):
    """The text of the other format; `notes` say what of the contract is not in it."""

    text: str
    notes: tuple[str, ...] = ()


def unsaid(document: Element, said: Collection[str], language: str) -> Iterator[str]:
    """What a format leaves out, in lines: `said` are the keys that it has words for.

    A key of a type's options is written `options.pattern`.
    """
    for key, words in ABOUT.items():
        if document.get(key) and key not in said:
            yield f"{language} has no word for {words}"
    for table in tables(document):
        for key in ("quality", "relationships", "description", "tags", "customProperties"):
            if table.get(key) and key not in said and f"table.{key}" not in said:
                yield f"{language} has no word for {key} of {table['name']}"
    found: dict[str, list[str]] = {}
    for name, column in everything(document):
        for key in _told(column):
            if key not in said:
                found.setdefault(key.removeprefix("options."), []).append(name)
    for key, names in found.items():
        yield f"{language} has no word for {key} of {_some(names)}"


def _told(column: Element) -> Iterator[str]:
    yield from (key for key in COLUMN if _means(column.get(key)))
    yield from (f"options.{key}" for key, value in options(column).items() if _means(value))


def _means(value: Any) -> bool:
    return (isinstance(value, int | float) and value is not False) or bool(value)


def _some(names: list[str]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:3])} and {len(names) - 3} more"
