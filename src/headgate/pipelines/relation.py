"""Tables inside of a query, as its names see them: relations, and the scopes that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from headgate.pipelines.columns import Columns, Known, Origin
from headgate.schema.types import LogicalType

COMPUTED = ""
"""Stands among the datasets of a rest for columns that the query computes."""

Rest: TypeAlias = frozenset[str]


class Cell(Struct, frozen=True):
    """A column of a relation.

    A name of "" is not known, for it is up to DuckDB. `plain` are the columns of datasets that it is, unchanged, so that naming it needs them. It is
    not `firm` where the name would be found without them, too: another column would slip into it.
    """

    name: str
    origins: frozenset[Origin] = frozenset()
    plain: frozenset[Origin] = frozenset()
    type: LogicalType | None = None
    firm: bool = True


class Relation(Struct, frozen=True):
    """The columns of a table, a subquery or a join.

    `rest` is None where these are all. Otherwise there may be others: of the datasets it names, or
    computed ones.
    """

    cells: tuple[Cell, ...] = ()
    rest: Rest | None = None
    indirect: frozenset[Origin] = frozenset()

    def find(self, name: str) -> Cell | None:
        """The column of that name, in whatever case it is written."""
        folded = name.casefold()
        return next((cell for cell in self.cells if cell.name.casefold() == folded), None)

    def seen(self, names: Sequence[str] = ()) -> Relation:
        """The relation as one who reads it sees it, called `t(a, b)` or as its columns are."""
        told = self._apart().renamed(names)
        named = tuple(cell for cell in told.cells if cell.name)
        if len(named) == len(told.cells):
            return told
        return replace(told, cells=named, rest=(told.rest or frozenset()) | {COMPUTED})

    def renamed(self, names: Sequence[str]) -> Relation:
        """The relation as `t(a, b)` calls its columns; the others keep their names."""
        if not names:
            return self
        if self.rest is not None:
            # by place, and the places are not known
            return replace(self, cells=tuple(map(Cell, names)), rest=self.rest | {COMPUTED})
        told = [*names, *(cell.name for cell in self.cells[len(names) :])]
        cells = (
            replace(cell, name=name, firm=False)
            for cell, name in zip(self.cells, told, strict=False)
        )
        return replace(self, cells=tuple(cells))

    def _apart(self) -> Relation:
        """The relation with a number at each name that comes again."""
        taken: set[str] = set()
        names = [cell.name.casefold() for cell in self.cells]
        cells = []
        for cell in self.cells:
            name, number = cell.name, 0
            while name and name.casefold() in taken:
                number += 1
                name = f"{cell.name}_{number}"
            taken.add(name.casefold())
            twice = names.count(cell.name.casefold()) > 1
            cells.append(replace(cell, name=name, firm=cell.firm and not twice))
        return replace(self, cells=tuple(cells))


def relation_of(dataset: str, columns: Columns) -> Relation:
    """A dataset as a relation."""
    cells = (
        Cell(one.name, frozenset({(dataset, one.name)}), frozenset({(dataset, one.name)}), one.type)
        for one in columns.columns
    )
    exact = columns.known is Known.EXACTLY
    return Relation(tuple(cells), None if exact else frozenset({dataset}))


class Member(Struct):
    """A relation in FROM, by the name that it has there."""

    name: str
    relation: Relation
    merged: frozenset[str] = frozenset()
    """Columns that a join has put into one with those of a member before it."""
    shown: dict[str, Cell] = {}
    """What stands in place of its own columns where they are named alone, or taken by a star."""

    def find(self, name: str) -> Cell | None:
        """The column that a name means which stands alone."""
        folded = name.casefold()
        return None if folded in self.merged else self.shown.get(folded, self.relation.find(name))

    @property
    def cells(self) -> list[Cell]:
        """Its columns as a star of all members gives them."""
        named = ((cell.name.casefold(), cell) for cell in self.relation.cells)
        return [self.shown.get(name, cell) for name, cell in named if name not in self.merged]


class Scope(Struct):
    """What names mean in one SELECT: the members of its FROM, its aliases, and what is around it."""

    outer: Scope | None = None
    tables: Mapping[str, Relation] = {}
    """The tables that WITH defines, by their folded names."""
    members: list[Member] = []
    aliases: dict[str, Cell] = {}
    """What items of SELECT are called that are not simply columns, by folded names."""
    result: dict[str, Cell] = {}
    """What is selected, by folded names: ORDER BY looks there first."""
    indirect: set[Origin] = set()

    def member(self, name: str) -> Member | None:
        """The member of that name."""
        folded = name.casefold()
        return next((one for one in self.members if one.name.casefold() == folded), None)

    def found(self, name: str) -> list[Cell]:
        """The columns that a bare name may mean here; more than one is ambiguous."""
        return [cell for member in self.members if (cell := member.find(name))]

    @property
    def open(self) -> list[Relation]:
        """The members that may have more columns than are known."""
        return [one.relation for one in self.members if one.relation.rest is not None]

    def outward(self) -> Iterator[Scope]:
        """The scopes around this one, from the nearest."""
        scope = self.outer
        while scope is not None:
            yield scope
            scope = scope.outer

    def may_find(self, name: str) -> bool:
        """Whether something here other than a plain column may stand for the name."""
        return name.casefold() in self.aliases or self.member(name) is not None

    def star(self) -> Relation:
        """All columns of all members, as `*` gives them."""
        cells = [cell for member in self.members for cell in member.cells]
        rests = [one.rest for one in self.open if one.rest is not None]
        return Relation(tuple(cells), frozenset().union(*rests) if rests else None)
