"""How what two environments hold differs, dataset by dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from headgate.ledger.ledger import Transaction
from headgate.schema.diff import SchemaDiff, schema_diff
from headgate.store import versions
from headgate.store.manifest import Version


class Move(Struct, frozen=True):
    """A dataset at two versions; one of both is None where the dataset is new, or gone."""

    dataset: str
    before: Version | None
    after: Version | None

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def schema(self) -> SchemaDiff:
        """What becomes of the columns."""
        if self.before is None or self.after is None:
            return SchemaDiff()
        return schema_diff(self.before.schema, self.after.schema)

    def as_json(self) -> dict[str, Any]:
        """The move as it is recorded: the ids of both versions."""
        return {
            "dataset": self.dataset,
            "before": self.before.id if self.before else None,
            "after": self.after.id if self.after else None,
        }


def moves(
    tx: Transaction, before: Mapping[str, str], after: Mapping[str, str], datasets: Iterable[str]
) -> tuple[Move, ...]:
    """The datasets among these whose versions differ, with both versions."""
    return tuple(
        Move(name, _version(tx, name, before), _version(tx, name, after))
        for name in datasets
        if before.get(name) != after.get(name)
    )


def _version(tx: Transaction, dataset: str, held: Mapping[str, str]) -> Version | None:
    return versions.find(tx, dataset, held[dataset]) if dataset in held else None
