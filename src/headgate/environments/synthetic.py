"""Rows that are made up from contracts alone: of the right types, within their bounds, and joining.

No data is read. The same contracts and seed give the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from headgate.contracts.contract import Contract, Reference
from headgate.environments.made_up import TRIES, Value, maker
from headgate.errors import DeclarationError

Columns = dict[str, list[Value]]
"""The values of each column, row after row."""

EMPTY = 0.1
"""The share of values that are missing where they may be."""


def synthetic(contracts: Mapping[str, Contract], rows: int, seed: str) -> dict[str, Columns]:
    """About so many rows for each contract; fewer where there are not as many different keys.

    Raises DeclarationError, with the place of a property, where no value can keep to what it says.
    """
    made: dict[str, Columns] = {}
    for name in _parents_first(contracts):
        contract = contracts[name]
        references = [one for one in contract.references if one.to in contracts]
        made[name] = _Table(contract, references, made, f"{seed}/{name}").rows(rows)
    return made


def _parents_first(contracts: Mapping[str, Contract]) -> list[str]:
    """Datasets, each after those that it refers to; a cycle is entered where it is met."""
    done: list[str] = []
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered or name not in contracts:
            return
        entered.add(name)
        for one in contracts[name].references:
            visit(one.to)
        done.append(name)

    for name in sorted(contracts):
        visit(name)
    return done


class _Table:
    """One table in the making."""

    def __init__(
        self,
        contract: Contract,
        references: Sequence[Reference],
        others: Mapping[str, Columns],
        seed: str,
    ) -> None:
        self.contract = contract
        self.references = references
        self.others = others
        self.chance = random.Random(seed)  # noqa: S311 - the same rows for the same seed
        self.seen: dict[tuple[str, ...], set[tuple[Value, ...]]] = {
            (name,): set() for name, one in contract.properties.items() if one.unique
        }
        if contract.key:
            self.seen[contract.key] = set()
        self.made: Columns = {name: [] for name in contract.properties}
        self.makers = {name: maker(one) for name, one in contract.properties.items()}

    def rows(self, count: int) -> Columns:
        """So many rows, or as many as there are different keys."""
        for _ in range(count):
            row = self._row()
            if row is None:
                break
            for name, value in row.items():
                self.made[name].append(value)
        if not next(iter(self.made.values()), []):
            where = self.contract.where
            raise DeclarationError(f"no row of {self.contract.dataset} can be made up", where)
        return self.made

    def _row(self) -> dict[str, Value] | None:
        """Another row, all of whose keys are new; None where none was found."""
        for _ in range(TRIES):
            row = self._draft()
            if row is None:
                continue
            keys = {names: tuple(row[name] for name in names) for names in self.seen}
            if all(None in key or key not in self.seen[names] for names, key in keys.items()):
                for names, key in keys.items():
                    self.seen[names].add(key)
                return row
        return None

    def _draft(self) -> dict[str, Value] | None:
        """A row that refers to rows that are there; None where its references do not fit together."""
        row: dict[str, Value] = {}
        for one in self.references:
            found = self._parent(one, row)
            if found is None:
                return None
            row |= found
        for name, asked in self.contract.properties.items():
            if name not in row:
                missing = not asked.required and self.chance.random() < EMPTY
                row[name] = None if missing else self.makers[name](self.chance)
        return row

    def _parent(self, one: Reference, row: Mapping[str, Value]) -> dict[str, Value] | None:
        """The values that refer to a row of another table, or of this one among those before."""
        if any(row.get(name, one) is None for name in one.columns):
            return {}  # a key with a missing part is no reference
        properties = self.contract.properties
        free = [n for n in one.columns if not properties[n].required and n not in row]
        pairs = list(zip(one.columns, one.keys, strict=True))
        own = one.to == self.contract.dataset
        parents = self.made if own else self.others.get(one.to)
        known = len(next(iter(parents.values()), [])) if parents else 0
        if free and (not known or self.chance.random() < EMPTY):
            return {free[0]: None}
        if parents is None or not known:
            raise DeclarationError(
                f"{one} is part of a circle in which no value may be missing",
                one.where,
                "let one of its columns be missing (required: false)",
            )
        bound = [pair for pair in pairs if pair[0] in row]  # by another reference
        fits = [
            n
            for n in (range(known) if bound else [self.chance.randrange(known)])
            if all(row[column] == parents[key][n] for column, key in bound)
        ]
        if not fits:
            return {free[0]: None} if free else None
        chosen = self.chance.choice(fits)
        return {column: parents[key][chosen] for column, key in pairs}
