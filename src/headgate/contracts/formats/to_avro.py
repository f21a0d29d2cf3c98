"""A contract as the text of an Avro schema, with what Avro has no word for."""

from __future__ import annotations

import json

from headgate.contracts.avro.export import avro_of
from headgate.contracts.formats.elements import Element, tables
from headgate.contracts.formats.exported import Exported, unsaid
from headgate.contracts.reading import contracts_of
from headgate.errors import UsageError

SAID = frozenset(
    ["required", "description", "enum", "deprecated", "customProperties", "options.format",
     "options.timezone"]
)  # fmt: skip
"""What Avro has words for, or keeps beside its own."""


def to_avro(document: Element, where: str) -> Exported:
    """The schema of the only table of a contract. Raises UsageError where it has several."""
    named = [str(table["name"]) for table in tables(document)]
    if len(named) != 1:
        hint = f"name one of its datasets: {', '.join(named)}"
        raise UsageError(f"an Avro schema is of one table, and {where} has {len(named)}", hint=hint)
    [contract] = contracts_of(document, lambda _: where)
    text = json.dumps(avro_of(contract), indent=2, ensure_ascii=False) + "\n"
    return Exported(text, tuple(unsaid(document, SAID, "Avro")))
